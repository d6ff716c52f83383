"""What the page cannot look up cheaply: each account's last fills, and when it was last audited.

Owns what it has heard since the exchange was opened. Must not change anything.
"""

from __future__ import annotations

from collections import defaultdict, deque
from time import perf_counter

from engine.venues.sandbox.controlling.truth import audit
from engine.venues.sandbox.exchange import Exchange
from engine.venues.sandbox.matching.filling import Hearing
from engine.venues.sandbox.matching.order import Fill, Order

FILLS = 20
SHARE = 200  # an audit takes at most one part in so many of the time
LEAST_S = 1.0
FINDINGS = 20


class Watching:
    """Listen to an exchange, and audit it where that is due."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.fills: dict[tuple[str, str], deque[tuple[Order, Fill]]] = defaultdict(lambda: deque(maxlen=FILLS))
        self._findings: list[str] = []
        self._audited_ms, self._changes, self._due_s = 0, -1, 0.0
        for floor in exchange.floors.values():
            floor.filling.heard.append(self._hearing(floor.name))

    def audit(self) -> dict[str, object]:
        """Return the last audit and when it was, market ms; a new one where things have changed and time allows."""
        started_s = perf_counter()
        if self._changes != self.exchange.changes and started_s >= self._due_s:
            self._changes = self.exchange.changes
            self._findings, self._audited_ms = audit(self.exchange), self.exchange.now_ms
            took_s = perf_counter() - started_s
            self._due_s = started_s + max(LEAST_S, SHARE * took_s)
        elif self._changes == self.exchange.changes:
            self._audited_ms = self.exchange.now_ms  # nothing has moved since
        return {
            "ok": not self._findings, "findings": self._findings[:FINDINGS], "count": len(self._findings),
            "at_ms": self._audited_ms,
        }  # fmt: skip

    def _hearing(self, floor: str) -> Hearing:
        def hear(order: Order, _what: str, fill: Fill | None) -> None:
            if fill is not None:
                self.fills[floor, order.account].appendleft((order, fill))

        return hear
