"""In chunks as in one piece: the shipped strategies, random chunk lengths, holes, several markets, every path."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine import AccountRules, Funding, Market, RiskRules, Rules, Strategy, backtest
from engine.core.codes import PATHS
from engine.indicators import sma
from strategies.dca import Dca
from strategies.grid import Grid
from strategies.momentum_rotation import MomentumRotation
from strategies.moving_average_short import MovingAverageShort
from tests.chunked.comparing import LINEAR, SPOT, both, daily, lengths, months, same, with_holes

SHORT = MovingAverageShort(fast=5, slow=20, stop_loss=0.02, take_profit=0.04)
GRID = Grid(lower=25_000.0, upper=60_000.0, levels=40, investment_quote=9_000.0, fees_check="off")
LADDER: dict[str, Any] = {
    "kind": "ladder", "base_order_quote": 100.0, "safety_order_quote": 100.0, "max_safety_orders": 4,
    "safety_step_rate": 0.01, "take_profit_rate": 0.015, "cooldown": "2h",
}  # fmt: skip
DCA = Dca(**LADDER)
SIGNAL = Dca(**LADDER, start_condition="signal", start_signal="crossed_below_average", signal_length=12)
CALENDAR = Dca(kind="schedule", schedule="every 4 hours", purchase_quote=20.0, budget_quote=5_000.0)


@pytest.mark.parametrize(
    ("strategy", "market"),
    [(SHORT, LINEAR), (GRID, SPOT), (DCA, SPOT), (SIGNAL, SPOT), (CALENDAR, SPOT)],
    ids=["short", "grid", "dca", "dca_by_signal", "dca_by_calendar"],
)
def test_a_shipped_strategy_does_the_same_in_chunks_of_any_length_over_holes(
    strategy: Strategy, market: Market
) -> None:
    history = months()
    holed = with_holes(history, slice(96, 98), slice(240, 264), slice(500, 505), slice(970, 1100))
    for index, candles in enumerate((history, holed)):
        for length in lengths([candles], seed=index):
            whole, _ = both(strategy, candles, market, length)
    assert len(whole.fill_rows) > 3


@pytest.mark.parametrize("path", PATHS)
def test_every_path_is_the_same_alone_and_all_are_played_in_one_pass(path: str) -> None:
    whole, cut = both(SHORT, months(), LINEAR, 131, rules=Rules(path=path), bounds=path == "adverse")
    assert whole.ends == cut.ends
    assert len(cut.ends) == (4 if path == "adverse" else 1)


def test_several_markets_of_different_spans_are_merged_as_in_one_piece() -> None:
    first = with_holes(months(), slice(100, 130), slice(700, 720))
    late = months("ETH/USDT", since="2024-01-20", until="2024-03-10", seed=2)
    later = with_holes(months("SOL/USDT", since="2024-02-15", seed=3), slice(9, 60))
    markets = [LINEAR, *(Market(symbol=s, tick=0.0001, lot=0.001, kind="linear") for s in ("ETH/USDT", "SOL/USDT"))]
    for length in (24, 97, 333, 5000):
        whole, _ = both(SHORT, [first, late, later], markets, length)
    assert {int(book) for book in whole.fill_rows["book"]} == {0, 1, 2}
    spot = [Market(symbol=one.symbol, tick=one.tick, lot=one.lot) for one in markets]
    for length in (24, 97, 333):
        whole, _ = both(MomentumRotation(lookback=30), [first, late, later], spot, length)
    assert len(whole.fill_rows) > 3


def test_rules_that_look_at_the_close_before_see_it_across_an_edge() -> None:
    rules = AccountRules(daily_loss=0.01, max_drawdown=0.2)
    for length in (1, 7, 24, 131):
        holed = with_holes(months(), slice(96, 98), slice(240, 264))
        whole, _ = both(SHORT, holed, LINEAR, length, account_rules=rules, risk=RiskRules(time_stop="2d"))
    assert whole.summary()["trading_state"]


def test_finer_candles_and_funding_and_coins_held_at_the_start_are_the_same_in_chunks() -> None:
    fine = months(timeframe="15m", until="2024-02-10")
    whole, _ = both(SHORT, fine.resample("4h"), LINEAR, 13, detail=with_holes(fine, slice(400, 420)))
    without = backtest(SHORT, fine.resample("4h"), LINEAR)
    assert whole.fill_rows.tobytes() != without.fill_rows.tobytes()
    hours = months()
    funding = Funding.constant(0.0001, 8, hours.first_ms, hours.end_ms)
    whole, _ = both(SHORT, with_holes(hours, slice(7, 11)), LINEAR, 50, funding=funding)
    assert len(whole.payment_rows) > 10
    both(GRID, hours, SPOT, 50, holdings={"BTC/USDT": 0.01})


class Counter(Strategy):
    """Buy now and then; what it has counted, and its arrays, cross the edges."""

    def indicators(self, candles: Any) -> dict[str, Any]:
        return {"above": candles.close > sma(candles.close, 10), "far": candles.close - sma(candles.close, 10)}

    def warmup(self) -> int:
        return 9

    def on_candle(self, candle, ind, account):
        if account.is_flat and ind.above:
            account.buy(fraction=0.5, stop_loss=0.01, reason="above")
        elif ind.far < -50.0:
            account.close(reason="far below")


def test_chance_latency_and_a_share_of_volume_are_the_same_in_chunks() -> None:
    rules = Rules(touch_fills=0.5, seed=3, latency_ms=70_000, participation=0.05)
    whole, _ = both(Counter(), months(), SPOT, 61, rules=rules)
    assert len(whole.fill_rows) > 10


def test_one_chunk_and_one_row_a_chunk_are_the_same_as_whole() -> None:
    few = months(until="2024-01-06")
    for length in (1, 2, len(few), 10 * len(few), "auto"):
        both(Counter(), few, SPOT, length)  # type: ignore[arg-type]


def test_the_curve_has_a_point_a_day_and_the_frames_follow_it() -> None:
    whole, cut = both(SHORT, months(), LINEAR, 500)
    days = len(months()) // 24
    assert len(whole.equity) == 24 * days
    assert len(cut.equity) == days
    assert np.array_equal(cut.equity.to_numpy(), whole.equity.to_numpy()[23::24])
    assert cut.columns("equity")["path_dependent"].sum() <= whole.columns("equity")["path_dependent"].sum()
    assert daily(whole) == daily(cut)


def test_chunks_of_one_run_do_not_disturb_the_next() -> None:
    one = backtest(SHORT, months(), LINEAR, chunk=100)
    other = backtest(SHORT, months(), LINEAR, chunk=100)
    same(one, other)
