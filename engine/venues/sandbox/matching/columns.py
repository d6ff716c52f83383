"""What a market has shown of its candles so far, and candles of a longer timeframe made of them.

Owns the developing candle. Must not know the dialect. Prices are floats here: they are shown, never paid.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from engine.candles.columns import Columns, Times, Values
from engine.venues.sandbox.decimals import down
from engine.venues.sandbox.matching.face import Face
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
    candles, seen = pit.tape.candles, pit.face
    begin = int(np.searchsorted(candles.open_ms, from_ms))
    last = min(seen.k, int(np.searchsorted(candles.open_ms, until_ms)))
    if most is not None and not pit.veil.hides:  # with a veil, the last that are shown may lie far back
        begin = max(begin, last + 1 - most)
    part = slice(begin, max(begin, last))
    rows = candles.columns.take(part)
    now = _developing(pit, seen)
    if now is not None and from_ms <= now[0] < until_ms:
        rows = Columns(*(np.append(column, value) for column, value in zip(rows, now, strict=True)))
    rows = pit.veil.over(rows, pit.now_ms, float(pit.instrument.tick))
    times, first_price, high, low, close, volume = rows
    return Shown(times, first_price, high, low, close, volume, volume * (first_price + high + low + close) / 4.0)


def closing(pit: Pit, k: int) -> Shown:
    """Return candle k as it is shown once closed: one row; none where it is held back, two where it comes twice."""
    opened, step_ms = pit.tape.open_ms(k), pit.tape.step_ms
    return pit.veil.doubled(shown(pit, opened, opened + step_ms), pit.now_ms, step_ms)


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


def _developing(pit: Pit, seen: Face) -> tuple[float, ...] | None:
    if not seen.inside:
        return None
    opened = pit.tape.open_ms(seen.k)
    volume = down(pit.tape.volume(seen.k) * (seen.now_ms - opened) / pit.tape.step_ms, pit.instrument.lot)
    first = pit.tape.way(seen.k)[0]
    return (opened, float(first), float(seen.high), float(seen.low), float(seen.price), float(volume))
