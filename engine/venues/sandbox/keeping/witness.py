"""A running sum over all that has happened to orders and money, so that a repetition can be held to it.

Owns what goes into the sum. Must not know files, and costs the same however long the history is.
"""

from __future__ import annotations

import hashlib
import json
from zlib import crc32

from engine.venues.sandbox.controlling.truth import truth
from engine.venues.sandbox.exchange import Exchange
from engine.venues.sandbox.matching.order import Fill, Order


class Witness:
    """Listen to an exchange from now on."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange, self._sum = exchange, 0
        self._posted = {name: len(floor.ledger.postings) for name, floor in exchange.floors.items()}
        for floor in exchange.floors.values():
            floor.filling.heard.append(self._hear)

    def note(self, what: object) -> None:
        """Take something else into the sum."""
        self._sum = crc32(repr(what).encode(), self._sum)

    def mark(self) -> str:
        """Return the sum so far, eight hexadecimal digits."""
        for name, floor in self.exchange.floors.items():
            postings = floor.ledger.postings
            for at in range(self._posted[name], len(postings)):
                one = postings[at]
                told = (one.time_ms, one.giver, one.taker, one.asset, f"{one.amount:f}", one.reason, one.reference)
                self.note(told)
            self._posted[name] = len(postings)
        return f"{self._sum:08x}"

    def _hear(self, order: Order, what: str, fill: Fill | None) -> None:
        self.note((order.id, order.client_id, what, order.updated_ms, f"{order.filled:f}", fill and fill.id))


def digest(exchange: Exchange) -> str:
    """Return the SHA-256 of the whole truth; it takes the longer the more there is."""
    return hashlib.sha256(json.dumps(truth(exchange), sort_keys=True).encode()).hexdigest()
