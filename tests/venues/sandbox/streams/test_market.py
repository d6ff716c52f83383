"""The spot market streams through the real ccxt.pro client: what it is told equals what REST says."""

from __future__ import annotations

import asyncio
from typing import Any

import ccxt.async_support as ccxt
import pytest

from engine.venues.sandbox.wire.sockets import Patience

from ..test_truth import driven
from ..trading import FLAT, MINUTE_MS, START_MS, SYMBOL, desk, played
from .watching import bare, soon, watching

MOVING = [(100 + i, 103 + i, 99 + i, 101 + i, 40.0 + i) for i in range(200)]


async def subscribed(at: Any, *names: str, floor: str = "spot") -> None:
    """Wait until the exchange knows of listeners to streams."""
    feeds = at.server.pushing.hubs[floor].feeds
    async with asyncio.timeout(10):
        while not set(names) <= feeds.keys():
            await asyncio.sleep(0)


def levels(book: Any) -> Any:
    """Return both sides of a book."""
    return [list(map(list, book[side])) for side in ("bids", "asks")]


@pytest.mark.parametrize("steps", [[1] * 12, [5, 7], [12]], ids=["one by one", "five and seven", "twelve at once"])
@played
async def test_each_closed_candle_comes_exactly_once_whatever_the_steps(steps: list[int]) -> None:
    async with desk(*MOVING) as at, watching(at) as client:
        watch = asyncio.create_task(client.watch_ohlcv(SYMBOL, "1m"))
        await subscribed(at, "btcusdt@kline_1m")
        for count in steps:
            await at.step(count)
        await soon(watch)
        last = START_MS + 12 * MINUTE_MS
        await client.until(lambda: client.rows and client.rows[-1][1][0] == last)
        closed = [row for is_closed, row in client.rows if is_closed]
        assert closed == [[START_MS + i * MINUTE_MS, *map(float, MOVING[i])] for i in range(12)]
        assert [row[0] for row in (one for flag, one in client.rows if not flag)][-1] == last
        assert client.ohlcvs[SYMBOL]["1m"][-13:] == await at.client.fetch_ohlcv(SYMBOL, "1m", limit=13)


@played
async def test_longer_candles_close_where_their_interval_ends() -> None:
    async with desk(*MOVING) as at, watching(at) as client:
        watch = asyncio.create_task(client.watch_ohlcv(SYMBOL, "5m"))
        await subscribed(at, "btcusdt@kline_5m")
        await at.step(13)
        await soon(watch)
        await client.until(lambda: len(client.rows) >= 3)
        assert [row for is_closed, row in client.rows if is_closed] == (await at.client.fetch_ohlcv(SYMBOL, "5m"))[:2]
        assert client.rows[-1] == (False, (await at.client.fetch_ohlcv(SYMBOL, "5m"))[-1])


@played
async def test_a_hole_in_the_candles_is_no_candle_and_the_end_ends_the_stream() -> None:
    async with desk(*MOVING[:3]) as at, bare(at, "ws/btcusdt@kline_1m") as socket:
        await at.step(6)
        told = [await socket.next() for _ in range(3)]
        assert [(one["k"]["t"] - START_MS, one["k"]["x"]) for one in told] == [
            (0, True), (MINUTE_MS, True), (2 * MINUTE_MS, True),
        ]  # fmt: skip
        assert (await socket.ask(method="LIST_SUBSCRIPTIONS", id=3)) == {"result": ["btcusdt@kline_1m"], "id": 3}


@played
async def test_tickers_say_what_rest_says() -> None:
    async with desk(*MOVING) as at, watching(at) as client:
        watches = [
            asyncio.create_task(one)
            for one in (
                client.watch_ticker(SYMBOL, {"name": "ticker"}),
                client.watch_tickers([SYMBOL]),
                client.watch_bids_asks([SYMBOL]),
            )
        ]
        await subscribed(at, "btcusdt@ticker", "btcusdt@miniTicker", "btcusdt@bookTicker")
        await at.control("POST", "step", ms=90_500)
        ticker, tickers, best = [await soon(one) for one in watches]
        told = await at.client.fetch_ticker(SYMBOL)
        for name in told.keys() - {"info", "average"}:
            assert ticker[name] == told[name], name
        for name in ("last", "open", "high", "low", "baseVolume", "quoteVolume"):
            assert tickers[SYMBOL][name] == told[name], name
        for name in ("bid", "ask", "bidVolume", "askVolume"):
            assert best[SYMBOL][name] == told[name], name


@played
async def test_all_tickers_come_in_one_list() -> None:
    async with desk(*MOVING) as at, watching(at) as client:
        watch = asyncio.create_task(client.watch_tickers())
        await subscribed(at, "!miniTicker@arr")
        await at.step()
        assert (await soon(watch))[SYMBOL]["last"] == (await at.client.fetch_ticker(SYMBOL))["last"]


