"""The tape's prints as a stream: each of them once. Must not know who listens."""

from __future__ import annotations

from collections.abc import Iterable

from engine.venues.sandbox.floor import Floor
from engine.venues.sandbox.quotes import ALWAYS_MS, prints
from engine.venues.sandbox.streams.feed import Event, Feed

MOST = 1_000


class Prints(Feed):
    """Tell the prints of one market, singly or as the dialect joins them; here each stands alone."""

    always = True

    def __init__(self, floor: Floor, name: str, symbol: str, joined: bool) -> None:
        super().__init__(floor, name)
        self.symbol, self.joined = symbol, joined
        last = prints(floor.pits[symbol], None, 0, ALWAYS_MS, 1)
        self.next_id = last[-1][0] + 1 if last else 0

    def passed(self) -> Iterable[Event]:
        """Return the prints that were not told yet."""
        told: list[Event] = []
        for id_, time_ms, price, quantity, sold in prints(
            self.floor.pits[self.symbol], self.next_id, 0, ALWAYS_MS, MOST
        ):
            self.next_id = id_ + 1
            own = {"a": id_, "f": id_, "l": id_} if self.joined else {"t": id_}
            told.append(
                {"e": "aggTrade" if self.joined else "trade", "E": self.floor.now_ms, "s": self.symbol, **own,
                 "p": price, "q": quantity, "T": time_ms, "m": sold, "M": True}
            )  # fmt: skip
        return told
