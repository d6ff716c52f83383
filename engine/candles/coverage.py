"""How much of each month is there, as numbers and as a strip of characters.

Owns the strip. Must not know files or the store.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from engine.candles.columns import Times
from engine.candles.timeframes import grid_origin_ms, timeframe_ms

EPOCH_YEAR = 1970
# From nothing to everything; the last but one is a month in which something is missing, however little.
SHADES = (("█", 1.0), ("▓", 0.99), ("▒", 0.9), ("░", 0.0))
NOTHING = "·"


def months_of(open_ms: Times) -> dict[int, int]:
    """Return how many candles open in each month, by months since 1970-01."""
    months = open_ms.astype("datetime64[ms]").astype("datetime64[M]").astype(np.int64)
    found, counts = np.unique(months, return_counts=True)
    return dict(zip(found.tolist(), counts.tolist(), strict=True))


def month_ms(month: int) -> int:
    """Return when a month begins, ms UTC."""
    return int(np.datetime64(month, "M").astype("datetime64[ms]").astype(np.int64))


def expected(month: int, timeframe: str, first_ms: int, last_ms: int) -> int:
    """Return how many candles of a month there can be between the first and the last one."""
    step_ms, origin_ms = timeframe_ms(timeframe), grid_origin_ms(timeframe)
    from_ms, until_ms = max(month_ms(month), first_ms), min(month_ms(month + 1), last_ms + 1)
    return -((origin_ms - until_ms) // step_ms) + (origin_ms - from_ms) // step_ms


def strips(counts: Mapping[int, int], timeframe: str, first_ms: int, last_ms: int) -> list[tuple[int, str]]:
    """Return a strip of twelve characters for each year: full █, from 99 % ▓, from 90 % ▒, less ░, nothing ·.

    What lies before the first candle and after the last one is nothing, and counts as no hole.
    """
    if not counts:
        return []
    found = []
    for year in range(min(counts) // 12, max(counts) // 12 + 1):
        strip = ""
        for month in range(12 * year, 12 * year + 12):
            count = counts.get(month, 0)
            share = count / max(1, expected(month, timeframe, first_ms, last_ms)) if count else -1.0
            strip += next((shade for shade, least in SHADES if share >= least), NOTHING)
        found.append((EPOCH_YEAR + year, strip))
    return found
