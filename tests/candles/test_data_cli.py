from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from engine.candles import Store
from engine.candles.columns import NAMES
from engine.cli.data import app
from engine.errors import DataError

from .making import candles
from .shaped import kraken

MADE = candles(48)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    rows = [",".join(map(repr, row)) for row in zip(*(column.tolist() for column in MADE.columns), strict=True)]
    path = tmp_path / "btc.csv"
    path.write_text("\n".join([",".join(("time", *NAMES)), *rows[:10], *rows[12:]]))
    return path


def run(*words: object) -> str:
    result = CliRunner().invoke(app, list(map(str, words)), catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


def test_an_import_says_what_it_found_where_it_wrote_and_what_to_type_next(tmp_path: Path, file: Path) -> None:
    root = tmp_path / "data"
    said = run("import", file, "--market", "binance:BTC/USDT", "--timeframe", "1h", "--root", root)
    flat = " ".join(said.split())
    assert "2024-01-01T00:00Z to 2024-01-02T23:00Z" in flat
    assert "1 hole: 2 candles missing from 2024-01-01T10:00Z" in flat
    assert 'Note: times taken from the column "time".' in flat
    assert f"46 candles added. Written to {root}/binance/BTC-USDT/1h/2024.parquet." in flat
    assert "tradewind backtest backtests/moving_average_short.toml --market binance:BTC/USDT --timeframe 1h" in flat


def test_an_import_tells_a_program_the_same_as_json(tmp_path: Path, file: Path) -> None:
    words = ("import", file, "--market", "binance:BTC/USDT", "--timeframe", "1h", "--root", tmp_path, "--json")
    told = json.loads(run(*words))
    assert (told["rows"], told["holes"], told["missing_candles"], told["added"]) == (46, 1, 2, 46)
    assert told["written"] == [str(tmp_path / "binance/BTC-USDT/1h/2024.parquet")]
    assert json.loads(run(*words))["written"] == []
    assert "Nothing to write." in run(*words[:-1])


def test_a_broken_import_raises_an_error_of_ours(tmp_path: Path, file: Path) -> None:
    with pytest.raises(DataError, match="give --timeframe 1h"):
        run("import", file, "--market", "binance:BTC/USDT", "--timeframe", "5m", "--root", tmp_path)


def test_the_list_shows_what_is_stored(tmp_path: Path) -> None:
    assert "No candles in" in run("list", "--root", tmp_path)
    Store(tmp_path).write(MADE)
    line = next(line for line in run("list", "--root", tmp_path).splitlines() if "binance:BTC/USDT" in line)
    assert "2024-01-01T00:00Z" in line
    assert "48" in line
    assert json.loads(run("list", "--root", tmp_path, "--json")) == [
        {"market": "binance:BTC/USDT", "timeframe": "1h", "first_ms": MADE.first_ms, "last_ms": int(MADE.open_ms[-1])}
        | {"rows": 48}
    ]


def test_a_folder_is_told_market_by_market_and_as_a_list_to_a_program(tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    folder.mkdir()
    for pair in ("XBTUSD", "ETHUSD", "XDGUSD", "XBTEUR"):
        (folder / f"{pair}_60.csv").write_text(kraken())
    said = run("import", folder, "--root", tmp_path / "data")
    assert "kraken:DOGE/USD 1h  48 candles added, 2024-01-01T00:00Z to 2024-01-02T23:00Z; no holes" in said
    assert said.count("a Kraken archive: unix seconds") == 4
    told = json.loads(run("import", folder, "--root", tmp_path / "data", "--json"))
    assert [one["market"] for one in told] == ["kraken:ETH/USD", "kraken:BTC/EUR", "kraken:BTC/USD", "kraken:DOGE/USD"]
    assert {(one["shape"], one["kind"], one["unchanged"], *one["files"]) for one in told} == {
        ("kraken-ohlcvt", "candles", 48, f"{pair}_60.csv") for pair in ("XBTUSD", "ETHUSD", "XDGUSD", "XBTEUR")
    }


def test_funding_is_told_without_what_only_candles_have(tmp_path: Path) -> None:
    (tmp_path / "rates.csv").write_text("timestamp,funding_rate\n2024-01-01,0.0001\n2024-01-01T08:00,0.0002\n")
    words = ("import", tmp_path / "rates.csv", "--market", "binance:BTC/USDT:USDT", "--root", tmp_path)
    told = json.loads(run(*words, "--json"))
    assert (told["kind"], told["timeframe"], told["rows"], told["added"], told["shape"]) == (
        "funding",
        None,
        2,
        2,
        "funding",
    )
    assert "holes" not in told
    flat = " ".join(run(*words).split())
    assert "rates.csv as binance:BTC/USDT:USDT funding" in flat
    assert "0 settlements added, 2 in the store before, identical. Nothing to write." in flat
