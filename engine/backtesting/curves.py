"""What a run leaves behind of its candle closes, as series over time. Must not know how a run is played."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.metrics import Folded

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True)
class Curves:
    """Hold a value a candle close; of a run in chunks a value a UTC day, at its last close, and the fold of all."""

    count: int  # candle closes behind the run
    close_ms: Array
    equity: Array  # quote
    exposure: Array  # gross notional, quote
    dependent: Array  # whether the outcome depended on the path; of a day: of any of its candles
    last_close: float  # price of the first market at the last close, quote; NaN where it had no candle
    folded: Folded | None = None  # None: the values above are all closes
