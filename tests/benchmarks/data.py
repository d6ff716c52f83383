"""Real candles: a CSV file brought into the store, and the store read again, beside what pandas takes for a Feather file.

freqtrade keeps a market as one Feather file packed with LZ4, and reads it with pandas; it checks nothing, we check all.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd

from engine.candles import Store
from engine.candles.gathering import Wishes
from engine.candles.importing import import_files
from tests.benchmarks import chunked
from tests.benchmarks.given import MILLION, minutes
from tests.benchmarks.measuring import Row, interleaved, least

MARKET = "binance:BTC/USDT"
FREQTRADE = ("date", "open", "high", "low", "close", "volume")


def rows() -> Iterator[Row]:
    """Measure every row of the group."""
    candles = replace(minutes(), venue="binance")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        store, file, plain, theirs = (folder / one for one in ("store", "candles.csv", "a.feather", "b.feather"))
        frame = candles.to_frame()
        frame.insert(0, "timestamp", candles.open_ms)
        frame.to_csv(file, index=False)

        def bring() -> None:
            shutil.rmtree(store, ignore_errors=True)
            import_files(file, Store(store), Wishes(market=MARKET))

        seconds, csv = interleaved(bring, lambda: pd.read_csv(file), repeats=5)
        size = file.stat().st_size / 1e6
        note = (
            f"{MILLION:,} rows, {size:.0f} MB of CSV: recognised, read, examined, written to an empty store and synced"
        )
        yield Row("data.import.csv", seconds, "s", 2.0, note=note)
        yield Row("data.import.csv.pandas", csv, "s", rival="pandas", note="pandas.read_csv of the same file, no more")

        frame.reset_index(drop=True).to_feather(plain)
        dated = frame.drop(columns="timestamp").rename_axis("date").reset_index()
        dated[list(FREQTRADE)].to_feather(theirs, compression="lz4", compression_level=9)
        load, feather, freqtrade = interleaved(
            lambda: Store(store).load(MARKET, "1m"),
            lambda: pd.read_feather(plain),
            lambda: _freqtrade(theirs),
            repeats=15,
        )
        size = sum(path.stat().st_size for path in store.rglob("*.parquet")) / 1e6
        note = f"{MILLION:,} candles, {size:.0f} MB of Parquet, one file a year, every row checked; file cache warm"
        yield Row("data.load", 1000.0 * load, "ms", 40.0, note=note)
        note = f"pandas.read_feather, {plain.stat().st_size / 1e6:.0f} MB"
        yield Row("data.load.feather", 1000.0 * feather, "ms", rival="pandas", note=note)
        note = (
            f"freqtrade's file, {theirs.stat().st_size / 1e6:.0f} MB: read, columns named and made numbers, as it does"
        )
        yield Row("data.load.freqtrade", 1000.0 * freqtrade, "ms", rival="freqtrade's way", note=note)

        shutil.rmtree(store)
        one = folder / "BTC_USDT-1m.feather"
        theirs.rename(one)

        def bring_theirs() -> None:
            shutil.rmtree(store, ignore_errors=True)
            import_files(one, Store(store), Wishes(venue="binance"))

        yield Row(
            "data.import.feather", least(bring_theirs, repeats=5), "s", note="freqtrade's file into an empty store"
        )

    yield from chunked.rows()


def _freqtrade(path: Path) -> pd.DataFrame:
    """Read a file as a program does that keeps its candles so."""
    frame = pd.read_feather(path)
    frame.columns = pd.Index(FREQTRADE)
    frame = frame.astype(dict.fromkeys(FREQTRADE[1:], "float"))
    frame["date"] = pd.to_datetime(frame["date"], unit="ms", utc=True)
    return frame
