"""One order and its fills. Owns their fields and what follows from them; must not know books or accounts."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from engine.venues.sandbox.decimals import UNIT, ZERO, down, nearest
from engine.venues.sandbox.matching.instrument import Instrument

OPEN = ("NEW", "PARTIALLY_FILLED")
BASIS_POINTS = Decimal(10_000)


@dataclass(frozen=True, slots=True)
class Fill:
    """Hold one execution: price in quote, quantity in base, fee in the asset that was received."""

    id: int
    order_id: int
    time_ms: int
    price: Decimal
    quantity: Decimal
    fee: Decimal
    fee_asset: str
    maker: bool


@dataclass(slots=True, eq=False)
class Order:
    """Hold one order. side: +1 buys, -1 sells; price, stop: 0 where there is none; trailing in basis points."""

    id: int
    account: str
    instrument: Instrument
    client_id: str
    side: int
    type: str
    time_in_force: str
    quantity: Decimal
    time_ms: int
    price: Decimal = ZERO
    stop: Decimal = ZERO
    trailing: int = 0
    quote_quantity: Decimal = ZERO  # of a market order given in money
    status: str = "NEW"
    updated_ms: int = 0
    filled: Decimal = ZERO
    filled_quote: Decimal = ZERO
    locked: Decimal = ZERO  # of locked_asset
    triggered: bool = False  # a stop that has become a market or a limit order
    extreme: Decimal | None = None  # a trailing order's best price so far; None: it waits for its stop price
    fills: list[Fill] = field(default_factory=list)
    point: Decimal = ZERO  # the path price that acts on it
    cancel_id: str = ""  # of the request that cancelled it
    direction: int = 0  # +1: when the path rises to the point, -1: when it falls to it
    shown_ms: int = 0  # from when on queries show it, the market's time
    age: int = 0  # among those that one price acts on the lower goes first; 0: its id

    def __post_init__(self) -> None:
        self.age = self.age or self.id

    @property
    def is_open(self) -> bool:
        """Return whether it can still fill."""
        return self.status in OPEN

    @property
    def left(self) -> Decimal:
        """Return the open quantity, base."""
        return self.quantity - self.filled

    @property
    def locked_asset(self) -> str:
        """Return the asset that pays for it."""
        return self.instrument.quote if self.side > 0 else self.instrument.base

    @property
    def claimed_price(self) -> Decimal:
        """Return the price up to which its open quantity is good: its own, or what was locked for each of it."""
        if self.price:
            return self.price
        return down(self.locked / self.left, UNIT) if self.side > 0 else Decimal(1)

    @property
    def is_stop(self) -> bool:
        """Return whether it waits for a trigger."""
        return self.type.startswith(("STOP", "TAKE")) and not self.triggered

    @property
    def has_limit(self) -> bool:
        """Return whether it names a price."""
        return "LIMIT" in self.type

    @property
    def buys_at_any_price(self) -> bool:
        """Return whether it is a stop to buy that has become a market order."""
        return self.triggered and self.side > 0 and not self.has_limit

    @property
    def stop_direction(self) -> int:
        """Return +1 where its stop price lies above the market, -1 below."""
        return self.side if self.type.startswith("STOP") else -self.side

    def worth(self, price: Decimal) -> Decimal:
        """Return what its open quantity locks when it is good for this price."""
        return self.left * price if self.side > 0 else self.left

    def aim(self) -> None:
        """Set the path price that acts on it, and from which side (rules F2, F3)."""
        if not self.is_stop:
            self.direction = -self.side
            self.point = self.price - self.side * self.instrument.tick  # traded through by a tick
        elif not self.trailing or self.extreme is None:
            self.direction, self.point = self.stop_direction, self.stop
        else:
            self.direction = self.side
            away = 1 + self.side * self.trailing / BASIS_POINTS
            self.point = nearest(self.extreme * away, self.instrument.tick)
