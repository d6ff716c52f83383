"""Every definition and golden vector of `reference/metrics.md`."""

import dataclasses
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import metrics
from engine.core.records import FILL
from engine.errors import ConfigError, DataError
from engine.metrics import DAY_MS, PnlTerms
from engine.trades import TRADE

GOLDEN = json.loads((Path(__file__).parent / "golden" / "performance_metrics.json").read_text(encoding="utf-8"))
WEEK = [0.02, -0.01, 0.005, 0.0, -0.015, 0.01, 0.0]
BY_RULE = {  # the vectors that are given as a rule
    "B, one year down": 100.0 - 58.2 * np.arange(366) / 365,
    "F, everything defined": np.cumprod([10_000.0] + [1.0 + r for r in WEEK * 52]),
    "a steady 1 % a day": 100.0 * 1.01 ** np.arange(11),
}
HOUR_MS = 3_600_000
NO_FILLS, NO_TRADES, NO_TERMS = np.zeros(0, FILL), np.zeros(0, TRADE), PnlTerms(0.0, 0.0, 0.0)


def close(got: Any, want: Any, tol: float) -> bool:
    if want is None or isinstance(want, bool) or got is None:
        return got is want
    return math.isclose(got, want, rel_tol=tol, abs_tol=1e-12 if want == 0 else 0.0)


def equity_of(vector: dict[str, Any]) -> np.ndarray:
    return np.array(vector["equity"], dtype=np.float64) if "equity" in vector else BY_RULE[vector["name"]]


def measure(equity: Any, **more: Any) -> metrics.EquityMetrics:
    values = np.array(equity, dtype=np.float64)
    return metrics.equity_metrics(np.arange(len(values)) * DAY_MS, values, **more)


def run(close_ms: Any, equity: Any, start_ms: int = 0, cash: float = 100.0, **more: Any) -> metrics.Metrics:
    given: dict[str, Any] = {"fills": NO_FILLS, "trades": NO_TRADES, "terms": NO_TERMS, **more}
    times, values = np.array(close_ms, dtype=np.int64), np.array(equity, dtype=np.float64)
    exposure = given.pop("gross_notional", np.zeros(len(values)))
    return metrics.compute(start_ms=start_ms, cash=cash, closes=metrics.fold(times, values, exposure, cash), **given)


@pytest.mark.parametrize("vector", GOLDEN["vectors"], ids=lambda vector: vector["name"])
def test_equity_metrics_equal_the_golden_vector_and_none_of_the_known_mistakes(vector: dict[str, Any]) -> None:
    got = dataclasses.asdict(measure(equity_of(vector), rf=vector.get("rf", 0.0)))
    tol = vector.get("tol", GOLDEN["tol"])
    differing = {
        name: (got[name], want) for name, want in vector["expected"].items() if not close(got[name], want, tol)
    }
    assert not differing
    for name, mistakes in vector["wrong"].items():
        for mistake, value in mistakes.items():
            assert not close(got[name], value, 1e-6), f"{name}: {mistake}"


def test_the_last_point_of_vector_f_is_the_golden_one() -> None:
    assert close(float(BY_RULE["F, everything defined"][-1]), 16453.931487049766, 1e-9)


def test_annual_growth_is_undefined_under_thirty_days_and_flagged_under_a_year() -> None:
    days = {29: (False, True), 30: (True, True), 364: (True, True), 365: (True, False)}
    for count, (defined, flagged) in days.items():
        got = measure(np.linspace(100.0, 120.0, count + 1))
        assert (got.cagr is not None, got.under_a_year) == (defined, flagged), count


def test_growth_uses_the_true_elapsed_time_not_the_number_of_points() -> None:
    times = np.array([0, DAY_MS, int(36.5 * DAY_MS)])
    got = metrics.equity_metrics(times, np.array([100.0, 101.0, 110.0]))
    assert close(got.cagr, 1.1**10 - 1.0, 1e-12)


def test_growth_too_large_for_a_number_is_undefined_not_infinite() -> None:
    assert measure(np.geomspace(1e-9, 1e50, 31)).cagr is None


def test_a_target_of_its_own_moves_sortino_and_leaves_sharpe() -> None:
    plain, aimed = measure([100, 110, 99, 105]), measure([100, 110, 99, 105], target=0.5)
    assert aimed.sharpe == plain.sharpe
    assert aimed.sortino is not None
    assert plain.sortino is not None
    assert aimed.sortino < plain.sortino


def test_a_tie_of_the_longest_drawdown_with_the_one_at_the_end_counts_as_ongoing() -> None:
    got = measure([100, 90, 100, 90, 90])
    assert (got.max_drawdown_days, got.max_drawdown_ongoing) == (2.0, True)


