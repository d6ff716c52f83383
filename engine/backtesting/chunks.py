"""The time axis of a run cut into chunks: the candles of all markets in one span of time, laid side by side.

Owns the cutting. A chunk knows where it begins in the whole run; rows of the core are then counted from there. Must not
know strategies or accounts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.backtesting.inputs import grid_of
from engine.candles import Candles
from engine.candles.columns import Times
from engine.candles.streaming import Reader, Source, times_of

Rows = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Chunk:
    """Hold one span: what a run in one piece has of all candles, of these."""

    base: int  # index of its first timestamp in the whole run
    candles: list[Candles]  # one a market; there may be none of one
    grid: Rows  # CANDLE rows, shape (timestamps, markets)
    rows_of: list[Rows | slice]
    detail: list[Candles] | None

    @property
    def end(self) -> int:
        """Return the index of the timestamp after its last."""
        return self.base + len(self.grid)


def chunks(sources: Sequence[Source], detail: Sequence[Source] | None, rows: int) -> Iterator[Chunk]:
    """Give the chunks in order of time, each of `rows` timestamps or, where there are holes, fewer."""
    readers, finer = [Reader(one) for one in sources], [Reader(one) for one in detail or ()]
    base = 0
    for until_ms in _edges(sources, rows):
        candles = [reader.until(until_ms) for reader in readers]
        fine = [reader.until(until_ms) for reader in finer]
        if not any(len(one) for one in candles):
            continue
        grid, rows_of = grid_of(candles)
        yield Chunk(base, candles, grid, rows_of, fine or None)
        base += len(grid)


def timestamps(sources: Sequence[Source], rows: int) -> Iterator[Times]:
    """Give the times of all rows of the whole run, in pieces; reads no prices."""
    if len(sources) == 1:
        yield from times_of(sources[0])
        return
    walks = [times_of(one) for one in sources]
    left: list[Times] = [np.zeros(0, np.int64) for _ in sources]
    for until_ms in _edges(sources, rows):
        parts = []
        for index, walk in enumerate(walks):
            while not len(left[index]) or left[index][-1] < until_ms:
                more = next(walk, None)
                if more is None:
                    break
                left[index] = np.concatenate([left[index], more])
            cut = int(np.searchsorted(left[index], until_ms))
            parts.append(left[index][:cut])
            left[index] = left[index][cut:]
        yield np.unique(np.concatenate(parts))


def _edges(sources: Sequence[Source], rows: int) -> range:
    first, step = min(one.first_ms for one in sources), sources[0].timeframe_ms * rows
    return range(first + step, max(one.end_ms for one in sources) + step, step)
