"""Six thousand random orders with every fault there is, and nothing is lost: the audit is clean to the last unit."""

from __future__ import annotations

from engine.venues.sandbox.controlling.deeds import DEEDS
from engine.venues.sandbox.controlling.faults import KEYS

from .random_trading import BTC, set_all_faults, trade_at_random
from .random_trading import driven as opened
from .trading import desk, played

ORDERS = 6_000
LEAST = 5  # times that each fault must have been met; the deeds at the end happen once


@played
async def test_six_thousand_random_orders_with_random_faults_end_with_a_clean_audit() -> None:
    async with desk(**opened(3)) as at:
        await set_all_faults(at)
        ends = await trade_at_random(at, ORDERS, 3, faults=True)
        before = await at.audited()
        await at.control("POST", "faults", fault="delisting", symbol=BTC)
        told = await at.audited()
        met = (await at.control("GET", "faults"))["met"]
        missed = {name: met.get(name, 0) for name in (*KEYS, *DEEDS) if met.get(name, 0) < LEAST}
        assert missed == {"delisting": 1}
        assert ends.placed + ends.refused + ends.broken == ORDERS
        assert ends.placed > ORDERS / 4
        assert ends.broken > 100
        orders = {one["orderId"]: one for one in told["accounts"]["trader"]["spot"]["orders"]}
        assert ends.known <= set(orders), "an order that the client was told of is not there"
        assert {one["status"] for one in orders.values()} == {"FILLED", "CANCELED", "EXPIRED", "REJECTED"}
        open_before = [one for one in before["accounts"]["trader"]["spot"]["orders"] if one["status"] == "NEW"]
        assert open_before, "a delisting that finds nothing open shows nothing"
        assert len(told["accounts"]["trader"]["spot"]["fills"]) > 300
        assert all(float(one["locked"]) == 0.0 for one in told["accounts"]["trader"]["spot"]["balances"].values())
