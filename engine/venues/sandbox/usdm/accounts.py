"""One account on the USD-M floor: its mode, its settings by symbol, its positions, and what its open orders claim.

Must not know ledgers or prices.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal

from engine.venues.sandbox.decimals import ZERO
from engine.venues.sandbox.usdm.contract import Contract
from engine.venues.sandbox.usdm.order import SIDES, UsdmOrder
from engine.venues.sandbox.usdm.positions import Position

LEVERAGE = 20  # what the venue sets for a symbol that nobody has touched


@dataclass(slots=True)
class Setting:
    """Hold what an account has chosen for a symbol."""

    leverage: int = LEVERAGE
    isolated: bool = False


@dataclass(slots=True)
class Claims:
    """Sum up resting orders of one position side that may add to it: quantity in base, value in the margin asset."""

    buys: Decimal = ZERO
    buy_value: Decimal = ZERO
    sells: Decimal = ZERO
    sell_value: Decimal = ZERO

    def add(self, side: int, quantity: Decimal, value: Decimal) -> None:
        """Add to a side, or take away."""
        if side > 0:
            self.buys, self.buy_value = self.buys + quantity, self.buy_value + value
        else:
            self.sells, self.sell_value = self.sells + quantity, self.sell_value + value


@dataclass(slots=True)
class Account:
    """Hold one account. positions, claims: by symbol and side; updated_ms: of money and positions."""

    name: str
    hedge: bool = False
    updated_ms: int = 0
    settings: dict[str, Setting] = field(default_factory=lambda: defaultdict(Setting))
    positions: dict[tuple[str, str], Position] = field(default_factory=dict)
    claims: dict[tuple[str, str], Claims] = field(default_factory=lambda: defaultdict(Claims))

    def position(self, contract: Contract, side: str) -> Position:
        """Return the position of a side, which may be empty."""
        key = contract.symbol, side
        if key not in self.positions:
            self.positions[key] = Position(contract, self.name, side)
        return self.positions[key]

    def held(self, symbol: str | None = None) -> list[Position]:
        """Return what is not empty, of one symbol or of all."""
        if symbol is None:
            return [one for one in self.positions.values() if one.quantity]
        found = (self.positions.get((symbol, side)) for side in SIDES)
        return [one for one in found if one is not None and one.quantity]

    def holds(self, symbol: str) -> bool:
        """Return whether it has a position in a contract."""
        found = (self.positions.get((symbol, side)) for side in SIDES)
        return any(one is not None and one.quantity for one in found)

    def closable(self, order: UsdmOrder) -> Decimal:
        """Return how much of its position an order could take away, base."""
        held = self.position(order.contract, order.position_side).quantity
        return abs(held) if held * order.side < ZERO else ZERO
