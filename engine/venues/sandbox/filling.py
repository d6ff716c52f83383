"""What a fill does to an order and to the parties' money. Owns locks and fees; must not know books or paths."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from engine.venues.sandbox.decimals import UNIT, ZERO, down
from engine.venues.sandbox.ledger import FEES, MARKET, Ledger, Posting
from engine.venues.sandbox.order import Fill, Order


class Filling:
    """Execute fills in one ledger; their ids rise over all markets. open: by account and symbol, oldest first."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.count = 0
        self.open: dict[tuple[str, str], dict[int, Order]] = defaultdict(dict)

    def admit(self, order: Order) -> None:
        """Take a new order in among the open ones."""
        self.open[order.account, order.instrument.symbol][order.id] = order

    def lock(self, order: Order, price: Decimal) -> None:
        """Lock what an order's open quantity needs when it is good for this price; nothing once it is closed."""
        wanted = order.worth(price) if order.is_open else ZERO
        if order.buys_at_any_price:  # a gap may have cost more than was locked for it
            wanted = min(wanted, self.ledger.free(order.account, order.locked_asset) + order.locked)
        if not order.is_open:
            self.open[order.account, order.instrument.symbol].pop(order.id, None)
        self.ledger.lock(order.account, order.locked_asset, wanted - order.locked)
        order.locked = wanted

    def affordable(self, order: Order, price: Decimal, quantity: Decimal) -> Decimal:
        """Return how much of a quantity the account can pay at a price, on the lot."""
        own = self.ledger.free(order.account, order.locked_asset) + order.locked
        if quantity * (price if order.side > 0 else 1) <= own:
            return quantity
        return down(own / price if order.side > 0 else own, order.instrument.lot)

    def fill(self, order: Order, quantity: Decimal, price: Decimal, maker: bool, now_ms: int) -> None:
        """Exchange base for quote with the market, and take the fee from what arrives."""
        self.count += 1
        of, who, quote = order.instrument, order.account, quantity * price
        rate = of.maker_fee_rate if maker else of.taker_fee_rate
        asset, received = (of.base, quantity) if order.side > 0 else (of.quote, quote)
        fee = down(received * rate, UNIT)
        self.ledger.lock(who, order.locked_asset, -order.locked)
        for giver, taker, what, amount in (
            (MARKET, who, asset, received),
            (who, MARKET, order.locked_asset, quote if order.side > 0 else quantity),
        ):
            self.ledger.post(Posting(now_ms, giver, taker, what, amount, "trade", self.count))
        giver, taker = (who, FEES) if fee >= ZERO else (FEES, who)
        self.ledger.post(Posting(now_ms, giver, taker, asset, abs(fee), "fee", self.count))
        claimed = order.locked / order.left if order.side > 0 else Decimal(1)
        order.fills.append(Fill(self.count, order.id, now_ms, price, quantity, fee, asset, maker))
        order.filled += quantity
        order.filled_quote += quote
        order.updated_ms = now_ms
        order.locked = ZERO
        order.status = "PARTIALLY_FILLED" if order.left else "FILLED"
        # What the rest still claims, at the price that the whole was locked for.
        self.lock(order, order.price or down(claimed, UNIT))

    def end(self, order: Order, status: str, now_ms: int) -> None:
        """Close an order and give back what it had locked."""
        order.status, order.updated_ms = status, now_ms
        self.lock(order, ZERO)
