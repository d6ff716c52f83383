"""The answers to signed requests about plain orders: placed, changed, cancelled, shown. Must not know sockets."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from engine.venues.sandbox.asking import Asked
from engine.venues.sandbox.call import Call
from engine.venues.sandbox.refusal import RefusalError, missing, unknown_on_query
from engine.venues.sandbox.usdm.floor import UsdmFloor
from engine.venues.sandbox.usdm.order import UsdmOrder
from engine.venues.sandbox.usdm.refusals import no
from engine.venues.sandbox.usdm.replies import placed, queried, trade
from engine.venues.sandbox.usdm.spans import chosen

KINDS = ("ACK", "RESULT")
MOST_PLACED, MOST_CANCELLED = 5, 10
DONE = {"code": 200, "msg": "The operation of cancel all open order is done."}


def _kind(asked: Asked) -> str:
    kind = asked.values.get("newOrderRespType") or "ACK"
    if kind not in KINDS:
        raise RefusalError(-1136, "Invalid newOrderRespType.")
    return kind


def _own(call: Call[UsdmFloor], asked: Asked, query: bool) -> UsdmOrder:
    symbol = call.floor.pit(asked.text("symbol")).instrument.symbol
    order = call.floor.register.find(call.account, symbol, asked, "orderId", "origClientOrderId", query)
    if query and order.shown_ms > call.floor.now_ms:
        raise unknown_on_query()
    if not isinstance(order, UsdmOrder):
        raise TypeError(f"order {order.id}: expected one for a contract")
    return order


def place(call: Call[UsdmFloor]) -> Any:
    """Place an order."""
    return _place(call, call.asked)


def _place(call: Call[UsdmFloor], asked: Asked) -> dict[str, Any]:
    kind = _kind(asked)
    return placed(call.floor.place(call.account, asked), kind)


def test(call: Call[UsdmFloor]) -> Any:
    """Check an order without placing it."""
    call.floor.checked(call.account, call.asked)
    return {}


def query(call: Call[UsdmFloor]) -> Any:
    """Show an order."""
    return queried(_own(call, call.asked, query=True))


def query_open(call: Call[UsdmFloor]) -> Any:
    """Show an order that is open."""
    order = _own(call, call.asked, query=True)
    if not order.is_open:
        raise unknown_on_query()
    return queried(order)


def cancel(call: Call[UsdmFloor]) -> Any:
    """Cancel an order; the answer keeps its own client id."""
    return _cancel(call, call.asked)


def _cancel(call: Call[UsdmFloor], asked: Asked) -> dict[str, Any]:
    order = _own(call, asked, query=False)
    call.floor.cancel(order)
    return placed(order, "RESULT")


def modify(call: Call[UsdmFloor]) -> Any:
    """Give an open limit order another quantity and price; it keeps its id."""
    return _modify(call, call.asked)


def _modify(call: Call[UsdmFloor], asked: Asked) -> dict[str, Any]:
    order = _own(call, asked, query=True)
    side = asked.one_of("side", ("BUY", "SELL"), -1117, "side")
    quantity, price = asked.number("quantity", must=True), asked.number("price", must=True)
    if not order.is_open:
        raise unknown_on_query()
    if (side == "BUY") != (order.side > 0):
        raise RefusalError(-1117, "Invalid side.")
    call.floor.modify(order, quantity, price)
    return placed(order, "RESULT")


def cancel_all(call: Call[UsdmFloor]) -> Any:
    """Cancel all open orders of a market; algo orders stay."""
    symbol = call.floor.pit(call.asked.text("symbol")).instrument.symbol
    for order in call.floor.open_orders(call.account, symbol):
        call.floor.cancel(order)
    return DONE


def _listed(asked: Asked, name: str, most: int) -> list[Any]:
    try:
        found = json.loads(asked.text(name))
    except ValueError:
        found = None
    if not isinstance(found, list) or not 0 < len(found) <= most:
        raise no("batch")
    return found


def _each(call: Call[UsdmFloor], rows: list[Asked], do: Callable[[Call[UsdmFloor], Asked], dict[str, Any]]) -> Any:
    """Do one after the other; each that is refused says so in its place."""
    told = []
    for asked in rows:
        try:
            told.append(do(call, asked))
        except RefusalError as refusal:
            told.append(refusal.body)
    return told


def _orders_of(call: Call[UsdmFloor]) -> list[Asked]:
    rows = _listed(call.asked, "batchOrders", MOST_PLACED)
    if not all(isinstance(one, dict) for one in rows):
        raise no("batch")
    return [Asked({str(name): _text(value) for name, value in one.items()}) for one in rows]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def place_batch(call: Call[UsdmFloor]) -> Any:
    """Place up to five orders."""
    return _each(call, _orders_of(call), _place)


def modify_batch(call: Call[UsdmFloor]) -> Any:
    """Change up to five orders."""
    return _each(call, _orders_of(call), _modify)


def cancel_batch(call: Call[UsdmFloor]) -> Any:
    """Cancel up to ten orders of a market, by the venue's ids or by the client's."""
    symbol = call.asked.text("symbol")
    for names, name in (
        (("orderIdList", "orderidlist"), "orderId"),
        (("origClientOrderIdList", "origclientorderidlist"), "origClientOrderId"),
    ):
        for listed in names:
            if call.asked.has(listed):
                ids = _listed(call.asked, listed, MOST_CANCELLED)
                return _each(call, [Asked({"symbol": symbol, name: str(one)}) for one in ids], _cancel)
    raise missing("orderIdList")


def _symbols(call: Call[UsdmFloor]) -> list[str]:
    if call.asked.has("symbol"):
        return [call.floor.pit(call.asked.text("symbol")).instrument.symbol]
    return list(call.floor.pits)


def open_orders(call: Call[UsdmFloor]) -> Any:
    """List what is open, in one market or in all."""
    return [
        queried(one)
        for symbol in _symbols(call)
        for one in call.floor.listed(call.floor.open_orders(call.account, symbol))
        if isinstance(one, UsdmOrder)
    ]


def _mine(call: Call[UsdmFloor], symbol: str) -> list[UsdmOrder]:
    mine = call.floor.listed(call.floor.register.of_market.get((call.account, symbol), ()))
    return sorted((one for one in mine if isinstance(one, UsdmOrder)), key=lambda one: one.id)


def all_orders(call: Call[UsdmFloor]) -> Any:
    """List orders of a market, oldest first."""
    symbol = call.floor.pit(call.asked.text("symbol")).instrument.symbol
    rows = chosen(
        call.asked, _mine(call, symbol), lambda one: one.time_ms, 500, 1000, id_of=lambda one: one.id, id_name="orderId"
    )
    return [queried(one) for one in rows]


def user_trades(call: Call[UsdmFloor]) -> Any:
    """List fills of a market, oldest first."""
    symbol, of_order = call.floor.pit(call.asked.text("symbol")).instrument.symbol, call.asked.whole("orderId")
    found = sorted(
        (
            (fill.id, order, fill)
            for order in _mine(call, symbol)
            if of_order in (None, order.id)
            for fill in order.fills
        ),
        key=lambda row: row[0],
    )
    rows = chosen(
        call.asked, found, lambda row: row[2].time_ms, 500, 1000, id_of=lambda row: row[0], id_name="fromId"
    )  # fmt: skip
    return [trade(order, fill) for _, order, fill in rows]


def force_orders(call: Call[UsdmFloor]) -> Any:
    """List the venue's own orders on our positions."""
    if call.asked.has("autoCloseType"):
        close = call.asked.one_of("autoCloseType", ("LIQUIDATION", "ADL"), -1100, "autoCloseType")
        if close == "ADL":
            return []  # nobody's profit is taken here
    found = sorted(
        (one for symbol in _symbols(call) for one in _mine(call, symbol) if one.forced), key=lambda one: one.id
    )
    return [queried(one) for one in chosen(call.asked, found, lambda one: one.time_ms, 50, 100)]
