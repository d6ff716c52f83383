"""Orders, algo orders and fills as the USD-M dialect writes them. Owns the field names; must not change anything."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from engine.venues.sandbox.decimals import UNIT, ZERO, nearest, text
from engine.venues.sandbox.matching.order import Fill
from engine.venues.sandbox.usdm.algo import AlgoOrder
from engine.venues.sandbox.usdm.order import UsdmOrder


def plain(value: Decimal) -> str:
    """Return a number as this dialect writes it: no zeros at its end, never an exponent."""
    if value == ZERO:
        return "0"
    return f"{value.normalize():f}"


def money(value: Decimal) -> str:
    """Return an amount with eight decimals."""
    return text(nearest(value, UNIT))


def side_of(side: int) -> str:
    """Return BUY or SELL."""
    return "BUY" if side > 0 else "SELL"


def queried(order: UsdmOrder) -> dict[str, Any]:
    """Return an order as queries and lists show it."""
    return {
        "orderId": order.id, "symbol": order.instrument.symbol, "status": order.status,
        "clientOrderId": order.client_id, "price": plain(order.price), "avgPrice": money(order.average),
        "origQty": plain(order.quantity), "executedQty": plain(order.filled), "cumQuote": plain(order.filled_quote),
        "timeInForce": order.time_in_force, "type": order.type, "reduceOnly": order.reduce_only,
        "closePosition": order.close_position, "side": side_of(order.side), "positionSide": order.position_side,
        "stopPrice": "0", "workingType": order.working_type, "priceProtect": False,
        "origType": order.original_type, "priceMatch": "NONE", "selfTradePreventionMode": "EXPIRE_MAKER",
        "goodTillDate": 0, "time": order.time_ms, "updateTime": order.updated_ms,
    }  # fmt: skip


def placed(order: UsdmOrder, kind: str) -> dict[str, Any]:
    """Return the answer to a new, changed or cancelled order: RESULT, or ACK that knows nothing of fills."""
    told = queried(order)
    del told["time"]
    told["cumQty"] = told["executedQty"]
    if kind == "ACK":
        told |= {"status": "NEW", "executedQty": "0", "cumQty": "0", "cumQuote": "0", "avgPrice": "0.00"}
    return told


def trade(order: UsdmOrder, fill: Fill) -> dict[str, Any]:
    """Return one of our fills, which the dialect calls a trade."""
    return {
        "symbol": order.instrument.symbol, "id": fill.id, "orderId": order.id, "side": side_of(order.side),
        "price": plain(fill.price), "qty": plain(fill.quantity),
        "realizedPnl": money(order.realised.get(fill.id, ZERO)),
        "quoteQty": plain(fill.price * fill.quantity), "commission": money(fill.fee),
        "commissionAsset": fill.fee_asset, "time": fill.time_ms, "positionSide": order.position_side,
        "buyer": order.side > 0, "maker": fill.maker,
    }  # fmt: skip


def algo_told(algo: AlgoOrder) -> dict[str, Any]:
    """Return an algo order as answers, queries and lists show it."""
    order = algo.order
    told: dict[str, Any] = {
        "algoId": algo.id, "clientAlgoId": algo.client_id, "algoType": "CONDITIONAL", "orderType": algo.type,
        "symbol": order.instrument.symbol, "side": side_of(order.side), "positionSide": order.position_side,
        "timeInForce": order.time_in_force, "quantity": plain(algo.quantity), "algoStatus": algo.status,
        "actualOrderId": str(algo.actual_id) if algo.actual_id else "",
        "actualPrice": plain(order.average) if algo.actual_id else "0.0",
        "triggerPrice": plain(ZERO if order.trailing else order.stop), "price": plain(order.price),
        "tpTriggerPrice": "0.000", "tpPrice": "0.000", "slTriggerPrice": "0.000", "slPrice": "0.000",
        "tpOrderType": "", "selfTradePreventionMode": "EXPIRE_MAKER", "workingType": order.working_type,
        "priceMatch": "NONE", "closePosition": order.close_position, "priceProtect": algo.price_protect,
        "reduceOnly": order.reduce_only, "createTime": algo.created_ms, "updateTime": algo.updated_ms,
        "triggerTime": algo.triggered_ms, "goodTillDate": 0,
    }  # fmt: skip
    if order.trailing:
        told |= {"activatePrice": plain(algo.activation), "callbackRate": plain(algo.callback)}
    return told
