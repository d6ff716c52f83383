"""The spot floor: orders are covered by coins that are there, and lock them. Must not know HTTP or signatures."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from engine.venues.sandbox.asking import Asked
from engine.venues.sandbox.decimals import ZERO, down, text
from engine.venues.sandbox.floor import Floor, Settings
from engine.venues.sandbox.matching.instrument import Instrument
from engine.venues.sandbox.matching.ledger import Ledger
from engine.venues.sandbox.matching.order import Order
from engine.venues.sandbox.matching.pit import Pit
from engine.venues.sandbox.matching.tape import Tape
from engine.venues.sandbox.refusal import CLOSED, DUPLICATE, SHORT_OF_FUNDS, WOULD_TAKE, filtered, rejected
from engine.venues.sandbox.spot.audit import audit
from engine.venues.sandbox.spot.filling import SpotFilling
from engine.venues.sandbox.spot.placing import check_filters, check_trigger, claimed_price, read_order
from engine.venues.sandbox.spot.replies import queried, trade


class SpotFloor(Floor):
    """Trade coins for coins."""

    name = "spot"

    def __init__(self, markets: Iterable[tuple[Instrument, Tape]], start_ms: int, settings: Settings) -> None:
        super().__init__(markets, start_ms, settings, SpotFilling(Ledger()))

    @property
    def restless(self) -> bool:
        """Return False: where the path meets an order is the same in however many steps it is walked."""
        return False

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
            self.filling.claim(order, needed)
        return self.enter(order)

    def checked(self, account: str, asked: Asked, pit: Pit) -> tuple[Order, Decimal]:
        """Return the order that is asked for, and the price it meets; nothing is changed."""
        symbol, price = pit.instrument.symbol, pit.price
        order = read_order(asked, pit.instrument, account, len(self.register.orders) + 1, self.now_ms)
        if pit.is_closed:
            raise rejected(CLOSED)
        check_filters(order, price, self.filling.open[account, symbol].values())
        if self.register.is_taken(order):
            raise rejected(DUPLICATE)
        check_trigger(order, price)
        if order.type == "LIMIT_MAKER" and pit.takes(order):
            raise rejected(WOULD_TAKE)
        return order, price

    def balances(self, account: str) -> dict[str, tuple[Decimal, Decimal]]:
        """Return free and locked of each asset that is traded here or owned."""
        locked = self.ledger.locked[account]
        return {
            asset: (self.ledger.free(account, asset), locked[asset] + ZERO) for asset in sorted(self.owned(account))
        }

    def told(self, account: str) -> dict[str, Any]:
        """Return balances, orders and fills of an account, as JSON."""
        orders = [one for one in self.orders.values() if one.account == account]
        return {
            "balances": {
                asset: {"free": text(free), "locked": text(locked)}
                for asset, (free, locked) in self.balances(account).items()
            },
            "orders": [queried(one) for one in orders],
            "fills": [trade(one, fill) for one in orders for fill in one.fills],
        }

    def audit(self, accounts: Iterable[str]) -> list[str]:
        """Return one sentence for each lock, order or fill that does not add up."""
        return audit(self, {name: self.balances(name) for name in accounts})
