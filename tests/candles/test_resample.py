"""Coarser candles, against pandas' own resampling."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.candles import Candles
from engine.candles.timeframes import DAY_MS, MINUTE_MS, TIMEFRAMES
from engine.errors import DataError

from .making import START_MS, candles, columns, of, same, times

RULES = {"5m": "5min", "15m": "15min", "1h": "1h", "4h": "4h", "8h": "8h", "1d": "1D", "1w": "W-MON"}


def by_pandas(made: Candles, timeframe: str) -> np.ndarray:
    """Return open_ms and the five values of complete buckets, worked out by pandas."""
    weekly = {"closed": "left", "label": "left"} if timeframe == "1w" else {}
    frame = (
        made.to_frame()
        .resample(RULES[timeframe], **weekly)
        .agg(  # type: ignore[arg-type]
            {"open": "first", "high": "max", "low": "min", "close": "last", "volume": "sum"}
        )
    )
    frame = frame.dropna()
    open_ms = frame.index.as_unit("ms").asi8  # type: ignore[attr-defined]
    whole = (open_ms >= made.first_ms) & (open_ms + TIMEFRAMES[timeframe] <= made.end_ms)
    return np.column_stack((open_ms, frame.to_numpy()))[whole]


@settings(max_examples=40, deadline=None)
@given(
    fine=st.sampled_from(["1m", "5m", "15m", "1h"]),
    coarse=st.sampled_from(sorted(RULES)),
    skipped=st.integers(0, 3_000),
    holes=st.sets(st.integers(0, 899), max_size=400),
    seed=st.integers(0, 9),
)
def test_resampling_agrees_with_pandas_for_any_start_end_and_holes(
    fine: str, coarse: str, skipped: int, holes: set[int], seed: int
) -> None:
    if TIMEFRAMES[coarse] < TIMEFRAMES[fine]:
        return
    open_ms = np.delete(times(900, fine, START_MS + skipped * TIMEFRAMES[fine]), sorted(holes))
    made = of(columns(open_ms, seed), fine)
    ours = made.resample(coarse)
    expected = by_pandas(made, coarse)
    assert np.array_equal(np.column_stack(ours.columns[:5]), expected[:, :5])
    assert np.allclose(ours.volume, expected[:, 5], rtol=1e-12)  # pandas adds in another order


def test_a_bucket_is_left_out_only_where_it_reaches_beyond_the_span() -> None:
    made = candles(180, "1m", START_MS + 30 * MINUTE_MS)  # 00:30 to 03:30
    assert made.resample("1h").open_ms.tolist() == times(2, "1h", START_MS + 60 * MINUTE_MS).tolist()
    holed = of(made.columns.take(np.r_[0:31, 80:180]), "1m")  # the hour from 01:00 has 1 minute, and still counts
    assert holed.resample("1h").open_ms.tolist() == made.resample("1h").open_ms.tolist()


def test_weeks_open_on_monday() -> None:
    weeks = candles(60, "1d").resample("1w")
    assert weeks.first_ms == START_MS  # 2024-01-01 was a Monday
    assert np.all(np.diff(weeks.open_ms) == 7 * DAY_MS)


def test_resampling_in_two_steps_is_resampling_in_one() -> None:
    made = candles(5_000, "1m")
    once, twice = made.resample("4h"), made.resample("15m").resample("1h").resample("4h")
    assert all(np.array_equal(one, two) for one, two in zip(once.columns[:5], twice.columns[:5], strict=True))
    assert np.allclose(once.volume, twice.volume, rtol=1e-12)
    assert (once.timeframe, once.market, once.source) == ("4h", made.market, made.source)


def test_the_same_timeframe_is_the_same_candles() -> None:
    made = candles()
    assert same(made.resample("1h"), made)


@pytest.mark.parametrize(
    ("ours", "asked", "told"),
    [
        ("1h", "5m", "cannot make 5m candles of 1h ones: they would be finer; load finer ones"),
        ("3m", "5m", "cannot make 5m candles of 3m ones: it is no multiple; ask for a multiple"),
        ("8h", "12h", "cannot make 12h candles of 8h ones: it is no multiple; ask for a multiple"),
    ],
)
def test_finer_candles_and_odd_multiples_are_refused(ours: str, asked: str, told: str) -> None:
    with pytest.raises(DataError, match=f"binance:BTC/USDT: {told}"):
        candles(48, ours).resample(asked)
