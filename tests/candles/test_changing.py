"""Candles made of stored ones: coarser in the store, or files for other tools."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from engine.candles import Store
from engine.candles.importing import import_file
from engine.cli import run

from .making import candles, of, same

MARKET = "binance:BTC/USDT"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    Store(tmp_path / "data").write(candles(3 * 24 * 60, "1m"))
    return tmp_path / "data"


def test_coarser_candles_are_stored_with_where_they_are_from(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["data", "resample", MARKET, "--to", "1h,1d", "--root", str(root)]) == 0
    assert f"{MARKET} 1h: 72 candles, 72 added, 0 replaced" in capsys.readouterr().out
    made = Store(root).load(MARKET, "1h")
    assert same(made, candles(3 * 24 * 60, "1m").resample("1h"))
    assert made.source.startswith("made of 1m candles (20")
    assert run(["data", "resample", MARKET, "--to", "1h", "--root", str(root)]) == 0
    assert "0 added, 0 replaced, 72 in the store before" in capsys.readouterr().out


def test_coarser_candles_of_fine_ones_with_holes_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fine = candles(24 * 60, "1m")
    Store(tmp_path).write(of(fine.columns.take(np.r_[0:130, 133:300, 301 : 24 * 60]), "1m"))
    assert run(["data", "resample", MARKET, "--to", "1h", "--root", str(tmp_path)]) == 0
    assert "Note: 2 candles lack some 1m candles, first 2024-01-01T02:00Z." in capsys.readouterr().out


def test_mark_prices_are_verified_made_coarser_and_taken_out_alike(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--kind", "mark", "--root", str(tmp_path)]
    Store(tmp_path, "mark").write(candles(3 * 24 * 60, "1m"))
    assert run(["data", "resample", MARKET, "--to", "1h", *words]) == 0
    assert run(["data", "verify", *words]) == 0
    assert "All is well with 2." in capsys.readouterr().out
    assert run(["data", "export", MARKET, "1h", str(tmp_path / "mark.csv"), *words]) == 0
    assert len((tmp_path / "mark.csv").read_text().splitlines()) == 73
    assert run(["data", "verify", "--root", str(tmp_path)]) == 2
    assert run(["data", "verify", "--kind", "marks", "--root", str(tmp_path)]) == 2
    assert '--kind: expected candles, mark or index, was "marks"' in capsys.readouterr().err


WRONG = [
    (["--to", "1m"], "--to: expected timeframes coarser than 1m (3m, 5m,"),
    (["--to", " , "], "--to: expected timeframes such as 5m,1h"),
    (["--to", "1w"], "--to: 4,320 candles of 1m make no whole one of 1w; leave it out"),
    (["--to", "1h", "--from", "5m"], "is stored as 1m candles only, not 5m"),
    (["--to", "77m"], 'timeframe: unknown "77m"'),
]


@pytest.mark.parametrize(("words", "sentence"), WRONG, ids=[" ".join(words) for words, _ in WRONG])
def test_what_cannot_be_made_is_one_sentence(
    root: Path, words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["data", "resample", MARKET, *words, "--root", str(root)]) == 2
    assert sentence in capsys.readouterr().err
    assert Store(root).names() == [(MARKET, "1m")]


@pytest.mark.parametrize("ending", [".csv", ".parquet"])
def test_what_is_exported_can_be_imported_again_to_the_bit(root: Path, tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"out{ending}"
    assert run(["data", "export", MARKET, "1m", str(file), "--root", str(root)]) == 0
    other = Store(tmp_path / "other")
    import_file(file, MARKET, "1m", other)
    assert same(other.load(MARKET, "1m"), candles(3 * 24 * 60, "1m"))


def test_the_freqtrade_layout_has_dates_in_utc(root: Path, tmp_path: Path) -> None:
    file = tmp_path / "BTC_USDT-1m.feather"
    words = [
        str(file),
        "--layout",
        "freqtrade",
        "--from",
        "2024-01-02",
        "--until",
        "2024-01-02T00:10",
        "--root",
        str(root),
    ]
    assert run(["data", "export", MARKET, "1m", *words]) == 0
    frame = pd.read_feather(file)
    assert list(frame.columns) == ["date", "open", "high", "low", "close", "volume"]
    assert (str(frame["date"].iloc[0]), len(frame)) == ("2024-01-02 00:00:00+00:00", 10)


def test_a_file_that_is_there_is_not_written_over(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "mine.csv"
    file.write_text("precious")
    assert run(["data", "export", MARKET, "1m", str(file), "--root", str(root)]) == 2
    assert "is there already; give --replace, or another name" in capsys.readouterr().err
    assert file.read_text() == "precious"
    assert run(["data", "export", MARKET, "1m", str(file), "--root", str(root), "--replace"]) == 0
    assert run(["data", "export", MARKET, "1m", str(tmp_path / "a.xlsx"), "--root", str(root)]) == 2
    assert "expected a name ending in .csv, .parquet, .feather" in capsys.readouterr().err
    assert run(["data", "export", MARKET, "1m", str(tmp_path / "no/a.csv"), "--root", str(root)]) == 2
    assert "is no folder; make it first" in capsys.readouterr().err
    assert sorted(one.name for one in tmp_path.iterdir()) == ["data", "mine.csv"]
