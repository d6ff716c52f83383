"""Candles: from the store, from a CSV file, from the simulated market; no limits."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from engine import simulate
from engine.candles import Store
from engine.candles.importing import import_file
from tests.benchmarks.given import MILLION, minutes
from tests.benchmarks.measuring import Row, least

MARKET = "binance:BTC/USDT"


def rows() -> Iterator[Row]:
    """Measure every row of the group."""
    candles = replace(minutes(), venue="binance")
    with tempfile.TemporaryDirectory() as folder:
        store, file = Path(folder) / "store", Path(folder) / "candles.csv"
        Store(store).write(candles)
        size = sum(path.stat().st_size for path in store.rglob("*.parquet")) / 1e6
        seconds = least(lambda: Store(store).load(MARKET, "1m"), repeats=5)
        yield Row("candles.load", seconds, "s", note=f"{MILLION:,} candles, {size:.0f} MB of Parquet, checked")

        frame = candles.to_frame()
        frame.insert(0, "timestamp", candles.open_ms)
        frame.to_csv(file, index=False)

        def bring() -> None:
            shutil.rmtree(store, ignore_errors=True)
            import_file(file, MARKET, "1m", Store(store))

        seconds = least(bring, repeats=5)
        note = f"{MILLION:,} rows, {file.stat().st_size / 1e6:.0f} MB of CSV: read, examined, written to an empty store"
        yield Row("candles.import_csv", seconds, "s", note=note)
    year = simulate()
    yield Row("candles.simulate", least(simulate, repeats=5), "s", note=f"a year, {len(year):,} minutes")
