"""What an account holds of a contract: quantity, cost and isolated margin, and what one fill does to them.

Owns the arithmetic. The cost is kept exactly, as the signed sum of quantity times price; a reduction takes its rounded
share out, and what remains stays, so that all profit adds up to the last unit. Must not know orders or ledgers.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from engine.venues.sandbox.decimals import UNIT, ZERO, nearest
from engine.venues.sandbox.usdm.contract import Contract


@dataclass(frozen=True, slots=True)
class Change:
    """Hold what a fill did: realised profit and freed isolated margin, margin asset; closed quantity, base."""

    realised: Decimal = ZERO
    freed: Decimal = ZERO
    closed: Decimal = ZERO


@dataclass(slots=True)
class Position:
    """Hold one position. quantity, cost: signed, + long; margin: of an isolated one, else 0; both in margin asset."""

    contract: Contract
    account: str
    side: str  # BOTH, LONG, SHORT
    quantity: Decimal = ZERO
    cost: Decimal = ZERO
    margin: Decimal = ZERO
    updated_ms: int = 0

    @property
    def entry(self) -> Decimal:
        """Return the average price of what is held, quote; 0 where nothing is."""
        return self.cost / self.quantity if self.quantity else ZERO

    def gain(self, price: Decimal) -> Decimal:
        """Return what it gains at a price, margin asset."""
        return self.quantity * price - self.cost

    def notional(self, price: Decimal) -> Decimal:
        """Return what it is worth at a price, margin asset."""
        return abs(self.quantity) * price

    def change(self, signed: Decimal, price: Decimal, leverage: int | None) -> Change:
        """Add a signed quantity at a price; leverage: of an isolated position, which puts margin aside."""
        told = Change()
        if self.quantity * signed < ZERO:
            closed = min(abs(signed), abs(self.quantity))
            told = self._close(closed, price)
            signed += closed if signed < ZERO else -closed
        if signed:
            self.quantity += signed
            self.cost += signed * price
            if leverage is not None:
                self.margin += nearest(abs(signed) * price / leverage, UNIT)
        return told

    def _close(self, closed: Decimal, price: Decimal) -> Change:
        whole = closed == abs(self.quantity)
        share = self.cost if whole else nearest(self.cost * closed / abs(self.quantity), UNIT)
        freed = self.margin if whole else nearest(self.margin * closed / abs(self.quantity), UNIT)
        signed = closed if self.quantity > ZERO else -closed
        self.quantity, self.cost, self.margin = self.quantity - signed, self.cost - share, self.margin - freed
        return Change(signed * price - share, freed, closed)
