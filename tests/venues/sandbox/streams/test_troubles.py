"""What goes wrong on sockets, and what the real ccxt.pro client sees of it (ccxt.md, section 11)."""

from __future__ import annotations

import asyncio
from typing import Any

import ccxt.async_support as ccxt
import pytest

from ..trading import FLAT, MINUTE_MS, START_MS, SYMBOL, desk, played
from .test_market import MOVING, subscribed
from .test_users import drained, listening, told
from .watching import Watching, bare, signed, soon, watching

STREAM = "btcusdt@kline_1m"
API = "ws-api.binance.com/ws-api/v3"


def closed(client: Watching) -> list[int]:
    """Return the closed candles that came, by their number."""
    return [int(row[0] - START_MS) // MINUTE_MS for is_closed, row in client.rows if is_closed]


async def candles(at: Any, client: Watching) -> asyncio.Task[Any]:
    watch = asyncio.create_task(client.watch_ohlcv(SYMBOL, "1m"))
    await subscribed(at, STREAM)
    return watch


@played
async def test_what_happens_while_the_connection_is_down_never_comes_back() -> None:
    async with desk(*MOVING) as at, watching(at) as client:
        await soon(await candles(at, client))
        await at.step(2)
        await client.until(lambda: client.rows[-1][1][0] == START_MS + 2 * MINUTE_MS)
        watch = asyncio.create_task(client.watch_ohlcv(SYMBOL, "1m"))
        await asyncio.sleep(0)
        assert await at.control("POST", "troubles", fault="drop", stream="btcusdt@*") == {"dropped": 1}
        with pytest.raises(ccxt.NetworkError):
            await soon(watch)
        await at.step(3)
        client.came.clear()
        await soon(await candles(at, client))
        await at.step()
        await client.until(lambda: closed(client)[-1] == 5)
        assert closed(client) == [0, 1, 5]
        assert len(await at.client.fetch_ohlcv(SYMBOL, "1m")) == 7


@played
async def test_a_muted_stream_looks_healthy_and_says_nothing() -> None:
    async with desk(*MOVING) as at, watching(at) as client:
        await soon(await candles(at, client))
        await at.control("POST", "troubles", fault="mute", stream="*@kline_1m")
        await at.step(3)
        await at.control("DELETE", "troubles")
        await at.step()
        await client.until(lambda: closed(client))
        assert closed(client) == [3]


@played
async def test_two_events_in_the_wrong_order() -> None:
    async with desk(*MOVING) as at, bare(at, f"ws/{STREAM}") as socket:
        at.server.pushing.present(everything=True)
        assert (await socket.next())["k"]["x"] is False
        await at.control("POST", "troubles", fault="reorder", stream=STREAM)
        await at.step(4)
        rows = [(await socket.next())["k"] for _ in range(5)]
        assert [((one["t"] - START_MS) // MINUTE_MS, one["x"]) for one in rows] == [
            (1, True), (0, True), (2, True), (3, True), (4, False),
        ]  # fmt: skip


@played
async def test_a_fill_that_comes_twice_is_one_fill_to_who_keys_it_by_its_id() -> None:
    async with desk() as at, watching(at) as client:
        await listening(at, client)
        await at.control("POST", "troubles", fault="duplicate", stream="user", times=20)
        await at.client.create_order(SYMBOL, "market", "buy", 1)
        await client.until(lambda: len(told(client, "executionReport", "x")) == 4)
        assert told(client, "executionReport", "x", "t") == [("NEW", -1), ("NEW", -1), ("TRADE", 1), ("TRADE", 1)]
        assert len({one["id"] for one in client.myTrades}) == 1 == len(await at.client.fetch_my_trades(SYMBOL))


@played
async def test_orders_that_end_while_the_user_stream_is_down_are_found_by_asking_only() -> None:
    async with desk(FLAT, (100, 100, 89, 95), FLAT) as at, watching(at) as client:
        watch = asyncio.create_task(client.watch_orders(SYMBOL))
        await listening(at, client)
        placed = await at.client.create_order(SYMBOL, "limit", "buy", 1, 90)
        await soon(watch)
        watch = asyncio.create_task(client.watch_orders(SYMBOL))
        await asyncio.sleep(0)
        assert await at.control("POST", "troubles", fault="drop", stream="user") == {"dropped": 1}
        with pytest.raises(ccxt.NetworkError):
            await soon(watch)
        await at.step(2)
        await listening(at, client)
        assert [one["status"] for one in client.orders] == ["open"]
        assert (await at.client.fetch_order(placed["id"], SYMBOL))["status"] == "closed"


@played
async def test_connections_are_turned_away_until_they_are_not() -> None:
    async with desk(*MOVING) as at, watching(at) as client:
        await at.control("POST", "troubles", fault="refuse", stream="user")
        await soon(await candles(at, client))
        with pytest.raises(ccxt.NetworkError):
            await soon(client.create_order_ws(SYMBOL, "limit", "buy", 1, 90))
        await at.control("DELETE", "troubles")
        client.clients.clear()  # ccxt waits before it dials again
        assert (await soon(client.create_order_ws(SYMBOL, "limit", "buy", 1, 90)))["status"] == "open"
        await at.control("POST", "troubles", fault="refuse", ms=60_000)
        with pytest.raises(Exception, match="503"):
            async with bare(at, "ws"):
                pass
        at.server.clock._wall, was = (lambda: was() + 60_000), at.server.clock._wall
        async with bare(at, "ws"):
            pass


@played
async def test_the_same_seed_breaks_the_same_events() -> None:
    runs = []
    for seed in (5, 5, 6):
        async with desk(seed=seed) as at, bare(at, API) as socket:
            asked = signed(at.key, at.server.clock.now_ms)
            await socket.ask(id=1, method="userDataStream.subscribe.signature", params=asked)
            await at.control("POST", "troubles", fault="duplicate", stream="user", times=100, chance=0.3)
            for _ in range(30):
                await at.client.create_order(SYMBOL, "limit", "buy", 0.01, 90)
            runs.append([(one["e"], one.get("i")) for one in await drained(socket)])
    assert runs[0] == runs[1] != runs[2]
    assert 60 < len(runs[0]) < 100


WRONG = [
    ({"fault": "mutte"}, 'trouble: unknown "mutte"; did you mean "mute"?'),
    ({"fault": "mute", "streem": "x"}, 'trouble: unknown key "streem"; did you mean "stream"?'),
    ({"fault": "mute", "ms": "long"}, "trouble ms: expected int, was 'long'"),
    ({"fault": "mute", "ms": -1}, "trouble: expected times from 1, ms from 0 and a chance from 0 to 1"),
]


@pytest.mark.parametrize(("body", "sentence"), WRONG)
@played
async def test_a_wrong_trouble_is_one_sentence(body: dict[str, Any], sentence: str) -> None:
    async with desk() as at, at.session.post(f"http://{at.server.address}/sandbox/troubles", json=body) as reply:
        assert (reply.status, await reply.json()) == (400, {"error": sentence})


async def kline_events(at: Any, fault: str, **fields: Any) -> list[tuple[int, bool, float]]:
    """Return the closed candles that a stream tells over six minutes, of which the second one meets a fault."""
    async with bare(at, f"ws/{STREAM}") as socket:
        await at.step()
        await at.control("POST", "faults", fault=fault, **fields)
        for _ in range(5):
            await at.step()
        await socket.ws.send_json({"method": "LIST_SUBSCRIPTIONS", "id": 1})
        found = []
        while "k" in (message := await socket.next()):
            k = message["k"]
            if k["x"]:
                found.append(((k["t"] - START_MS) // MINUTE_MS, k["x"], float(k["c"])))
        return found


CANDLES = [  # fault, its fields, numbers of the closed candles as they come
    ("candles_late", {"delay_ms": 2 * MINUTE_MS}, [0, 1, 2, 3, 4, 5]),
    ("candles_duplicated", {"for_ms": 3 * MINUTE_MS}, [0, 1, 1, 2, 3, 4, 5]),
    ("candles_missing", {"delay_ms": 2 * MINUTE_MS}, [0, 2, 3, 4, 5]),
    ("candles_corrected", {"delay_ms": 2 * MINUTE_MS}, [0, 1, 2, 3, 4, 5]),
]


@pytest.mark.parametrize(("fault", "fields", "numbers"), CANDLES, ids=[one[0] for one in CANDLES])
@played
async def test_a_fault_of_candles_is_seen_on_the_stream_too(fault: str, fields: Any, numbers: list[int]) -> None:
    async with desk(*MOVING) as at:
        found = await kline_events(at, fault, **fields)
        assert [one[0] for one in found] == numbers
        wrong = [number for number, _, close in found if close != MOVING[number][3]]
        assert wrong == ([1] if fault == "candles_corrected" else [])


@played
async def test_a_candle_that_comes_late_holds_back_those_after_it() -> None:
    async with desk(*MOVING) as at, bare(at, f"ws/{STREAM}") as socket:
        await at.step()
        await at.control("POST", "faults", fault="candles_late", delay_ms=2 * MINUTE_MS)
        seen = []
        for _ in range(4):
            await at.step()
            await socket.ws.send_json({"method": "LIST_SUBSCRIPTIONS", "id": 1})
            came = []
            while "k" in (message := await socket.next()):
                came += [(message["k"]["t"] - START_MS) // MINUTE_MS] if message["k"]["x"] else []
            seen.append(came)
        assert seen == [[0], [], [1, 2, 3], [4]]
