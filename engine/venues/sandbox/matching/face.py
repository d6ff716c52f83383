"""What a market shows of itself, which is not always what it is: quotes that stand still, candles that come late.

Owns the veil over a market's candles. Nothing here has a part in what fills. Must not know orders or requests.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeVar

import numpy as np

from engine.candles.columns import Columns

HALF = 0.5  # of a candle's volume, before it is corrected
OFF = 0.001  # of its close, as a fraction

R = TypeVar("R", bound=tuple[Any, ...])


@dataclass(frozen=True, slots=True)
class Face:
    """Say where a market stands: in candle k or before it, at a time in ms, at a price; high and low of candle k."""

    k: int
    inside: bool
    now_ms: int
    price: Decimal
    high: Decimal
    low: Decimal


class Veil:
    """Hold what is shown otherwise, by open time, with the market's time in ms until which it is.

    late: neither the candle nor any after it; missing: not the candle; wrong: other values; double: twice.
    """

    def __init__(self) -> None:
        self.still: Face | None = None
        self.still_until_ms = 0
        self.late: dict[int, int] = {}
        self.missing: dict[int, int] = {}
        self.wrong: dict[int, int] = {}
        self.double: dict[int, int] = {}

    @property
    def hides(self) -> bool:
        """Return whether anything may be shown otherwise than it is."""
        return bool(self.still or self.late or self.missing or self.wrong or self.double)

    def forget(self, now_ms: int) -> None:
        """Drop what no longer holds."""
        if self.still_until_ms <= now_ms:
            self.still = None
        for one in (self.late, self.missing, self.wrong, self.double):
            _standing(one, now_ms)

    def clear(self) -> None:
        """Take the veil away."""
        self.still = None
        for one in (self.late, self.missing, self.wrong, self.double):
            one.clear()

    def over(self, rows: Columns, now_ms: int, tick: float) -> Columns:
        """Return candles as they are shown at a time."""
        late, missing, wrong = (_standing(one, now_ms) for one in (self.late, self.missing, self.wrong))
        if not (late or missing or wrong):
            return rows
        keep = ~np.isin(rows.open_ms, missing)
        if late:
            keep &= rows.open_ms < min(late)
        rows = rows.take(keep)
        off = np.isin(rows.open_ms, wrong)
        close = np.where(off, rows.close + np.maximum(rows.close * OFF, tick), rows.close)
        return rows._replace(
            close=close, high=np.maximum(rows.high, close), volume=np.where(off, rows.volume * HALF, rows.volume)
        )

    def doubled(self, rows: R, now_ms: int, step_ms: int) -> R:
        """Return rows with those of doubled candles twice; step_ms: the rows' own length."""
        double = _standing(self.double, now_ms)
        if not double:
            return rows
        times = rows[0]
        again = [int(np.searchsorted(times, one, side="right")) - 1 for one in double]
        counts = np.ones(len(times), dtype=np.int64)
        for i, one in zip(again, double, strict=True):
            if i >= 0 and one < times[i] + step_ms:
                counts[i] = 2
        return type(rows)(*(np.repeat(column, counts) for column in rows))


def _standing(until_ms: dict[int, int], now_ms: int) -> list[int]:
    """Return the open times for which it still holds, and forget the others."""
    for gone in [open_ms for open_ms, end_ms in until_ms.items() if end_ms <= now_ms]:
        del until_ms[gone]
    return list(until_ms)
