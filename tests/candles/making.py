"""Candles for the tests: small, valid, and made from a seed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.candles import Candles, Store
from engine.candles.columns import Columns
from engine.candles.importing import import_file
from engine.candles.timeframes import grid_origin_ms, parse_time, timeframe_ms

START_MS = parse_time("2024-01-01")
REAL = Path(__file__).resolve().parents[2] / ".." / "shared" / "data"


def columns(open_ms: NDArray[np.int64], seed: int = 1) -> Columns:
    """Return a random walk at the given times, prices in cents."""
    random = np.random.default_rng(seed)
    close = np.round(100.0 * np.exp(np.cumsum(0.001 * random.standard_normal(open_ms.size))), 2)
    open_ = np.concatenate(([100.0], close[:-1])) if open_ms.size else close
    high = np.maximum(open_, close) + np.round(random.random(open_ms.size), 2)
    low = np.minimum(open_, close) - np.round(random.random(open_ms.size), 2)
    return Columns(open_ms, open_, high, low, close, np.round(10.0 * random.random(open_ms.size), 3))


def times(count: int, timeframe: str = "1h", start_ms: int = START_MS) -> NDArray[np.int64]:
    """Return the first grid times at or after the start."""
    step, origin = timeframe_ms(timeframe), grid_origin_ms(timeframe)
    first = origin - (origin - start_ms) // step * step
    return first + step * np.arange(count, dtype=np.int64)


def candles(count: int = 48, timeframe: str = "1h", start_ms: int = START_MS, seed: int = 1) -> Candles:
    """Return valid candles of binance:BTC/USDT."""
    return of(columns(times(count, timeframe, start_ms), seed), timeframe)


def of(columns: Columns, timeframe: str = "1h", market: str = "binance:BTC/USDT", source: str = "a test") -> Candles:
    """Return candles made of columns."""
    venue, _, symbol = market.partition(":")
    return Candles(*columns, timeframe=timeframe, symbol=symbol, venue=venue, source=source)


def same(one: Candles, other: Candles) -> bool:
    """Return whether two have the same content to the bit."""
    return one.content_hash() == other.content_hash()


def real(name: str) -> Path:
    """Return a file of real candles, or skip the test where the machine has none."""
    path = REAL / name
    if not path.exists():
        pytest.skip(f"no real candles here: shared/data/{name} is absent")
    return path


def taken(store: Store, path: Path, market: str, timeframe: str) -> Candles:
    """Bring a file into a store, and return what is there then."""
    import_file(path, market, timeframe, store, replace=True)
    return store.load(market, timeframe)
