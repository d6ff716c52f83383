"""The answers to signed requests: an account, its orders and its fills. Owns what each request may do."""

from __future__ import annotations

from typing import Any

from engine.venues.sandbox.call import Call
from engine.venues.sandbox.decimals import ZERO, text
from engine.venues.sandbox.market_data import ALWAYS_MS
from engine.venues.sandbox.order import Fill, Order
from engine.venues.sandbox.refusal import RefusalError, unknown_on_cancel
from engine.venues.sandbox.replies import cancelled, placed, queried, trade

DAY_MS = 86_400_000
KINDS = ("ACK", "RESULT", "FULL")


def account(call: Call) -> Any:
    """Answer balances and rights."""
    rates = call.exchange.pits[next(iter(call.exchange.pits))].instrument
    trades = "trade" in call.key.permissions if call.key else False
    maker, taker, none = text(rates.maker_fee_rate), text(rates.taker_fee_rate), text(ZERO)
    return {
        "makerCommission": int(rates.maker_fee_rate * 10_000), "takerCommission": int(rates.taker_fee_rate * 10_000),
        "buyerCommission": 0, "sellerCommission": 0,
        "commissionRates": {"maker": maker, "taker": taker, "buyer": none, "seller": none},
        "canTrade": trades, "canWithdraw": False, "canDeposit": True, "brokered": False, "accountType": "SPOT",
        "updateTime": call.exchange.now_ms, "permissions": ["SPOT"], "uid": 1,
        "balances": [
            {"asset": asset, "free": text(free), "locked": text(locked)}
            for asset, (free, locked) in call.exchange.balances(call.account).items()
        ],
    }  # fmt: skip


def place(call: Call) -> Any:
    """Place an order."""
    kind = call.asked.values.get("newOrderRespType")
    if kind is None:
        kind = "FULL" if call.asked.values.get("type") in ("MARKET", "LIMIT") else "ACK"
    if kind not in KINDS:
        raise RefusalError(-1126, "Invalid newOrderRespType.")
    return placed(call.exchange.place(call.account, call.asked), kind)


def test(call: Call) -> Any:
    """Check an order without placing it."""
    call.exchange.checked(call.account, call.asked, call.exchange.pit(call.asked.text("symbol")))
    return {}


def query(call: Call) -> Any:
    """Show an order."""
    return queried(call.exchange.find(call.account, call.asked, "orderId", "origClientOrderId", query=True))


def cancel(call: Call) -> Any:
    """Cancel an order."""
    return _cancel(call, "orderId", "origClientOrderId", "newClientOrderId")


def _cancel(call: Call, id_name: str, client_name: str, own_name: str) -> dict[str, Any]:
    own = call.asked.client_id(own_name)
    order = call.exchange.find(call.account, call.asked, id_name, client_name, query=False)
    given = call.exchange.cancel(order)
    return cancelled(order, own or given)


def open_orders(call: Call) -> Any:
    """List what is open, in one market or in all."""
    return [queried(one) for symbol in _symbols(call) for one in call.exchange.open_orders(call.account, symbol)]


def cancel_all(call: Call) -> Any:
    """Cancel all open orders of a market."""
    symbol = call.exchange.pit(call.asked.text("symbol")).instrument.symbol
    mine = call.exchange.open_orders(call.account, symbol)
    if not mine:
        raise unknown_on_cancel()
    return [cancelled(one, call.exchange.cancel(one)) for one in mine]


def replace(call: Call) -> Any:
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


def all_orders(call: Call) -> Any:
    """List orders of a market, oldest first: from an id or a time on the first of them, else the last."""
    asked = call.asked
    symbol, limit, from_id = (
        call.exchange.pit(asked.text("symbol")).instrument.symbol,
        asked.limit(500, 1000),
        asked.whole("orderId"),
    )
    start, end = _span(call)
    found = [
        one for one in call.exchange.of_market[call.account, symbol]
        if one.id >= (from_id or 0) and start <= one.time_ms <= end
    ]  # fmt: skip
    part = slice(0, limit) if from_id is not None or asked.has("startTime") else slice(-limit, None)
    return [queried(one) for one in found[part]]


def my_trades(call: Call) -> Any:
    """List fills of a market, oldest first: from an id or a time on the first of them, else the last."""
    asked = call.asked
    symbol = call.exchange.pit(asked.text("symbol")).instrument.symbol
    limit, from_id, order_id = asked.limit(500, 1000), asked.whole("fromId"), asked.whole("orderId")
    start, end = _span(call)
    found: list[tuple[Order, Fill]] = [
        (order, fill)
        for order in call.exchange.of_market[call.account, symbol]
        if order_id in (None, order.id)
        for fill in order.fills
        if fill.id >= (from_id or 0) and start <= fill.time_ms <= end
    ]
    found.sort(key=lambda pair: pair[1].id)
    part = slice(0, limit) if from_id is not None or asked.has("startTime") else slice(-limit, None)
    return [trade(order, fill) for order, fill in found[part]]


def fees(call: Call) -> Any:
    """Answer the fees of one market or of all."""
    return [
        {"symbol": symbol, "makerCommission": text(of.maker_fee_rate), "takerCommission": text(of.taker_fee_rate)}
        for symbol in _symbols(call)
        for of in (call.exchange.pits[symbol].instrument,)
    ]


def restrictions(call: Call) -> Any:
    """Answer what the key may do."""
    key = call.key
    if key is None:
        raise ValueError("a public request has no key")
    may = key.permissions
    return {
        "ipRestrict": key.ip_restricted, "createTime": key.created_ms, "enableReading": "read" in may,
        "enableSpotAndMarginTrading": "trade" in may, "enableWithdrawals": "withdraw" in may,
        "enableInternalTransfer": "transfer" in may, "permitsUniversalTransfer": "transfer" in may,
        "enableMargin": False, "enableFutures": False, "enableVanillaOptions": False,
        "enablePortfolioMarginTrading": False, "enableFixApiTrade": False, "enableFixReadOnly": False,
    }  # fmt: skip


def _span(call: Call) -> tuple[int, int]:
    start, end = call.asked.whole("startTime"), call.asked.whole("endTime")
    if start is not None and end is not None and end - start > DAY_MS:
        raise RefusalError(-1127, "More than 24 hours between startTime and endTime.")
    return start or 0, ALWAYS_MS if end is None else end


def _symbols(call: Call) -> list[str]:
    if call.asked.has("symbol"):
        return [call.exchange.pit(call.asked.text("symbol")).instrument.symbol]
    return list(call.exchange.pits)
