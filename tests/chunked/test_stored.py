"""Candles read as the run goes: what a store holds comes out as `load_candles` gives it, broken files are named."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from engine import Candles, DataError, Result, StoredCandles, backtest, load_candles
from engine.backtesting.export import save
from engine.candles import Store, holes
from engine.candles.columns import Columns
from engine.candles.parquet import candle_table, write_tables
from engine.candles.streaming import Reader, holes_of, joined
from engine.report.reading import of_folder
from strategies.moving_average_short import MovingAverageShort
from tests.candles.making import columns, of, times
from tests.chunked.comparing import LINEAR, same

BTC = "binance:BTC/USDT"
SHORT = MovingAverageShort(fast=5, slow=20)
ROOT = Path(__file__).parents[2]


def years(root: Path, count: int = 12_000, timeframe: str = "1h", start: str = "2022-11-01") -> Candles:
    """Store candles over three years with holes, one of them over New Year."""
    start_ms = int(np.datetime64(start, "ms").astype(np.int64))
    made = columns(times(count, timeframe, start_ms))
    kept = np.ones(count, np.bool_)
    for one in (slice(1455, 1470), slice(3000, 3001), slice(5000, 5400)):
        kept[one] = False
    candles = of(made.take(kept), timeframe)
    Store(root).write(candles)
    return candles


@pytest.mark.parametrize(
    ("since", "until"),
    [
        (None, None),
        ("2022-12-24", None),
        (None, "2023-01-01"),
        ("2022-12-31T12:00", "2023-01-02"),
        ("2023-05-01", None),
    ],
)
def test_stored_candles_are_those_that_loading_gives(tmp_path: Path, since: str | None, until: str | None) -> None:
    years(tmp_path)
    loaded, named = (
        load_candles(BTC, "1h", since, until, root=tmp_path),
        StoredCandles(BTC, "1h", since, until, tmp_path),
    )
    assert (named.first_ms, named.end_ms, len(named)) == (loaded.first_ms, loaded.end_ms, len(loaded))
    assert (named.source, named.simulated, named.symbol) == (loaded.source, loaded.simulated, loaded.symbol)
    assert joined(list(named.pieces())).content_hash() == loaded.content_hash()
    assert np.array_equal(np.concatenate(list(named.times())), loaded.open_ms)
    assert holes_of(named) == (len(loaded), holes(loaded))
    reader = Reader(named)
    step = 777 * named.timeframe_ms
    parts = [reader.until(ms) for ms in range(named.first_ms + step, named.end_ms + step, step)]
    assert max(len(part) for part in parts) <= 777
    assert joined(parts).content_hash() == loaded.content_hash()


def test_a_run_over_stored_candles_is_the_run_over_loaded_ones(tmp_path: Path) -> None:
    loaded = years(tmp_path)
    whole = backtest(SHORT, loaded, LINEAR)
    for chunk in (None, 24, 1999):
        same(whole, backtest(SHORT, StoredCandles(BTC, "1h", root=tmp_path), LINEAR, chunk=chunk))


def test_what_is_not_there_is_refused_like_loading_it(tmp_path: Path) -> None:
    years(tmp_path)
    for market, timeframe, since in ((BTC, "1m", None), ("binance:ETH/USDT", "1h", None), (BTC, "1h", "2030-01-01")):
        with pytest.raises(DataError) as loading:
            load_candles(market, timeframe, since, root=tmp_path)
        with pytest.raises(DataError) as naming:
            StoredCandles(market, timeframe, since, root=tmp_path)
        assert str(loading.value) == str(naming.value)


def test_a_broken_file_is_named_when_the_run_comes_to_it(tmp_path: Path) -> None:
    loaded = years(tmp_path)
    path = tmp_path / "binance" / "BTC-USDT" / "1h" / "2023.parquet"
    year = load_candles(BTC, "1h", "2023-01-01", "2024-01-01", root=tmp_path)
    high = year.high.copy()
    high[4000] = 0.5 * year.low[4000]
    broken = Candles.of_checked(Columns(year.open_ms, year.open, high, *year.columns[3:]), BTC, "1h", "a test")
    write_tables({path: candle_table(broken, "candles")})
    with pytest.raises(DataError, match=r"2023\.parquet: .*1 candle with"):
        backtest(SHORT, StoredCandles(BTC, "1h", root=tmp_path), LINEAR, chunk=500)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(DataError, match=r"2023\.parquet is not a readable file of candles"):
        StoredCandles(BTC, "1h", root=tmp_path)
    write_tables({path: candle_table(loaded.resample("2h"), "candles")})
    with pytest.raises(DataError, match=r"2023\.parquet: expected candles of binance:BTC/USDT 1h, was .* 2h"):
        StoredCandles(BTC, "1h", root=tmp_path)


def result_of(root: Path) -> Result:
    return backtest(SHORT, StoredCandles(BTC, "1h", root=root), LINEAR, chunk=300)


def test_a_run_in_chunks_is_saved_and_reported_with_a_point_a_day(tmp_path: Path) -> None:
    years(tmp_path)
    result = result_of(tmp_path)
    folder = save(result, tmp_path / "runs" / "one")
    material = of_folder(folder, str(tmp_path))
    assert len(material.close_ms) == len(result.equity_curve) < 600
    assert material.candles == []
    assert "in chunks" in material.problem
    page = result.report(tmp_path / "page.html").read_text("utf-8")
    assert "not computed for a run in chunks" in page
    assert "in chunks" in page


SMALL = """
import resource, sys
from engine import Market, StoredCandles, backtest, load_candles
from strategies.moving_average_short import MovingAverageShort
market = Market(symbol="BTC/USDT", tick=0.01, lot=0.00001, kind="linear")
strategy = MovingAverageShort(fast=20, slow=100)
few = StoredCandles("binance:BTC/USDT", "1m", "2016-01-01", "2016-03-01", root=sys.argv[1])
backtest(strategy, load_candles(few.market, "1m", few.since, few.until, root=sys.argv[1]), market)
backtest(strategy, few, market)  # imports, code and arenas are there by now
def peak_kb(name):
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith(name))
before = peak_kb("VmHWM")
resource.setrlimit(resource.RLIMIT_DATA, (1024 * (peak_kb("VmData") + 150_000),) * 2)
named = StoredCandles("binance:BTC/USDT", "1m", root=sys.argv[1])
candles = named if sys.argv[2] == "chunks" else load_candles(named.market, "1m", root=sys.argv[1])
result = backtest(strategy, candles, market, cash=1e6, bounds=False)
print(result.inputs.count, peak_kb("VmHWM") - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_millions_of_candles_run_in_chunks_where_memory_does_not_hold_them(tmp_path: Path) -> None:
    count = 3_000_000
    years(tmp_path, count, "1m", "2016-01-01")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}

    def played(how: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", SMALL, str(tmp_path), how]
        return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)

    whole, chunks = played("whole"), played("chunks")
    assert whole.returncode != 0
    assert "MemoryError" in whole.stderr or "allocate" in whole.stderr
    assert chunks.returncode == 0, chunks.stderr
    rows, more_kb = map(int, chunks.stdout.split())
    assert rows == count - 15 - 1 - 400
    assert more_kb < 100_000  # the candles alone would be 144 MB


def test_both_ways_tell_one_hash_of_the_code_though_each_process_compiles_anew(tmp_path: Path) -> None:
    Store(tmp_path).write(load_candles("simulated:BTC/USDT", "1h", "2024-01-01", "2024-02-01"))
    told = [
        subprocess.run([sys.executable, "-c", HASHING, str(tmp_path), way], capture_output=True, text=True, check=True)
        for way in ("whole", "chunked")
    ]
    assert told[0].stdout == told[1].stdout
    assert len(told[0].stdout.strip()) == 24


HASHING = """
import sys
from engine import Market, StoredCandles, backtest, load_candles
from engine.candles import Store
from strategies.moving_average_short import MovingAverageShort

name = "simulated:BTC/USDT", "1h"
candles = StoredCandles(*name, root=sys.argv[1]) if sys.argv[2] == "chunked" else Store(sys.argv[1]).load(*name)
market = Market(symbol="BTC/USDT", tick=0.01, lot=0.00001, kind="linear")
result = backtest(MovingAverageShort(fast=5, slow=20), candles, market, bounds=False)
print(result.summary()["hashes"]["code"])
"""
