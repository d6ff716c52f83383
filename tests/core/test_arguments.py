"""What a newcomer tried: odd sides, groups, exits, sizes, and orders that only reduce."""

from __future__ import annotations

from typing import Any

import pytest

from engine import ConfigError, Market, Rules, Strategy, StrategyError, backtest, state
from tests.core.scripted import candles, fills, market, order, play, scripted, whats

FLAT = (100.0, 101.0, 99.0, 100.0)


@pytest.mark.parametrize(
    "told",
    [
        order("limit", 0, side=2, quantity=1.0, price=105.0),
        order("stop", 0, side=0, quantity=1.0, trigger=100.5),
        order("limit", 0, quantity=1.0, price=105.0, oco=-1),
        order("buy", 0, quantity=1.0, stop_loss=2.0),
        order("sell", 0, quantity=1.0, take_profit=1.0),
    ],
    ids=["side 2", "side 0", "a group of the engine's own", "a stop below zero", "a target below zero"],
)
def test_an_order_that_means_nothing_is_denied(told: Any) -> None:
    result = play(scripted(told), [FLAT, FLAT])
    assert fills(result) == []
    assert whats(result) == ["denied"]


ROWS = [FLAT, FLAT, (100, 101, 85, 90), (90, 91, 80, 85), (85, 86, 84, 85)]


@pytest.mark.parametrize(
    "leaving",
    [
        order("sell", 2, quantity=100.0),
        order("limit", 2, side=-1, quantity=100.0, price=80.0),
        order("stop", 2, side=-1, quantity=100.0, trigger=88.0),
    ],
    ids=["sell", "limit", "stop"],
)
def test_an_order_that_only_reduces_a_contract_position_never_wants_funds(leaving: Any) -> None:
    on = market(taker_fee_rate=0.001, leverage=2.0)
    result = play(scripted(order("buy", 0, quantity=100.0), leaving), ROWS, on)
    assert result.run.books["position"][0] == 0.0
    assert len(result.orders) == 0


def test_a_buy_whose_fee_would_leave_less_than_a_lot_is_denied() -> None:
    on = market(kind="spot", taker_fee_rate=0.001, fee_in="base")
    result = play(scripted(order("buy", 0, quantity=0.01), order("buy", 0, quantity=0.02)), [FLAT, FLAT], on)
    assert [quantity for _, _, quantity, _ in fills(result)] == [0.02]
    assert whats(result) == ["denied"]


class Holding(Strategy):
    seen: int = state(0)

    def on_candle(self, candle, ind, account):
        self.seen += 1
        if self.seen == 1:
            account.buy(quantity=1.0)
        if self.seen == 4:
            raise ValueError("out of luck")


@pytest.mark.parametrize("compiled", [True, False])
def test_a_strategy_that_raises_while_it_holds_a_position_leaves_results_that_add_up(compiled: bool) -> None:
    rows = [FLAT, FLAT, (100, 110, 100, 108), (108, 120, 90, 95), (95, 96, 90, 91)]
    with pytest.raises(StrategyError, match="out of luck") as caught:
        backtest(Holding(), candles(*rows), market(), compiled=compiled)
    partial = caught.value.partial  # type: ignore[attr-defined]
    assert partial.equity_curve.tolist() == [10_000.0, 10_000.0, 10_008.0, 9_995.0]
    assert partial.metrics.unexplained == 0.0
    assert any("stopped after 4 of 5 candles" in warning for warning in partial.warnings)


class Annotated(Strategy):
    last: float = state(0)
    count: int = state(0)

    def on_candle(self, candle, ind, account):
        self.last = candle.close + 0.5
        self.count = self.count + 1


def test_the_annotation_of_a_state_decides_between_whole_and_broken_numbers() -> None:
    assert play(Annotated(), [FLAT]).run.states[0]["last"][0] == 100.5


