"""The exchange adds up after anything that happens to it, and the same seed gives the same exchange."""

from __future__ import annotations

from decimal import Decimal
from random import Random
from typing import Any

import ccxt.async_support as ccxt
import pytest

from engine.candles.simulate import simulate
from engine.venues.sandbox.controlling.truth import audit
from engine.venues.sandbox.exchange import Exchange
from engine.venues.sandbox.matching.order import Fill

from .trading import SYMBOL, Desk, desk, market, played

DAY_MS = 86_400_000
ORDERS = 2_000


async def trade_at_random(at: Desk, orders: int, seed: int, faults: bool = False) -> dict[str, int]:
    """Send orders of all types with cancellations between them, and return how many ended how."""
    random, ends = Random(seed), {"placed": 0, "refused": 0, "broken": 0}
    types = ("MARKET", "LIMIT", "LIMIT_MAKER", "STOP_LOSS", "STOP_LOSS_LIMIT", "TAKE_PROFIT", "TAKE_PROFIT_LIMIT")
    for number in range(orders):
        pit = at.server.exchange.spot.pits["BTCUSDT"]
        type_ = random.choice(types)
        price = [f"{float(pit.price) * (1 + random.uniform(-0.003, 0.003)):.2f}" for _ in range(2)]
        asked = {"symbol": "BTCUSDT", "side": random.choice(("BUY", "SELL")), "type": type_,
                 "newClientOrderId": f"n{number % 700}", "newOrderRespType": "FULL"}  # fmt: skip
        asked["quantity"] = f"{random.choice((0.001, 0.02, 0.3, 4.0)) * random.uniform(0.5, 1.5):.5f}"
        if type_ == "MARKET" and random.random() < 0.3:
            asked |= {"quoteOrderQty": f"{random.uniform(5, 5_000):.2f}"}
            del asked["quantity"]
        if "LIMIT" in type_:
            asked["price"] = price[0]
            asked |= {} if type_ == "LIMIT_MAKER" else {"timeInForce": random.choice(("GTC", "GTC", "IOC", "FOK"))}
        if type_.startswith(("STOP", "TAKE")):
            asked |= (
                {"stopPrice": price[1]} if random.random() < 0.7 else {"trailingDelta": str(random.randint(10, 100))}
            )
        try:
            await at.client.privatePostOrder(asked)
            ends["placed"] += 1
        except ccxt.OperationFailed:
            ends["broken"] += 1
        except ccxt.ExchangeError as error:
            ends["refused" if faults or error.venue[0] == 400 else "broken"] += 1  # type: ignore[attr-defined]
        if number % 100 == 0:
            assert audit(at.server.exchange) == []
        if random.random() < 0.1:
            mine = at.server.exchange.spot.open_orders("trader", "BTCUSDT")
            if mine:
                await at.client.cancel_order(str(random.choice(mine).id), SYMBOL)
        if random.random() < 0.2:
            await at.control("POST", "step", ms=random.randint(1, 90_000))
    return ends


def driven(seed: int) -> dict[str, Any]:
    tape = simulate("BTC/USDT", "1m", 19_723 * DAY_MS, 19_725 * DAY_MS, "short_squeeze", seed)
    on = market(tick=0.01, lot=0.00001, min_notional=5.0, half_spread=0.0001)
    balances = {"USDT": "200000", "BTC": "5"}
    return {
        "tape": tape,
        "on": on,
        "participation": 0.02,
        "balances": balances,
        "start_ms": 19_724 * DAY_MS,
        "seed": seed,
    }


@played
async def test_two_thousand_random_orders_end_with_a_clean_audit() -> None:
    async with desk(**driven(3)) as at:
        ends = await trade_at_random(at, ORDERS, 3)
        told = await at.audited()
        assert (sum(ends.values()), ends["broken"]) == (ORDERS, 0)
        assert ends["placed"] > ORDERS / 3
        orders = told["accounts"]["trader"]["spot"]["orders"]
        assert len(orders) == ends["placed"]
        assert {one["status"] for one in orders} >= {"NEW", "FILLED", "CANCELED", "EXPIRED"}
        assert any(0 < float(one["executedQty"]) < float(one["origQty"]) for one in orders)
        assert len(told["accounts"]["trader"]["spot"]["fills"]) > 300


@played
async def test_the_same_seed_gives_the_same_exchange_twice() -> None:
    told = []
    for seed in (5, 5, 6):
        async with desk(**driven(seed)) as at:
            await trade_at_random(at, 150, seed)
            told.append(await at.audited())
    assert told[0] == told[1]
    assert told[0] != told[2]


def stolen(exchange: Exchange) -> None:
    exchange.spot.ledger.balances["trader"]["USDT"] += Decimal("0.00000001")


def forgotten(exchange: Exchange) -> None:
    exchange.spot.ledger.postings.pop()


def invented(exchange: Exchange) -> None:
    order = exchange.spot.orders[1]
    order.fills.append(Fill(99, 1, 0, Decimal(100), Decimal(1), Decimal(0), "BTC", True))


def unlocked(exchange: Exchange) -> None:
    exchange.spot.ledger.lock("trader", "USDT", Decimal(-1))


WRONG = [
    (stolen, "trader USDT: the ledger says"), (stolen, "USDT: all parties together hold 1E-8"),
    (forgotten, "trader BTC: the ledger says"), (forgotten, "fee 1: -0.00200000 BTC is unexplained"),
    (invented, "order 1: fills add up to 2"), (invented, "trade 99: 1 BTC is unexplained"),
    (unlocked, "trader USDT: 89 is locked, open orders claim 90"),
]  # fmt: skip


@pytest.mark.parametrize(("tamper", "finding"), WRONG, ids=[f"{one[0].__name__}: {one[1]}" for one in WRONG])
@played
async def test_the_audit_finds_a_single_unit_out_of_place(tamper: Any, finding: str) -> None:
    async with desk() as at:
        await at.client.create_order(SYMBOL, "market", "buy", 1)
        if tamper is unlocked:
            await at.client.create_order(SYMBOL, "limit", "buy", 1, 90)
        await at.audited()
        tamper(at.server.exchange)
        assert any(one.startswith(finding) for one in audit(at.server.exchange)), audit(at.server.exchange)
        assert (await at.truth())["audit"]["ok"] is False


@played
async def test_another_account_sees_nothing_of_ours() -> None:
    async with desk() as at:
        mine = await at.client.create_order(SYMBOL, "limit", "buy", 1, 90, {"newClientOrderId": "shared"})
        other = at.with_key(await at.control("POST", "accounts", name="other", balances={"USDT": "500.5"}))
        try:
            other.set_markets(at.client.markets)
            assert (await other.fetch_balance())["USDT"]["total"] == 500.5
            assert await other.fetch_orders(SYMBOL) == []
            with pytest.raises(ccxt.OrderNotFound):
                await other.cancel_order(mine["id"], SYMBOL)
            await other.create_order(SYMBOL, "limit", "buy", 1, 90, {"newClientOrderId": "shared"})
            await at.audited()
        finally:
            await other.close()
