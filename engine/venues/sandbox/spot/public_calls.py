"""The answers to public requests. Must not change anything."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from engine.venues.sandbox.call import Call
from engine.venues.sandbox.decimals import text
from engine.venues.sandbox.matching.instrument import ORDER_TYPES
from engine.venues.sandbox.matching.pit import Pit
from engine.venues.sandbox.quotes import ALWAYS_MS, MOST_LEVELS, average, book_id, klines, prints, sides, ticker
from engine.venues.sandbox.spot.floor import SpotFloor


def ping(_: Call[SpotFloor]) -> Any:
    """Answer that somebody is there."""
    return {}


def status(call: Call[SpotFloor]) -> Any:
    """Answer whether it is under maintenance; this one call is answered then as well."""
    maintained = call.floor.now_ms < call.floor.maintained_until_ms
    return {"status": 1, "msg": "system_maintenance"} if maintained else {"status": 0, "msg": "normal"}


def time(call: Call[SpotFloor]) -> Any:
    """Answer the time by which requests are judged."""
    return {"serverTime": call.now_ms}


def exchange_info(call: Call[SpotFloor]) -> Any:
    """Answer what is traded and what the limits are."""
    return {
        "timezone": "UTC", "serverTime": call.now_ms, "rateLimits": call.limits.told(), "exchangeFilters": [],
        "symbols": [_symbol_info(pit) for pit in _pits(call)],
    }  # fmt: skip


def candles(call: Call[SpotFloor]) -> Any:
    """Answer candles, the developing one last."""
    return klines(call.floor, call.asked)


def ticker_24h(call: Call[SpotFloor]) -> Any:
    """Answer the last 24 hours of one market or of all."""
    told = [ticker(call.floor, pit) for pit in _pits(call)]
    return told[0] if call.asked.has("symbol") else told


def ticker_price(call: Call[SpotFloor]) -> Any:
    """Answer the price of one market or of all."""
    told = [{"symbol": pit.instrument.symbol, "price": text(pit.face.price)} for pit in _pits(call)]
    return told[0] if call.asked.has("symbol") else told


def book_ticker(call: Call[SpotFloor]) -> Any:
    """Answer the best bid and ask of one market or of all."""
    told = []
    for pit in _pits(call):
        bids, asks = sides(call.floor, pit, 1, pit.face)
        told.append(
            {"symbol": pit.instrument.symbol, "bidPrice": bids[0][0], "bidQty": bids[0][1], "askPrice": asks[0][0],
             "askQty": asks[0][1]}
        )  # fmt: skip
    return told[0] if call.asked.has("symbol") else told


def average_price(call: Call[SpotFloor]) -> Any:
    """Answer the average of five minutes."""
    pit = call.floor.pit(call.asked.text("symbol"))
    return {"mins": 5, "price": f"{average(pit):.8f}", "closeTime": pit.face.now_ms}


def depth(call: Call[SpotFloor]) -> Any:
    """Answer a small book around the price."""
    pit = call.floor.show_book(call.asked.text("symbol"))
    bids, asks = sides(call.floor, pit, call.asked.limit(100, MOST_LEVELS))
    return {"lastUpdateId": book_id(call.floor, pit), "bids": bids, "asks": asks}


def trades(call: Call[SpotFloor]) -> Any:
    """Answer the last prints."""
    return [
        {"id": id_, "price": price, "qty": quantity,
         "quoteQty": text(Decimal(price) * Decimal(quantity)), "time": time_ms,
         "isBuyerMaker": sold, "isBestMatch": True}
        for id_, time_ms, price, quantity, sold in _prints(call)
    ]  # fmt: skip


def aggregated_trades(call: Call[SpotFloor]) -> Any:
    """Answer prints as the dialect joins them; here each stands alone."""
    return [
        {"a": id_, "p": price, "q": quantity, "f": id_, "l": id_, "T": time_ms, "m": sold, "M": True}
        for id_, time_ms, price, quantity, sold in _prints(call)
    ]


def _prints(call: Call[SpotFloor]) -> list[tuple[int, int, str, str, bool]]:
    asked = call.asked
    start, end = asked.whole("startTime", 0) or 0, asked.whole("endTime", ALWAYS_MS) or ALWAYS_MS
    pit = call.floor.pit(asked.text("symbol"))
    return prints(pit, asked.whole("fromId"), start, end, asked.limit(500, 1000))


def _pits(call: Call[SpotFloor]) -> list[Pit]:
    if call.asked.has("symbol"):
        return [call.floor.pit(call.asked.text("symbol"))]
    return list(call.floor.pits.values())


def _symbol_info(pit: Pit) -> dict[str, Any]:
    """Return a market as `exchangeInfo` describes it."""
    of = pit.instrument
    allowed = ("quoteOrderQtyMarket", "cancelReplace", "icebergs", "oco")
    return {
        "symbol": of.symbol, "status": "BREAK" if pit.is_closed else "TRADING", "baseAsset": of.base,
        "quoteAsset": of.quote, "baseAssetPrecision": 8, "quotePrecision": 8, "quoteAssetPrecision": 8,
        "baseCommissionPrecision": 8, "quoteCommissionPrecision": 8, "orderTypes": list(ORDER_TYPES),
        "icebergAllowed": False, "ocoAllowed": False, "allowTrailingStop": True,
        **{f"{name}Allowed": True for name in allowed[:2]}, "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False, "filters": of.filters(), "permissions": ["SPOT"],
        "permissionSets": [["SPOT"]], "defaultSelfTradePreventionMode": "EXPIRE_MAKER",
    }  # fmt: skip
