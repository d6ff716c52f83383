"""Whether the timeframes of one market tell the same: finer candles made coarser, against the coarser ones.

Owns the comparison. Must not know files or the store.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.candles.candles import Candles
from engine.candles.columns import NAMES, Mask
from engine.candles.resampling import lacking
from engine.candles.timeframes import iso

VOLUME_TOLERANCE = 1e-6  # sums of rounded volumes


@dataclass(frozen=True, slots=True)
class Agreement:
    """How many candles of two timeframes could be compared, and how many differ."""

    fine: str
    coarse: str
    compared: int  # candles that both have
    prices: int  # that differ in a price
    volumes: int  # that differ in volume alone
    beside_holes: int  # of those that differ, candles of which finer ones are missing
    example: str  # the first that differs, "" without any

    @property
    def differing(self) -> int:
        """Return how many differ at all."""
        return self.prices + self.volumes


def agreement(fine: Candles, coarse: Candles) -> Agreement:
    """Compare two timeframes of one market where both have candles; the coarser must be a multiple of the finer."""
    made = fine.resample(coarse.timeframe)
    _, ours_at, theirs_at = np.intersect1d(made.open_ms, coarse.open_ms, assume_unique=True, return_indices=True)
    ours, theirs = made.columns.take(ours_at), coarse.columns.take(theirs_at)
    unequal = np.array([mine != other for mine, other in zip(ours[1:5], theirs[1:5], strict=True)])
    prices: Mask = np.asarray(unequal.any(axis=0))
    volumes = ~np.isclose(ours.volume, theirs.volume, rtol=VOLUME_TOLERANCE, atol=0.0) & ~prices
    differs = prices | volumes
    example = ""
    if differs.any():
        row = int(np.argmax(differs))
        column = int(np.argmax(unequal[:, row])) if prices[row] else 4
        mine, other = float(ours[column + 1][row]), float(theirs[column + 1][row])
        example = (
            f"{iso(int(ours.open_ms[row]))}: {NAMES[column]} {mine:g} of {fine.timeframe} candles, "
            f"{other:g} of {coarse.timeframe}"
        )
    short = lacking(fine, ours.open_ms, coarse.timeframe_ms)
    return Agreement(
        fine.timeframe, coarse.timeframe, int(ours_at.size), int(np.count_nonzero(prices)),
        int(np.count_nonzero(volumes)), int(np.count_nonzero(differs & short)), example,
    )  # fmt: skip
