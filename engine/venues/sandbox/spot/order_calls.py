"""The answers to signed requests that change something: orders placed, cancelled and replaced."""

from __future__ import annotations

from typing import Any

from engine.venues.sandbox.call import Call
from engine.venues.sandbox.refusal import RefusalError, unknown_on_cancel
from engine.venues.sandbox.spot.floor import SpotFloor
from engine.venues.sandbox.spot.replies import cancelled, placed, queried

KINDS = ("ACK", "RESULT", "FULL")


def place(call: Call[SpotFloor]) -> Any:
    """Place an order."""
    kind = call.asked.values.get("newOrderRespType")
    if kind is None:
        kind = "FULL" if call.asked.values.get("type") in ("MARKET", "LIMIT") else "ACK"
    if kind not in KINDS:
        raise RefusalError(-1126, "Invalid newOrderRespType.")
    return placed(call.floor.place(call.account, call.asked), kind)


def test(call: Call[SpotFloor]) -> Any:
    """Check an order without placing it."""
    call.floor.checked(call.account, call.asked, call.floor.pit(call.asked.text("symbol")))
    return {}


def query(call: Call[SpotFloor]) -> Any:
    """Show an order."""
    return queried(call.order("orderId", "origClientOrderId", query=True))


def cancel(call: Call[SpotFloor]) -> Any:
    """Cancel an order."""
    return _cancel(call, "orderId", "origClientOrderId", "newClientOrderId")


def _cancel(call: Call[SpotFloor], id_name: str, client_name: str, own_name: str) -> dict[str, Any]:
    own = call.asked.client_id(own_name)
    order = call.order(id_name, client_name, query=False)
    return cancelled(order, call.floor.cancel(order, own))


def cancel_all(call: Call[SpotFloor]) -> Any:
    """Cancel all open orders of a market."""
    symbol = call.floor.pit(call.asked.text("symbol")).instrument.symbol
    mine = call.floor.open_orders(call.account, symbol)
    if not mine:
        raise unknown_on_cancel()
    return [cancelled(one, call.floor.cancel(one)) for one in mine]


def replace(call: Call[SpotFloor]) -> Any:
    """Cancel an order and place another; each of the two may fail, and the answer says which."""
    mode = call.asked.one_of("cancelReplaceMode", ("STOP_ON_FAILURE", "ALLOW_FAILURE"), -1100, "cancelReplaceMode")
    told: dict[str, Any] = {
        "cancelResult": "SUCCESS", "newOrderResult": "NOT_ATTEMPTED", "cancelResponse": None, "newOrderResponse": None,
    }  # fmt: skip
    try:
        told["cancelResponse"] = _cancel(call, "cancelOrderId", "cancelOrigClientOrderId", "cancelNewClientOrderId")
    except RefusalError as refusal:
        told |= {"cancelResult": "FAILURE", "cancelResponse": refusal.body}
    if told["cancelResult"] == "SUCCESS" or mode == "ALLOW_FAILURE":
        try:
            told |= {"newOrderResponse": place(call), "newOrderResult": "SUCCESS"}
        except RefusalError as refusal:
            told |= {"newOrderResponse": refusal.body, "newOrderResult": "FAILURE"}
    if told["cancelResult"] == told["newOrderResult"] == "SUCCESS":
        return told
    if "SUCCESS" in (told["cancelResult"], told["newOrderResult"]):
        raise RefusalError(-2021, "Order cancel-replace partially failed.", 409, data=told)
    raise RefusalError(-2022, "Order cancel-replace failed.", data=told)
