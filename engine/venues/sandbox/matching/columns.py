"""What a market has shown of its candles so far, and candles of a longer timeframe made of them.

Owns the developing candle. Must not know the dialect. Prices are floats here: they are shown, never paid.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from engine.candles.columns import Columns, Times, Values
from engine.venues.sandbox.decimals import down
from engine.venues.sandbox.matching.pit import Pit


class Shown(NamedTuple):
    """Columns of candles: open times in ms; prices in quote; volume in base, turnover in quote."""

    open_ms: Times
    open: Values
    high: Values
    low: Values
    close: Values
    volume: Values
    turnover: Values


def shown(pit: Pit, from_ms: int, until_ms: int, most: int | None = None) -> Shown:
    """Return what opened from a time on and before another, the developing candle last; most: the last so many."""
    candles = pit.tape.candles
    begin = int(np.searchsorted(candles.open_ms, from_ms))
    last = min(pit.k, int(np.searchsorted(candles.open_ms, until_ms)))
    if most is not None:
        begin = max(begin, last + 1 - most)
    part = slice(begin, max(begin, last))
    rows = candles.columns.take(part)
    now = _developing(pit)
    if now is not None and from_ms <= now[0] < until_ms:
        rows = Columns(*(np.append(column, value) for column, value in zip(rows, now, strict=True)))
    times, first_price, high, low, close, volume = rows
    return Shown(times, first_price, high, low, close, volume, volume * (first_price + high + low + close) / 4.0)


def longer(candles: Shown, step_ms: int, origin_ms: int) -> Shown:
    """Return candles of a longer timeframe; the first and the last may be parts."""
    if not len(candles.open_ms):
        return candles
    bucket = (candles.open_ms - origin_ms) // step_ms
    starts = np.flatnonzero(np.diff(bucket, prepend=bucket[0] - 1))
    ends = np.append(starts[1:], len(bucket)) - 1
    return Shown(
        bucket[starts] * step_ms + origin_ms, candles.open[starts], np.maximum.reduceat(candles.high, starts),
        np.minimum.reduceat(candles.low, starts), candles.close[ends], np.add.reduceat(candles.volume, starts),
        np.add.reduceat(candles.turnover, starts),
    )  # fmt: skip


def _developing(pit: Pit) -> tuple[float, ...] | None:
    if not pit.inside:
        return None
    opened = pit.tape.open_ms(pit.k)
    volume = down(pit.tape.volume(pit.k) * (pit.now_ms - opened) / pit.tape.step_ms, pit.instrument.lot)
    first = pit.tape.way(pit.k)[0]
    return (opened, float(first), float(pit.high), float(pit.low), float(pit.price), float(volume))
