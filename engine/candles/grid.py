"""The times of candles: their grid, the holes in it, and the timeframe they seem to have.

Owns the arithmetic on open times. Must not know prices or files.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.candles.columns import Mask, Times
from engine.candles.timeframes import TIMEFRAMES, counted, grid_origin_ms, iso, timeframe_ms

if TYPE_CHECKING:
    from engine.candles.candles import Candles

# Fewer candles prove nothing about their timeframe: three hourly ones may well be two hours apart.
_ENOUGH_TO_JUDGE = 4


@dataclass(frozen=True, slots=True)
class Holes:
    """Runs of missing candles: a hole of several candles is one hole."""

    missing: int  # candles
    holes: int  # runs
    longest: int  # candles in the longest run
    first_ms: int | None  # first missing candle, None without holes
    longest_ms: int | None  # first missing candle of the longest run

    def __bool__(self) -> bool:
        return self.missing > 0

    def line(self) -> str:
        """Return one sentence."""
        if self.first_ms is None or self.longest_ms is None:
            return "no holes"
        if self.holes == 1:
            return f"1 hole: {counted(self.missing, 'candle')} missing from {iso(self.first_ms)}"
        return (
            f"{counted(self.holes, 'hole')}: {counted(self.missing, 'candle')} missing, first {iso(self.first_ms)}, "
            f"longest {counted(self.longest, 'candle')} from {iso(self.longest_ms)}"
        )


def holes(candles: Candles) -> Holes:
    """Return the holes between the first and the last candle."""
    return holes_in(candles.open_ms, candles.timeframe_ms)


def holes_in(open_ms: Times, step_ms: int) -> Holes:
    """Return the holes of increasing times on a grid of `step_ms`."""
    steps = np.diff(open_ms)
    at = np.flatnonzero(steps > step_ms)
    if not at.size:
        return Holes(0, 0, 0, None, None)
    runs = steps[at] // step_ms - 1
    longest = int(np.argmax(runs))
    return Holes(
        missing=int(runs.sum()),
        holes=int(at.size),
        longest=int(runs[longest]),
        first_ms=int(open_ms[at[0]]) + step_ms,
        longest_ms=int(open_ms[at[longest]]) + step_ms,
    )


def runs_of(open_ms: Times, step_ms: int) -> list[tuple[int, int]]:
    """Return each hole of increasing times: the first missing candle's open time, and how many are missing."""
    steps = np.diff(open_ms)
    at = np.flatnonzero(steps > step_ms)
    starts, counts = open_ms[at] + step_ms, steps[at] // step_ms - 1
    return list(zip(starts.tolist(), counts.tolist(), strict=True))


def off_grid(open_ms: Times, timeframe: str) -> Mask:
    """Mark the times at which no candle of the timeframe opens."""
    result: Mask = (open_ms - grid_origin_ms(timeframe)) % timeframe_ms(timeframe) != 0
    return result


def seeming_timeframe(open_ms: Times) -> str | None:
    """Return the timeframe that nine in ten steps of increasing times have, None if there is none."""
    if open_ms.size < _ENOUGH_TO_JUDGE:
        return None
    steps = np.diff(open_ms)
    step_ms = int(np.median(steps))
    if np.count_nonzero(steps == step_ms) < 0.9 * steps.size:
        return None
    return next((name for name, length_ms in TIMEFRAMES.items() if length_ms == step_ms), None)


def other_timeframe(open_ms: Times, timeframe: str) -> str | None:
    """Return the timeframe that increasing times prove to have instead of this one, None if they prove nothing."""
    seems = seeming_timeframe(open_ms)
    if seems is None or seems == timeframe:
        return None
    # Coarser candles stand on every finer grid, so only their steps tell; one shorter step proves the contrary.
    finer = TIMEFRAMES[seems] < timeframe_ms(timeframe)
    return seems if finer or int(np.diff(open_ms).min()) >= TIMEFRAMES[seems] else None


def mismatch(open_ms: Times, timeframe: str) -> str | None:
    """Return what is wrong with increasing times as those of a timeframe, None if nothing is."""
    step_ms = timeframe_ms(timeframe)
    # The usual case costs no division: one step everywhere, so the first time speaks for all.
    if not open_ms.size or (not off_grid(open_ms[:1], timeframe).any() and bool((np.diff(open_ms) == step_ms).all())):
        return None
    seems = other_timeframe(open_ms, timeframe)
    if seems:
        return f"expected {timeframe} candles, but their times seem to be those of {seems}"
    wrong = off_grid(open_ms, timeframe)
    number = int(np.count_nonzero(wrong))
    if not number:
        return None
    first = iso(int(open_ms[np.argmax(wrong)]))
    return f"{counted(number, 'candle')} not on the {timeframe} grid{_grid_note(timeframe)}, first at {first}"


def _grid_note(timeframe: str) -> str:
    return " (weeks open on Monday, 00:00 UTC)" if timeframe == "1w" else ""
