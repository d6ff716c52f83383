"""The answers to public requests about a contract's trading: candles, tickers, the book and prints.

Must not change anything.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from engine.venues.sandbox.call import Call
from engine.venues.sandbox.decimals import text
from engine.venues.sandbox.matching.instrument import Instrument
from engine.venues.sandbox.matching.pit import Pit
from engine.venues.sandbox.quotes import ALWAYS_MS, book_id, klines, priced, prints, sides, ticker
from engine.venues.sandbox.refusal import RefusalError
from engine.venues.sandbox.usdm.floor import UsdmFloor

MOST = 1_500  # candles of one answer
HOUR_MS = 3_600_000
ONLY_SPOT = ("prevClosePrice", "bidPrice", "bidQty", "askPrice", "askQty")
DEPTHS = (5, 10, 20, 50, 100, 500, 1_000)


def candles(call: Call[UsdmFloor]) -> Any:
    """Answer candles of trades, the developing one last."""
    return klines(call.floor, call.asked, MOST)


def continuous_candles(call: Call[UsdmFloor]) -> Any:
    """Answer candles of a pair's contract of a kind; perpetual is the only kind."""
    call.asked.one_of("contractType", ("PERPETUAL",), -1130, "contractType")
    return klines(call.floor, call.asked, MOST, "pair")


def mark_candles(call: Call[UsdmFloor]) -> Any:
    """Answer candles of the mark price."""
    return klines(call.floor, call.asked, MOST, "symbol", _priced_only)


def index_candles(call: Call[UsdmFloor]) -> Any:
    """Answer candles of the index price; the mark price is no other here."""
    return klines(call.floor, call.asked, MOST, "pair", _priced_only)


def premium_candles(call: Call[UsdmFloor]) -> Any:
    """Answer candles of what the mark price stands above the index: nothing, here."""
    return klines(call.floor, call.asked, MOST, "symbol", _no_premium)


def _priced_only(of: Instrument, row: list[float], step_ms: int, count: int) -> list[Any]:
    open_ms, *prices = row[:5]
    told = [priced(of, price) for price in prices]
    return [int(open_ms), *told, "0", int(open_ms) + step_ms - 1, "0", count, "0", "0", "0"]


def _no_premium(of: Instrument, row: list[float], step_ms: int, count: int) -> list[Any]:
    return [int(row[0]), *("0.00000000",) * 4, "0", int(row[0]) + step_ms - 1, "0", count, "0", "0", "0"]


def ticker_24h(call: Call[UsdmFloor]) -> Any:
    """Answer the last 24 hours of one contract or of all."""
    return _each(call, lambda pit: {k: v for k, v in ticker(call.floor, pit).items() if k not in ONLY_SPOT})


def ticker_price(call: Call[UsdmFloor]) -> Any:
    """Answer the price of one contract or of all."""

    def told(pit: Pit) -> dict[str, Any]:
        seen = pit.face
        return {"symbol": pit.instrument.symbol, "price": text(seen.price), "time": seen.now_ms}

    return _each(call, told)


def book_ticker(call: Call[UsdmFloor]) -> Any:
    """Answer the best bid and ask of one contract or of all."""

    def told(pit: Pit) -> dict[str, Any]:
        (bid,), (ask,) = sides(call.floor, pit, 1, pit.face)
        return {
            "symbol": pit.instrument.symbol, "bidPrice": bid[0], "bidQty": bid[1], "askPrice": ask[0],
            "askQty": ask[1], "time": pit.face.now_ms, "lastUpdateId": book_id(call.floor, pit),
        }  # fmt: skip

    return _each(call, told)


def depth(call: Call[UsdmFloor]) -> Any:
    """Answer a small book around the price; only a few numbers of levels can be asked for."""
    limit = call.asked.whole("limit", 500)
    if limit not in DEPTHS:
        raise RefusalError(-4021, f"{limit} is not valid depth limit.")
    pit = call.floor.show_book(call.asked.text("symbol"))
    bids, asks = sides(call.floor, pit, limit)
    return {"lastUpdateId": book_id(call.floor, pit), "E": pit.now_ms, "T": pit.now_ms, "bids": bids, "asks": asks}


def trades(call: Call[UsdmFloor]) -> Any:
    """Answer the last prints, or those from an id on."""
    return [
        {"id": id_, "price": price, "qty": quantity, "quoteQty": text(Decimal(price) * Decimal(quantity)),
         "time": time_ms, "isBuyerMaker": sold, "isRPITrade": False}
        for id_, time_ms, price, quantity, sold in _prints(call)
    ]  # fmt: skip


def aggregated_trades(call: Call[UsdmFloor]) -> Any:
    """Answer prints as the dialect joins them; here each stands alone. From start to end it is an hour at most."""
    start, end = call.asked.whole("startTime"), call.asked.whole("endTime")
    if start is not None and end is not None and end - start > HOUR_MS:
        raise RefusalError(-4188, "Search window is restricted to 1 hour.")
    return [
        {"a": id_, "p": price, "q": quantity, "f": id_, "l": id_, "T": time_ms, "m": sold}
        for id_, time_ms, price, quantity, sold in _prints(call)
    ]


def _prints(call: Call[UsdmFloor]) -> list[tuple[int, int, str, str, bool]]:
    asked = call.asked
    start, end = asked.whole("startTime", 0) or 0, asked.whole("endTime", ALWAYS_MS) or ALWAYS_MS
    return prints(call.floor.pit(asked.text("symbol")), asked.whole("fromId"), start, end, asked.limit(500, 1_000))


def _each(call: Call[UsdmFloor], told: Any) -> Any:
    """Answer one contract's, or a list of all."""
    if call.asked.has("symbol"):
        return told(call.floor.pit(call.asked.text("symbol")))
    return [told(pit) for pit in call.floor.pits.values()]