class Fraction(Strategy):
    count: int = state(0)

    def on_candle(self, candle, ind, account):
        self.count += 0.5


@pytest.mark.parametrize("compiled", [True, False])
def test_a_whole_number_state_takes_no_fraction_compiled_or_not(compiled: bool) -> None:
    with pytest.raises(
        StrategyError, match=r"test_arguments.py:\d+: Fraction .* a whole-number state cannot take a fraction"
    ):
        backtest(Fraction(), candles(FLAT), market(), compiled=compiled)


class Static(Strategy):
    total: float = state(0.0)

    @staticmethod
    def half(x):
        return x / 2

    def on_candle(self, candle, ind, account):
        self.total = self.half(candle.close)


def test_static_helpers_are_called_without_self() -> None:
    assert play(Static(), [FLAT]).run.states[0]["total"][0] == 50.0


class Reckless(Strategy):
    def on_candle(self, candle, ind, account):
        account.buy(fraction=15.0)


def test_a_liquidation_is_the_first_thing_said_and_takes_no_more_than_the_account() -> None:
    rows = [FLAT, FLAT, (100, 100, 50, 50), (50, 50, 50, 50)]
    result = backtest(Reckless(), candles(*rows), market(leverage=20.0))
    assert result.warnings[0] == "1 liquidation, the first at 2024-01-01T00:02Z"
    assert result.metrics.equity_end >= 0.0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"cash": "x"}, "cash: expected a positive amount, was 'x'"),
        ({"rules": 3}, "rules: expected Rules(path=..., latency_ms=...), was 3"),
        ({"market": None}, "market: expected Market(symbol="),
        ({"candles": 3}, "candles: expected Candles"),
        ({"strategy": Static}, "strategy: expected an instance such as MyStrategy(fast=10)"),
        (
            {"market": market(tick=100_000)},
            "market tick: expected a step of price, was 100000, above the lowest price 99",
        ),
    ],
)
def test_wrong_kinds_of_argument_get_a_sentence(arguments: dict[str, Any], said: str) -> None:
    given: dict[str, Any] = {"strategy": Static(), "candles": candles(FLAT), "market": market(), **arguments}
    with pytest.raises(ConfigError) as caught:
        backtest(given.pop("strategy"), given.pop("candles"), given.pop("market"), **given)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"latency_ms": "a"}, "latency_ms: expected a whole number of milliseconds"),
        ({"latency_ms": 1.5}, "latency_ms: expected a whole number of milliseconds"),
        ({"participation": "x"}, "participation: expected a fraction"),
        ({"path": 3}, "path: expected one of adverse"),
        ({"path": "advers"}, 'did you mean "adverse"?'),
    ],
)
def test_wrong_rules_get_a_sentence(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Rules(**fields)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"symbol": "BTC"}, 'expected BASE/QUOTE like "BTC/USDT", was "BTC"'),
        ({"kind": "spto"}, 'did you mean "spot"?'),
        ({"tick": 0}, "market tick: expected a positive number such as 0.01, was 0"),
        ({"lot": "x"}, "market lot: expected a positive number such as 0.01, was 'x'"),
        ({"taker_fee_rate": 5}, "market taker_fee_rate: expected a number -0.1 to 0.1, was 5"),
        ({"fee_in": "bnb"}, 'market fee_in: expected one of quote, base, was "bnb"'),
        ({"kind": "linear", "fee_in": "base"}, "a linear contract pays its fees in USDT"),
        ({"leverage": 5.0}, "market leverage: a spot market has none"),
        (
            {"kind": "linear", "leverage": 20.0, "margin_mode": "isolated", "maintenance": [[0, 0.05]]},
            "puts 0.05 of its notional aside and must keep 0.05, so it would be liquidated as it opens",
        ),
    ],
)
def test_wrong_markets_get_a_sentence(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Market(**{"symbol": "BTC/USDT", "tick": 0.1, "lot": 0.01, **fields})
    assert said in str(caught.value)