def test_a_deposit_is_no_gain_and_a_withdrawal_no_drawdown() -> None:
    quiet = measure([100, 200, 200, 100], transfers=np.array([0.0, 100.0, 0.0, -100.0]))
    assert (quiet.total_return, quiet.max_drawdown, quiet.volatility) == (0.0, 0.0, 0.0)
    moved = measure([100, 210, 189], transfers=np.array([0.0, 100.0, 0.0]))  # + 10 %, then - 10 %
    assert close(moved.total_return, 1.1 * 0.9 - 1.0, 1e-12)
    assert close(moved.max_drawdown, -0.1, 1e-12)


def test_an_account_that_was_emptied_keeps_its_return_and_has_no_ratios() -> None:
    got = measure([100, 110, 0], transfers=np.array([0.0, 0.0, -110.0]))
    assert close(got.total_return, 0.1, 1e-12)
    assert (got.max_drawdown, got.volatility, got.sharpe) == (0.0, None, None)


def test_equity_that_is_not_a_number_is_an_error_with_its_place() -> None:
    with pytest.raises(DataError, match="was nan at point 2"):
        measure([100, 101, math.nan, 102])


def test_a_risk_free_rate_of_minus_one_is_an_error() -> None:
    with pytest.raises(ConfigError, match="above -1"):
        measure([100, 101, 102], rf=-1.0)


def test_daily_points_are_the_start_every_midnight_and_the_end() -> None:
    start = 10 * DAY_MS + 6 * HOUR_MS
    closes = start + HOUR_MS * np.array([6, 12, 18, 24, 75])  # the fourth candle is followed by a hole of two days
    points, equity = metrics.daily_points(closes, np.array([1.0, 2.0, 3.0, 4.0, 5.0]), start, 0.5)
    midnights = [11 * DAY_MS, 12 * DAY_MS, 13 * DAY_MS]
    assert points.tolist() == [start, *midnights, start + 75 * HOUR_MS]
    assert equity.tolist() == [0.5, 3.0, 4.0, 4.0, 5.0]  # 18 hours after the start is midnight: that close counts


def test_before_the_first_close_a_midnight_has_the_initial_capital() -> None:
    points, equity = metrics.daily_points(np.array([2 * DAY_MS + 1]), np.array([7.0]), 0, 5.0)
    assert points.tolist() == [0, DAY_MS, 2 * DAY_MS, 2 * DAY_MS + 1]
    assert equity.tolist() == [5.0, 5.0, 5.0, 7.0]


def test_a_run_that_starts_and_ends_at_midnight_has_no_point_twice() -> None:
    points, _ = metrics.daily_points(np.array([DAY_MS, 2 * DAY_MS]), np.array([1.0, 1.0]), 0, 1.0)
    assert points.tolist() == [0, DAY_MS, 2 * DAY_MS]


def test_a_run_without_candles_has_no_metrics_and_no_error() -> None:
    got = run([], [])
    fields = ("total_return", "candle_drawdown", "exposure", "time_in_market", "turnover", "maker_share", "win_rate")
    assert [getattr(got, name) for name in fields] == [None] * len(fields)
    assert got.equity_end == 100.0


def test_equity_must_have_a_value_for_every_close() -> None:
    with pytest.raises(DataError, match="was 1 for 2 closes"):
        metrics.daily_points(np.array([1, 2]), np.array([1.0]), 0, 1.0)


def test_trade_metrics_equal_the_golden_values() -> None:
    got = dataclasses.asdict(metrics.trade_metrics(np.array(GOLDEN["trades"]["pnl"], dtype=np.float64)))
    assert all(close(got[name], want, 1e-12) for name, want in GOLDEN["trades"]["expected"].items())


@pytest.mark.parametrize(
    ("pnl", "win_rate", "profit_factor", "expectancy", "payoff"),
    [
        ([], None, None, None, None),
        ([5.0, 7.0], 1.0, None, 6.0, None),
        ([-5.0], 0.0, 0.0, -5.0, None),
        ([0.0, 0.0], 0.0, None, 0.0, None),
    ],
)
def test_trade_metrics_are_undefined_rather_than_infinite(
    pnl: list[float], win_rate: Any, profit_factor: Any, expectancy: Any, payoff: Any
) -> None:
    got = metrics.trade_metrics(np.array(pnl))
    assert got == metrics.TradeMetrics(len(pnl), win_rate, profit_factor, expectancy, payoff)


def test_exposure_and_costs_of_a_run_equal_the_golden_values() -> None:
    golden = GOLDEN["activity"]
    fills = np.zeros(2, FILL)
    fills["quantity"], fills["price"], fills["maker"] = golden["fill_notional"], 1.0, golden["fill_maker"]
    fees = float(np.dot(golden["fill_notional"], golden["fill_fee_rate"]))
    terms = PnlTerms(realised=golden["profit_before_fees"], floating_change=0.0, fees=fees)
    hours = np.arange(1, 6) * HOUR_MS
    notional = np.array(golden["gross_notional"], dtype=np.float64)
    got = run(hours, golden["equity"], cash=1000.0, gross_notional=notional, fills=fills, terms=terms)
    for name, want in golden["expected"].items():
        assert close(getattr(got, name), want, 1e-12), name
    assert close(got.turnover_a_day, 1.005 * 24 / 5, 1e-12)
    assert got.fills == 2


