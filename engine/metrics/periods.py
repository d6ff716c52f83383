"""The equity series cut into calendar months and into drawdowns: what the tables of a report are made of."""

from dataclasses import dataclass

import numpy as np

from engine.metrics.sampling import DAY_MS, Floats, Integers


@dataclass(frozen=True, slots=True)
class Month:
    """Hold one calendar month's return, a fraction; None where equity was not above zero when it began."""

    year: int
    month: int  # 1 … 12
    total_return: float | None
    whole: bool  # the run covers all of it


@dataclass(frozen=True, slots=True)
class Drawdown:
    """Hold one stretch below a peak: from the last moment at the peak until equity is there again."""

    start_ms: int
    bottom_ms: int
    end_ms: int | None  # None: not over when the run ended
    depth: float  # <= 0, a fraction of the peak
    days: float  # to the recovery, or to the end of the run


def monthly_returns(point_ms: Integers, equity: Floats) -> list[Month]:
    """Return the months of a daily series, as `daily_points` makes it, first and last part-months too."""
    if len(point_ms) < 2:
        return []
    first, last = (np.datetime64(int(ms), "ms").astype("datetime64[M]") for ms in (point_ms[0], point_ms[-1] - 1))
    months = np.arange(first, last + 1)
    bounds = np.append(months, last + 1).astype("datetime64[ms]").astype(np.int64)
    at = np.clip(np.searchsorted(point_ms, bounds, side="right") - 1, 0, None)
    found = []
    for month, begin, until, low, high in zip(months, bounds[:-1], bounds[1:], at[:-1], at[1:], strict=True):
        since_1970 = int(month.astype(np.int64))
        before = float(equity[low])
        gain = float(equity[high]) / before - 1.0 if before > 0.0 else None
        whole = bool(point_ms[0] <= begin and point_ms[-1] >= until)
        found.append(Month(1970 + since_1970 // 12, since_1970 % 12 + 1, gain, whole))
    return found


def yearly_returns(point_ms: Integers, equity: Floats) -> dict[int, float | None]:
    """Return each calendar year's return of a daily series; the first and last may be parts."""
    years: dict[int, float | None] = {}
    for month in monthly_returns(point_ms, equity):
        before, gain = years.get(month.year, 0.0), month.total_return
        years[month.year] = None if before is None or gain is None else (1.0 + before) * (1.0 + gain) - 1.0
    return years


def worst_drawdowns(point_ms: Integers, equity: Floats, count: int = 5) -> list[Drawdown]:
    """Return the deepest drawdowns of a daily series, deepest first; the first one's depth is the max drawdown."""
    peak = np.maximum.accumulate(equity)
    at_peak = np.flatnonzero(equity >= peak)
    found = []
    for left, right in zip(at_peak, np.append(at_peak[1:], len(equity)), strict=True):
        if right - left < 2:
            continue
        below = slice(int(left) + 1, int(right))
        bottom = below.start + int(np.argmin(equity[below]))
        over = right < len(equity)
        end = int(point_ms[right]) if over else int(point_ms[-1])
        depth = float(equity[bottom] / peak[left]) - 1.0
        start = int(point_ms[left])
        found.append(Drawdown(start, int(point_ms[bottom]), end if over else None, depth, (end - start) / DAY_MS))
    return sorted(found, key=lambda one: one.depth)[:count]
