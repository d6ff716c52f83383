"""The one sampling: a point of equity per calendar day at 00:00 UTC, and the words that say so."""

import numpy as np
from numpy.typing import NDArray

from engine.errors import DataError

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

DAY_MS = 86_400_000
YEAR_MS = 365 * DAY_MS  # crypto trades on every day; 252 belongs to stock exchanges
DAYS_A_YEAR = 365


def daily_points(close_ms: Integers, equity: Floats, start_ms: int, cash: float) -> tuple[Integers, Floats]:
    """Return the times and equities of the daily series, quote.

    Point 0 is the initial capital at `start_ms`. One point follows for every 00:00 UTC, flat days and holes included:
    the last equity known at or before it. The last point is the end of the run. Part-days are points like any other.
    """
    if len(close_ms) != len(equity):
        raise DataError(f"equity: expected one value a candle close, was {len(equity)} for {len(close_ms)} closes")
    if len(close_ms) == 0 or close_ms[-1] <= start_ms:
        return np.array([start_ms], dtype=np.int64), np.array([cash], dtype=np.float64)
    end_ms = int(close_ms[-1])
    midnights = np.arange((start_ms // DAY_MS + 1) * DAY_MS, end_ms, DAY_MS, dtype=np.int64)
    known = np.searchsorted(close_ms, midnights, side="right") - 1  # -1: no candle has closed yet
    daily = np.where(known < 0, cash, equity[known])
    return np.concatenate(([start_ms], midnights, [end_ms])), np.concatenate(([cash], daily, equity[-1:]))


def sampling_words(rf: float) -> str:
    """Say how the annual figures were sampled, for print beside them; `rf` is a fraction a year."""
    return f"daily, × √{DAYS_A_YEAR}, rf {rf * 100:.10g} %"
