"""The order book as a stream: what changed since the last event, or the best few levels.

Owns the numbers by which a client fits events to a snapshot. Must not know who listens.
"""

from __future__ import annotations

from typing import Any

from engine.venues.sandbox.floor import Floor
from engine.venues.sandbox.matching.pit import Pit
from engine.venues.sandbox.quotes import MOST_LEVELS, book_id, sides
from engine.venues.sandbox.streams.feed import Event, Feed

Side = dict[str, str]  # quantity by price
NOTHING = "0.00000000"


class Changes(Feed):
    """Tell what has changed in one market's book.

    A client takes a snapshot and then every event that ends after it. So each change that a snapshot may have shown
    must be in the event that follows, even where it has been undone by then: the floor tells before it shows a book.
    """

    def __init__(self, floor: Floor, name: str, symbol: str, pause_ms: int) -> None:
        super().__init__(floor, name)
        self.symbol, self.pause_ms = symbol, pause_ms
        pit = floor.pits[symbol]
        self.stood = (pit.k, pit.price, pit.book.changes)
        self.sides = self._read(pit)
        self.last_id = book_id(floor, pit)
        self.touched: tuple[set[str], set[str]] = (set(), set())
        floor.showing.append(self._look)

    def end(self) -> None:
        """Listen to the floor no longer."""
        self.floor.showing.remove(self._look)

    def present(self) -> Event | None:
        """Return the changes since the last event."""
        pit = self.floor.pits[self.symbol]
        self._look(pit)
        now_id = book_id(self.floor, pit)
        if not any(self.touched) or now_id <= self.last_id:
            return None
        bids, asks = (
            [[price, side.get(price, NOTHING)] for price in touched]
            for side, touched in zip(self.sides, map(sorted, self.touched), strict=True)
        )
        event = self.told(pit, self.last_id, now_id, bids, asks)
        self.last_id, self.touched = now_id, (set(), set())
        return event

    def told(self, pit: Pit, last_id: int, now_id: int, bids: list[list[str]], asks: list[list[str]]) -> dict[str, Any]:
        """Return the event. last_id: with which the one before ended."""
        return {
            "e": "depthUpdate", "E": self.floor.now_ms, "s": self.symbol, "U": last_id + 1, "u": now_id, "b": bids,
            "a": asks,
        }  # fmt: skip

    def _look(self, pit: Pit) -> None:
        if pit is not self.floor.pits[self.symbol] or self.stood == (pit.k, pit.price, pit.book.changes):
            return
        self.stood, before, self.sides = (pit.k, pit.price, pit.book.changes), self.sides, self._read(pit)
        for touched, old, new in zip(self.touched, before, self.sides, strict=True):
            touched.update(price for price in old.keys() | new.keys() if old.get(price) != new.get(price))

    def _read(self, pit: Pit) -> tuple[Side, Side]:
        bids, asks = sides(self.floor, pit, MOST_LEVELS)
        return {one[0]: one[1] for one in bids}, {one[0]: one[1] for one in asks}


def few(floor: Floor, pit: Pit, levels: int) -> dict[str, Any]:
    """Return the best levels of a book as they stand."""
    bids, asks = sides(floor, pit, levels)
    return {"lastUpdateId": book_id(floor, pit), "bids": bids, "asks": asks}
