"""A new order or algo order from its parameters: which ones its type needs, and the contract's filters.

Owns the rules of form. Must not know positions, margin or matching.
"""

from __future__ import annotations

from decimal import Decimal

from engine.venues.sandbox.asking import Asked
from engine.venues.sandbox.decimals import ZERO
from engine.venues.sandbox.matching.instrument import BAND_DOWN, BAND_UP, LARGEST
from engine.venues.sandbox.refusal import RefusalError, illegal, missing
from engine.venues.sandbox.usdm.algo import FIRST_ID, AlgoOrder
from engine.venues.sandbox.usdm.contract import ORDER_TYPES, TIMES_IN_FORCE, Contract
from engine.venues.sandbox.usdm.order import SIDES, UsdmOrder
from engine.venues.sandbox.usdm.refusals import beyond, no, too_small

PLAIN = ("LIMIT", "MARKET")
CONDITIONAL = tuple(one for one in ORDER_TYPES if one not in PLAIN)
WORKING = ("CONTRACT_PRICE", "MARK_PRICE")
RATES = Decimal("0.1"), Decimal(10)  # percent, of a trailing order


def flag(asked: Asked, name: str) -> bool:
    """Return a parameter that is true or false; false where it was not sent."""
    if not asked.has(name):
        return False
    value = asked.values[name].lower()
    if value not in ("true", "false"):
        raise illegal(name, "true|false")
    return value == "true"


def _unwanted(asked: Asked, *names: str) -> None:
    for name in names:
        if asked.has(name):
            raise RefusalError(-1106, f"Parameter '{name}' sent when not required.")


def _position_side(asked: Asked, hedge: bool) -> str:
    side = asked.values.get("positionSide") or "BOTH"
    if side not in SIDES:
        raise RefusalError(-4060, "Invalid position side.")
    if (side == "BOTH") == hedge:
        raise no("side")
    if hedge:
        _unwanted(asked, "reduceOnly")
    return side


def read_order(asked: Asked, of: Contract, account: str, hedge: bool, id_: int, now_ms: int) -> UsdmOrder:
    """Return the order that is asked for; RefusalError: a parameter is missing, too much, or of a wrong form."""
    side = 1 if asked.one_of("side", ("BUY", "SELL"), -1117, "side") == "BUY" else -1
    type_ = asked.one_of("type", ORDER_TYPES, -1116, "orderType")
    if type_ in CONDITIONAL:
        raise no("algo")
    limit, force = type_ == "LIMIT", "GTC"
    if limit:
        force = asked.one_of("timeInForce", TIMES_IN_FORCE, -1115, "timeInForce")
    else:
        _unwanted(asked, "price", "timeInForce")
    _unwanted(asked, "stopPrice", "closePosition")
    order = UsdmOrder(
        id_, account, of, asked.client_id("newClientOrderId") or f"auto{id_}", side, type_, force,
        asked.number("quantity", must=True), now_ms, asked.number("price", must=limit), updated_ms=now_ms,
        position_side=_position_side(asked, hedge), reduce_only=flag(asked, "reduceOnly"), original_type=type_,
    )  # fmt: skip
    if limit and not order.price:
        raise no("bad price")
    return order


def read_algo(asked: Asked, of: Contract, account: str, hedge: bool, id_: int, now_ms: int) -> AlgoOrder:
    """Return the algo order that is asked for; RefusalError as for an order."""
    if asked.text("algoType") != "CONDITIONAL":
        raise RefusalError(-1116, "Invalid algoType.")
    side = 1 if asked.one_of("side", ("BUY", "SELL"), -1117, "side") == "BUY" else -1
    type_ = asked.one_of("type", CONDITIONAL, -1116, "orderType")
    limit, trails = type_ in ("STOP", "TAKE_PROFIT"), type_ == "TRAILING_STOP_MARKET"
    closes = flag(asked, "closePosition")
    force = "GTC"
    if asked.has("timeInForce"):
        force = asked.one_of("timeInForce", TIMES_IN_FORCE, -1115, "timeInForce")
    if not limit:
        _unwanted(asked, "price")
    _unwanted(asked, *(("triggerPrice",) if trails else ("callbackRate", "activatePrice")))
    if closes:
        if trails or limit:
            raise no("close of a trail")
        if asked.has("quantity"):
            raise no("close needs none")
        _unwanted(asked, "reduceOnly")
    working = asked.values.get("workingType") or "CONTRACT_PRICE"
    if working not in WORKING:
        raise RefusalError(-1116, "Invalid workingType.")
    rate = asked.number("callbackRate", must=trails)
    if trails and (not RATES[0] <= rate <= RATES[1] or (rate * 100) % 1):
        raise no("rate")
    stop = asked.number("activatePrice") if trails else asked.number("triggerPrice", must=True)
    if not trails and not stop:
        raise no("bad stop")
    quantity = ZERO if closes else asked.number("quantity", must=True)
    order = UsdmOrder(
        id_, account, of, "", side, type_, force, quantity, now_ms, asked.number("price", must=limit), stop,
        int(rate * 100), updated_ms=now_ms, position_side=_position_side(asked, hedge),
        reduce_only=flag(asked, "reduceOnly"), close_position=closes, working_type=working, original_type=type_,
        waits=True, algo_id=FIRST_ID + id_,
    )  # fmt: skip
    client_id = asked.client_id("clientAlgoId") or f"auto{order.algo_id}"
    return AlgoOrder(
        order.algo_id, client_id, order, type_, now_ms, quantity, stop if trails else ZERO, rate,
        flag(asked, "priceProtect"), updated_ms=now_ms,
    )  # fmt: skip


def check_filters(order: UsdmOrder, mark: Decimal) -> None:
    """Refuse an order that breaks a filter; mark: by which market orders are valued."""
    of = order.contract
    for price in (order.price, order.stop):
        if price:
            _check_price(price, of)
    if order.price and not order.stop and not mark * BAND_DOWN <= order.price <= mark * BAND_UP:
        high = order.price > mark
        raise beyond(mark * (BAND_UP if high else BAND_DOWN), high)
    if order.close_position:
        return
    if not order.quantity:
        raise no("bad quantity")
    if order.quantity % of.lot:
        raise no("precision" if _finer(order.quantity, of.lot) else "step")
    if order.quantity < of.min_quantity:
        raise no("small")
    if order.quantity > LARGEST:
        raise no("large")
    if not order.reduces and order.quantity * (order.price or order.stop or mark) < of.min_notional:
        raise too_small(of.min_notional)


def _check_price(price: Decimal, of: Contract) -> None:
    if price % of.tick:
        raise no("precision" if _finer(price, of.tick) else "tick")
    if price < of.tick:
        raise no("cheap")
    if price > LARGEST:
        raise no("dear")


def _finer(value: Decimal, step: Decimal) -> bool:
    return int(value.normalize().as_tuple().exponent) < int(step.normalize().as_tuple().exponent)


def check_trigger(order: UsdmOrder, price: Decimal) -> None:
    """Refuse a stop that the market has reached already; an activation lies on the profitable side."""
    if order.stop and order.stop_direction * (price - order.stop) >= ZERO:
        raise no("at once")


def names(asked: Asked) -> tuple[int | None, str]:
    """Return the algo id or the client's id that a request names; RefusalError: neither."""
    id_, client_id = asked.whole("algoId"), asked.client_id("clientAlgoId")
    if id_ is None and not client_id:
        raise missing("algoId")
    return id_, client_id
