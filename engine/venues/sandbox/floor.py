"""A trading floor: the markets of one segment, what its accounts own there, and what can be done to an order.

Owns the order in which time and requests change things. Must not know any dialect, HTTP or signatures.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from engine.venues.sandbox.asking import Asked
from engine.venues.sandbox.decimals import ZERO
from engine.venues.sandbox.matching.filling import Filling
from engine.venues.sandbox.matching.instrument import Instrument
from engine.venues.sandbox.matching.ledger import OUTSIDE, Ledger, Posting
from engine.venues.sandbox.matching.order import Order
from engine.venues.sandbox.matching.pit import Pit
from engine.venues.sandbox.matching.register import Register
from engine.venues.sandbox.matching.tape import Tape
from engine.venues.sandbox.refusal import RefusalError


@dataclass(frozen=True, slots=True)
class Settings:
    """Choose how the exchange behaves. participation: the share of a candle's volume that fills may take."""

    seed: int = 1
    participation: Decimal | None = None


class Floor(ABC):
    """Trade instruments along their tapes. Its time, ms, moves only when the exchange moves it."""

    name: str

    def __init__(
        self, markets: Iterable[tuple[Instrument, Tape]], start_ms: int, settings: Settings, filling: Filling
    ) -> None:
        self.settings, self.filling = settings, filling
        self.start_ms = self.now_ms = start_ms
        self.register = Register()
        self.seize: Callable[[Order], bool] | None = None  # who may keep an accepted order from the market
        self.pits: dict[str, Pit] = {}
        for instrument, tape in markets:
            opens_ms = start_ms - start_ms % tape.step_ms
            self.pits[instrument.symbol] = Pit(instrument, tape, filling, opens_ms, settings.participation)
        self.showing: list[Callable[[Pit], None]] = []  # who is told before a book is shown as a whole
        self.maintained_until_ms = 0
        self.brought: list[Callable[[Posting], None]] = []  # who is told of money from outside, or to it
        self._cancels = self._deposits = 0

    @property
    def ledger(self) -> Ledger:
        """Return who owns what on this floor."""
        return self.filling.ledger

    @property
    def orders(self) -> dict[int, Order]:
        """Return all orders by id."""
        return self.register.orders

    @property
    def changes(self) -> int:
        """Return a number that has grown when an order or a balance has changed."""
        return self.filling.told + len(self.ledger.postings) + sum(pit.book.changes for pit in self.pits.values())

    @property
    def restless(self) -> bool:
        """Return whether it may matter in how many steps time goes on, though nothing seems to come of it."""
        return self.filling.count > 0 or any(self.filling.open.values())  # a floor that knows better says so

    def advance(self, until_ms: int) -> None:
        """Let all markets go on; the exchange calls this candle by candle."""
        for pit in self.pits.values():
            pit.advance(until_ms)
        self.now_ms = max(self.now_ms, until_ms)

    def pit(self, symbol: str) -> Pit:
        """Return a market; RefusalError: there is none of this name."""
        if symbol not in self.pits:
            raise RefusalError(-1121, "Invalid symbol.")
        return self.pits[symbol]

    def show_book(self, symbol: str) -> Pit:
        """Return a market whose book is about to be shown as a whole; RefusalError: there is none of this name."""
        pit = self.pit(symbol)
        for one in self.showing:
            one(pit)
        return pit

    def deposit(self, account: str, asset: str, amount: Decimal) -> None:
        """Bring money in from outside."""
        self._deposits += 1
        posting = Posting(self.now_ms, OUTSIDE, account, asset, amount, "deposit", self._deposits)
        self.ledger.post(posting)
        if amount:
            for one in self.brought:
                one(posting)

    def withdrawable(self, account: str, asset: str) -> Decimal:
        """Return how much of an asset may leave."""
        return self.ledger.free(account, asset)

    def withdraw(self, account: str, asset: str, amount: Decimal) -> int:
        """Let money that may leave go outside, and return the movement's number."""
        self._deposits += 1
        posting = Posting(self.now_ms, account, OUTSIDE, asset, amount, "withdrawal", self._deposits)
        self.ledger.post(posting)
        for one in self.brought:
            one(posting)
        return self._deposits

    @abstractmethod
    def place(self, account: str, asked: Asked) -> Order:
        """Accept an order, let it meet the market, and return it; RefusalError: it never was."""

    def enter(self, order: Order) -> Order:
        """Let an accepted order in, and let it meet the market."""
        self.register.add(order)
        self.filling.admit(order)
        if self.seize is None or not self.seize(order):
            self.pits[order.instrument.symbol].arrive(order)
        return order

    def open_orders(self, account: str, symbol: str) -> list[Order]:
        """Return what is open, oldest first."""
        return list(self.filling.open[account, symbol].values())

    def close(self, symbol: str) -> None:
        """End a market's trading for good, with everything that is open in it."""
        self.pits[symbol].halt()

    def listed(self, orders: Iterable[Order]) -> list[Order]:
        """Return those orders that queries and lists show by now."""
        return [one for one in orders if one.shown_ms <= self.now_ms]

    def cancel(self, order: Order, own_id: str = "") -> str:
        """Cancel an open order and return the id of the cancellation itself; own_id: what its sender calls it."""
        self._cancels += 1
        order.cancel_id = own_id or f"cancel{self._cancels}"
        self.pits[order.instrument.symbol].cancel(order)
        return order.cancel_id

    def owned(self, account: str) -> set[str]:
        """Return the assets that are traded here or owned."""
        assets = {name for pit in self.pits.values() for name in (pit.instrument.base, pit.instrument.quote)}
        return assets | {asset for asset, amount in self.ledger.balances[account].items() if amount != ZERO}

    def free(self, account: str, asset: str) -> Decimal:
        """Return what of an asset a new order may use."""
        return self.ledger.free(account, asset)

    def waiting(self, account: str) -> list[tuple[int, str, Order]]:
        """Return orders that wait for a trigger under an id and a client id of their own, which are not in the list."""
        return []

    def positions(self, account: str) -> list[dict[str, Any]]:
        """Return open positions: symbol and side; quantity, entry, floating, liquidation as text. Coins are none."""
        return []

    @abstractmethod
    def told(self, account: str) -> dict[str, Any]:
        """Return what an account holds here, as JSON."""

    @abstractmethod
    def audit(self, accounts: Iterable[str]) -> list[str]:
        """Return one sentence for each thing of this segment that does not add up."""
