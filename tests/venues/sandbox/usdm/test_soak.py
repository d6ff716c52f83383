"""Three thousand random orders on two floors of one exchange, with every fault there is: both audits stay clean."""

from __future__ import annotations

from decimal import Decimal

import aiohttp

from engine.venues.sandbox import Contract, Exchange, Instrument, Server, Settings
from engine.venues.sandbox.clock import Clock
from engine.venues.sandbox.controlling.faults import KEYS
from engine.venues.sandbox.limits import Limits
from engine.venues.sandbox.matching.tape import Tape

from ..random_trading import asked, set_all_faults
from ..random_trading import trade_at_random as trade_coins
from ..trading import START_MS, Desk, market, played
from ..trading import _client as client_of_coins
from .test_truth import trade_at_random, wild
from .trading import OTHER, UsdmDesk, client_of, linear

ROUNDS, ORDERS = 6, 250
GRIDS = ({"tick": "0.5", "lot": "0.1"}, {"tick": "0.1", "lot": "0.01"})
LEAST = 5


def both_floors(seed: int) -> Exchange:
    """Return an exchange with a coin and two contracts, and an account on both floors."""
    coin = Instrument.of(market(half_spread=0.0001, min_notional=5.0, lot=0.001))
    tiers = [(0, 0.01, 50), (20_000, 0.02, 25), (50_000, 0.05, 10)]
    contracts = [Contract.of(linear(name, half_spread=0.0001, maintenance=tiers)) for name in ("BTC/USDT:USDT", OTHER)]
    tapes = [wild(seed, first) for first in (1_000.0, 100.0)]
    traded = [(of, Tape(tape, of.tick, of.lot, "low_first")) for of, tape in zip(contracts, tapes, strict=True)]
    spot = [(coin, Tape(tapes[0], coin.tick, coin.lot, "low_first"))]
    exchange = Exchange(spot, START_MS, Settings(seed, Decimal("0.02")), traded)
    exchange.open_account("trader", {"USDT": Decimal(200_000), "BTC": Decimal(50)})
    exchange.open_account("trader", {"USDT": Decimal(1_000)}, "usdm")
    return exchange


@played
async def test_three_thousand_random_orders_on_two_floors_with_random_faults_end_with_a_clean_audit() -> None:
    exchange = both_floors(7)
    key = exchange.ring.make("trader", 0).told(secrets=True)
    free = {name: Limits(10**9, 10**9, 10**9, raw_limit=0) for name in exchange.floors}
    async with Server(exchange, Clock(START_MS, 0.0), 0, free) as server, aiohttp.ClientSession() as session:
        clients = [one(server.address, key["key"], key["secret"]) for one in (client_of_coins, client_of)]
        coins, contracts = Desk(server, clients[0], session, key), UsdmDesk(server, clients[1], session, key)
        try:
            for client in clients:
                await client.load_markets()
            for symbol in ("BTCUSDT", "ETHUSDT"):  # such that it is liquidated now and then
                await clients[1].fapiPrivatePostMarginType({"symbol": symbol, "marginType": "ISOLATED"})
                await clients[1].fapiPrivatePostLeverage({"symbol": symbol, "leverage": 50})
            await set_all_faults(coins)
            ends = {"placed": 0, "refused": 0, "broken": 0}
            for number in range(ROUNDS):
                there = await trade_coins(coins, ORDERS, number, faults=True)
                here = await trade_at_random(contracts, ORDERS, number, faults=True)
                ends = {name: ends[name] + getattr(there, name) + here[name] for name in ends}
                await asked(coins, fault="filters_changed", floor="usdm", symbol="BTCUSDT", **GRIDS[number % 2])
                for side in ("BUY", "SELL"):
                    order = {"side": side, "type": "MARKET", "quantity": "0.1"}
                    await asked(coins, fault="foreign_order", floor="usdm", symbol="BTCUSDT", **order)
                await asked(coins, fault="foreign_cancel", floor="usdm", symbol="BTCUSDT")
            for floor in ("spot", "usdm"):
                await coins.audited()
                await asked(coins, fault="delisting", floor=floor, symbol="BTCUSDT")
            told, met = await coins.audited(), (await coins.control("GET", "faults"))["met"]
        finally:
            for client in clients:
                await client.close()
    assert sum(ends.values()) == 2 * ROUNDS * ORDERS
    assert ends["placed"] > ROUNDS * ORDERS / 2
    assert {name for name in KEYS if met.get(name, 0) < LEAST} == set()
    mine = told["accounts"]["trader"]
    assert not exchange.usdm.open_orders("trader", "BTCUSDT")
    assert not exchange.usdm.algos.open["trader", "BTCUSDT"]
    assert {one["status"] for one in mine["usdm"]["orders"]} >= {"FILLED", "CANCELED", "EXPIRED", "REJECTED"}
    assert {one["reason"] for one in _postings(told)} >= {
        "realised",
        "fee",
        "liquidation",
        "funding",
        "trade",
        "deposit",
    }


def _postings(told: dict) -> list[dict[str, str]]:  # type: ignore[type-arg]
    return [{"reason": one[5]} for floor in told["floors"].values() for one in floor["ledger"]]
