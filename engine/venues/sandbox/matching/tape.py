"""The candles that drive one market, past and to come, as columns that can grow.

Owns where candles are from and the way through each of them. Must not know orders.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import numpy as np

from engine.candles import Candles
from engine.candles.columns import Columns
from engine.candles.timeframes import DAY_MS
from engine.venues.sandbox.decimals import nearest

PATHS = ("low_first", "high_first", "nearest")
Source = Callable[[int, int], Candles | None]  # from_ms, until_ms; None: there is nothing more


class Tape:
    """Hold a market's candles; `more` brings what follows them, a day or more at a time."""

    def __init__(self, candles: Candles, tick: Decimal, lot: Decimal, path: str, more: Source | None = None) -> None:
        self.candles, self.tick, self.lot, self.path = candles, tick, lot, path
        self._more = more
        self.tells_volume = bool(candles.volume.any())

    @property
    def step_ms(self) -> int:
        """Return the length of one candle."""
        return self.candles.timeframe_ms

    def has(self, k: int) -> bool:
        """Return whether there is a candle k, after asking for more where the columns end."""
        if k >= len(self.candles) and self._more is not None:
            end_ms = int(self.candles.open_ms[-1]) + self.step_ms
            follow = self._more(end_ms, end_ms + max(DAY_MS, 1_000 * self.step_ms))
            if follow is None or not len(follow):
                self._more = None
            else:
                columns = Columns(
                    *(np.concatenate(two) for two in zip(self.candles.columns, follow.columns, strict=True))
                )
                self.candles = Candles(
                    *columns, timeframe=self.candles.timeframe,
                    symbol=self.candles.symbol, venue=self.candles.venue, source=self.candles.source,
                )  # fmt: skip
        return k < len(self.candles)

    def index_at(self, time_ms: int) -> int:
        """Return the first candle that opens at or after a time."""
        while int(self.candles.open_ms[-1]) < time_ms and self.has(len(self.candles)):
            pass
        return int(np.searchsorted(self.candles.open_ms, time_ms))

    def open_ms(self, k: int) -> int:
        """Return when candle k opens."""
        return int(self.candles.open_ms[k])

    def way(self, k: int) -> tuple[Decimal, Decimal, Decimal, Decimal]:
        """Return candle k's open, first extreme, second extreme and close (rule P1)."""
        rows = (self.candles.open[k], self.candles.low[k], self.candles.high[k], self.candles.close[k])
        first, low, high, last = (nearest(Decimal(repr(float(price))), self.tick) for price in rows)
        low_is_first = self.path == "low_first" or (self.path == "nearest" and first - low <= high - first)
        return (first, low, high, last) if low_is_first else (first, high, low, last)

    def volume(self, k: int) -> Decimal:
        """Return candle k's volume, base."""
        return nearest(Decimal(repr(float(self.candles.volume[k]))), self.lot)
