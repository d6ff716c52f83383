"""Time may come in any steps, one wallet is called where all its markets stand, and trading ends at the mark."""

from __future__ import annotations

from decimal import Decimal
from random import Random
from typing import Any

import pytest

from engine.venues.sandbox import Contract, Exchange, Settings
from engine.venues.sandbox.asking import Asked
from engine.venues.sandbox.controlling.truth import audit, truth
from engine.venues.sandbox.matching.tape import Tape
from engine.venues.sandbox.refusal import RefusalError

from ..trading import MINUTE_MS, START_MS
from .test_truth import wild
from .trading import OTHER, linear


def exchange_of(*, isolated: bool) -> Exchange:
    contracts = [Contract.of(linear(half_spread=0.0001)), Contract.of(linear(OTHER, half_spread=0.0001))]
    tapes = (wild(1, 40_000.0), wild(1, 2_000.0))
    traded = [(of, Tape(tape, of.tick, of.lot, "low_first")) for of, tape in zip(contracts, tapes, strict=True)]
    exchange = Exchange([], START_MS, Settings(1), traded)
    exchange.open_account("trader", {"USDT": Decimal(2_000)}, "usdm")
    for of in contracts:
        exchange.usdm.account("trader").settings[of.symbol].isolated = isolated
    return exchange


def random_minutes(seed: int, cut: bool) -> Any:
    """Return what an account holds after two hundred minutes with orders on isolated margin. cut: in uneven steps."""
    exchange, random, steps = exchange_of(isolated=True), Random(seed), Random(seed + 1)
    for minute in range(1, 200):
        for _ in range(steps.randint(0, 6) if cut else 0):
            exchange.advance(min(START_MS + minute * MINUTE_MS - 1, exchange.now_ms + steps.randint(1, 9_000)))
        exchange.advance(START_MS + minute * MINUTE_MS)
        if random.random() < 0.3:
            symbol = random.choice(("BTCUSDT", "ETHUSDT"))
            worth = f"{4_000 / float(exchange.usdm.pits[symbol].price):.2f}"
            asked = {"symbol": symbol, "side": random.choice(("BUY", "SELL")), "type": "MARKET", "quantity": worth}
            try:
                exchange.usdm.place("trader", Asked(asked))
            except RefusalError as refusal:
                if refusal.code not in (-2019, -2027, -4003):
                    raise
    assert audit(exchange) == []
    return truth(exchange)["accounts"]["trader"]["usdm"]


def test_isolated_positions_end_alike_in_whatever_steps_time_comes() -> None:
    forced = 0
    for seed in range(5):
        told = random_minutes(seed, cut=False)
        assert told == random_minutes(seed, cut=True)
        forced += sum(one["clientOrderId"].startswith("autoclose-") for one in told["orders"])
    assert forced > 1


def test_a_wallet_that_answers_for_two_markets_is_called_where_both_stand() -> None:
    exchange = exchange_of(isolated=False)
    for symbol, quantity in (("BTCUSDT", "0.2"), ("ETHUSDT", "4")):
        exchange.usdm.account("trader").settings[symbol].leverage = 10
        exchange.usdm.place("trader", Asked({"symbol": symbol, "side": "SELL", "type": "MARKET", "quantity": quantity}))
    floor, own = exchange.usdm, exchange.usdm.account("trader")
    called = False
    while not called and exchange.now_ms < START_MS + 2_500 * MINUTE_MS:
        before = floor.margins.standing(own, "USDT")
        exchange.advance(exchange.now_ms + MINUTE_MS // 10)
        called = len(own.held()) < 2
        if not called:
            assert floor.margins.standing(own, "USDT") > -5, "a call is late by no more than a step of one market"
    assert called
    assert before > 0
    assert audit(exchange) == []


def test_a_delisted_contract_is_settled_at_the_mark() -> None:
    exchange = exchange_of(isolated=False)
    floor = exchange.usdm
    floor.place("trader", Asked({"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.2"}))
    algo = {"symbol": "BTCUSDT", "side": "SELL", "type": "STOP_MARKET", "quantity": "0.2", "triggerPrice": "100"}
    floor.place_algo("trader", Asked(algo | {"algoType": "CONDITIONAL"}))
    floor.pits["BTCUSDT"].halt()
    last = floor.orders[max(floor.orders)]
    assert (last.client_id[:21], last.filled_quote / last.filled) == (
        "settlement_autoclose-",
        floor.pits["BTCUSDT"].mark,
    )
    assert (floor.account("trader").held(), [one.status for one in floor.algos.all.values()]) == ([], ["EXPIRED"])
    with pytest.raises(RefusalError, match="-4141"):
        floor.place("trader", Asked({"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.2"}))
    assert audit(exchange) == []
