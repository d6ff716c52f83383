"""Coins that change hands: what an order locks, what a fill exchanges, and the fee from what arrives."""

from __future__ import annotations

from decimal import Decimal

from engine.venues.sandbox.decimals import UNIT, ZERO, down
from engine.venues.sandbox.matching.filling import Filling
from engine.venues.sandbox.matching.ledger import FEES, MARKET, Posting
from engine.venues.sandbox.matching.order import Order


class SpotFilling(Filling):
    """Lock and exchange base and quote."""

    def claim(self, order: Order, price: Decimal) -> None:
        """Lock what an order's open quantity needs when it is good for this price; nothing once it is closed."""
        wanted = order.worth(price) if order.is_open else ZERO
        if order.buys_at_any_price:  # a gap may have cost more than was locked for it
            wanted = min(wanted, self.ledger.free(order.account, order.locked_asset) + order.locked)
        self.ledger.lock(order.account, order.locked_asset, wanted - order.locked)
        order.locked = wanted

    def affordable(self, order: Order, price: Decimal, quantity: Decimal) -> Decimal:
        """Return how much of a quantity the account can pay at a price, on the lot."""
        own = self.ledger.free(order.account, order.locked_asset) + order.locked
        if quantity * (price if order.side > 0 else 1) <= own:
            return quantity
        return down(own / price if order.side > 0 else own, order.instrument.lot)

    def pay(self, order: Order, quantity: Decimal, price: Decimal, maker: bool, now_ms: int) -> tuple[Decimal, str]:
        """Exchange base for quote with the market, and take the fee from what arrives."""
        of, who, quote = order.instrument, order.account, quantity * price
        rate = of.maker_fee_rate if maker else of.taker_fee_rate
        asset, received = (of.base, quantity) if order.side > 0 else (of.quote, quote)
        fee = down(received * rate, UNIT)
        self.ledger.lock(who, order.locked_asset, -order.locked)
        order.locked = ZERO
        for giver, taker, what, amount in (
            (MARKET, who, asset, received),
            (who, MARKET, order.locked_asset, quote if order.side > 0 else quantity),
        ):
            self.ledger.post(Posting(now_ms, giver, taker, what, amount, "trade", self.count))
        giver, taker = (who, FEES) if fee >= ZERO else (FEES, who)
        self.ledger.post(Posting(now_ms, giver, taker, asset, abs(fee), "fee", self.count))
        return fee, asset