@pytest.mark.parametrize("name", ["trade", "aggTrade"])
@played
async def test_every_print_comes_once_and_in_order(name: str) -> None:
    async with desk(*MOVING) as at, watching(at, options={"tradesLimit": 100}) as client:
        watch = asyncio.create_task(client.watch_trades(SYMBOL, params={"name": name}))
        await subscribed(at, f"btcusdt@{name}")
        for ms in (1, 30_000, 29_999, 600_000, 12_345):
            await at.control("POST", "step", ms=ms)
        await soon(watch)
        rest = await at.client.fetch_trades(SYMBOL, START_MS + 1, 500)
        await client.until(lambda: client.trades[SYMBOL][-1]["id"] == rest[-1]["id"])
        about = ("id", "timestamp", "price", "amount", "side", "cost")
        assert [[one[key] for key in about] for one in client.trades[SYMBOL]] == [
            [one[key] for key in about] for one in rest
        ]


@played
async def test_the_order_book_stays_equal_to_a_snapshot() -> None:
    async with desk(**driven(3)) as at, watching(at) as client:
        watch = asyncio.create_task(client.watch_order_book(SYMBOL))
        await subscribed(at, "btcusdt@depth@100ms")
        await soon(watch)
        for i in range(40):
            watch = asyncio.create_task(client.watch_order_book(SYMBOL))
            await asyncio.sleep(0)
            if i % 3 == 0:  # snapshots of others, between two events, must not tear it
                at.server.intake.take("POST", "/sandbox/step", body='{"ms": 11111}')
                await at.client.fetch_order_book(SYMBOL)
            await at.control("POST", "step", ms=1_000 * (i % 7) + 137)
            book = await soon(watch)
            rest = await at.client.fetch_order_book(SYMBOL)
            assert levels(book) == levels(rest)


@played
async def test_orders_that_rest_in_the_book_come_and_go_in_its_changes() -> None:
    async with desk(**driven(3)) as at, watching(at) as client:
        watch = asyncio.create_task(client.watch_order_book(SYMBOL))
        await subscribed(at, "btcusdt@depth@100ms")
        await soon(watch)
        price = float(at.server.exchange.spot.pits["BTCUSDT"].price)
        placed = []
        for away in (0.01, 0.5, 40.0, 2_000.0):
            watch = asyncio.create_task(client.watch_order_book(SYMBOL))
            order = ("limit", "buy", 0.3, round(price - away, 2), {"postOnly": True})
            placed.append((await at.client.create_order(SYMBOL, *order))["id"])
            await at.control("POST", "step", ms=200)
            assert levels(await soon(watch)) == levels(await at.client.fetch_order_book(SYMBOL, 1_000))
        assert placed
        for one in await at.client.fetch_open_orders(SYMBOL):
            watch = asyncio.create_task(client.watch_order_book(SYMBOL))
            await at.client.cancel_order(one["id"], SYMBOL)
            await at.control("POST", "step", ms=200)
            assert levels(await soon(watch)) == levels(await at.client.fetch_order_book(SYMBOL, 1_000))


@played
async def test_a_client_that_comes_in_between_builds_the_same_book() -> None:
    async with desk(**driven(5)) as at, watching(at) as first, watching(at) as second:
        watch = asyncio.create_task(first.watch_order_book(SYMBOL))
        await subscribed(at, "btcusdt@depth@100ms")
        await soon(watch)
        at.server.intake.take("POST", "/sandbox/step", body='{"ms": 40000}')  # time has gone on, and nothing was pushed
        later = asyncio.create_task(second.watch_order_book(SYMBOL))
        await soon(later)
        for ms in (20_000, 45_000, 1):
            await at.control("POST", "step", ms=ms)
        rest = await at.client.fetch_order_book(SYMBOL)
        for client in (first, second):
            await client.until(lambda client=client: levels(client.orderbooks[SYMBOL]) == levels(rest))


@played
async def test_the_best_levels_and_the_average() -> None:
    async with desk(*MOVING) as at, bare(at, "stream?streams=btcusdt@depth5/btcusdt@avgPrice") as socket:
        await at.step(3)
        told = {one["stream"]: one["data"] for one in [await socket.next() for _ in range(2)]}
        rest = await at.client.publicGetDepth({"symbol": "BTCUSDT", "limit": 5})
        assert told["btcusdt@depth5"] == rest | {"lastUpdateId": int(rest["lastUpdateId"])}
        volume = sum(one[4] for one in MOVING[:3])
        price = sum(sum(one[:4]) / 4 * one[4] for one in MOVING[:3]) / volume
        assert float(told["btcusdt@avgPrice"]["w"]) == pytest.approx(price, abs=0.01)


@played
async def test_unsubscribing_ends_a_stream_and_all_that_it_costs() -> None:
    async with desk(*MOVING) as at, watching(at) as client:
        hub = at.server.pushing.hubs["spot"]
        watch = asyncio.create_task(client.watch_ohlcv(SYMBOL, "1m"))
        await subscribed(at, "btcusdt@kline_1m")
        await at.step()
        await soon(watch)
        await soon(client.un_watch_ohlcv(SYMBOL, "1m"))
        assert hub.feeds == {}
        watch = asyncio.create_task(client.watch_order_book(SYMBOL))
        await subscribed(at, "btcusdt@depth@100ms")
        await soon(watch)
        await client.close()
        async with asyncio.timeout(10):
            while hub.feeds:
                await asyncio.sleep(0)
        assert at.server.exchange.spot.showing == []


