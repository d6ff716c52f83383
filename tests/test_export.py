"""A run's folder read back with other tools."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from engine import Market, Result, backtest, load_candles
from engine.backtesting import export
from engine.backtesting.export import run_folder, save
from engine.errors import ConfigError
from strategies.moving_average_short import MovingAverageShort


@pytest.fixture(scope="module")
def result() -> Result:
    candles = load_candles("simulated:BTC/USDT", "1h", "2024-01-01", "2024-02-15")
    market = Market(symbol="BTC/USDT", tick=0.01, lot=0.001, kind="linear", funding_rate=0.0001)
    return backtest(MovingAverageShort(fast=5, slow=20), candles, market)


@pytest.fixture
def folder(result: Result, tmp_path: Path) -> Path:
    return save(result, tmp_path / "runs" / "one", definition="strategy = 1\n", notes=["said"])


def test_a_folder_holds_everything_and_nothing_is_left_beside_it(folder: Path) -> None:
    names = {file.name for file in folder.iterdir()}
    assert names == {
        "metrics.json", "definition.toml", "fills.csv", "fills.parquet", "trades.csv", "trades.parquet",
        "payments.csv", "payments.parquet", "equity.parquet",
    }  # fmt: skip
    assert [one.name for one in folder.parent.iterdir()] == ["one"]
    assert (folder / "definition.toml").read_text() == "strategy = 1\n"


def test_metrics_are_the_summary(result: Result, folder: Path) -> None:
    told = json.loads((folder / "metrics.json").read_text("utf-8"))
    assert told.pop("notes") == ["said"]
    assert told == json.loads(json.dumps(result.summary()))


@pytest.mark.parametrize("name", ["fills", "trades", "payments"])
def test_parquet_and_csv_hold_the_tables_of_the_result(result: Result, folder: Path, name: str) -> None:
    expected = getattr(result, name)
    assert len(expected) > 3
    parquet = pd.read_parquet(folder / f"{name}.parquet")
    pd.testing.assert_frame_equal(parquet, expected, check_dtype=False, check_index_type=False)
    times = [column for column in expected if column == "time" or column.endswith("_time")]
    csv = pd.read_csv(folder / f"{name}.csv", parse_dates=times, keep_default_na=True)
    for column in expected:
        if expected[column].dtype.kind in "fiub":
            np.testing.assert_array_equal(csv[column].to_numpy(), expected[column].to_numpy(), column)
        elif column in times:
            assert (csv[column] == expected[column]).all() or csv[column].isna().any()
        else:
            assert csv[column].fillna("").tolist() == expected[column].tolist()


def test_times_in_csv_are_iso_and_utc(folder: Path) -> None:
    first = (folder / "fills.csv").read_text().splitlines()[1].split(",")[0]
    assert datetime.fromisoformat(first).tzinfo is UTC
    assert first.endswith("Z")


def test_equity_has_a_point_a_candle(result: Result, folder: Path) -> None:
    read = pd.read_parquet(folder / "equity.parquet")
    np.testing.assert_array_equal(read["equity"], result.equity_curve)
    assert read["time"].iloc[-1] == result.equity.index[-1]


def test_undefined_numbers_and_words_with_commas_survive(tmp_path: Path) -> None:
    columns = {
        "text": ['said "no", twice', "", "ü"],
        "number": np.array([1.5, np.nan, -0.0]),
        "time": np.array([0, np.iinfo(np.int64).min, 1], np.int64).astype("datetime64[ms]"),
    }
    export._write_csv(columns, tmp_path / "t.csv")
    export._write_parquet(columns, tmp_path / "t.parquet")
    assert '"said ""no"", twice",1.5,' in (tmp_path / "t.csv").read_text("utf-8")
    read = pd.read_parquet(tmp_path / "t.parquet")
    assert read["text"].tolist() == columns["text"]
    assert read["time"].isna().tolist() == read["number"].isna().tolist() == [False, True, False]


def test_a_name_that_is_taken_gets_a_number(result: Result, folder: Path) -> None:
    assert save(result, folder).name == "one-2"
    assert save(result, folder).name == "one-3"


def test_a_run_is_named_by_its_time_and_definition(tmp_path: Path) -> None:
    made = run_folder(tmp_path, "short", datetime(2024, 1, 31, 12, 5, 9, tzinfo=UTC))
    assert made == tmp_path / "20240131T120509Z-short"


def test_a_failed_write_leaves_nothing(result: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(export, "_write_csv", full)
    with pytest.raises(ConfigError, match=r"cannot write the run to .*: No space left on device"):
        save(result, tmp_path / "one")
    assert list(tmp_path.iterdir()) == []
