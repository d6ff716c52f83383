"""Tickers as streams: the last day, the best bid and ask, the average. Owns their short field names.

Must not know who listens.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.venues.sandbox import quotes
from engine.venues.sandbox.floor import Floor
from engine.venues.sandbox.matching.pit import Pit
from engine.venues.sandbox.quotes import book_id, sides, ticker
from engine.venues.sandbox.streams.feed import Event, Feed

DAY = {
    "s": "symbol", "p": "priceChange", "P": "priceChangePercent", "w": "weightedAvgPrice", "x": "prevClosePrice",
    "c": "lastPrice", "Q": "lastQty", "b": "bidPrice", "B": "bidQty", "a": "askPrice", "A": "askQty", "o": "openPrice",
    "h": "highPrice", "l": "lowPrice", "v": "volume", "q": "quoteVolume", "O": "openTime", "C": "closeTime",
    "F": "firstId", "L": "lastId", "n": "count",
}  # fmt: skip
SHORT = ("s", "c", "o", "h", "l", "v", "q")
Tell = Callable[[Floor, Pit], dict[str, Any]]


def day(floor: Floor, pit: Pit) -> dict[str, Any]:
    """Return the last 24 hours of a market."""
    told = ticker(floor, pit)
    return {"e": "24hrTicker", "E": floor.now_ms, **{short: told[name] for short, name in DAY.items()}}


def short_day(floor: Floor, pit: Pit) -> dict[str, Any]:
    """Return the last 24 hours of a market in a few words."""
    told = ticker(floor, pit)
    return {"e": "24hrMiniTicker", "E": floor.now_ms, **{short: told[DAY[short]] for short in SHORT}}


def best(floor: Floor, pit: Pit) -> dict[str, Any]:
    """Return the best bid and ask; on spot this event does not name itself."""
    (bid,), (ask,) = sides(floor, pit, 1, pit.face)
    return {
        "u": book_id(floor, pit), "s": pit.instrument.symbol, "b": bid[0], "B": bid[1], "a": ask[0], "A": ask[1],
    }  # fmt: skip


def average(floor: Floor, pit: Pit) -> dict[str, Any]:
    """Return the average price of five minutes, weighted by volume."""
    return {
        "e": "avgPrice", "E": floor.now_ms, "s": pit.instrument.symbol, "i": "5m", "w": f"{quotes.average(pit):.8f}",
        "T": pit.now_ms,
    }  # fmt: skip


class States(Feed):
    """Tell something of one market, or of all of them in a list, whenever it may have changed."""

    def __init__(self, floor: Floor, name: str, symbol: str, tell: Tell, pause_ms: int, timeless: bool = False) -> None:
        super().__init__(floor, name)
        self.symbol, self.tell, self.pause_ms, self.timeless = symbol, tell, pause_ms, timeless
        self.told: dict[str, object] = {}

    def present(self) -> Event | None:
        """Return what stands now; of all markets: those of them where something has changed."""
        events = []
        for symbol in [self.symbol] if self.symbol else list(self.floor.pits):
            pit = self.floor.pits[symbol]
            moving = pit.now_ms if pit.inside and not self.timeless else 0
            stands = (pit.k, pit.price, pit.book.changes, moving)
            if self.told.get(symbol) != stands:
                self.told[symbol] = stands
                events.append(self.tell(self.floor, pit))
        if not events:
            return None
        return events[0] if self.symbol else events
