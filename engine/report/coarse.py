"""Candles merged into coarser ones, few enough for a chart: first open, highest high, lowest low, last close."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.candles import Candles
from engine.candles.timeframes import DAY_MS, MINUTE_MS, grid_origin_ms
from engine.metrics.sampling import Floats, Integers

HOUR_MS = 60 * MINUTE_MS
# Lengths that people read easily; a candle of the chart has the first of them that makes few enough.
STEPS_MS = tuple(
    unit * many
    for unit, many in (
        *((MINUTE_MS, n) for n in (1, 2, 3, 5, 10, 15, 20, 30)),
        *((HOUR_MS, n) for n in (1, 2, 3, 4, 6, 8, 12)),
        *((DAY_MS, n) for n in (1, 2, 7, 14, 28, 56, 112, 364)),
    )
)


@dataclass(frozen=True, slots=True)
class Coarse:
    """Hold merged candles: bucket counts steps of step_ms from origin_ms, holes are buckets that are not there."""

    bucket: Integers
    origin_ms: int
    step_ms: int
    merged: int  # whole candles in one of these
    open: Floats
    high: Floats
    low: Floats
    close: Floats

    def at(self, times_ms: Integers) -> Integers:
        """Return the index of the candle that holds each time; a time in a hole goes to the candle before it."""
        wanted = (times_ms - self.origin_ms) // self.step_ms
        return np.asarray(np.clip(np.searchsorted(self.bucket, wanted, side="right") - 1, 0, None), np.int64)


def coarse(candles: Candles, limit: int) -> Coarse:
    """Merge candles so that the span, holes included, has at most `limit` of them."""
    own_ms, origin_ms = candles.timeframe_ms, grid_origin_ms(candles.timeframe)
    span = candles.end_ms - candles.first_ms
    fitting = (one for one in STEPS_MS if one >= own_ms and one % own_ms == 0 and span // one + 2 <= limit)
    step_ms = next(fitting, max(own_ms, span // (limit - 2) // own_ms * own_ms + own_ms))
    if span // own_ms <= limit:
        step_ms = own_ms
    bucket = (candles.open_ms - origin_ms) // step_ms
    starts = np.flatnonzero(np.diff(bucket, prepend=bucket[0] - 1))
    ends = np.append(starts[1:], len(bucket)) - 1
    return Coarse(
        bucket[starts],
        origin_ms,
        step_ms,
        step_ms // own_ms,
        candles.open[starts],
        np.maximum.reduceat(candles.high, starts),
        np.minimum.reduceat(candles.low, starts),
        candles.close[ends],
    )


def step_words(step_ms: int) -> str:
    """Return a length in words: "1 hour", "15 minutes", "2 days"."""
    for unit, name in ((DAY_MS, "day"), (HOUR_MS, "hour"), (MINUTE_MS, "minute")):
        if step_ms % unit == 0:
            many = step_ms // unit
            return f"{many} {name}" if many == 1 else f"{many} {name}s"
    return f"{step_ms} ms"