ASKED: list[tuple[dict[str, Any], Any]] = [
    ({"method": "SUBSCRIBE", "params": ["btcusdt@kline_1m", "btcusdt@depth10@100ms"], "id": 1}, {"result": None, "id": 1}),
    ({"method": "LIST_SUBSCRIPTIONS", "id": "two"}, {"result": ["btcusdt@kline_1m", "btcusdt@depth10@100ms"], "id": "two"}),
    ({"method": "UNSUBSCRIBE", "params": ["btcusdt@kline_1m"], "id": 3}, {"result": None, "id": 3}),
    ({"method": "SET_PROPERTY", "params": ["combined", True], "id": 4}, {"result": None, "id": 4}),
    ({"method": "GET_PROPERTY", "params": ["combined"], "id": 5}, {"result": True, "id": 5}),
    ({"method": "SUBSCRIBE", "params": ["btcusdt@trade", "ethusdt@kline_1m"], "id": 6},
     {"error": {"code": 2, "msg": "Invalid request: invalid stream"}, "id": 6}),
    ({"method": "SUBSCRIBE", "params": ["btcusdt@kline_7m"], "id": 7}, {"error": {"code": 2, "msg": "Invalid request: invalid stream"}, "id": 7}),
    ({"method": "SUBSCRIBE", "params": ["BTCUSDT@trade"], "id": 8}, {"error": {"code": 2, "msg": "Invalid request: invalid stream"}, "id": 8}),
    ({"method": "LIST_SUBSCRIPTIONS", "id": 9}, {"result": ["btcusdt@depth10@100ms"], "id": 9}),
    ({"method": "SUBSCRIBE", "params": [7], "id": 10}, {"error": {"code": 2, "msg": "Invalid request: stream names must be strings"}, "id": 10}),
    ({"method": "LISTEN", "id": 11},
     {"error": {"code": 2, "msg": "Invalid request: unknown variant `LISTEN`, expected one of SUBSCRIBE, UNSUBSCRIBE, "
                                  "LIST_SUBSCRIPTIONS, SET_PROPERTY, GET_PROPERTY"}, "id": 11}),
    ({"params": [], "id": 12}, {"error": {"code": 2, "msg": "Invalid request: missing field `method`"}, "id": 12}),
    ({"method": "SET_PROPERTY", "params": ["combined", 1], "id": 13}, {"error": {"code": 1, "msg": "Invalid value type: expected Boolean"}, "id": 13}),
    ({"method": "GET_PROPERTY", "params": ["speed"], "id": 14}, {"error": {"code": 0, "msg": "Unknown property"}, "id": 14}),
]  # fmt: skip


@played
async def test_requests_on_a_socket_have_the_venues_answers() -> None:
    async with desk() as at:
        at.server.streaming.patience = Patience(requests=1_000)
        async with bare(at, "stream.binance.com/ws") as socket:
            for asked, told in ASKED:
                assert await socket.ask(**asked) == told
            await socket.ws.send_str("nonsense")
            assert (await socket.next())["error"]["code"] == 3


@played
async def test_who_asks_too_often_is_cut_off() -> None:
    async with desk() as at, bare(at, "ws") as socket:
        for id_ in range(30):
            await socket.ws.send_json({"method": "LIST_SUBSCRIPTIONS", "id": id_})
        seen = 0
        while (await soon(socket.ws.receive())).type.name == "TEXT":
            seen += 1
        assert seen <= 10
        assert socket.ws.close_code == 1008


@played
async def test_a_socket_that_is_not_there_is_refused() -> None:
    async with desk() as at:
        with pytest.raises(Exception, match="404"):
            async with bare(at, "nowhere"):
                pass


@played
async def test_a_wrong_stream_is_an_error_of_the_client() -> None:
    async with desk(FLAT) as at, watching(at) as client:
        with pytest.raises(ccxt.BaseError, match="invalid stream"):
            await soon(client.watch_trades(SYMBOL, params={"name": "nothing"}))


@played
async def test_the_server_pings_and_lets_go_of_who_does_not_answer_or_stays_too_long() -> None:
    async with desk() as at:
        for patience, code in ((Patience(0.01, 0.1, 60.0), 1008), (Patience(0.01, 60.0, 0.1), 1001)):
            at.server.streaming.patience = patience
            async with bare(at, "ws", autoping=False) as socket:
                assert (await soon(socket.ws.receive())).type.name == "PING"
                while (await soon(socket.ws.receive())).type.name == "PING":
                    pass
                assert socket.ws.close_code == code
        at.server.streaming.patience = Patience(0.05, 1.0, 60.0)
        async with bare(at, "ws", autoping=False) as socket:
            loop = asyncio.get_running_loop()
            until = loop.time() + 2.0  # twice as long as it is kept without an answer
            while loop.time() < until:
                message = await soon(socket.ws.receive())
                await socket.ws.pong(message.data)
            assert (await socket.ask(method="LIST_SUBSCRIPTIONS", id=1)) == {"result": [], "id": 1}
