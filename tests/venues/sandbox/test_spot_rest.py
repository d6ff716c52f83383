"""What else the spot dialect answers and refuses: averages, fees, counts, coins; too many stops, icebergs, requests."""

from __future__ import annotations

from typing import Any

import ccxt.async_support as ccxt
import pytest

from engine.venues.sandbox.limits import Limits

from .trading import FLAT, SYMBOL, desk, market, played, refusal

BTC = "BTCUSDT"
WAY = ((100, 102, 98, 101, 40.0), (101, 103, 99, 100, 80.0), *(FLAT,) * 8)


@played
async def test_averages_and_the_other_names_of_candles_and_prints_are_answered() -> None:
    async with desk(*WAY) as at:
        await at.step(2)
        average = await at.client.publicGetAvgPrice({"symbol": BTC})
        assert average["mins"] == 5
        assert (
            average["price"] == "100.58333333"
        )  # (100.25 * 40 + 100.75 * 80) / 120: each candle's prices, by its volume
        asked = {"symbol": BTC, "interval": "1m"}
        assert await at.client.publicGetUiKlines(asked) == await at.client.publicGetKlines(asked)
        past, last = at.client.publicGetHistoricalTrades({"symbol": BTC}), at.client.publicGetTrades({"symbol": BTC})
        assert await past == await last


@played
async def test_counts_of_orders_fees_in_full_and_coins_are_answered() -> None:
    async with desk() as at:
        await at.begin_a_minute()
        await at.client.create_order(SYMBOL, "limit", "buy", 1, 90)
        counts = await at.client.privateGetRateLimitOrder()
        assert [(one["interval"], one["count"]) for one in counts] == [("SECOND", 1), ("DAY", 1)]
        fees = await at.client.privateGetAccountCommission({"symbol": BTC})
        assert (fees["standardCommission"]["maker"], fees["standardCommission"]["taker"]) == (
            "0.00100000",
            "0.00200000",
        )
        at.client.options["fetchCurrencies"] = True
        coins = await at.client.fetch_currencies()
        assert set(coins) == {"BTC", "USDT"}
        assert (coins["USDT"]["info"]["free"], coins["USDT"]["info"]["locked"]) == ("9910.00000000", "90.00000000")
        assert coins["BTC"]["networks"] == {}


@played
async def test_a_market_takes_five_stops_of_an_account_at_once() -> None:
    async with desk() as at:
        stop = {"stopLossPrice": 90}
        placed = [await at.client.create_order(SYMBOL, "market", "sell", 1, None, stop) for _ in range(5)]
        assert (await refusal(at.client.create_order(SYMBOL, "market", "sell", 1, None, stop)))[2:] == (
            -1013, "Filter failure: MAX_NUM_ALGO_ORDERS",
        )  # fmt: skip
        await at.client.create_order(SYMBOL, "limit", "sell", 1, 120)  # it is not a stop
        await at.client.cancel_order(placed[0]["id"], SYMBOL)
        await at.client.create_order(SYMBOL, "market", "sell", 1, None, stop)
        filters = {one["filterType"]: one for one in at.client.market(SYMBOL)["info"]["filters"]}
        assert int(filters["MAX_NUM_ALGO_ORDERS"]["maxNumAlgoOrders"]) == 5
        await at.audited()


@played
async def test_an_iceberg_is_refused() -> None:
    async with desk() as at:
        asked: dict[str, Any] = {"icebergQty": "0.1"}
        kind, status, code, said = await refusal(at.client.create_order(SYMBOL, "limit", "buy", 1, 90, asked))
        assert (kind, status, code) == (ccxt.InvalidOrder, 400, -2010)
        assert said == "Iceberg orders are not supported for this symbol."


@pytest.mark.parametrize("way", ["from the beginning", "through the control endpoint"])
@played
async def test_requests_are_counted_whatever_they_weigh(way: str) -> None:
    limits = Limits(10**9, raw_limit=3 if way == "from the beginning" else 61_000)
    async with desk(limits=limits) as at:
        told = await at.control("POST", "limits", raw_5m=3)
        assert [(one["rateLimitType"], one["intervalNum"], one["limit"]) for one in told["rateLimits"]][-1] == (
            "RAW_REQUESTS", 5, 3,
        )  # fmt: skip
        for _ in range(3):
            await at.client.publicGetPing()
        with pytest.raises(
            ccxt.DDoSProtection, match="Too many requests; current limit is 3 raw requests per 5 MINUTES"
        ):
            await at.client.publicGetPing()
        assert 1 <= int(at.client.last_response_headers["Retry-After"]) <= 300


@played
async def test_resting_orders_stand_in_the_public_book_and_leave_it_as_they_fill_or_go() -> None:
    async with desk(*WAY) as at:
        plain = await at.client.fetch_order_book(SYMBOL, 5)
        (best, size), far = plain["bids"][0], 90.0
        near = await at.client.create_order(SYMBOL, "limit", "buy", 1.5, best)
        deep = await at.client.create_order(SYMBOL, "limit", "buy", 2, far)
        for _ in range(2):
            await at.client.create_order(SYMBOL, "market", "sell", 1, None, {"stopLossPrice": 95})  # not a level
        assert (await at.client.fetch_order_book(SYMBOL, 5))["bids"] == [[best, size + 1.5], *plain["bids"][1:]]
        whole = await at.client.fetch_order_book(SYMBOL, 1_000)
        assert (len(whole["bids"]), whole["bids"][-1]) == (100, [90.0, whole["bids"][-1][1]])
        lone = await at.client.create_order(SYMBOL, "limit", "buy", 2, 80)
        whole = await at.client.fetch_order_book(SYMBOL, 1_000)
        assert whole["bids"][-1] == [80.0, 2.0]
        assert (await at.client.fetch_ticker(SYMBOL))["bidVolume"] == size + 1.5
        for one in (near, deep, lone):
            await at.client.cancel_order(one["id"], SYMBOL)
        assert (await at.client.fetch_order_book(SYMBOL, 5))["bids"] == plain["bids"]


@played
async def test_orders_within_the_spread_improve_the_book_and_never_cross_it() -> None:
    async with desk(*WAY, on=market(half_spread=0.01)) as at:
        bid, ask = (await at.client.fetch_order_book(SYMBOL, 5))["bids"][0][0], 101.0
        await at.client.create_order(SYMBOL, "limit", "buy", 1, 100.5)
        await at.client.create_order(SYMBOL, "limit", "sell", 1, 99.5)  # crosses the one before, and does not meet it
        book = await at.client.fetch_order_book(SYMBOL, 5)
        assert (bid, book["bids"][0], book["asks"][0][0]) == (99.0, [100.5, 1.0], ask)
        await at.step()
        assert all(one["status"] == "closed" for one in await at.client.fetch_orders(SYMBOL))
        await at.audited()
