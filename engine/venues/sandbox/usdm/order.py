"""An order for a contract: what it does to which position. Must not know accounts, margin or books."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from engine.venues.sandbox.decimals import ZERO
from engine.venues.sandbox.matching.order import Order
from engine.venues.sandbox.usdm.contract import Contract

SIDES = ("BOTH", "LONG", "SHORT")


@dataclass(slots=True, eq=False)
class UsdmOrder(Order):
    """Hold one order. position_side: BOTH one-way, else LONG or SHORT; algo_id: of the algo order it came from, or 0.

    reduce_only is what the dialect calls so; in hedge mode a closing order reduces without it. forced: the venue's own.
    """

    position_side: str = "BOTH"
    reduce_only: bool = False
    close_position: bool = False
    working_type: str = "CONTRACT_PRICE"
    original_type: str = ""
    waits: bool = False  # it is (or came from) an algo order
    algo_id: int = 0
    forced: bool = False
    earlier: int = 0  # how many of its fills are from before its price was changed
    claimed: Decimal = ZERO  # base; what of it claims margin
    realised: dict[int, Decimal] = field(default_factory=dict)  # margin asset, by fill

    @property
    def contract(self) -> Contract:
        """Return what it trades."""
        if not isinstance(self.instrument, Contract):
            raise TypeError(f"{self.instrument.symbol}: expected a contract")
        return self.instrument

    @property
    def locked_asset(self) -> str:
        """Return the asset that answers for it."""
        return self.contract.margin_asset

    @property
    def is_stop(self) -> bool:
        """Return whether it waits for a trigger."""
        return self.waits and not self.triggered

    @property
    def has_limit(self) -> bool:
        """Return whether it names a price."""
        return self.price > ZERO

    @property
    def reduces(self) -> bool:
        """Return whether it may only take away from its position."""
        closes = self.side < 0 if self.position_side == "LONG" else self.side > 0
        return self.reduce_only or self.close_position or (self.position_side != "BOTH" and closes)

    @property
    def average(self) -> Decimal:
        """Return the average price of what has filled, 0 where nothing has."""
        return self.filled_quote / self.filled if self.filled else ZERO
