from __future__ import annotations

import numpy as np

from engine.candles.columns import Columns, impossible
from engine.candles.verify import examine

from .making import columns, times


def appended(found: Columns, rows: Columns) -> Columns:
    return Columns(*(np.concatenate(pair) for pair in zip(found, rows, strict=True)))


def test_good_rows_are_called_good() -> None:
    assert examine(columns(times(48)), "1h").lines() == [
        "48 rows from 2024-01-01T00:00Z to 2024-01-02T23:00Z",
        "no holes",
        "no duplicates",
        "no impossible rows",
        "0 rows without volume",
    ]


def test_everything_wrong_is_counted_by_kind_with_its_first_time() -> None:
    good = columns(times(48))
    rows = appended(good, good.take([4, 4, 9]))  # three more, out of order
    rows.close[50] += 0.001  # the last conflicts with the candle it repeats
    rows.volume[:] = np.where(np.arange(51) == 20, 0.0, rows.volume)
    rows.high[30], rows.low[31], rows.close[32], rows.volume[33] = 1.0, -1.0, np.nan, -1.0
    rows.open_ms[47] += 5
    found = examine(rows, "1h")
    assert (found.rows, found.identical, found.out_of_order, found.zero_volume) == (51, 2, 1, 1)
    assert found.seems is None
    told = {bad.what: (bad.rows, bad.first_row) for bad in found.faults}
    assert told == {
        "NaN, infinite or missing numbers": (1, 32),
        "a price that is not above zero": (1, 31),
        "a high below open, close or low": (1, 30),
        "a negative volume": (1, 33),
        "a time that another row has with other values": (1, 50),
        "a time off the 1h grid": (1, 47),
    }
    lines = found.lines()
    assert lines[2:4] == ["2 identical duplicates", "1 row out of order"]
    assert "1 row with a high below open, close or low, first at 2024-01-02T06:00Z" in lines


def test_a_row_is_counted_once_however_many_things_are_wrong_with_it() -> None:
    bad = columns(times(2))
    bad.high[0], bad.low[0], bad.volume[0] = np.nan, -1.0, -1.0
    assert sum(fault.rows for fault in impossible(bad)) == 1


def test_rows_of_another_timeframe_are_recognised_even_out_of_order() -> None:
    found = examine(columns(times(48, "5m")).take(slice(None, None, -1)), "1h")
    assert found.seems == "5m"
    assert "the times seem to be those of 5m candles" in found.lines()


def test_no_rows_are_no_rows() -> None:
    assert examine(columns(times(0)), "1h").lines() == ["no rows"]
