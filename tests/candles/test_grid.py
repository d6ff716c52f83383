from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.candles.grid import Holes, holes, seeming_timeframe

from .making import START_MS, candles, columns, of, times

HOUR = 3_600_000


def test_a_hole_of_several_candles_is_one_hole() -> None:
    kept = np.delete(times(48), [3, 10, 11, 12, 40, 41])
    found = holes(of(columns(kept)))
    assert found == Holes(6, 3, 3, START_MS + 3 * HOUR, START_MS + 10 * HOUR)
    assert found.line() == (
        "3 holes: 6 candles missing, first 2024-01-01T03:00Z, longest 3 candles from 2024-01-01T10:00Z"
    )


def test_a_single_hole_and_none_are_said_shortly() -> None:
    assert holes(of(columns(np.delete(times(48), 3)))).line() == "1 hole: 1 candle missing from 2024-01-01T03:00Z"
    assert holes(candles()).line() == "no holes"
    assert not holes(candles())
    assert not holes(candles().between(until_ms=0))


@given(st.sets(st.integers(1, 198), max_size=150))
def test_missing_candles_are_exactly_those_that_were_taken_out(gone: set[int]) -> None:
    found = holes(of(columns(np.delete(times(200), sorted(gone)))).between())
    runs = [at for at in sorted(gone) if at - 1 not in gone]
    assert (found.missing, found.holes) == (len(gone), len(runs))


def test_a_few_candles_prove_nothing_about_their_timeframe() -> None:
    assert seeming_timeframe(times(3, "4h")) is None
    assert seeming_timeframe(times(4, "4h")) == "4h"
    assert len(of(columns(times(3, "4h")), "1h")) == 3


def test_one_short_step_proves_that_sparse_candles_are_what_they_say() -> None:
    sparse = np.append(times(40, "4h"), times(40, "4h")[-1] + HOUR)
    assert holes(of(columns(sparse), "1h")).missing == 39 * 3
