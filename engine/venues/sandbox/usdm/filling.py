"""What a fill does to a position and its margin. Must not know books, paths or the dialect."""

from __future__ import annotations

from decimal import Decimal

from engine.venues.sandbox.decimals import UNIT, ZERO, down
from engine.venues.sandbox.matching.filling import Filling
from engine.venues.sandbox.matching.ledger import FEES, Posting
from engine.venues.sandbox.matching.order import Order
from engine.venues.sandbox.usdm.contract import Contract


class UsdmFilling(Filling):
    """Take fees in the margin asset."""

    def affordable(self, order: Order, price: Decimal, quantity: Decimal) -> Decimal:
        """Return how much of a quantity may fill, on the lot."""
        return quantity

    def claim(self, order: Order, price: Decimal) -> None:
        """Hold what an order's open quantity needs."""

    def pay(self, order: Order, quantity: Decimal, price: Decimal, maker: bool, now_ms: int) -> tuple[Decimal, str]:
        """Take the fee in the margin asset."""
        of = order.instrument
        if not isinstance(of, Contract):
            raise TypeError(f"{of.symbol}: expected a contract")
        fee = down(quantity * price * (of.maker_fee_rate if maker else of.taker_fee_rate), UNIT)
        giver, taker = (order.account, FEES) if fee >= ZERO else (FEES, order.account)
        self.ledger.post(Posting(now_ms, giver, taker, of.margin_asset, abs(fee), "fee", self.count))
        return fee, of.margin_asset
