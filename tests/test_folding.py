"""The fold of candle closes: however they are cut the outcome is the same to the bit, and it says what it should."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import DataError
from engine.metrics import DAY_MS, Folded, Folding, daily_points, deepest_drawdown, fold

HOUR_MS = 3_600_000


@st.composite
def closes(draw: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    count = draw(st.integers(1, 400))
    random = np.random.default_rng(draw(st.integers(0, 1 << 32)))
    steps = random.choice([1, 1, 1, 1, 7, 60], count)  # holes, some over days
    close_ms = draw(st.integers(0, 30)) * HOUR_MS + HOUR_MS * np.cumsum(steps)
    equity = 100.0 * np.exp(np.cumsum(random.normal(0.0, 0.05, count)))
    if draw(st.booleans()):
        equity[int(random.integers(count))] = -1.0
    return (
        close_ms,
        equity,
        np.where(random.random(count) < 0.5, 0.0, equity * random.random(count)),
        random.random(count) < 0.1,
    )


def bits(folded: Folded) -> list[Any]:
    names = Folded.__dataclass_fields__
    values = [getattr(folded, name) for name in names]
    return [value.tobytes() if isinstance(value, np.ndarray) else repr(value) for value in values]


@settings(deadline=None)
@given(closes(), st.lists(st.integers(0, 400), max_size=20))
def test_no_cut_changes_a_bit(given_: tuple[np.ndarray, ...], cuts: list[int]) -> None:
    close_ms, equity, exposure, dependent = given_
    whole = fold(close_ms, equity, exposure, 100.0, dependent)
    edges = sorted({0, len(close_ms), *(cut for cut in cuts if cut < len(close_ms))})
    folding = Folding(100.0)
    for low, high in pairwise(edges):
        folding.feed(*(column[low:high] for column in (close_ms, equity, exposure, dependent)))
        folding.folded()  # to look changes nothing
    assert bits(folding.folded()) == bits(whole)


@settings(deadline=None)
@given(closes())
def test_it_says_what_the_closes_say(given_: tuple[np.ndarray, ...]) -> None:
    close_ms, equity, exposure, dependent = given_
    folded = fold(close_ms, equity, exposure, 100.0, dependent)
    assert folded.count == len(close_ms)
    assert folded.candle_drawdown == deepest_drawdown(equity, 100.0)
    assert folded.mean_equity == pytest.approx(equity.mean(), rel=1e-12)
    assert folded.time_in_market == np.count_nonzero(exposure) / len(exposure)
    if (equity > 0.0).all():
        assert folded.mean_exposure == pytest.approx((exposure / equity).mean(), rel=1e-12)
        assert folded.ruined_ms is None
    else:
        assert folded.mean_exposure is None
        assert folded.ruined_ms == close_ms[np.argmax(equity <= 0.0)]
    for one, other in zip(
        daily_points(folded.close_ms, folded.equity, 0, 100.0), daily_points(close_ms, equity, 0, 100.0), strict=True
    ):
        assert one.tobytes() == other.tobytes()


def test_a_close_at_midnight_ends_its_day_and_a_day_depends_where_a_candle_did() -> None:
    close_ms = np.array([HOUR_MS, DAY_MS, DAY_MS + 1, 2 * DAY_MS])
    folded = fold(close_ms, np.array([1.0, 2.0, 3.0, 4.0]), np.zeros(4), 1.0, np.array([True, False, False, False]))
    assert folded.close_ms.tolist() == [DAY_MS, 2 * DAY_MS]
    assert folded.equity.tolist() == [2.0, 4.0]
    assert folded.dependent.tolist() == [True, False]


def test_columns_of_different_lengths_are_refused_and_nothing_folds_to_nothing() -> None:
    with pytest.raises(DataError, match="one value a candle close, was 1 for 2 closes"):
        fold(np.array([1, 2]), np.ones(1), np.ones(2), 1.0)
    none = Folding(1.0).folded()
    assert (none.count, none.mean_equity, none.candle_drawdown) == (0, None, None)
