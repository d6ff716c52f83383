"""What the market streams of USD-M say otherwise than spot's, and what only they say: mark prices and liquidations.

Must not know who listens.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from engine.venues.sandbox.decimals import text
from engine.venues.sandbox.floor import Floor
from engine.venues.sandbox.matching.order import Fill, Order
from engine.venues.sandbox.matching.pit import Pit
from engine.venues.sandbox.quotes import book_id, sides
from engine.venues.sandbox.streams import tickers
from engine.venues.sandbox.streams.depth import Changes
from engine.venues.sandbox.streams.feed import Event, Feed
from engine.venues.sandbox.streams.prints import Prints
from engine.venues.sandbox.usdm.rate_calls import contract
from engine.venues.sandbox.usdm.stamps import next_stamp

ONLY_SPOT = ("x", "b", "B", "a", "A")  # of the last 24 hours


def day(floor: Floor, pit: Pit) -> dict[str, Any]:
    """Return the last 24 hours of a contract."""
    return {name: value for name, value in tickers.day(floor, pit).items() if name not in ONLY_SPOT}


def best(floor: Floor, pit: Pit) -> dict[str, Any]:
    """Return the best bid and ask."""
    return {"e": "bookTicker", **tickers.best(floor, pit), "E": floor.now_ms, "T": pit.face.now_ms}


def few(floor: Floor, pit: Pit, levels: int) -> dict[str, Any]:
    """Return the best levels of a book as they stand."""
    bids, asks = sides(floor, pit, levels)
    now_id = book_id(floor, pit)
    return {
        "e": "depthUpdate", "E": floor.now_ms, "T": pit.now_ms, "s": pit.instrument.symbol, "U": now_id, "u": now_id,
        "pu": now_id - 1, "b": bids, "a": asks,
    }  # fmt: skip


def mark(floor: Floor, pit: Pit) -> dict[str, Any]:
    """Return the mark price, which is the path's, and the funding that is due next."""
    seen = pit.face
    due_ms, rate = next_stamp(contract(pit), seen.now_ms)
    price = text(seen.price)
    return {
        "e": "markPriceUpdate", "E": floor.now_ms, "s": pit.instrument.symbol, "p": price, "i": price, "P": price,
        "r": f"{rate:.8f}", "T": due_ms,
    }  # fmt: skip


class LinearChanges(Changes):
    """Tell what has changed in a contract's book: each event names the one before it."""

    def told(self, pit: Pit, last_id: int, now_id: int, bids: list[list[str]], asks: list[list[str]]) -> dict[str, Any]:
        """Return the event."""
        return super().told(pit, last_id, now_id, bids, asks) | {"T": pit.now_ms, "pu": last_id}


class LinearPrints(Prints):
    """Tell the prints of one contract."""

    def passed(self) -> Iterable[Event]:
        """Return the prints that were not told yet."""
        for event in super().passed():
            if isinstance(event, dict):
                event.pop("M")
                yield event if self.joined else event | {"X": "MARKET"}


class EachBest(Feed):
    """Tell the best bid and ask of every contract, each in an event of its own, wherever it has changed."""

    always = True

    def __init__(self, floor: Floor, name: str) -> None:
        super().__init__(floor, name)
        self.told: dict[str, object] = {}

    def passed(self) -> Iterable[Event]:
        """Return the contracts whose best prices have changed."""
        for symbol, pit in self.floor.pits.items():
            stands = (pit.face.k, pit.face.price, pit.book.changes)
            if self.told.get(symbol) != stands:
                self.told[symbol] = stands
                yield best(self.floor, pit)


class Liquidations(Feed):
    """Tell the fills by which the venue has closed positions, of one contract or of all."""

    always = True

    def __init__(self, floor: Floor, name: str, symbol: str) -> None:
        super().__init__(floor, name)
        self.symbol = symbol
        self.waiting: list[Event] = []
        floor.filling.heard.append(self._order)

    def end(self) -> None:
        """Listen to the floor no longer."""
        self.floor.filling.heard.remove(self._order)

    def passed(self) -> Iterable[Event]:
        """Return what has been closed."""
        told, self.waiting = self.waiting, []
        return told

    def _order(self, order: Order, what: str, fill: Fill | None) -> None:
        ours = self.symbol in ("", order.instrument.symbol)
        if fill is None or not ours or not order.client_id.startswith("autoclose-"):
            return
        self.waiting.append(
            {"e": "forceOrder", "E": self.floor.now_ms, "o": {
                "s": order.instrument.symbol, "S": "BUY" if order.side > 0 else "SELL", "o": "LIMIT", "f": "IOC",
                "q": text(order.quantity), "p": text(fill.price), "ap": text(fill.price), "X": order.status,
                "l": text(fill.quantity), "z": text(order.filled), "T": fill.time_ms,
            }}
        )  # fmt: skip
