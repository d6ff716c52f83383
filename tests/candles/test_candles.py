from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from engine.candles import Candles
from engine.candles.columns import Columns
from engine.candles.timeframes import parse_time
from engine.errors import ConfigError, DataError

from .making import START_MS, candles, columns, of, same, times

HOUR = 3_600_000


def spoiled(**changes: tuple[int, float]) -> Columns:
    """Return 48 good hours with single values changed: name=(row, value)."""
    good = columns(times(48))
    changed = {name: getattr(good, name).copy() for name in changes}
    for name, (row, value) in changes.items():
        changed[name][row] = value
    return good._replace(**changed)


def test_candles_know_their_market_span_and_length() -> None:
    made = candles(48)
    assert (made.market, made.timeframe_ms, len(made)) == ("binance:BTC/USDT", HOUR, 48)
    assert (made.first_ms, made.end_ms) == (START_MS, START_MS + 48 * HOUR)
    assert repr(made) == ("Candles(binance:BTC/USDT 1h, 48 candles, 2024-01-01T00:00Z to 2024-01-03T00:00Z, 'a test')")


def test_only_candles_of_the_simulated_venue_are_simulated() -> None:
    assert not candles().simulated
    assert of(columns(times(5)), market="simulated:BTC/USDT").simulated


def test_columns_are_contiguous_float64_and_cannot_be_written_to() -> None:
    wide = np.ones((9, 6))
    made = of(Columns(times(9), *(wide[:, at] for at in range(5))))
    assert all(column.flags.c_contiguous for column in made.columns)
    with pytest.raises(ValueError, match="read-only"):
        made.close[0] = 2.0
    wide[0, 0] = 3.0  # the caller's own array stays the caller's


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        (spoiled(high=(5, 1.0)), "1 candle with a high below open, close or low (first at 2024-01-01T05:00Z)"),
        (spoiled(low=(5, 999.0)), "1 candle with a high below open, close or low (first at 2024-01-01T05:00Z)"),
        (spoiled(low=(5, 0.0)), "1 candle with a price that is not above zero (first at 2024-01-01T05:00Z)"),
        (spoiled(close=(47, np.nan)), "1 candle with NaN, infinite or missing numbers (first at 2024-01-02T23:00Z)"),
        (spoiled(high=(0, np.inf)), "1 candle with NaN, infinite or missing numbers (first at 2024-01-01T00:00Z)"),
        (spoiled(volume=(1, -0.5)), "1 candle with a negative volume (first at 2024-01-01T01:00Z)"),
        (spoiled(open_ms=(3, START_MS)), "1 candle not later than the one before, first at 2024-01-01T00:00Z"),
        (
            spoiled(open_ms=(3, START_MS + 3 * HOUR + 1)),
            "1 candle not on the 1h grid, first at 2024-01-01T03:00:00.001Z",
        ),
    ],
)
def test_broken_candles_are_refused_with_count_first_time_and_advice(columns: Columns, told: str) -> None:
    with pytest.raises(DataError) as error:
        of(columns)
    assert str(error.value).startswith(f"binance:BTC/USDT 1h: {told}; ")
    assert str(error.value).endswith("fix the source and import it again; nothing is repaired here")


def test_a_low_between_open_and_close_is_refused() -> None:
    good = columns(times(48))
    low = good.low.copy()
    low[7] = (min(good.open[7], good.close[7]) + good.high[7]) / 2
    with pytest.raises(DataError, match="1 candle with a low above open or close"):
        of(good._replace(low=low))


def test_columns_of_unequal_lengths_are_refused_with_their_lengths() -> None:
    good = columns(times(48))
    with pytest.raises(DataError, match=r"expected columns of one length, was open_ms 48, open 48, .* volume 47"):
        of(good._replace(volume=good.volume[1:]))


@pytest.mark.parametrize(
    ("theirs", "asked"), [("1h", "1m"), ("5m", "1h"), ("1d", "1h"), ("1m", "1d"), ("1h", "1w"), ("1d", "1w")]
)
def test_candles_of_another_timeframe_are_refused_and_say_which_it_seems_to_be(theirs: str, asked: str) -> None:
    with pytest.raises(DataError, match=f"expected {asked} candles, but their times seem to be those of {theirs};"):
        of(columns(times(60, theirs)), asked)


