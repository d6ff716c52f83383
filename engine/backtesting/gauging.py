"""What risk rules and execution models measure of a market at each timestamp: its range, its volatility, its volume.

Owns the filling of GAUGE rows. Row k depends on candles before k only: an order that was decided at the close of
candle k - 1 and arrives in candle k is judged by row k. There is one row more than timestamps: after the last close.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.backtesting.spreads import half_spreads
from engine.candles import Candles
from engine.core.jit import compiled
from engine.core.records import GAUGE
from engine.indicators import atr
from engine.market import Market

Rows = np.ndarray[Any, Any]
Floats = npt.NDArray[np.float64]

DAY_MS = 86_400_000
LEAST_RETURNS = 20  # fewer say next to nothing about a standard deviation


def gauge_rows(
    candles: Sequence[Candles],
    markets: Sequence[Market],
    timestamps: npt.NDArray[np.int64],
    *,
    atr_candles: int = 14,
    window_days: float = 20.0,
) -> Rows:
    """Return GAUGE rows of shape (markets, timestamps + 1); NaN where there is no history to measure yet."""
    rows = np.empty((len(candles), len(timestamps) + 1), GAUGE)
    for own, one, market in zip(rows, candles, markets, strict=True):
        window = max(2, round(window_days * DAY_MS / one.timeframe_ms))
        sigma, volume = np.empty(len(one)), np.empty(len(one))
        _measure(one.close, one.volume, window, LEAST_RETURNS, sigma, volume)
        a_day = DAY_MS / one.timeframe_ms
        measured = {
            "atr": atr(one.high, one.low, one.close, atr_candles),
            "sigma_day": sigma * np.sqrt(a_day),
            "volume_day": volume * a_day,
        }
        # How many candles of this market lie before each timestamp: a market without a candle keeps its last values.
        before = np.append(np.searchsorted(one.open_ms, timestamps), len(one))
        for name, values in measured.items():
            own[name] = np.append(np.nan, values)[before]
        own["half_spread"] = half_spreads(market, timestamps, own["sigma_day"])
    return rows


@compiled
def _measure(close: Floats, volume: Floats, window: int, least: int, sigma: Floats, mean_volume: Floats) -> None:
    """Write the standard deviation of returns and the mean volume over the last `window` candles of each candle.

    The sums run from the first candle on and forget what leaves the window, so a value never looks ahead.
    """
    total, squares, count, traded = 0.0, 0.0, 0, 0.0
    for i in range(len(close)):
        traded += volume[i]
        if i >= window:
            traded -= volume[i - window]
        mean_volume[i] = max(0.0, traded) / min(i + 1, window)
        if i > 0:
            change = close[i] / close[i - 1] - 1.0
            total += change
            squares += change * change
            count += 1
        if i > window:
            old = close[i - window] / close[i - window - 1] - 1.0
            total -= old
            squares -= old * old
            count -= 1
        sigma[i] = np.nan
        if count >= min(least, window):
            sigma[i] = np.sqrt(max(0.0, squares - total * total / count) / (count - 1))