def test_shares_are_undefined_where_there_is_nothing_to_share() -> None:
    assert metrics.fee_share(1.0, 0.0) is None
    assert metrics.fee_share(1.0, -3.0) is None
    assert metrics.maker_share(np.zeros(0), np.zeros(0)) is None
    assert metrics.turnover(np.ones(1), -1.0, DAY_MS) == (None, None)
    assert metrics.fold(np.arange(1, 3), np.array([1.0, 0.0]), np.ones(2), 1.0).mean_exposure is None


def test_buy_and_hold_equals_the_golden_values() -> None:
    got = dataclasses.asdict(metrics.buy_and_hold(**GOLDEN["buy_and_hold"]["inputs"]))
    assert got["quantity"] == 0.1998  # the decimal's own float, not 19980 × 0.00001
    # cash left is a small difference of large numbers: to 1e-9 of equity
    assert all(math.isclose(got[n], want, rel_tol=1e-9) for n, want in GOLDEN["buy_and_hold"]["expected"].items())


def test_buy_and_hold_loses_no_lot_to_rounding_and_buys_nothing_it_cannot_pay() -> None:
    assert metrics.buy_and_hold(2.9, 10.0, 10.0, 0.0, 0.01).quantity == 0.29  # 2.9 / 10 / 0.01 is 28.999999999999996
    assert metrics.buy_and_hold(10.0, 50.0, 60.0, 0.001, 1.0).total_return == 0.0
    with pytest.raises(ConfigError, match="lot: expected a number above 0, was 0"):
        metrics.buy_and_hold(10.0, 50.0, 60.0, 0.001, 0.0)


def test_the_candle_drawdown_sees_the_dip_inside_a_day_and_a_loss_on_the_first_candle() -> None:
    got = run([HOUR_MS, 2 * HOUR_MS, DAY_MS], [80.0, 60.0, 100.0])
    assert (got.max_drawdown, got.candle_drawdown) == (0.0, -0.4)
    assert run([HOUR_MS, DAY_MS], [90.0, 100.0]).candle_drawdown == pytest.approx(-0.1, abs=1e-15)


def test_an_open_trade_is_counted_apart() -> None:
    trades = np.zeros(3, TRADE)
    trades["pnl"], trades["open"] = [4.0, -2.0, 100.0], [False, False, True]
    got = run([DAY_MS], [102.0], trades=trades)
    assert (got.trades, got.open_trades, got.win_rate, got.expectancy) == (2, 1, 0.5, 1.0)


def test_the_pnl_identity_leaves_nothing_unexplained() -> None:
    # Golden: reference/screens-and-reports.md section 3.
    terms = PnlTerms(realised=20, floating_change=10, fees=0.76, funding=-0.30, interest=0.10, transfers=500)
    assert abs(terms.unexplained(10_000.0, 10_528.84)) < 1e-9
    with pytest.raises(ConfigError, match="transfers"):
        run([DAY_MS], [100.0], terms=terms)


def test_a_run_says_how_it_was_sampled_and_survives_strict_json() -> None:
    got = run([DAY_MS, 2 * DAY_MS], [101.0, 103.0], rf=0.05)
    assert got.sampling == "daily, × √365, rf 5 %"
    assert run([DAY_MS], [100.0]).sampling == "daily, × √365, rf 0 %"
    assert json.loads(json.dumps(got.as_dict(), allow_nan=False))["sortino"] is None


@settings(max_examples=60, deadline=None)
@given(
    steps=st.lists(st.floats(-0.3, 0.4), min_size=1, max_size=120),
    hours=st.integers(1, 30),
    start_hour=st.integers(0, 40),
)
def test_no_metric_is_infinite_and_the_candle_drawdown_is_at_least_the_daily_one(
    steps: list[float], hours: int, start_hour: int
) -> None:
    start = start_hour * HOUR_MS
    equity = 100.0 * np.cumprod(1.0 + np.array(steps))
    got = run(start + hours * HOUR_MS * np.arange(1, len(steps) + 1), equity, start_ms=start)
    json.dumps(got.as_dict(), allow_nan=False)
    assert got.candle_drawdown is not None
    assert got.max_drawdown is not None
    assert -1.0 <= got.candle_drawdown <= got.max_drawdown <= 0.0
    assert got.max_drawdown_days is not None
    assert 0.0 <= got.max_drawdown_days <= got.elapsed_days