def test_weeks_that_do_not_open_on_monday_are_told_so() -> None:
    sundays = times(9, "1w") - 86_400_000
    with pytest.raises(DataError, match=r"9 candles not on the 1w grid \(weeks open on Monday, 00:00 UTC\)"):
        of(columns(sundays), "1w")


def test_an_unknown_timeframe_or_a_broken_market_is_the_callers_fault() -> None:
    with pytest.raises(ConfigError, match="timeframe"):
        of(columns(times(3)), "2m")
    with pytest.raises(ConfigError, match="market"):
        of(columns(times(3)), market="binance:BTC-USDT")


def test_times_in_nanoseconds_and_tables_are_refused() -> None:
    good = columns(times(48))
    with pytest.raises(DataError, match="expected times in ms, was 1704236400000000000, which is a finer unit"):
        of(good._replace(open_ms=good.open_ms * 1_000_000))
    with pytest.raises(DataError, match="expected columns of one dimension, was 2"):
        of(Columns(*(column.reshape(-1, 2) for column in good)))


def test_holes_are_allowed() -> None:
    kept = np.delete(times(48), [3, 4, 9])
    assert len(of(columns(kept))) == 45


def test_between_takes_candles_that_open_in_the_span() -> None:
    made = candles(48)
    part = made.between(START_MS + HOUR, START_MS + 3 * HOUR)
    assert part.open_ms.tolist() == [START_MS + HOUR, START_MS + 2 * HOUR]
    assert np.shares_memory(part.close, made.close)
    assert same(made.between(), made)
    assert len(made.between(START_MS + 1, START_MS + 2)) == 0
    assert len(made.between(START_MS + 5 * HOUR, START_MS)) == 0


def test_no_candles_have_no_first_one() -> None:
    nothing = candles().between(until_ms=0)
    with pytest.raises(DataError, match="no candles here; choose another span"):
        _ = nothing.first_ms
    assert len(nothing.resample("1d")) == 0


def test_a_hash_tells_content_market_and_timeframe_apart_but_not_the_source() -> None:
    made = columns(times(48))
    changed = made._replace(volume=made.volume + np.eye(48)[7])
    different = [of(made), of(changed), of(made, market="kraken:BTC/USDT"), of(columns(times(48, "2h")), "2h")]
    assert len({one.content_hash() for one in different}) == 4
    assert same(of(made), of(made, source="elsewhere"))


def test_the_hash_is_the_same_on_every_machine() -> None:
    # Frozen once; it may only change with the definition of the hash.
    ones = Columns(times(3), *(np.ones(3) for _ in range(5)))
    assert of(ones).content_hash() == "5fa6aa62ba3d1857da42eb05cf8336b78abc62fccfd0749417ca8968aaab702f"


def test_a_frame_comes_back_as_the_same_candles() -> None:
    made = candles(48)
    frame = made.to_frame()
    assert str(frame.index.tz) == "UTC"
    for shape in (
        frame,
        frame.tz_localize(None),
        frame.tz_convert("Asia/Tokyo"),
        frame.reset_index(),
        frame.rename(columns=str.title),
        frame.assign(timestamp=made.open_ms).reset_index(drop=True),
        frame.assign(open_ms=made.open_ms, extra="x").reset_index(drop=True),
    ):
        assert same(Candles.from_frame(shape, market="binance:BTC/USDT", timeframe="1h"), made)


@pytest.mark.parametrize(
    ("frame", "told"),
    [
        (
            candles(5).to_frame().reset_index(drop=True),
            "expected a DatetimeIndex or a column timestamp, was RangeIndex",
        ),
        (candles(5).to_frame().drop(columns="volume"), 'no column "volume" in the frame'),
        (candles(5).to_frame().assign(close="x"), "expected numbers in the frame"),
        (candles(5).to_frame().assign(timestamp="x"), "the column timestamp holds something that is no time"),
        (candles(5).to_frame().assign(timestamp=pd.NaT), "a candle has no time"),
    ],
)
def test_a_frame_that_holds_no_candles_says_what_is_missing(frame: pd.DataFrame, told: str) -> None:
    with pytest.raises(DataError, match=told):
        Candles.from_frame(frame, market="binance:BTC/USDT", timeframe="1h")


def test_importing_candles_imports_neither_pandas_nor_pyarrow() -> None:
    check = "import engine.candles, sys; sys.exit('pandas' in sys.modules or 'pyarrow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0


def test_a_time_of_the_span_may_be_parsed_from_text() -> None:
    assert candles().between(parse_time("2024-01-02")).first_ms == START_MS + 24 * HOUR
