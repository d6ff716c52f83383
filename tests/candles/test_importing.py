from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.candles import Store
from engine.candles.columns import NAMES
from engine.candles.importing import ImportReport, import_file
from engine.candles.timeframes import iso
from engine.errors import ConfigError, DataError

from .making import candles, columns, of, same, times

BTC = "binance:BTC/USDT"
GOOD = candles(48)
HEADER = "timestamp,open,high,low,close,volume"
ROWS = [",".join([str(row[0]), *(repr(float(value)) for value in row[1:])]) for row in zip(*GOOD.columns, strict=True)]


def written(folder: Path, rows: list[str], header: str = HEADER, name: str = "btc.csv") -> Path:
    path = folder / name
    path.write_text("\n".join([header, *rows] if header else rows) + "\n")
    return path


def imported(folder: Path, path: Path, timeframe: str = "1h") -> ImportReport:
    return import_file(path, BTC, timeframe, Store(folder / "data"))


def restamped(render: object) -> list[str]:
    return [f"{render(int(row.split(',')[0]))},{row.split(',', 1)[1]}" for row in ROWS]  # type: ignore[operator]


@pytest.mark.parametrize(
    ("rows", "header", "notes"),
    [
        (ROWS, HEADER, ()),
        (ROWS, "\ufeff" + HEADER, ()),
        (ROWS, HEADER.replace(",", '","').join('""'), ()),
        (ROWS, "Open time,Open,High,Low,Close,Volume", ('times taken from the column "Open time"',)),
        ([f"{row},9,x" for row in ROWS], f"{HEADER},trades,tag", ("columns ignored: trades, tag",)),
        (ROWS, "", ("no header: columns taken as timestamp, open, high, low, close, volume",)),
        (
            [f"{row},1,2" for row in ROWS],
            "",
            ("no header: columns taken as timestamp, open, high, low, close, volume", "2 more columns ignored"),
        ),
        ([row.replace(",", ";") for row in ROWS], HEADER.replace(",", ";"), ()),
        (restamped(lambda ms: ms // 1000), HEADER, ("times recognised as seconds",)),
        (restamped(lambda ms: f"{ms / 1000}"), HEADER, ("times recognised as seconds",)),
        (restamped(lambda ms: ms * 1000), HEADER, ("times recognised as microseconds",)),
        (restamped(lambda ms: ms * 1_000_000), HEADER, ("times recognised as nanoseconds",)),
        (restamped(lambda ms: float(ms)), HEADER, ()),
        (restamped(lambda ms: iso(ms)[:-1]), HEADER, ("times recognised as dates, UTC",)),
        (
            restamped(lambda ms: iso(ms).replace("T", " ")[:-1] + ":00.000000"),
            HEADER,
            ("times recognised as dates, UTC",),
        ),
        (restamped(lambda ms: iso(ms).replace("Z", ":00Z")), HEADER, ("times recognised as dates",)),
        (restamped(lambda ms: iso(ms).replace("Z", ":00+00:00")), HEADER, ("times recognised as dates",)),
        (restamped(lambda ms: iso(ms).replace("Z", ":00 UTC")), HEADER, ("times recognised as dates, UTC",)),
        (ROWS[::-1], HEADER, ("sorted by time: 47 rows stood out of order",)),
        ([*ROWS, ROWS[3]], HEADER, ("sorted by time: 1 row stood out of order", "1 identical duplicate dropped")),
        ([ROWS[0], *ROWS], HEADER, ("1 identical duplicate dropped",)),
    ],
)
def test_a_csv_is_recognised_and_what_was_recognised_is_said(
    tmp_path: Path, rows: list[str], header: str, notes: tuple[str, ...]
) -> None:
    report = imported(tmp_path, written(tmp_path, rows, header))
    assert report.notes == notes
    loaded = Store(tmp_path / "data").load(BTC, "1h")
    assert same(loaded, GOOD)
    assert loaded.source.startswith("imported from btc.csv (20")  # and the day, and by what
    assert report.lines()[-1] == "48 candles added"


def test_days_may_be_stamped_with_dates_alone(tmp_path: Path) -> None:
    rows = [f"2024-01-0{day},1,2,1,2,5" for day in range(1, 8)]
    assert imported(tmp_path, written(tmp_path, rows), "1d").candles == 7


@pytest.mark.parametrize(
    "stamps",
    [
        pa.array(GOOD.open_ms),
        pa.array(GOOD.open_ms // 1000),
        pa.array(GOOD.open_ms.astype(np.float64)),
        pa.array(GOOD.open_ms.astype("datetime64[ms]")),
        pa.array(GOOD.open_ms.astype("datetime64[ms]")).cast(pa.timestamp("ns", tz="Asia/Tokyo")),
        pa.array([str(ms) for ms in GOOD.open_ms]),
        pa.array([iso(int(ms)) for ms in GOOD.open_ms]).dictionary_encode(),
    ],
)
def test_a_parquet_file_is_recognised_whatever_its_times_are(tmp_path: Path, stamps: pa.Array) -> None:
    path = tmp_path / "btc.parquet"
    pq.write_table(pa.table({"date": stamps, **dict(zip(NAMES, GOOD.columns[1:], strict=True))}), path)
    imported(tmp_path, path)
    assert same(Store(tmp_path / "data").load(BTC, "1h"), GOOD)


def test_a_pandas_frame_saved_with_its_index_is_recognised(tmp_path: Path) -> None:
    GOOD.to_frame().rename_axis(None).to_parquet(tmp_path / "btc.parquet")
    assert imported(tmp_path, tmp_path / "btc.parquet").candles == 48


def test_a_stored_file_can_itself_be_imported(tmp_path: Path) -> None:
    path = Store(tmp_path / "elsewhere").write(GOOD).files[0]
    assert imported(tmp_path, path).notes == ()


CELLS = ROWS[5].split(",")


def with_row(*cells: str, at: int = 5) -> list[str]:
    return [*ROWS[:at], ",".join(cells), *ROWS[at + 1 :]]


TIMES = "expected milliseconds since 1970 or ISO 8601"
MICROSECONDS = CELLS[0] + "000"
IN_MS = f"{TIMES}; the times begin in milliseconds, but"


@pytest.mark.parametrize(
    ("rows", "header", "told"),
    [
        ([], HEADER, "holds no rows; expected timestamp, open, high, low, close, volume"),
        (ROWS, f"{HEADER}s", 'btc.csv: no column "volume"; did you mean "volumes"?'),
        (ROWS, f"{HEADER[:-6]}xx", 'btc.csv: no column "volume"; its columns: timestamp, open, high, low, close, xx'),
        (ROWS, f"x{HEADER}", 'btc.csv: no column "timestamp"; did you mean "xtimestamp"?'),
        ([f"{row},1" for row in ROWS], f"{HEADER},Open", 'btc.csv: 2 columns are named "open"; keep one of them'),
        (
            with_row(CELLS[0], "12,5", *CELLS[2:]),
            HEADER,
            "btc.csv, line 7: expected 6 columns, was 7; a number with a comma in it?; fix the line",
        ),
        (with_row(*CELLS[:4], "no!", "1"), HEADER, 'line 7: expected a number in the column "close", was "no!"'),
        (with_row("soon", *CELLS[1:]), HEADER, f'btc.csv, line 7: {TIMES} for a time, was "soon"'),
        (with_row("", *CELLS[1:]), HEADER, f"btc.csv, line 7 has no time; {TIMES}"),
        (with_row("17", *CELLS[1:]), HEADER, f"btc.csv, line 7: {IN_MS} 17 is no time"),
        (with_row(MICROSECONDS, *CELLS[1:]), HEADER, f"btc.csv, line 7: {IN_MS} {MICROSECONDS} is in microseconds"),
        ([f"{at},1,1,1,1,1" for at in range(9)], HEADER, f"btc.csv, line 2: {TIMES}, was 0"),
        (restamped(lambda ms: f"{iso(ms)[:-1]}x"), HEADER, f'line 2: {TIMES} for a time, was "2024-01-01T00:00x"'),
        (
            restamped(lambda ms: ms * 1000 + 7),
            HEADER,
            "btc.csv, line 2: the time 1704067200000007 is finer than a millisecond; round the times",
        ),
    ],
)
def test_a_csv_that_cannot_be_read_is_refused_with_its_line_and_nothing_is_written(
    tmp_path: Path, rows: list[str], header: str, told: str
) -> None:
    with pytest.raises(DataError) as error:
        imported(tmp_path, written(tmp_path, rows, header))
    assert told in str(error.value)
    assert "\n" not in str(error.value)
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("rows", "fault", "line"),
    [
        (with_row(*CELLS[:4], "", CELLS[5]), "NaN, infinite or missing numbers", 7),
        (with_row(*CELLS[:4], "inf", CELLS[5]), "NaN, infinite or missing numbers", 7),
        (with_row(CELLS[0], "9", "8", "7", "6", "1"), "a high below open, close or low", 7),
        (with_row(CELLS[0], "9", "9", "8", "7", "1"), "a low above open or close", 7),
        (with_row(CELLS[0], "0", "8", "0", "6", "1"), "a price that is not above zero", 7),
        (with_row(*CELLS[:5], "-1"), "a negative volume", 7),
        ([*ROWS, ",".join([*CELLS[:5], "3"])], "a time that another row has with other values", 50),
    ],
)
def test_impossible_or_conflicting_rows_refuse_the_whole_file(
    tmp_path: Path, rows: list[str], fault: str, line: int
) -> None:
    with pytest.raises(DataError) as error:
        imported(tmp_path, written(tmp_path, rows))
    assert str(error.value) == (
        f"btc.csv: 1 row with {fault} (first: line {line}, 2024-01-01T05:00Z); "
        "nothing was imported; fix the source and import it again"
    )
    assert not (tmp_path / "data").exists()


def test_a_time_off_the_grid_refuses_the_file_and_a_missing_header_is_no_line(tmp_path: Path) -> None:
    path = written(tmp_path, with_row(str(int(CELLS[0]) + 1), *CELLS[1:]), header="")
    with pytest.raises(
        DataError, match=r"1 row with a time off the 1h grid \(first: line 6, 2024-01-01T05:00:00.001Z\)"
    ):
        imported(tmp_path, path)


def test_candles_of_another_timeframe_are_told_which_flag_to_give(tmp_path: Path) -> None:
    with pytest.raises(DataError) as error:
        imported(tmp_path, written(tmp_path, ROWS), "1m")
    assert str(error.value) == (
        "btc.csv: expected 1m candles, but their times seem to be those of 1h; give --timeframe 1h"
    )


def test_a_file_that_cannot_be_one_is_told_in_one_sentence(tmp_path: Path) -> None:
    written(tmp_path, ROWS)
    (tmp_path / "empty.csv").touch()
    (tmp_path / "candles.xlsx").write_text("x")
    (tmp_path / "torn.parquet").write_bytes(b"PAR1 and then nothing")
    cases = {
        "btc.cvs": f'no such file: {tmp_path / "btc.cvs"}; did you mean "btc.csv"?',
        "zzz": f"no such file: {tmp_path / 'zzz'}",
        "empty.csv": f"{tmp_path / 'empty.csv'} is empty; expected rows of timestamp, open, high, low, close, volume",
        "candles.xlsx": f'{tmp_path / "candles.xlsx"}: expected a file ending in .csv, .csv.gz, .zip, .parquet, .feather, .json, .json.gz, .tsv or .txt, was ".xlsx"',
        "torn.parquet": f"{tmp_path / 'torn.parquet'} is not a readable Parquet file: ",
    }
    for name, told in cases.items():
        with pytest.raises(DataError) as error:
            imported(tmp_path, tmp_path / name)
        assert str(error.value).startswith(told)


@pytest.mark.parametrize(
    ("column", "values", "told"),
    [
        ("close", pa.array(["x"] * 48), 'btc.parquet: expected numbers in the column "close", was string'),
        (
            "timestamp",
            pa.array([True] * 48),
            "btc.parquet, row 1: expected milliseconds since 1970 .* was a column of bool",
        ),
        ("timestamp", pa.array([*GOOD.open_ms[:5].tolist(), *[None] * 43]), "btc.parquet, row 6 has no time"),
    ],
)
def test_a_parquet_file_with_a_wrong_column_is_refused(
    tmp_path: Path, column: str, values: pa.Array, told: str
) -> None:
    named = {"timestamp": pa.array(GOOD.open_ms), **dict(zip(NAMES, GOOD.columns[1:], strict=True)), column: values}
    pq.write_table(pa.table(named), tmp_path / "btc.parquet")
    with pytest.raises(DataError, match=told):
        imported(tmp_path, tmp_path / "btc.parquet")


def test_an_import_merges_with_the_store_and_refuses_to_disagree(tmp_path: Path) -> None:
    store = Store(tmp_path / "data")
    imported(tmp_path, written(tmp_path, ROWS[:30]))
    report = imported(tmp_path, written(tmp_path, ROWS[20:]))
    assert report.lines()[-1] == "18 candles added, 10 in the store before, identical"
    changed = written(tmp_path, with_row(*CELLS[:5], "3"))
    with pytest.raises(DataError, match="1 candle of 48 disagree"):
        imported(tmp_path, changed)
    assert same(store.load(BTC, "1h"), GOOD)
    report = import_file(changed, BTC, "1h", store, replace=True)
    assert report.lines()[-1] == "0 candles added, 1 replaced, 47 in the store before, identical"
    assert store.load(BTC, "1h").volume[5] == 3.0


def test_holes_are_counted_and_never_filled(tmp_path: Path) -> None:
    report = imported(tmp_path, written(tmp_path, ROWS[:10] + ROWS[13:]))
    assert report.findings.holes.line() == "1 hole: 3 candles missing from 2024-01-01T10:00Z"
    assert len(Store(tmp_path / "data").load(BTC, "1h")) == 45


def test_candles_cannot_be_imported_as_simulated_ones(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match='was "simulated", which is computed, not stored'):
        import_file(written(tmp_path, ROWS), "simulated:BTC/USDT", "1h", Store(tmp_path))


def test_a_large_file_is_read_in_blocks_without_losing_a_row(tmp_path: Path) -> None:
    many = of(columns(times(150_000, "1m")), "1m")  # some 7 MB, so several blocks
    rows = [",".join(map(repr, row)) for row in zip(*(column.tolist() for column in many.columns), strict=True)]
    imported(tmp_path, written(tmp_path, rows), "1m")
    assert same(Store(tmp_path / "data").load(BTC, "1m"), many)
