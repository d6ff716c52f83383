"""What the user streams of spot tell: orders, balances, deposits. Must not know who listens, nor sockets."""

from __future__ import annotations

from collections.abc import Iterable

from engine.venues.sandbox.matching.ledger import Posting
from engine.venues.sandbox.matching.order import Fill, Order
from engine.venues.sandbox.spot import events
from engine.venues.sandbox.spot.floor import SpotFloor
from engine.venues.sandbox.streams.users import Users


class SpotUsers:
    """Tell every change on the spot floor as it happens: first what became of the order, then what is owned."""

    def __init__(self, floor: SpotFloor, users: Users) -> None:
        self.floor, self.users = floor, users
        floor.filling.heard.append(self._order)
        floor.brought.append(self._brought)

    def _order(self, order: Order, what: str, fill: Fill | None) -> None:
        if order.account in self.users.listening:
            self.users.tell(order.account, events.report(self.floor, order, what, fill))
            self._owned(order.account, (order.instrument.base, order.instrument.quote))

    def _brought(self, posting: Posting) -> None:
        account = posting.giver if posting.reason == "withdrawal" else posting.taker
        if account in self.users.listening:
            self.users.tell(account, events.deposit(self.floor, posting))
            self._owned(account, (posting.asset,))

    def _owned(self, account: str, assets: Iterable[str]) -> None:
        self.users.tell(account, events.position(self.floor, account, assets))
