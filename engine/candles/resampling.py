"""Which coarser candles lack some of the finer ones they are made of; the making itself is `Candles.resample`."""

from __future__ import annotations

import numpy as np

from engine.candles.candles import Candles
from engine.candles.columns import Mask, Times


def lacking(fine: Candles, open_ms: Times, step_ms: int) -> Mask:
    """Mark the coarse candles, of a length in ms, of which finer ones are missing."""
    parts = np.searchsorted(fine.open_ms, open_ms + step_ms) - np.searchsorted(fine.open_ms, open_ms)
    short: Mask = parts < step_ms // fine.timeframe_ms
    return short
