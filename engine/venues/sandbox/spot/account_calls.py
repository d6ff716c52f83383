"""The answers to signed requests that only ask: an account, its orders and fills. Must not change anything."""

from __future__ import annotations

from typing import Any

from engine.venues.sandbox.call import Call
from engine.venues.sandbox.decimals import ZERO, text
from engine.venues.sandbox.matching.order import Fill, Order
from engine.venues.sandbox.quotes import ALWAYS_MS
from engine.venues.sandbox.refusal import RefusalError
from engine.venues.sandbox.spot.floor import SpotFloor
from engine.venues.sandbox.spot.replies import queried, trade

DAY_MS = 86_400_000


def account(call: Call[SpotFloor]) -> Any:
    """Answer balances and rights."""
    rates = call.floor.pits[next(iter(call.floor.pits))].instrument
    trades = "trade" in call.key.permissions if call.key else False
    maker, taker, none = text(rates.maker_fee_rate), text(rates.taker_fee_rate), text(ZERO)
    return {
        "makerCommission": int(rates.maker_fee_rate * 10_000), "takerCommission": int(rates.taker_fee_rate * 10_000),
        "buyerCommission": 0, "sellerCommission": 0,
        "commissionRates": {"maker": maker, "taker": taker, "buyer": none, "seller": none},
        "canTrade": trades, "canWithdraw": False, "canDeposit": True, "brokered": False, "accountType": "SPOT",
        "updateTime": call.floor.now_ms, "permissions": ["SPOT"], "uid": 1,
        "balances": [
            {"asset": asset, "free": text(free), "locked": text(locked)}
            for asset, (free, locked) in call.floor.balances(call.account).items()
        ],
    }  # fmt: skip


def open_orders(call: Call[SpotFloor]) -> Any:
    """List what is open, in one market or in all."""
    floor, who = call.floor, call.account
    return [queried(one) for symbol in _symbols(call) for one in floor.listed(floor.open_orders(who, symbol))]


def all_orders(call: Call[SpotFloor]) -> Any:
    """List orders of a market, oldest first: from an id or a time on the first of them, else the last."""
    asked = call.asked
    symbol, limit, from_id = (
        call.floor.pit(asked.text("symbol")).instrument.symbol,
        asked.limit(500, 1000),
        asked.whole("orderId"),
    )
    start, end = _span(call)
    found = [
        one for one in call.floor.listed(call.floor.register.of_market[call.account, symbol])
        if one.id >= (from_id or 0) and start <= one.time_ms <= end
    ]  # fmt: skip
    part = slice(0, limit) if from_id is not None or asked.has("startTime") else slice(-limit, None)
    return [queried(one) for one in found[part]]


def my_trades(call: Call[SpotFloor]) -> Any:
    """List fills of a market, oldest first: from an id or a time on the first of them, else the last."""
    asked = call.asked
    symbol = call.floor.pit(asked.text("symbol")).instrument.symbol
    limit, from_id, order_id = asked.limit(500, 1000), asked.whole("fromId"), asked.whole("orderId")
    start, end = _span(call)
    found: list[tuple[Order, Fill]] = [
        (order, fill)
        for order in call.floor.listed(call.floor.register.of_market[call.account, symbol])
        if order_id in (None, order.id)
        for fill in order.fills
        if fill.id >= (from_id or 0) and start <= fill.time_ms <= end
    ]
    found.sort(key=lambda pair: pair[1].id)
    part = slice(0, limit) if from_id is not None or asked.has("startTime") else slice(-limit, None)
    return [trade(order, fill) for order, fill in found[part]]


def fees(call: Call[SpotFloor]) -> Any:
    """Answer the fees of one market or of all."""
    return [
        {"symbol": symbol, "makerCommission": text(of.maker_fee_rate), "takerCommission": text(of.taker_fee_rate)}
        for symbol in _symbols(call)
        for of in (call.floor.pits[symbol].instrument,)
    ]


def order_counts(call: Call[SpotFloor]) -> Any:
    """List how many orders have been counted."""
    return call.limits.counted(call.account, call.now_ms)


def commission(call: Call[SpotFloor]) -> Any:
    """Answer the fees of one market in full."""
    of, none = call.floor.pit(call.asked.text("symbol")).instrument, text(ZERO)
    free = {"maker": none, "taker": none, "buyer": none, "seller": none}
    own = free | {"maker": text(of.maker_fee_rate), "taker": text(of.taker_fee_rate)}
    return {
        "symbol": of.symbol, "standardCommission": own, "specialCommission": free, "taxCommission": free,
        "discount": {"enabledForAccount": False, "enabledForSymbol": False, "discountAsset": "BNB", "discount": none},
    }  # fmt: skip


def coins(call: Call[SpotFloor]) -> Any:
    """List the assets with what is owned of them; none can leave by a network."""
    return [
        {"coin": asset, "name": asset, "free": text(free), "locked": text(locked), "trading": True,
         "isLegalMoney": False, "depositAllEnable": False, "withdrawAllEnable": False, "freeze": text(ZERO),
         "ipoable": text(ZERO), "ipoing": text(ZERO), "storage": text(ZERO), "withdrawing": text(ZERO),
         "networkList": []}
        for asset, (free, locked) in call.floor.balances(call.account).items()
    ]  # fmt: skip


def _span(call: Call[SpotFloor]) -> tuple[int, int]:
    start, end = call.asked.whole("startTime"), call.asked.whole("endTime")
    if start is not None and end is not None and end - start > DAY_MS:
        raise RefusalError(-1127, "More than 24 hours between startTime and endTime.")
    return start or 0, ALWAYS_MS if end is None else end


def _symbols(call: Call[SpotFloor]) -> list[str]:
    if call.asked.has("symbol"):
        return [call.floor.pit(call.asked.text("symbol")).instrument.symbol]
    return list(call.floor.pits)
