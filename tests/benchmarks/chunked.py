"""A backtest that reads the store as it goes, beside one of loaded candles; and its peak of memory, in its own process.

By default fewer candles than the figure names: `python -m tests.benchmarks.chunked 50000000` measures that many.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

import numpy as np

from engine import Candles, StoredCandles, backtest, load_candles
from engine.candles import Store
from engine.candles.columns import Columns
from strategies.moving_average_short import MovingAverageShort
from tests.benchmarks.given import CASH, MILLION, MINUTE_MS, contract, minutes
from tests.benchmarks.measuring import Row, interleaved

MARKET = "binance:BTC/USDT"
FROM_MS = 946_684_800_000  # 2000-01-01
COUNT, LONG = 2 * MILLION, 6 * MILLION


def rows() -> Iterator[Row]:
    """Measure every row of the group."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        written(folder, LONG)
        until = FROM_MS + COUNT * MINUTE_MS
        strategy, market = MovingAverageShort(fast=20, slow=100, stop_loss=0.02, take_profit=0.04), contract()
        chunks, whole = interleaved(
            lambda: (
                backtest(
                    strategy, StoredCandles(MARKET, "1m", None, until, folder), market, cash=CASH, bounds=False
                ).metrics
            ),
            lambda: (
                backtest(
                    strategy, load_candles(MARKET, "1m", None, until, root=folder), market, cash=CASH, bounds=False
                ).metrics
            ),
            repeats=5,
        )
        note = (
            f"{COUNT:,} minutes of the store, read, checked, one path, metrics; {1e9 * chunks / COUNT:.0f} ns a candle"
        )
        yield Row("data.chunked.time", chunks / whole, "x of the run in one piece", 1.3, note=note)
        yield _memory(folder, LONG)


def written(folder: Path, count: int) -> None:
    """Store the same million of minutes again and again, year by year."""
    base = minutes().columns
    done = 0
    while done < count:
        begin = FROM_MS + done * MINUTE_MS
        end = int((np.datetime64(begin, "ms").astype("datetime64[Y]") + 1).astype("datetime64[ms]").astype(np.int64))
        here = min(count - done, (end - begin) // MINUTE_MS)
        at = np.arange(done, done + here) % MILLION
        times = begin + MINUTE_MS * np.arange(here, dtype=np.int64)
        columns = Columns(times, *(column[at] for column in base[1:]))
        Store(folder).write(Candles.of_checked(columns, MARKET, "1m", "the same million again and again"))
        done += here


def _memory(folder: Path, count: int) -> Row:
    command = [sys.executable, "-m", "tests.benchmarks.chunked", "--play", str(folder)]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    note = f"{count:,} minutes, the whole process with numba and pyarrow: {float(told[1]):.1f} s"
    return Row("data.chunked.memory", float(told[0]), "MB", 1000.0, note=note)


def _play(folder: Path) -> None:
    started = perf_counter()
    strategy = MovingAverageShort(fast=20, slow=100, stop_loss=0.02, take_profit=0.04)
    result = backtest(strategy, StoredCandles(MARKET, "1m", root=folder), contract(), cash=CASH, bounds=False)
    seconds = perf_counter() - started
    assert result.metrics.fills
    status = Path("/proc/self/status").read_text("utf-8").splitlines()
    peak_kb = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    print(peak_kb / 1e3, seconds)


def _main(words: list[str]) -> None:
    if words[0] == "--play":
        _play(Path(words[1]))
        return
    with tempfile.TemporaryDirectory() as name:
        written(Path(name), int(words[0]))
        print(_memory(Path(name), int(words[0])))


if __name__ == "__main__":
    _main(sys.argv[1:])
