"""Candles that stand out from their neighbours, and stretches in which nothing was traded.

Owns both definitions. They are to be looked at; neither proves a candle wrong. Must not know files or the store.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.candles.columns import Columns, Mask, Values

NEIGHBOURS = 24  # candles on each side
TIMES_THE_RANGE = 15.0  # of the neighbours' usual range
LEAST = 0.03  # as a fraction of the price: what is nearer is no outlier in any market
SHORTEST_STRETCH = 3  # candles


@dataclass(frozen=True, slots=True)
class Outlier:
    """A candle whose high or low lies far beyond both of its neighbours and comes back. away: fraction of the price."""

    open_ms: int
    what: str  # high or low
    price: float
    away: float


@dataclass(frozen=True, slots=True)
class Stretch:
    """Candles in a row without volume, of one price."""

    first_ms: int
    candles: int


def outliers(columns: Columns) -> list[Outlier]:
    """Return the candles that reach far beyond their neighbours, earliest first.

    Far is more than 15 times the median range (high/low - 1) of the 24 candles on either side, and 3 % at least; both
    the candle before and the one after must lie on the near side of it, so a crash that stays is none.
    """
    if len(columns.open_ms) < 3:
        return []
    high, low = columns.high, columns.low
    before, after = slice(None, -2), slice(2, None)
    above = high[1:-1] / np.maximum(high[before], high[after]) - 1.0
    below = np.minimum(low[before], low[after]) / low[1:-1] - 1.0
    found = []
    for what, away, prices in (("high", above, high), ("low", below, low)):
        for at in np.flatnonzero(away > LEAST) + 1:
            usual = _usual_range(high, low, int(at))
            if away[at - 1] > TIMES_THE_RANGE * usual:
                found.append(Outlier(int(columns.open_ms[at]), what, float(prices[at]), float(away[at - 1])))
    return sorted(found, key=lambda one: (one.open_ms, one.what))


def _usual_range(high: Values, low: Values, at: int) -> float:
    around = np.r_[max(0, at - NEIGHBOURS) : at, at + 1 : min(len(high), at + 1 + NEIGHBOURS)]
    return float(np.median(high[around] / low[around] - 1.0))


def stretches(columns: Columns, step_ms: int) -> list[Stretch]:
    """Return the runs of three candles or more, without a hole between, that have no volume; earliest first."""
    silent: Mask = columns.volume == 0.0
    if not silent.any():
        return []
    follows = np.zeros(silent.size, dtype=np.bool_)
    follows[1:] = silent[1:] & silent[:-1] & (np.diff(columns.open_ms) == step_ms)
    starts = np.flatnonzero(silent & ~follows)
    run = np.cumsum(silent & ~follows)[silent]
    lengths = np.bincount(run, minlength=starts.size + 1)[1:]
    return [
        Stretch(int(columns.open_ms[start]), int(length))
        for start, length in zip(starts, lengths, strict=True)
        if length >= SHORTEST_STRETCH
    ]
