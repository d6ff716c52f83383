"""The exchange adds up after anything that happens to it, and the same seed gives the same exchange."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import ccxt.async_support as ccxt
import pytest

from engine.venues.sandbox.controlling.truth import audit
from engine.venues.sandbox.exchange import Exchange
from engine.venues.sandbox.matching.order import Fill

from .random_trading import driven, set_all_faults, trade_at_random
from .trading import SYMBOL, desk, played


@played
async def test_the_same_seed_gives_the_same_exchange_twice() -> None:
    told = []
    for seed in (5, 5, 6):
        async with desk(**driven(seed)) as at:
            await set_all_faults(at)
            await trade_at_random(at, 150, seed, faults=True)
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
