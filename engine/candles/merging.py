"""Candles cut by year, and put together again.

Owns which candle wins where two disagree. Must not know files.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from engine.candles.candles import Candles
from engine.candles.columns import NAMES, Columns
from engine.candles.provenance import together
from engine.candles.timeframes import iso


def by_year(candles: Candles) -> Iterator[tuple[int, Candles]]:
    """Give each year that has candles, and they."""
    if not len(candles):
        return
    first, last = (int(str(np.datetime64(int(ms), "ms"))[:4]) for ms in candles.open_ms[[0, -1]])
    for year in range(first, last + 1):
        part = candles.between(*year_span(year))
        if len(part):
            yield year, part


def year_span(year: int) -> tuple[int, int]:
    """Return the first ms of a year and of the next."""
    start, stop = (int(np.datetime64(f"{number:04d}-01-01", "ms").astype(np.int64)) for number in (year, year + 1))
    return start, stop


@dataclass(frozen=True, slots=True)
class Merge:
    """Old and new candles together, the new ones winning; counts are candles."""

    candles: Candles
    fresh: int  # that the old ones had not
    unchanged: int  # that both had, equal
    differing: int  # that both had, unequal
    example: str  # the first of those, "" without any


def merge(old: Candles, new: Candles) -> Merge:
    """Merge candles of one market and timeframe."""
    at = np.searchsorted(old.open_ms, new.open_ms)
    common = old.open_ms[np.minimum(at, len(old) - 1)] == new.open_ms
    ours, theirs = old.columns.take(at[common]), new.columns.take(common)
    unequal = np.array([mine != other for mine, other in zip(ours[1:], theirs[1:], strict=True)])
    differs = unequal.any(axis=0)
    differing, shared = int(np.count_nonzero(differs)), int(differs.size)
    example = ""
    if differing:
        row = int(np.argmax(differs))
        column = int(np.argmax(unequal[:, row]))
        mine, other = ours[column + 1][row], theirs[column + 1][row]
        example = f"{iso(int(ours.open_ms[row]))} ({NAMES[column]} {mine} stored, {other} new)"
    kept = np.ones(len(old), dtype=np.bool_)
    kept[at[common]] = False
    columns = Columns(*(np.concatenate(pair) for pair in zip(old.columns.take(kept), new.columns, strict=True)))
    columns = columns.take(np.argsort(columns.open_ms, kind="stable"))
    source = together([old.source, new.source])
    whole = Candles(*columns, timeframe=new.timeframe, symbol=new.symbol, venue=new.venue, source=source)
    return Merge(whole, len(new) - shared, shared - differing, differing, example)
