"""The exchange: its accounts and markets, and what can be done to an order.

Owns ids, and the order in which time and requests change things. Must not know HTTP or signatures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from heapq import heappop, heappush

from engine.venues.sandbox.asking import Asked
from engine.venues.sandbox.decimals import ZERO, down
from engine.venues.sandbox.filling import Filling
from engine.venues.sandbox.instrument import Instrument
from engine.venues.sandbox.keys import KeyRing
from engine.venues.sandbox.ledger import OUTSIDE, Ledger, Posting
from engine.venues.sandbox.order import Order
from engine.venues.sandbox.pit import Pit
from engine.venues.sandbox.placing import check_filters, check_trigger, claimed_price, read_order
from engine.venues.sandbox.refusal import (
    CLOSED,
    DUPLICATE,
    SHORT_OF_FUNDS,
    WOULD_TAKE,
    RefusalError,
    filtered,
    rejected,
)  # fmt: skip
from engine.venues.sandbox.register import Register
from engine.venues.sandbox.tape import Tape


@dataclass(frozen=True, slots=True)
class Settings:
    """Choose how the exchange behaves. participation: the share of a candle's volume that fills may take."""

    seed: int = 1
    participation: Decimal | None = None


class Exchange:
    """Trade instruments along their tapes from a time on, ms; it moves only when it is told to."""

    def __init__(
        self, markets: Iterable[tuple[Instrument, Tape]], start_ms: int, settings: Settings | None = None
    ) -> None:
        self.settings = settings or Settings()
        self.ledger, self.ring = Ledger(), KeyRing(self.settings.seed)
        self.filling = Filling(self.ledger)
        self.start_ms = self.now_ms = start_ms
        self.pits: dict[str, Pit] = {}
        for instrument, tape in markets:
            opens_ms = start_ms - start_ms % tape.step_ms
            self.pits[instrument.symbol] = Pit(instrument, tape, self.filling, opens_ms, self.settings.participation)
        self.accounts: dict[str, int] = {}  # with the time they were opened
        self.register = Register()
        self._cancels = self._deposits = self._plans = 0
        self._planned: list[tuple[int, int, Callable[[], object]]] = []
        self.advance(start_ms)

    def open_account(self, name: str, balances: dict[str, Decimal]) -> None:
        """Open an account, or deposit more into it."""
        self.accounts.setdefault(name, self.now_ms)
        for asset, amount in sorted(balances.items()):
            self._deposits += 1
            self.ledger.post(Posting(self.now_ms, OUTSIDE, name, asset, amount, "deposit", self._deposits))

    def plan(self, delay_ms: int, what: Callable[[], object]) -> None:
        """Do something when the market's time has gone on by a delay."""
        self._plans += 1
        heappush(self._planned, (self.now_ms + delay_ms, self._plans, what))

    def advance(self, until_ms: int) -> None:
        """Let the market's time go on, candle by candle, so that several markets stay side by side."""
        step_ms = min(pit.tape.step_ms for pit in self.pits.values())
        while True:
            next_ms = min(until_ms, (self.now_ms // step_ms + 1) * step_ms)
            if self._planned:
                next_ms = min(next_ms, max(self.now_ms, self._planned[0][0]))
            for pit in self.pits.values():
                pit.advance(next_ms)
            self.now_ms = max(self.now_ms, next_ms)
            while self._planned and self._planned[0][0] <= self.now_ms:
                heappop(self._planned)[2]()
            if self.now_ms >= until_ms:
                return

    def pit(self, symbol: str) -> Pit:
        """Return a market; RefusalError: there is none of this name."""
        if symbol not in self.pits:
            raise RefusalError(-1121, "Invalid symbol.")
        return self.pits[symbol]

    def place(self, account: str, asked: Asked) -> Order:
        """Accept an order, let it meet the market, and return it; RefusalError: it never was."""
        pit = self.pit(asked.text("symbol"))
        order, price = self.checked(account, asked, pit)
        if order.quote_quantity:
            at = pit.instrument.taker_price(price, order.side)
            order.quantity = down(order.quote_quantity / at, pit.instrument.lot)
            if order.quantity < pit.instrument.min_quantity:
                raise filtered("LOT_SIZE")
        market = order.type == "MARKET"
        needed = pit.instrument.taker_price(price, order.side) if market else claimed_price(order, price)
        if order.worth(needed) > self.ledger.free(account, order.locked_asset):
            raise rejected(SHORT_OF_FUNDS)
        if not market:
            self.filling.lock(order, needed)
        self.register.add(order)
        self.filling.admit(order)
        pit.arrive(order)
        return order

    def checked(self, account: str, asked: Asked, pit: Pit) -> tuple[Order, Decimal]:
        """Return the order that is asked for, and the price it meets; nothing is changed."""
        symbol, price = pit.instrument.symbol, pit.price
        order = read_order(asked, pit.instrument, account, len(self.register.orders) + 1, self.now_ms)
        if pit.is_closed:
            raise rejected(CLOSED)
        check_filters(order, price, len(self.filling.open[account, symbol]))
        if self.register.is_taken(order):
            raise rejected(DUPLICATE)
        check_trigger(order, price)
        if order.type == "LIMIT_MAKER" and pit.takes(order):
            raise rejected(WOULD_TAKE)
        return order, price

    def open_orders(self, account: str, symbol: str) -> list[Order]:
        """Return what is open, oldest first."""
        return list(self.filling.open[account, symbol].values())

    @property
    def orders(self) -> dict[int, Order]:
        """Return all orders by id."""
        return self.register.orders

    def cancel(self, order: Order) -> str:
        """Cancel an open order and return the id of the cancellation itself."""
        self.pits[order.instrument.symbol].cancel(order)
        self._cancels += 1
        return f"cancel{self._cancels}"

    def balances(self, account: str) -> dict[str, tuple[Decimal, Decimal]]:
        """Return free and locked of each asset that is traded here or owned."""
        assets = {name for pit in self.pits.values() for name in (pit.instrument.base, pit.instrument.quote)}
        assets |= {asset for asset, amount in self.ledger.balances[account].items() if amount != ZERO}
        locked = self.ledger.locked[account]
        return {asset: (self.ledger.free(account, asset), locked[asset] + ZERO) for asset in sorted(assets)}
