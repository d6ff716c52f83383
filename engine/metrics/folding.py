"""Candle closes folded into what metrics need of them: a point a day, the deepest drawdown, means over all closes.

Closes are given in order, in pieces of any length, and how they were cut changes no bit of the outcome: a sum is made
of the sums of whole UTC days. So a run in chunks and one in one piece have the same metrics. Must not know candles.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import DataError
from engine.metrics.sampling import DAY_MS, Floats, Integers

BLOCK = 1 << 18  # closes folded at a time: 2 MiB a column


@dataclass(frozen=True, slots=True)
class Folded:
    """Hold what is left of the closes; one value a UTC day that has a close, a close at midnight ends its day."""

    count: int  # closes
    close_ms: Integers  # last close of each day
    equity: Floats  # at that close, quote
    exposure: Floats  # gross notional at that close, quote
    dependent: NDArray[np.bool_]  # whether the outcome of any candle of that day depended on the path
    candle_drawdown: float | None  # <= 0; None without closes, or where the run began with nothing
    mean_exposure: float | None  # gross notional / equity; None when equity was not above zero throughout
    time_in_market: float | None  # share of closes with a position, 0 ... 1
    mean_equity: float | None
    ruined_ms: int | None  # first close at which equity was zero or below


class Folding:
    """Fold closes as they come; `folded()` may be asked at any time and changes nothing."""

    def __init__(self, cash: float) -> None:
        """Begin with the initial capital, quote: the first peak."""
        self.count = 0
        self._starts_above_zero = cash > 0.0
        self._peak, self._worst, self._lowest = cash, 0.0, np.inf
        self._in_market = 0
        self._ruined_ms: int | None = None
        self._days: list[tuple[NDArray[np.generic], ...]] = []
        self._open: tuple[NDArray[np.generic], ...] | None = None  # the day that may go on

    def feed(self, close_ms: Integers, equity: Floats, exposure: Floats, dependent: NDArray[np.bool_]) -> None:
        """Take the next closes, one value each; DataError: the columns are not of one length."""
        if not len(close_ms) == len(equity) == len(exposure) == len(dependent):
            raise DataError(f"equity: expected one value a candle close, was {len(equity)} for {len(close_ms)} closes")
        for start in range(0, len(close_ms), BLOCK):
            at = slice(start, start + BLOCK)
            self._take(close_ms[at], equity[at], exposure[at], dependent[at])

    def _take(self, close_ms: Integers, equity: Floats, exposure: Floats, dependent: NDArray[np.bool_]) -> None:
        self.count += len(close_ms)
        self._in_market += int(np.count_nonzero(exposure))
        if self._starts_above_zero:
            peaks = np.maximum.accumulate(equity)
            np.maximum(peaks, self._peak, out=peaks)
            self._peak = float(peaks[-1])
            self._worst = min(self._worst, float((equity / peaks).min()) - 1.0)
        self._lowest = min(self._lowest, float(equity.min()))
        if self._ruined_ms is None and self._lowest <= 0.0:
            self._ruined_ms = int(close_ms[int(np.argmax(equity <= 0.0))])
        fresh: tuple[NDArray[np.generic], ...] = (close_ms, equity, exposure, dependent)
        if self._open is not None:
            fresh = tuple(np.concatenate(both) for both in zip(self._open, fresh, strict=True))
        starts = _day_starts(fresh[0])
        last = int(starts[-1])
        if last:
            self._days.append(_summed(tuple(column[:last] for column in fresh), starts[:-1]))
        self._open = tuple(column[last:].copy() for column in fresh)

    def folded(self) -> Folded:
        """Return the outcome up to now."""
        parts = list(self._days)
        if self._open is not None:
            parts.append(_summed(self._open, np.zeros(1, np.intp)))
        if not parts:
            none = np.zeros(0)
            return Folded(0, none.astype(np.int64), none, none, none.astype(np.bool_), None, None, None, None, None)
        close_ms, equity, exposure, dependent, equities, ratios = (
            np.concatenate(column) for column in zip(*parts, strict=True)
        )
        whole = self._lowest > 0.0
        return Folded(
            count=self.count,
            close_ms=close_ms.astype(np.int64, copy=False),
            equity=equity.astype(np.float64, copy=False),
            exposure=exposure.astype(np.float64, copy=False),
            dependent=dependent.astype(np.bool_, copy=False),
            candle_drawdown=min(self._worst, 0.0) if self._starts_above_zero else None,
            mean_exposure=float(ratios.sum()) / self.count if whole else None,
            time_in_market=self._in_market / self.count,
            mean_equity=float(equities.sum()) / self.count,
            ruined_ms=self._ruined_ms,
        )


def fold(
    close_ms: Integers, equity: Floats, exposure: Floats, cash: float, dependent: NDArray[np.bool_] | None = None
) -> Folded:
    """Fold the closes of a whole run: time in ms, equity and gross notional in quote; cash: the initial capital."""
    folding = Folding(cash)
    folding.feed(close_ms, equity, exposure, np.zeros(len(equity), np.bool_) if dependent is None else dependent)
    return folding.folded()


def _day_starts(close_ms: NDArray[Any]) -> NDArray[np.intp]:
    """Return the index of the first close of each day that has one."""
    first, last = ((int(ms) - 1) // DAY_MS for ms in (close_ms[0], close_ms[-1]))
    midnights = DAY_MS * np.arange(first + 1, last + 1)
    return np.unique(np.append(0, np.searchsorted(close_ms, midnights, side="right")))


def _summed(columns: tuple[NDArray[np.generic], ...], starts: NDArray[np.intp]) -> tuple[NDArray[np.generic], ...]:
    """Return a row a day: its last close, and the sums over its closes of equity and of exposure / equity."""
    close_ms, equity, exposure, dependent = columns
    ends = np.append(starts[1:], len(close_ms)) - 1
    with np.errstate(divide="ignore", invalid="ignore"):  # left unused where equity was not above zero
        ratios = np.divide(exposure, equity)
    return (
        close_ms[ends],
        equity[ends],
        exposure[ends],
        np.logical_or.reduceat(dependent, starts),
        np.add.reduceat(equity, starts),
        np.add.reduceat(ratios, starts),
    )
