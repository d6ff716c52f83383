"""A new order from its parameters: which ones its type needs, and the market's filters.

Owns the rules of form. Must not know accounts, funds or matching.
"""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal

from engine.venues.sandbox.asking import Asked
from engine.venues.sandbox.decimals import ZERO
from engine.venues.sandbox.matching.instrument import (
    BAND_DOWN,
    BAND_UP,
    LARGEST,
    LARGEST_NOTIONAL,
    ORDER_TYPES,
    Instrument,
)
from engine.venues.sandbox.matching.order import Order
from engine.venues.sandbox.refusal import NO_ICEBERGS, WOULD_TRIGGER, RefusalError, filtered, missing, rejected

TIMES_IN_FORCE = ("GTC", "IOC", "FOK")
MOST_TRAILING = 2_000  # basis points


def read_order(asked: Asked, instrument: Instrument, account: str, id_: int, now_ms: int) -> Order:
    """Return the order that is asked for; RefusalError: a parameter is missing, too much, or of a wrong form."""
    side = 1 if asked.one_of("side", ("BUY", "SELL"), -1117, "side") == "BUY" else -1
    type_ = asked.one_of("type", ORDER_TYPES, -1116, "orderType")
    limit, stop = "LIMIT" in type_, type_.startswith(("STOP", "TAKE"))
    by_quote = type_ == "MARKET" and asked.has("quoteOrderQty")
    if by_quote and asked.has("quantity"):
        raise RefusalError(-1128, "Combination of optional parameters invalid.")
    force = "GTC"
    if limit and type_ != "LIMIT_MAKER":
        force = asked.one_of("timeInForce", TIMES_IN_FORCE, -1115, "timeInForce")
    for name, wanted in (("price", limit), ("timeInForce", limit and type_ != "LIMIT_MAKER"), ("stopPrice", stop)):
        if asked.has(name) and not wanted:
            raise RefusalError(-1106, f"Parameter '{name}' sent when not required.")
    if asked.number("icebergQty"):
        raise rejected(NO_ICEBERGS)
    trailing = asked.whole("trailingDelta", 0) or 0
    if trailing and not stop:
        raise RefusalError(-1106, "Parameter 'trailingDelta' sent when not required.")
    if stop and not trailing and not asked.has("stopPrice"):
        raise missing("stopPrice")
    for name, wanted in (("price", limit), ("stopPrice", stop)):
        if wanted and asked.has(name) and not asked.number(name):
            raise RefusalError(-1013, f"Invalid {name}.")
    return Order(
        id_, account, instrument, asked.client_id("newClientOrderId") or f"auto{id_}", side, type_, force,
        ZERO if by_quote else asked.number("quantity", must=True), now_ms, asked.number("price", must=limit),
        asked.number("stopPrice"), trailing, asked.number("quoteOrderQty"), updated_ms=now_ms,
    )  # fmt: skip


def check_filters(order: Order, price: Decimal, others: Collection[Order]) -> None:
    """Refuse an order that breaks a filter; price: the market's, that values market orders; others: the open ones."""
    of = order.instrument
    for one in (order.price, order.stop):
        if one and (not of.tick <= one <= LARGEST or one % of.tick):
            raise filtered("PRICE_FILTER")
    if order.has_limit and not price * BAND_DOWN <= order.price <= price * BAND_UP:
        raise filtered("PERCENT_PRICE_BY_SIDE")
    if not order.quote_quantity and (not of.min_quantity <= order.quantity <= LARGEST or order.quantity % of.lot):
        raise filtered("LOT_SIZE")
    value = order.quote_quantity or order.quantity * (order.price or order.stop or price)
    if value < of.min_notional or (order.has_limit and value > LARGEST_NOTIONAL):
        raise filtered("NOTIONAL")
    if order.trailing > MOST_TRAILING:
        raise filtered("TRAILING_DELTA")
    if order.type != "MARKET" and len(others) >= of.max_orders:
        raise filtered("MAX_NUM_ORDERS")
    if order.is_stop and sum(one.is_stop for one in others) >= of.max_stops:
        raise filtered("MAX_NUM_ALGO_ORDERS")


def check_trigger(order: Order, price: Decimal) -> None:
    """Refuse a stop that the market has reached already."""
    if order.stop and order.stop_direction * (price - order.stop) >= 0:
        raise rejected(WOULD_TRIGGER)


def claimed_price(order: Order, price: Decimal) -> Decimal:
    """Return the price up to which an order locks funds: its own, its stop's, or where it trails now."""
    if order.price or order.stop:
        return order.price or order.stop
    order.extreme = price
    order.aim()
    return order.point
