"""Months and drawdowns of a daily series. Equity series A is that of reference/metrics.md, section 4."""

from __future__ import annotations

import numpy as np
import pytest

from engine.metrics import DAY_MS, deepest_drawdown, monthly_returns, worst_drawdowns, yearly_returns

START_MS = 1_704_067_200_000  # 2024-01-01
A = np.array([100.0, 110.0, 99.0, 105.0, 120.0, 90.0, 126.0])


def days(count: int, start_ms: int = START_MS) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return start_ms + DAY_MS * np.arange(count, dtype=np.int64)


def test_drawdowns_go_from_peak_to_recovery_deepest_first() -> None:
    found = worst_drawdowns(days(7), A)
    told = [((one.start_ms - START_MS) // DAY_MS, (one.bottom_ms - START_MS) // DAY_MS, one.days) for one in found]
    assert told == [(4, 5, 2.0), (1, 2, 3.0)]
    assert [one.depth for one in found] == [-0.25, pytest.approx(-0.1)]
    assert found[0].depth == deepest_drawdown(A)


def test_a_drawdown_that_is_not_over_has_no_end() -> None:
    (one,) = worst_drawdowns(days(3), np.array([100.0, 90.0, 95.0]))
    assert (one.end_ms, one.days, one.depth) == (None, 2.0, pytest.approx(-0.1))


def test_only_the_worst_are_told() -> None:
    zigzag = np.array([100.0 + i if i % 2 == 0 else 90.0 - i for i in range(41)])
    found = worst_drawdowns(days(41), zigzag)
    assert len(found) == 5
    assert [one.depth for one in found] == sorted(one.depth for one in found)


def test_gains_alone_have_no_drawdown() -> None:
    assert worst_drawdowns(days(3), np.array([100.0, 100.0, 101.0])) == []


def test_months_chain_to_the_whole_and_parts_are_marked() -> None:
    point_ms = days(60, START_MS + 9 * DAY_MS)  # 2024-01-10 to 2024-03-09
    equity = 1_000.0 * 1.01 ** np.arange(60)
    found = monthly_returns(point_ms, equity)
    assert [(one.year, one.month, one.whole) for one in found] == [(2024, 1, False), (2024, 2, True), (2024, 3, False)]
    assert found[1].total_return == pytest.approx(1.01**29 - 1.0)
    chained = np.prod([1.0 + (one.total_return or 0.0) for one in found])
    assert chained == pytest.approx(equity[-1] / equity[0])
    assert yearly_returns(point_ms, equity) == {2024: pytest.approx(equity[-1] / equity[0] - 1.0)}


def test_a_month_that_ends_at_midnight_is_whole_and_begins_no_other() -> None:
    (one,) = monthly_returns(days(32), np.linspace(100.0, 110.0, 32))
    assert (one.month, one.whole, one.total_return) == (1, True, pytest.approx(0.1))


def test_a_month_that_begins_without_equity_has_no_return() -> None:
    point_ms, equity = days(40), np.where(np.arange(40) < 20, 100.0, -5.0)
    january, february = monthly_returns(point_ms, equity)
    assert january.total_return == pytest.approx(-1.05)
    assert february.total_return is None
    assert yearly_returns(point_ms, equity) == {2024: None}


def test_a_series_of_one_point_has_no_months() -> None:
    assert monthly_returns(days(1), np.array([100.0])) == []
