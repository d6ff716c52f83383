"""What a file's rows are like, before anything is made of them.

Owns the findings and their sentences. Must not know files or the store.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.candles.columns import Columns, Fault, Mask, fault, impossible
from engine.candles.grid import Holes, holes_in, off_grid, other_timeframe
from engine.candles.timeframes import counted, iso, timeframe_ms


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found in raw columns; counts are rows unless they say otherwise."""

    rows: int
    first_ms: int | None  # earliest open time, None without rows
    last_ms: int | None  # latest open time
    holes: Holes
    identical: int  # rows that repeat another one exactly
    conflicting: Fault | None  # rows of a time that another row has with other values
    out_of_order: int  # rows earlier than the one before
    impossible: tuple[Fault, ...]  # by kind
    off_grid: Fault | None
    seems: str | None  # the timeframe that the times have instead, None if they have the one asked for
    zero_volume: int

    @property
    def faults(self) -> list[Fault]:
        """Return what forbids an import."""
        found = (*self.impossible, self.conflicting, self.off_grid)
        return [bad for bad in found if bad is not None]

    def lines(self) -> list[str]:
        """Return the findings as sentences, the good news too."""
        if self.first_ms is None or self.last_ms is None:
            return ["no rows"]
        lines = [f"{counted(self.rows, 'row')} from {iso(self.first_ms)} to {iso(self.last_ms)}", self.holes.line()]
        lines.append(f"{counted(self.identical, 'identical duplicate')}" if self.identical else "no duplicates")
        if self.out_of_order:
            lines.append(f"{counted(self.out_of_order, 'row')} out of order")
        if self.seems:
            lines.append(f"the times seem to be those of {self.seems} candles")
        lines += [f"{counted(bad.rows, 'row')} with {bad.what}, first at {iso(bad.first_ms)}" for bad in self.faults]
        if not self.impossible:
            lines.append("no impossible rows")
        lines.append(f"{counted(self.zero_volume, 'row')} without volume")
        return lines


def examine(columns: Columns, timeframe: str) -> Findings:
    """Return what is to be said about raw columns as candles of a timeframe."""
    step_ms = timeframe_ms(timeframe)
    open_ms = columns.open_ms
    backwards = np.diff(open_ms) < 0
    order = np.argsort(open_ms, kind="stable") if backwards.any() else None
    in_order = columns if order is None else columns.take(order)
    repeats, same = duplicates(in_order)
    conflicting = _unsorted(repeats & ~same, order)
    off = off_grid(open_ms, timeframe)
    times = in_order.open_ms[~repeats]
    on_grid = times if not off.any() else times[~off_grid(times, timeframe)]
    return Findings(
        rows=int(open_ms.size),
        first_ms=int(in_order.open_ms[0]) if open_ms.size else None,
        last_ms=int(in_order.open_ms[-1]) if open_ms.size else None,
        holes=holes_in(on_grid, step_ms),
        identical=int(np.count_nonzero(repeats & same)),
        conflicting=fault("a time that another row has with other values", conflicting, open_ms),
        out_of_order=int(np.count_nonzero(backwards)),
        impossible=tuple(impossible(columns)),
        off_grid=fault(f"a time off the {timeframe} grid", off, open_ms),
        seems=other_timeframe(times, timeframe),
        zero_volume=int(np.count_nonzero(columns.volume == 0.0)),
    )


def duplicates(in_order: Columns) -> tuple[Mask, Mask]:
    """Mark the rows with the time of the row before, and those that equal it in all columns."""
    repeats = np.zeros(in_order.open_ms.size, dtype=np.bool_)
    repeats[1:] = in_order.open_ms[1:] == in_order.open_ms[:-1]
    same = repeats.copy()
    if repeats.any():
        for column in in_order[1:]:
            same[1:] &= column[1:] == column[:-1]
    return repeats, same


def _unsorted(mask: Mask, order: np.ndarray | None) -> Mask:
    if order is None:
        return mask
    back = np.zeros_like(mask)
    back[order] = mask
    return back
