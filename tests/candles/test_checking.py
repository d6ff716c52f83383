"""What `data verify` finds in stored candles, and that it finds nothing in good ones."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.candles import Candles, Store
from engine.candles.agreeing import agreement
from engine.candles.checking import Checked, check
from engine.candles.columns import Columns
from engine.candles.coverage import expected, month_ms, months_of, strips
from engine.candles.outliers import outliers, stretches
from engine.candles.timeframes import TIMEFRAMES, parse_time
from engine.cli import run

from .making import START_MS, candles, columns, of, real, taken, times

HOUR_MS = 3_600_000


def changed(whole: Columns, row: int, **values: float) -> Columns:
    """Return columns with other values in one row."""
    made = {name: getattr(whole, name).copy() for name in Columns._fields}
    for name, value in values.items():
        made[name][row] = value
    return Columns(**made)


def checked(root: Path) -> dict[str, Checked]:
    store = Store(root)
    return {one.timeframe: one for one in check(store, store.names())}


def test_good_candles_of_several_timeframes_are_well(tmp_path: Path) -> None:
    fine = candles(48 * 60, "1m")
    for one in (fine, fine.resample("1h"), fine.resample("1d")):
        Store(tmp_path).write(one)
    found = checked(tmp_path)
    assert [one.faults for one in found.values()] == [[], [], []]
    assert [(one.fine, one.compared) for one in found["1d"].agreements] == [("1m", 2), ("1h", 2)]


def test_a_hole_is_found_with_its_place_and_length(tmp_path: Path) -> None:
    whole = candles(48)
    Store(tmp_path).write(of(whole.columns.take(np.r_[0:10, 13:40, 41:48])))
    found = checked(tmp_path)["1h"]
    assert found.runs == [(START_MS + 10 * HOUR_MS, 3), (START_MS + 40 * HOUR_MS, 1)]
    assert found.faults == [found.holes.line()]


def test_timeframes_that_disagree_are_a_fault_of_the_coarser(tmp_path: Path) -> None:
    fine = candles(48 * 60, "1m")
    hours = fine.resample("1h")
    Store(tmp_path).write(fine)
    row = changed(hours.columns, 7, high=float(hours.high[7]) + 1.0)
    Store(tmp_path).write(of(changed(row, 9, volume=1e6)))
    found = checked(tmp_path)
    told = found["1h"].agreements[0]
    assert (told.prices, told.volumes, told.beside_holes) == (1, 1, 0)
    assert told.example.startswith("2024-01-01T07:00Z: high ")
    assert found["1h"].faults == ["2 candles of 48 differ from those of 1m candles"]
    assert found["1m"].faults == []


def test_what_differs_where_finer_candles_are_missing_is_told_apart() -> None:
    fine = candles(48 * 60, "1m")
    hours, short = fine.resample("1h"), of(fine.columns.take(np.r_[0:300, 330 : 48 * 60]), "1m")
    told = agreement(short, hours)
    assert (told.differing, told.beside_holes) == (1, 1)


@pytest.mark.parametrize(("what", "factor"), [("high", 1.2), ("low", 0.8)])
def test_a_spike_that_comes_back_is_an_outlier(what: str, factor: float) -> None:
    whole = columns(times(100))
    spiked = changed(whole, 50, **{what: float(getattr(whole, what)[50]) * factor})
    found = outliers(spiked)
    assert [(one.open_ms, one.what) for one in found] == [(int(whole.open_ms[50]), what)]
    assert found[0].away == pytest.approx(0.2 if what == "high" else 0.25, abs=0.03)


def test_a_crash_that_stays_is_no_outlier() -> None:
    whole = columns(times(100))
    fallen = Columns(whole.open_ms, *(np.r_[one[:50], one[50:] * 0.5] for one in whole[1:5]), whole.volume)
    assert outliers(fallen) == []
    assert outliers(columns(times(2))) == []


def test_silence_is_told_in_stretches_that_no_hole_joins() -> None:
    whole = columns(times(40))
    quiet = Columns(*whole[:5], np.where(np.isin(np.arange(40), [3, 4, 10, 11, 12, 20, 21, 22, 23]), 0.0, 1.0))
    assert [(one.first_ms, one.candles) for one in stretches(quiet, HOUR_MS)] == [
        (int(whole.open_ms[10]), 3), (int(whole.open_ms[20]), 4),
    ]  # fmt: skip
    parted = quiet.take(np.r_[0:22, 23:40])
    assert [one.candles for one in stretches(parted, HOUR_MS)] == [3]


def test_a_damaged_file_is_told_and_the_rest_is_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Store(tmp_path).write(candles(48))
    Store(tmp_path).write(candles(5, "1d"))
    (tmp_path / "binance/BTC-USDT/1h/2024.parquet").write_bytes(b"PAR1 no more")
    assert run(["data", "verify", "--root", str(tmp_path)]) == 1
    said = capsys.readouterr().out
    assert "is not a readable file of candles" in said
    assert "binance:BTC/USDT 1d  well  5 candles" in said
    assert run(["data", "list", "--root", str(tmp_path)]) == 0
    assert "damaged" in capsys.readouterr().out


def test_the_exit_code_tells_whether_all_is_well(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["data", "verify", "--root", str(tmp_path)]) == 2
    assert "no candles in" in capsys.readouterr().err
    Store(tmp_path).write(candles(48))
    assert run(["data", "verify", "--root", str(tmp_path), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["ok"]
    assert told["datasets"][0]["content_hash"] == candles(48).content_hash()
    assert run(["data", "verify", "binance:BTC/USD", "--root", str(tmp_path)]) == 2
    assert 'did you mean "binance:BTC/USDT"?' in capsys.readouterr().err
    assert run(["data", "verify", "--timeframe", "4h", "--root", str(tmp_path)]) == 2
    assert "no 4h candles there; stored: 1h" in capsys.readouterr().err


@given(
    st.sampled_from([name for name in TIMEFRAMES if name not in ("1m", "3m", "1w")]),
    st.integers(2, 3_000), st.integers(0, 400),
)  # fmt: skip
def test_months_of_whole_candles_are_full_whatever_the_timeframe_and_the_beginning(
    timeframe: str, count: int, day: int
) -> None:
    open_ms = times(count, timeframe, START_MS + day * 24 * HOUR_MS + 7 * HOUR_MS)
    counts = months_of(open_ms)
    assert sum(counts.values()) == count
    first, last = int(open_ms[0]), int(open_ms[-1])
    assert counts == {month: expected(month, timeframe, first, last) for month in counts}
    assert set("".join(strip for _, strip in strips(counts, timeframe, first, last))) <= {"█", "·"}


def test_a_strip_shades_each_month_by_what_is_there() -> None:
    # January whole, February without one of 696 hours, March without a tenth, April a half, May nothing, June whole.
    hours = times(24 * 182)
    months = hours.astype("datetime64[ms]").astype("datetime64[M]").astype(int) % 12
    within = np.concatenate([np.arange(np.count_nonzero(months == month)) for month in range(6)])
    there = (months == 0) | ((months == 1) & (within != 5)) | ((months == 2) & (within % 15 != 3))
    there |= ((months == 3) & (within % 2 == 0)) | (months == 5)
    kept = hours[there]
    assert strips(months_of(kept), "1h", int(kept[0]), int(kept[-1])) == [(2024, "█▓▒░·█······")]
    assert month_ms(54 * 12) == parse_time("2024-01-01")
    assert strips({}, "1h", 0, 0) == []


def test_real_candles_are_verified_to_the_candle(tmp_path: Path) -> None:
    for name, timeframe in (
        ("BINANCE_BTC-USDT_1h", "1h"),
        ("BINANCE_BTC-USDT_5m_2021", "5m"),
        ("BINANCE_BTC-USDT_1d", "1d"),
    ):
        taken(Store(tmp_path), real(f"{name}.parquet"), "binance:BTC/USDT", timeframe)
    found = checked(tmp_path)
    assert {name: (one.holes.missing, one.holes.longest) for name, one in found.items()} == {
        "5m": (177, 56), "1h": (128, 33), "1d": (0, 0),
    }  # fmt: skip
    assert {(one.fine, one.prices) for one in found["1h"].agreements} == {("5m", 3)}
    assert {(one.fine, one.differing) for one in found["1d"].agreements} == {("5m", 4), ("1h", 0)}


def test_candles_of_candles_agree_though_both_have_holes() -> None:
    fine = candles(24 * 60, "1m")
    short: Candles = of(fine.columns.take(np.r_[0:100, 300 : 24 * 60]), "1m")
    assert agreement(short, short.resample("1h")).differing == 0
