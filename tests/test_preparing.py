"""What a strategy is told before it starts, what it answers, and coins that lie in the account at the start."""

from __future__ import annotations

from typing import Any

import pytest

from engine import (
    ConfigError,
    Fact,
    Outcome,
    Plan,
    Refusal,
    Review,
    Start,
    Strategy,
    StrategyError,
    backtest,
    param,
    state,
)
from tests.core.scripted import candles, fills, market, play

ROWS = [(100.0, 101.0, 99.0, 100.5), (100.5, 103.0, 100.0, 102.0), (102.0, 104.0, 101.0, 103.0), (103.0,) * 4]


class Planner(Strategy):
    """Buy once at the price it was prepared with."""

    orders: int = param(4, low=0, high=50)
    late: int = param(0, low=0, high=10)
    refuse: bool = param(False)
    price: float = state(0.0)

    def warmup(self):
        return self.late

    def prepare(self, start: Start) -> None:
        self.price = start.price
        self.max_orders = self.orders

    def plan(self, start: Start) -> Plan:
        refusals = [Refusal("too_dear", f"expected less than 1, was {start.price}")] if self.refuse else []
        return Plan(facts=[Fact("cash", start.cash, "quote"), Fact("held", start.holding, "base")], refusals=refusals)

    def review(self, outcome: Outcome) -> Review:
        return Review("sum", [Fact("net", outcome.realised + outcome.floating_change - outcome.fees, "quote")])

    def on_start(self, candle, ind, account):
        account.limit(1, quantity=1.0, price=self.price)

    def on_candle(self, candle, ind, account):
        if account.position >= 2.0:
            account.sell(quantity=2.0)


@pytest.mark.parametrize(("late", "price"), [(0, 100.5), (1, 102.0), (2, 103.0)])
def test_a_strategy_is_prepared_with_the_close_at_which_it_starts(late: int, price: float) -> None:
    result = play(Planner(late=late), ROWS)
    assert result.inputs.starts[0].price == price
    assert result.run.states[0]["price"][0] == price


def test_a_plan_with_a_refusal_stops_the_run_before_its_first_candle() -> None:
    with pytest.raises(ConfigError, match=r"Planner: too_dear: expected less than 1, was 100\.5"):
        play(Planner(refuse=True), ROWS)


def test_the_capacity_set_in_prepare_is_the_books_own() -> None:
    assert play(Planner(orders=7), ROWS).run.books[0]["capacity"] == 7
    with pytest.raises(StrategyError, match=r"Planner\.max_orders: expected a whole number of at least 1, was 0"):
        play(Planner(orders=0), ROWS)


def test_a_plan_that_is_none_of_ours_is_refused() -> None:
    class Odd(Planner):
        def plan(self, start: Start) -> Any:
            return "fine"

    with pytest.raises(StrategyError, match=r"Odd\.plan\(\): expected a Plan or None, was 'fine'"):
        play(Odd(), ROWS)


def test_a_review_is_told_the_terms_of_a1_and_stands_in_the_summary() -> None:
    result = play(Planner(), ROWS)
    change = result.equity_curve[-1] - 10_000.0
    assert result.reviews[0].facts[0].value == pytest.approx(change, abs=1e-9)
    assert result.summary()["reviews"][0]["facts"][0]["label"] == "net"


def test_coins_held_at_the_start_count_from_the_first_open_and_can_be_sold() -> None:
    spot = market(kind="spot")
    result = play(Planner(), ROWS, spot, holdings={"BTC/USDT": 1.0})
    assert result.metrics.equity_start == 10_100.0  # 10,000 and a coin at the first open
    assert fills(result) == [(1, "buy", 1.0, 100.5), (2, "sell", 2.0, 102.0)]
    assert abs(result.metrics.unexplained) < 1e-9
    trade = result.trade_rows[0]
    assert trade["realised"] == pytest.approx(result.terms.realised)
    assert result.reason_text(int(trade["entry_reason"])) == "held at the start"


@pytest.mark.parametrize(
    ("holdings", "kind", "said"),
    [
        ({"BTC/USDT": -1.0}, "spot", "holdings: BTC/USDT: expected base coin of at least 0, was -1.0"),
        ({"BTC/USDT": 1.0}, "linear", "holdings: BTC/USDT: a linear contract holds no coin; remove it"),
        ({"BTC/USDT": 0.005}, "spot", "holdings: BTC/USDT: expected a whole number of lots of 0.01, was 0.005"),
        ({"BTC/USDC": 1.0}, "spot", 'holdings: unknown market BTC/USDC; did you mean "BTC/USDT"?'),
    ],
)
def test_wrong_holdings_are_refused_in_one_sentence(holdings: dict[str, float], kind: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        backtest(Planner(), candles(*ROWS), market(kind=kind), holdings=holdings)
    assert str(caught.value) == said
