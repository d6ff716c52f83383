"""Candles as a stream: each closed one exactly once, and the developing one now and then.

Owns where a candle of any interval ends. Must not know who listens.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from engine.candles.timeframes import TIMEFRAMES, grid_origin_ms
from engine.venues.sandbox.floor import Floor
from engine.venues.sandbox.matching.columns import longer, shown
from engine.venues.sandbox.quotes import priced
from engine.venues.sandbox.streams.feed import Event, Feed

PRINTS = 4  # of each driving candle


class Candles(Feed):
    """Tell the candles of one market and interval."""

    pause_ms = 2_000

    def __init__(self, floor: Floor, name: str, symbol: str, interval: str) -> None:
        super().__init__(floor, name)
        self.symbol, self.interval = symbol, interval
        self.step_ms, self.origin_ms = TIMEFRAMES[interval], grid_origin_ms(interval)
        self.base_ms = floor.pits[symbol].tape.step_ms
        self.opened_ms = self._opens(floor.now_ms)
        self.told_ms = -1
        self.owed: list[int] = []  # closed candles that were not told yet

    def _opens(self, time_ms: int) -> int:
        return time_ms - (time_ms - self.origin_ms) % self.step_ms

    def passed(self) -> Iterable[Event]:
        """Return the candles that have closed."""
        now_ms = self._opens(self.floor.now_ms)
        closed: list[Event] = []
        while self.opened_ms < now_ms:
            self.owed.append(self.opened_ms)
            self.opened_ms += self.step_ms
        veil = self.floor.pits[self.symbol].veil
        if veil.still is not None and self.floor.now_ms < veil.still_until_ms:
            return closed  # they are told once it moves again
        while self.owed and not (veil.late and min(veil.late) < self.owed[0] + self.step_ms):
            closed += self._closed(self.owed.pop(0))
        return closed

    def _closed(self, open_ms: int) -> list[Event]:
        event, double = self._event(open_ms, True), self.floor.pits[self.symbol].veil.double
        if event is None:
            return []  # the driving candles have a hole here, or have come to their end
        return [event] * (1 + any(open_ms <= one < open_ms + self.step_ms for one in double))

    def present(self) -> Event | None:
        """Return the developing candle."""
        if self.told_ms == self.floor.now_ms or self.owed:
            return None
        self.told_ms = self.floor.now_ms
        return self._event(self.opened_ms, False)

    def _event(self, open_ms: int, closed: bool) -> Event | None:
        rows = self._closed_row(open_ms) if closed and self.step_ms == self.base_ms else None
        if rows is None:
            pit = self.floor.pits[self.symbol]
            found = longer(shown(pit, open_ms, open_ms + self.step_ms), self.step_ms, self.origin_ms)
            if not len(found.open_ms):
                return None
            rows = tuple(float(column[0]) for column in found[1:])
        return self._told(open_ms, rows, closed)

    def _closed_row(self, open_ms: int) -> tuple[float, ...] | None:
        """Return a closed candle of the driving ones as it stands there: the way of most, and the quick one."""
        pit = self.floor.pits[self.symbol]
        if pit.veil.hides or pit.halted:
            return None
        tape = pit.tape
        k = tape.index_at(open_ms)
        if not tape.has(k) or tape.open_ms(k) != open_ms:
            return None
        columns = tape.candles
        row = (columns.open[k], columns.high[k], columns.low[k], columns.close[k], columns.volume[k])
        first, high, low, close, volume = (float(one) for one in row)
        return first, high, low, close, volume, volume * (first + high + low + close) / 4.0

    def _told(self, open_ms: int, row: tuple[float, ...], closed: bool) -> dict[str, Any]:
        *prices, volume, turnover = row
        first, high, low, close = (priced(self.floor.pits[self.symbol].instrument, one) for one in prices)
        pit = self.floor.pits[self.symbol]
        from_k, until_k = np.searchsorted(pit.tape.candles.open_ms, (open_ms, open_ms + self.step_ms)).tolist()
        first_id, last_id = PRINTS * from_k, PRINTS * min(until_k, pit.k + 1) - 1
        return {
            "e": "kline", "E": self.floor.now_ms, "s": self.symbol,
            "k": {
                "t": open_ms, "T": open_ms + self.step_ms - 1, "s": self.symbol, "i": self.interval,
                "f": first_id, "L": last_id, "o": first, "c": close, "h": high, "l": low,
                "v": f"{volume:.8f}", "n": last_id - first_id + 1, "x": closed, "q": f"{turnover:.8f}",
                "V": f"{volume / 2:.8f}", "Q": f"{turnover / 2:.8f}", "B": "0",
            },
        }  # fmt: skip
