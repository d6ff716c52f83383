"""What a fill does to an order, and who hears of it. Owns fill ids and what is open; must not know books or paths.

What it does to money is a segment's: coins that change hands, or a position and its margin.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal

from engine.venues.sandbox.decimals import ZERO
from engine.venues.sandbox.matching.ledger import Ledger
from engine.venues.sandbox.matching.order import Fill, Order

# What happened to an order: NEW, TRADE, CANCELED, EXPIRED or REJECTED; with the fill of a TRADE.
Hearing = Callable[[Order, str, Fill | None], None]


class Filling(ABC):
    """Execute fills in one ledger.

    open: by account and symbol, oldest first; heard: who is told of every change; told: how many there were.
    """

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.count = self.told = 0
        self.open: dict[tuple[str, str], dict[int, Order]] = defaultdict(dict)
        self.heard: list[Hearing] = []

    @abstractmethod
    def affordable(self, order: Order, price: Decimal, quantity: Decimal) -> Decimal:
        """Return how much of a quantity the account can pay at a price, on the lot."""

    @abstractmethod
    def claim(self, order: Order, price: Decimal) -> None:
        """Hold what an order's open quantity needs when it is good for this price; nothing once it is closed."""

    def trigger(self, order: Order, now_ms: int) -> bool:
        """Turn a stop that the path has reached into the order it stands for; False: it has ended instead."""
        order.triggered, order.updated_ms = True, now_ms
        return True

    @abstractmethod
    def pay(self, order: Order, quantity: Decimal, price: Decimal, maker: bool, now_ms: int) -> tuple[Decimal, str]:
        """Move the money of fill number `count`, free what it had claimed, and return the fee and its asset."""

    def admit(self, order: Order) -> None:
        """Take a new order in among the open ones."""
        self.open[order.account, order.instrument.symbol][order.id] = order
        self.tell(order, "NEW")

    def fill(self, order: Order, quantity: Decimal, price: Decimal, maker: bool, now_ms: int) -> None:
        """Fill a part of an order, or what is left of it."""
        self.count += 1
        claimed = order.claimed_price
        fee, asset = self.pay(order, quantity, price, maker, now_ms)
        fill = Fill(self.count, order.id, now_ms, price, quantity, fee, asset, maker)
        order.fills.append(fill)
        order.filled += quantity
        order.filled_quote += quantity * price
        order.updated_ms = now_ms
        order.status = "PARTIALLY_FILLED" if order.left else "FILLED"
        self._close(order)
        self.claim(order, claimed)  # what the rest still needs, at the price that the whole was claimed for
        self.tell(order, "TRADE", fill)

    def end(self, order: Order, status: str, now_ms: int) -> None:
        """Close an order and give back what it had claimed."""
        order.status, order.updated_ms = status, now_ms
        self._close(order)
        self.claim(order, ZERO)
        self.tell(order, status)

    def tell(self, order: Order, what: str, fill: Fill | None = None) -> None:
        """Tell everybody who listens."""
        self.told += 1
        for one in self.heard:
            one(order, what, fill)

    def _close(self, order: Order) -> None:
        if not order.is_open:
            self.open[order.account, order.instrument.symbol].pop(order.id, None)
