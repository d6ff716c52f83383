"""Atomicity, the lock, and files that are not what they should be."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.candles import Store
from engine.candles.parquet import locked
from engine.candles.timeframes import parse_time
from engine.errors import DataError, InterruptedRunError

from .making import candles, same

BTC = "binance:BTC/USDT"


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_write_that_fails_leaves_the_old_files_and_no_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    store = Store(tmp_path)
    whole = candles(480, start_ms=parse_time("2023-12-31"))
    old = whole.between(until_ms=parse_time("2024-01-02"))
    store.write(old)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(os, call, full)
        with pytest.raises(DataError, match=r"cannot write candles to .*: No space left on device"):
            store.write(whole)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
    assert same(store.load(BTC, "1h"), old)


def test_ctrl_c_waits_while_files_take_their_places_and_what_is_whole_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, replace, pressed = Store(tmp_path), os.replace, []

    def pressing(*paths: object) -> None:
        if not pressed:
            pressed.append(paths)
            signal.raise_signal(signal.SIGINT)
        replace(*paths)  # type: ignore[arg-type]

    with monkeypatch.context() as hurried:
        hurried.setattr(os, "replace", pressing)
        with pytest.raises(InterruptedRunError, match=r"stopped, but what was being written stands whole: .*2023.parq"):
            store.write(candles(480, start_ms=parse_time("2023-12-31")))
    assert len(store.load(BTC, "1h")) == 480
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_a_second_writer_of_a_market_is_refused_and_another_market_is_not(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with locked(tmp_path / "binance" / "BTC-USDT", BTC):
        with pytest.raises(DataError, match="another process is writing candles of binance:BTC/USDT; wait for it"):
            store.write(candles())
        with locked(tmp_path / "binance" / "ETH-USDT", "binance:ETH/USDT"):
            pass
    assert store.write(candles()).added == 48


def test_a_store_that_cannot_be_made_says_why(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file where the folder should be")
    with pytest.raises(DataError, match=r"cannot write candles to .*taken.*: "):
        Store(tmp_path / "taken").write(candles())


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(b"not parquet"),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(path.read_bytes()[:-100]),
        lambda path: pq.write_table(pa.table({"x": [1]}), path),
    ],
)
def test_a_corrupt_file_is_named(tmp_path: Path, damage: object) -> None:
    store = Store(tmp_path)
    path = store.write(candles()).files[0]
    damage(path)  # type: ignore[operator]
    with pytest.raises(DataError) as error:
        store.load(BTC, "1h")
    assert str(error.value).startswith(f"{path} is not a readable file of candles (")
    assert str(error.value).endswith("; delete it and import again")
    assert "\n" not in str(error.value)


def test_a_stored_file_with_impossible_candles_is_refused(tmp_path: Path) -> None:
    store = Store(tmp_path)
    path = store.write(candles()).files[0]
    table = pq.read_table(path)
    pq.write_table(table.set_column(2, "high", pa.array([1.0] * table.num_rows)), path)
    with pytest.raises(DataError, match=r"2024.parquet: binance:BTC/USDT 1h: 48 candles with a high below"):
        store.load(BTC, "1h")
