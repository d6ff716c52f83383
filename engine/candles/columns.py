"""Six raw columns and what can be wrong with a row of them.

Owns the definition of an impossible candle. Must not know timeframes, markets or files.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Times = NDArray[np.int64]
Values = NDArray[np.float64]
Mask = NDArray[np.bool_]

NAMES = ("open", "high", "low", "close", "volume")


class Columns(NamedTuple):
    """Candles as they were found, unchecked: open times in ms UTC, prices in quote, volume in base."""

    open_ms: Times
    open: Values
    high: Values
    low: Values
    close: Values
    volume: Values

    def take(self, rows: Any) -> Columns:
        """Return the rows of an index, a mask or a slice."""
        return Columns(*(column[rows] for column in self))


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of fault: how many rows have it, and the first of them."""

    what: str
    rows: int
    first_row: int  # 0-based
    first_ms: int


def fault(what: str, mask: Mask, open_ms: Times) -> Fault | None:
    """Return the fault of the marked rows, None if there are none."""
    rows = int(np.count_nonzero(mask))
    if not rows:
        return None
    first = int(np.argmax(mask))
    return Fault(what, rows, first, int(open_ms[first]))


def all_possible(columns: Columns) -> bool:
    """Return whether every row is a candle that can exist; the quick way, for the good case."""
    _, open_, high, low, close, volume = columns
    # A comparison with NaN is false, so these eight also find what is not finite.
    return bool(
        ((high >= open_) & (high >= close) & (low <= open_) & (low <= close)).all()
        and ((low > 0.0) & (high < np.inf) & (volume >= 0.0) & (volume < np.inf)).all()
    )


def impossible(columns: Columns) -> list[Fault]:
    """Return the faults of impossible rows, each row under the first kind that fits it."""
    if all_possible(columns):
        return []
    open_ms, open_, high, low, close, volume = columns
    finite = np.isfinite(open_) & np.isfinite(high) & np.isfinite(low) & np.isfinite(close) & np.isfinite(volume)
    masks = {
        "NaN, infinite or missing numbers": ~finite,
        "a price that is not above zero": np.minimum(np.minimum(open_, high), np.minimum(low, close)) <= 0.0,
        "a high below open, close or low": high < np.maximum(np.maximum(open_, close), low),
        "a low above open or close": low > np.minimum(open_, close),
        "a negative volume": volume < 0.0,
    }
    faults: list[Fault] = []
    counted = np.zeros(open_ms.size, dtype=np.bool_)
    for what, mask in masks.items():
        found = fault(what, mask & ~counted, open_ms)
        counted |= mask
        if found:
            faults.append(found)
    return faults
