"""The market streams of USD-M through the real ccxt.pro client: what it is told equals what REST says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal

import aiohttp
import ccxt.async_support as ccxt
import pytest

from engine.candles.simulate import simulate
from engine.markets import read_shape
from engine.venues.sandbox import Contract, Exchange, Server, Settings, point_at
from engine.venues.sandbox.clock import Clock
from engine.venues.sandbox.limits import Limits
from engine.venues.sandbox.matching.tape import Tape

from ..trading import MINUTE_MS, Desk, Recorded, played
from .test_market import levels, subscribed
from .watching import bare, soon, watching

SYMBOL, OTHER = "BTC/USDT:USDT", "ETH/USDT:USDT"
DAY_MS = 86_400_000
START_MS = 19_724 * DAY_MS


class Client(Recorded, ccxt.binanceusdm):
    """The unmodified client, which remembers what the venue said."""


@asynccontextmanager
async def linear(seed: int = 3) -> AsyncIterator[Desk]:
    """Open an exchange with two contracts, and a client."""
    shape, traded = read_shape("binance-usdm-btc"), []
    for symbol in (SYMBOL, OTHER):
        of = Contract.of(replace(shape, symbol=symbol))
        tape = simulate(symbol, "1m", START_MS - DAY_MS, START_MS + DAY_MS, "short_squeeze", seed)
        traded.append((of, Tape(tape, of.tick, of.lot, "low_first")))
    exchange = Exchange([], START_MS, Settings(seed), traded)
    exchange.open_account("trader", {"USDT": Decimal(10_000)}, "usdm")
    key = exchange.ring.make("trader", 0).told(secrets=True)
    generous = {"usdm": Limits(10**9, 10**9, 10**9)}
    async with Server(exchange, Clock(START_MS, 0.0), 0, generous) as server, aiohttp.ClientSession() as session:
        client = Client({"enableRateLimit": False})
        point_at(client, server.address)
        try:
            await client.load_markets()
            yield Desk(server, client, session, key)
        finally:
            await client.close()


@played
async def test_candles_close_exactly_once() -> None:
    async with linear() as at, watching(at) as client:
        watch = asyncio.create_task(client.watch_ohlcv(SYMBOL, "1m"))
        await subscribed(at, "btcusdt@kline_1m", floor="usdm")
        for count in (1, 3, 8):
            await at.step(count)
        await soon(watch)
        await client.until(lambda: client.rows and client.rows[-1][1][0] == START_MS + 12 * MINUTE_MS)
        rest = await at.client.fetch_ohlcv(SYMBOL, "1m", limit=13)
        assert [row for is_closed, row in client.rows if is_closed] == rest[:-1]
        assert client.rows[-1] == (False, rest[-1])


@played
async def test_tickers_marks_and_the_best_prices_say_what_rest_says() -> None:
    async with linear() as at, watching(at) as client:
        watches = {
            "ticker": client.watch_ticker(SYMBOL, {"name": "ticker"}), "mark": client.watch_mark_price(SYMBOL),
            "best": client.watch_bids_asks([SYMBOL]), "marks": client.watch_mark_prices(),
            "short": client.watch_tickers(),
        }  # fmt: skip
        tasks = {name: asyncio.create_task(one) for name, one in watches.items()}
        names = ("btcusdt@ticker", "btcusdt@markPrice@1s", "btcusdt@bookTicker", "!markPrice@arr@1s", "!ticker@arr")
        await subscribed(at, *names[:-1], floor="usdm")
        await at.control("POST", "step", ms=90_500)
        got = {name: await soon(one) for name, one in tasks.items()}
        told, funding = await at.client.fetch_ticker(SYMBOL), await at.client.fetch_funding_rate(SYMBOL)
        best = (await at.client.fetch_bids_asks([SYMBOL]))[SYMBOL]
        for name in told.keys() - {"info", "average"}:
            assert got["ticker"][name] == told[name], name
        for name in ("bid", "ask", "bidVolume", "askVolume"):
            assert got["best"][SYMBOL][name] == best[name], name
        assert got["mark"]["markPrice"] == funding["markPrice"] == got["marks"][SYMBOL]["markPrice"]
        raw = got["mark"]["info"]
        assert (float(raw["r"]), raw["T"]) == (funding["fundingRate"], funding["fundingTimestamp"])
        assert set(got["short"]) == {SYMBOL, OTHER} == set(got["marks"])


@pytest.mark.parametrize("name", ["trade", "aggTrade"])
@played
async def test_every_print_comes_once_and_in_order(name: str) -> None:
    async with linear() as at, watching(at) as client:
        watch = asyncio.create_task(client.watch_trades(SYMBOL, params={"name": name}))
        await subscribed(at, f"btcusdt@{name}", floor="usdm")
        for ms in (1, 30_000, 29_999, 600_000, 12_345):
            await at.control("POST", "step", ms=ms)
        await soon(watch)
        rest = await at.client.fetch_trades(SYMBOL, START_MS + 1, 500)
        await client.until(lambda: client.trades[SYMBOL][-1]["id"] == rest[-1]["id"])
        about = ("id", "timestamp", "price", "amount", "side")
        assert [[one[key] for key in about] for one in client.trades[SYMBOL]] == [
            [one[key] for key in about] for one in rest
        ]


@played
async def test_the_order_book_stays_equal_to_a_snapshot() -> None:
    async with linear() as at, watching(at) as client:
        await soon(client.watch_order_book(SYMBOL))
        for i in range(30):
            watch = asyncio.create_task(client.watch_order_book(SYMBOL))
            await asyncio.sleep(0)
            if i % 3 == 0:  # snapshots of others, between two events, must not tear it
                at.server.intake.take("POST", "/sandbox/step", body='{"ms": 11111}')
                await at.client.fetch_order_book(SYMBOL)
            await at.control("POST", "step", ms=1_000 * (i % 7) + 1_137)
            rest = await at.client.fetch_order_book(SYMBOL)
            await soon(watch)
            await client.until(lambda rest=rest: levels(client.orderbooks[SYMBOL]) == levels(rest))


@played
async def test_bare_sockets_of_the_three_ways_in() -> None:
    async with linear() as at:
        for path in ("fstream.binance.com/ws/", "public/ws/", "fstream.binance.com/market/stream?streams="):
            names = "btcusdt@depth5@100ms/!bookTicker"
            async with bare(at, f"{path}{names}") as socket:
                await at.step()
                wanted = {("depthUpdate", "BTCUSDT"), ("bookTicker", "BTCUSDT"), ("bookTicker", "ETHUSDT")}
                while wanted:
                    message = await socket.next()
                    event = message["data"] if "stream?" in path else message
                    wanted.discard((event["e"], event["s"]))
        async with bare(at, "market/ws") as socket:
            reply = await socket.ask(method="SUBSCRIBE", params=["btcusdt@forceOrder", "!forceOrder@arr"], id=1)
            assert reply == {"result": None, "id": 1}
            reply = await socket.ask(method="SUBSCRIBE", params=["btcusdt@avgPrice"], id=2)
            assert reply["error"]["msg"] == "Invalid request: invalid stream"
