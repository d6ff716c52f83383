"""A practice exchange to fetch from, with a market of hand-made or simulated candles. No mock, no waiting.

What would sleep moves the exchange's wall clock instead, which is what its limits and bans go by.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.candles import Candles, Store
from engine.candles.columns import Columns
from engine.venues.fetching import Client, Done, Job, fetch, open_client
from engine.venues.sandbox.matching.pit import Pit

from ..sandbox.trading import MINUTE_MS, START_MS, Desk, desk

MARKET = "practice:BTC/USDT"


def walk(count: int, holes: tuple[tuple[int, int], ...] = (), seed: int = 1) -> Candles:
    """Return minutes on a random walk with a tick of 0.1, without those of some holes (first, how many)."""
    random = np.random.default_rng(seed)
    close = np.round(100.0 + np.cumsum(random.integers(-5, 6, count)) * 0.1, 1)
    close = np.maximum(close, 10.0)
    first = np.r_[100.0, close[:-1]]
    high = np.round(np.maximum(first, close) + random.integers(0, 4, count) * 0.1, 1)
    low = np.round(np.minimum(first, close) - random.integers(0, 4, count) * 0.1, 1)
    volume = np.round(random.random(count) * 100.0, 2)
    times = START_MS + MINUTE_MS * np.arange(count, dtype=np.int64)
    gone = np.zeros(count, dtype=bool)
    for start, length in holes:
        gone[start : start + length] = True
    columns = Columns(times, first, high, low, close, volume).take(~gone)
    return Candles(*columns, "1m", "BTC/USDT", "practice", "a walk")


@dataclass
class Venue:
    """Hold an exchange with its control, a client to fetch with, a store, and how long was waited, s."""

    at: Desk
    client: Client
    store: Store
    waited: list[float]

    @property
    def pit(self) -> Pit:
        """Return the market."""
        return self.at.server.exchange.spot.pits["BTCUSDT"]

    def closed(self, from_ms: int = START_MS) -> Candles:
        """Return what the venue has closed, without the newest, which is developing."""
        newest = self.pit.k if self.pit.inside else self.pit.k - 1
        whole = self.pit.tape.candles
        return whole.between(from_ms, int(whole.open_ms[newest]))

    async def fetch(self, since_ms: int | None = START_MS, **fields: object) -> Done:
        """Fetch into the store."""
        job = Job(self.client, self.store, "BTC/USDT", "1m", since_ms, **fields)  # type: ignore[arg-type]
        return await fetch(job, lambda *_: None)

    def stored(self) -> Candles:
        """Return what is stored."""
        return self.store.load(MARKET, "1m")


@asynccontextmanager
async def venue(root: Path, tape: Candles, shown: int) -> AsyncIterator[Venue]:
    """Open a venue that has shown so many minutes of a tape, the last one developing."""
    waited: list[float] = []
    async with desk(tape=tape, start_ms=START_MS + (shown - 1) * MINUTE_MS) as at:

        async def sleep(seconds: float) -> None:
            waited.append(seconds)
            at.server.clock.skew_ms += int(seconds * 1000) + 1
            await asyncio.sleep(0)

        async with open_client("binance", at.server.address, sleep) as client:
            client.ccxt.enableRateLimit = False
            yield Venue(at, client, Store(root), waited)


def same(one: Candles, other: Candles) -> bool:
    """Return whether two have equal columns."""
    return all(np.array_equal(mine, theirs) for mine, theirs in zip(one.columns, other.columns, strict=True))
