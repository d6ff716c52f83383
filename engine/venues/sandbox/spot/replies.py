"""Orders, fills and accounts as the dialect writes them. Owns the field names; must not change anything."""

from __future__ import annotations

from typing import Any

from engine.venues.sandbox.decimals import ZERO, text
from engine.venues.sandbox.matching.order import Fill, Order


def _common(order: Order) -> dict[str, Any]:
    told: dict[str, Any] = {
        "symbol": order.instrument.symbol, "orderId": order.id, "orderListId": -1, "clientOrderId": order.client_id,
        "price": text(order.price), "origQty": text(order.quantity), "executedQty": text(order.filled),
        "origQuoteOrderQty": text(order.quote_quantity), "cummulativeQuoteQty": text(order.filled_quote),
        "status": order.status, "timeInForce": order.time_in_force, "type": order.type,
        "side": "BUY" if order.side > 0 else "SELL", "selfTradePreventionMode": "EXPIRE_MAKER",
    }  # fmt: skip
    if order.trailing:
        told["trailingDelta"] = order.trailing
    return told


def placed(order: Order, kind: str) -> dict[str, Any]:
    """Return the answer to a new order: ACK, RESULT or FULL."""
    if kind == "ACK":
        short = ("symbol", "orderId", "orderListId", "clientOrderId")
        return {name: _common(order)[name] for name in short} | {"transactTime": order.updated_ms}
    told = _common(order) | {"transactTime": order.updated_ms, "workingTime": order.updated_ms}
    if order.stop:
        told["stopPrice"] = text(order.stop)
    if kind == "FULL":
        told["fills"] = [
            {"price": text(one.price), "qty": text(one.quantity), "commission": text(one.fee),
             "commissionAsset": one.fee_asset, "tradeId": one.id}
            for one in order.fills
        ]  # fmt: skip
    return told


def queried(order: Order) -> dict[str, Any]:
    """Return an order as queries and lists show it."""
    return _common(order) | {
        "stopPrice": text(order.stop), "icebergQty": text(ZERO), "time": order.time_ms, "updateTime": order.updated_ms,
        "isWorking": not order.is_stop, "workingTime": -1 if order.is_stop else order.updated_ms,
    }  # fmt: skip


def cancelled(order: Order, cancel_id: str) -> dict[str, Any]:
    """Return the answer to a cancellation: its clientOrderId is that of the cancellation, not of the order."""
    own = {"origClientOrderId": order.client_id, "clientOrderId": cancel_id, "transactTime": order.updated_ms}
    return _common(order) | own | ({"stopPrice": text(order.stop)} if order.stop else {})


def trade(order: Order, fill: Fill) -> dict[str, Any]:
    """Return one of our fills, which the dialect calls a trade."""
    return {
        "symbol": order.instrument.symbol, "id": fill.id, "orderId": order.id, "orderListId": -1,
        "price": text(fill.price), "qty": text(fill.quantity), "quoteQty": text(fill.price * fill.quantity),
        "commission": text(fill.fee), "commissionAsset": fill.fee_asset, "time": fill.time_ms,
        "isBuyer": order.side > 0, "isMaker": fill.maker, "isBestMatch": True,
    }  # fmt: skip
