"""What becomes of an accepted order that a fault has met: seen late, rejected after all, or cut off in the middle.

Owns what each of these faults does. Must not know requests. Delays are the market's time, ms.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from engine.venues.sandbox.controlling.rules import Rule
from engine.venues.sandbox.decimals import ZERO, down
from engine.venues.sandbox.exchange import Exchange
from engine.venues.sandbox.floor import Floor
from engine.venues.sandbox.matching.order import Order
from engine.venues.sandbox.matching.pit import Pit

_OF_ORDERS = ("floor", "symbol", "account", "delay_ms")
ORDERS: dict[str, tuple[str, ...]] = {
    "visible_late": _OF_ORDERS,  # no query and no list shows it for delay_ms, whatever it does meanwhile
    "rejected_later": _OF_ORDERS,  # accepted, kept from the market, and REJECTED after delay_ms
    "filled_in_part": (*_OF_ORDERS, "share"),  # a share of it fills at once, and the rest ends EXPIRED after delay_ms
}
Met = Callable[..., Rule | None]


def seize(exchange: Exchange, floor: Floor, order: Order, met: Met) -> bool:
    """Let an accepted order meet the rules, and return whether it is kept from the market."""
    pit = floor.pits[order.instrument.symbol]
    rule = met(order, "visible_late")
    if rule is not None:
        order.shown_ms = pit.now_ms + rule.delay_ms
    part = order.time_in_force != "FOK" and not order.is_stop and order.quantity >= 2 * pit.instrument.lot
    rule = met(order, "rejected_later", *(("filled_in_part",) if part else ()))
    if rule is None:
        return False
    if not order.has_limit and not order.is_stop:  # a market order locks nothing, as it never waits otherwise
        floor.filling.claim(order, pit.instrument.taker_price(pit.price, order.side))
    if rule.fault == "filled_in_part":
        _fill(floor, pit, order, Decimal(str(rule.share)))
    exchange.plan(pit.now_ms + rule.delay_ms - exchange.now_ms, lambda: _end(pit, order))
    return True


def _fill(floor: Floor, pit: Pit, order: Order, share: Decimal) -> None:
    """Fill a share at the order's own price, or at the market's where it takes."""
    takes = not order.has_limit or pit.takes(order)
    price = pit.instrument.taker_price(pit.price, order.side) if takes else order.price
    if order.has_limit and order.side * (price - order.price) > 0:
        price = order.price
    quantity = max(pit.instrument.lot, down(order.quantity * share, pit.instrument.lot))
    quantity = floor.filling.affordable(order, price, quantity)
    if quantity > ZERO:
        floor.filling.fill(order, quantity, price, not takes, pit.now_ms)


def _end(pit: Pit, order: Order) -> None:
    if order.is_open:
        pit.cancel(order, "EXPIRED" if order.filled else "REJECTED")
