"""Every public call of the client for USD-M perpetuals (reference: ccxt 4.5.90), through the real client."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import ccxt.async_support as ccxt
import pytest

from engine.markets import read_shape
from engine.venues.sandbox import Contract, Exchange, Server, point_at
from engine.venues.sandbox.clock import Clock
from engine.venues.sandbox.limits import Limits
from engine.venues.sandbox.matching.tape import Tape

from ..trading import FLAT, MINUTE_MS, START_MS, Recorded, candles, played, refusal

SYMBOL, BTC = "BTC/USDT:USDT", "BTCUSDT"
HOUR_MS = 3_600_000
WAY = ((100, 102, 98, 101, 40.0), (101, 103, 99, 100, 80.0), *(FLAT,) * 8)
RATE = Decimal("0.0003")


class Client(Recorded, ccxt.binanceusdm):
    """The unmodified client, which remembers what the venue said."""


@dataclass
class Stand:
    """Hold an exchange that is stepped by hand, and a client of its public side."""

    exchange: Exchange
    server: Server
    client: Any

    def step(self, count: int = 1, ms: int = 0) -> None:
        self.server.clock.step(ms or count * MINUTE_MS)


@asynccontextmanager
async def stand(*rows: tuple[float, ...], funding: tuple[tuple[int, Decimal], ...] = ()) -> AsyncIterator[Stand]:
    shape = read_shape("binance-usdm-btc")
    tapes = []
    for symbol in (SYMBOL, "ETH/USDT:USDT"):
        of = Contract.of(shape.__class__(**{**fields_of(shape), "symbol": symbol}), funding=funding)
        tapes.append((of, Tape(candles(*(rows or WAY), symbol=symbol), of.tick, of.lot, "low_first")))
    exchange = Exchange([], START_MS, contracts=tapes)
    async with Server(exchange, Clock(START_MS, 0.0), 0, {"usdm": Limits(10**9, 10**9, 10**9)}) as server:
        client = Client({"enableRateLimit": False, "apiKey": "any"})  # one call asks for a key
        point_at(client, server.address)
        try:
            await client.load_markets()
            yield Stand(exchange, server, client)
        finally:
            await client.close()


def fields_of(shape: Any) -> dict[str, Any]:
    return {name: getattr(shape, name) for name in shape.__dataclass_fields__}


@played
async def test_candles_of_trades_marks_and_the_index_go_alike_and_the_premium_is_none() -> None:
    async with stand() as at:
        at.step()
        first, last = [START_MS, 100.0, 102.0, 98.0, 101.0], [START_MS + MINUTE_MS, *(101.0,) * 4]
        assert await at.client.fetch_ohlcv(SYMBOL, "1m") == [[*first, 40.0], [*last, 0.0]]
        for call in (at.client.fetch_mark_ohlcv, at.client.fetch_index_ohlcv):
            assert [one[:5] for one in await call(SYMBOL, "1m")] == [first, last]
        premium = await at.client.fetch_premium_index_ohlcv(SYMBOL, "1m")
        assert [one[:5] for one in premium] == [
            [START_MS, 0.0, 0.0, 0.0, 0.0],
            [START_MS + MINUTE_MS, 0.0, 0.0, 0.0, 0.0],
        ]
        pair = {"pair": BTC, "contractType": "PERPETUAL", "interval": "1m"}
        raw = await at.client.fapiPublicGetContinuousKlines(pair)
        assert raw == await at.client.fapiPublicGetKlines({"symbol": BTC, "interval": "1m"})
        at.step(8)
        assert [one[0] for one in await at.client.fetch_ohlcv(SYMBOL, "5m")] == [START_MS, START_MS + 5 * MINUTE_MS]
        assert len(await at.client.fetch_ohlcv(SYMBOL, "1m", since=START_MS + MINUTE_MS, limit=2)) == 2


@played
async def test_tickers_say_the_day_and_the_best_bid_and_ask() -> None:
    async with stand() as at:
        at.step()
        one = await at.client.fetch_ticker(SYMBOL)
        assert (one["last"], one["open"], one["high"], one["low"], one["baseVolume"]) == (
            101.0,
            100.0,
            102.0,
            98.0,
            40.0,
        )
        assert set(await at.client.fetch_tickers()) == {SYMBOL, "ETH/USDT:USDT"}
        assert set(await at.client.fetch_tickers([SYMBOL])) == {SYMBOL}
        best = (await at.client.fetch_bids_asks([SYMBOL]))[SYMBOL]
        assert best["bid"] < 101.0 < best["ask"]
        assert {name: one["price"] for name, one in (await at.client.fetch_last_prices()).items()} == {
            SYMBOL: 101.0, "ETH/USDT:USDT": 101.0,
        }  # fmt: skip
        assert (await at.client.fapiPublicGetTickerPrice({"symbol": BTC}))["price"] == "101.00000000"


@played
async def test_the_book_stands_around_the_price_and_has_only_certain_depths() -> None:
    async with stand() as at:
        for limit, levels in ((5, 5), (100, 100), (1_000, 100), (None, 100)):
            book = await at.client.fetch_order_book(SYMBOL, limit)
            assert (len(book["bids"]), len(book["asks"])) == (levels, levels)
            assert book["bids"][0][0] < book["asks"][0][0]
        kind, status, code, said = await refusal(at.client.fapiPublicGetDepth({"symbol": BTC, "limit": 7}))
        assert (kind, status, code, said) == (ccxt.BadRequest, 400, -4021, "7 is not valid depth limit.")


@played
async def test_prints_are_listed_by_each_of_three_ways() -> None:
    async with stand() as at:
        at.step()
        prices = [100.0, 98.0, 102.0, 101.0, 101.0]
        joined = await at.client.fetch_trades(SYMBOL)
        assert [one["price"] for one in joined] == prices
        for method in ("fapiPublicGetTrades", "fapiPublicGetHistoricalTrades"):
            plain = await at.client.fetch_trades(SYMBOL, params={"fetchTradesMethod": method})
            assert [(one["id"], one["price"]) for one in plain] == [(one["id"], one["price"]) for one in joined]
        since = await at.client.fetch_trades(SYMBOL, since=START_MS + MINUTE_MS // 2)
        assert [one["price"] for one in since] == prices[2:]


@played
async def test_the_funding_that_is_due_next_and_what_was_due_are_told() -> None:
    due = tuple((START_MS + i * 5 * MINUTE_MS, RATE * i) for i in range(1, 4))
    async with stand(*WAY, *(FLAT,) * 10, funding=due) as at:
        one = await at.client.fetch_funding_rate(SYMBOL)
        assert (one["fundingRate"], one["fundingTimestamp"], one["markPrice"], one["indexPrice"]) == (
            0.0003, START_MS + 5 * MINUTE_MS, 100.0, 100.0,
        )  # fmt: skip
        at.step(6)
        assert (await at.client.fetch_funding_rate(SYMBOL))["fundingRate"] == 0.0006
        assert set(await at.client.fetch_funding_rates()) == {SYMBOL, "ETH/USDT:USDT"}
        past = await at.client.fetch_funding_rate_history(SYMBOL)
        assert [(one["timestamp"], one["fundingRate"]) for one in past] == [(START_MS + 5 * MINUTE_MS, 0.0003)]
        at.step(6)
        for asked, found in (
            ({}, [0.0003, 0.0006]),
            ({"limit": 1}, [0.0006]),
            ({"since": START_MS, "limit": 1}, [0.0003]),
        ):
            past = await at.client.fetch_funding_rate_history(SYMBOL, **asked)
            assert [one["fundingRate"] for one in past] == found


@played
async def test_a_constant_rate_is_due_on_its_grid() -> None:
    async with stand() as at:
        told = await at.client.fetch_funding_rate(SYMBOL)
        assert (told["fundingTimestamp"], told["fundingRate"]) == (START_MS + 8 * HOUR_MS, 0.0001)
        assert {name: one["interval"] for name, one in (await at.client.fetch_funding_intervals()).items()} == {
            SYMBOL: "8h", "ETH/USDT:USDT": "8h",
        }  # fmt: skip
        assert (await at.client.fetch_funding_interval(SYMBOL))["interval"] == "8h"


@played
async def test_mark_prices_and_open_interest_are_told() -> None:
    async with stand() as at:
        at.step()
        assert (await at.client.fetch_mark_price(SYMBOL))["markPrice"] == 101.0
        assert {name: one["markPrice"] for name, one in (await at.client.fetch_mark_prices()).items()} == {
            SYMBOL: 101.0, "ETH/USDT:USDT": 101.0,
        }  # fmt: skip
        assert (await at.client.fetch_open_interest(SYMBOL))["openInterestAmount"] == 20.0


WRONG = [
    ("Klines", {"symbol": "NOUSDT", "interval": "1m"}, ccxt.BadSymbol, -1121),
    ("Klines", {"symbol": BTC, "interval": "7m"}, ccxt.BadRequest, -1120),
    ("ContinuousKlines", {"pair": BTC, "contractType": "NEXT", "interval": "1m"}, ccxt.BadRequest, -1130),
    ("IndexPriceKlines", {"interval": "1m"}, ccxt.BadRequest, -1102),
    ("AggTrades", {"symbol": BTC, "startTime": 1, "endTime": 2 + HOUR_MS}, ccxt.ExchangeError, -4188),
]


@pytest.mark.parametrize(("name", "asked", "kind", "code"), WRONG)
@played
async def test_what_cannot_be_asked_is_refused(name: str, asked: dict[str, Any], kind: Any, code: int) -> None:
    async with stand() as at:
        found = await refusal(getattr(at.client, f"fapiPublicGet{name}")(asked))
        assert found[:3] == (kind, 400, code)


@played
async def test_candles_weigh_by_how_many_are_asked_for() -> None:
    async with stand() as at:
        used = at.server.limits["usdm"].weight
        for limit, weight in ((50, 1), (499, 2), (1_000, 5), (1_500, 10)):
            at.server.limits["usdm"].weight.used = 0
            await at.client.fapiPublicGetKlines({"symbol": BTC, "interval": "1m", "limit": limit})
            assert used.used == weight


@played
async def test_stale_candles_stand_still_here_as_well() -> None:
    async with stand() as at:
        at.server.faults.set({"fault": "candles_stale", "floor": "usdm", "symbol": BTC, "for_ms": 5 * MINUTE_MS})
        at.step(2)
        assert [one[4] for one in await at.client.fetch_ohlcv(SYMBOL, "1m")] == [101.0]
        assert (await at.client.fetch_mark_price(SYMBOL))["markPrice"] == 101.0
        assert len(await at.client.fetch_ohlcv("ETH/USDT:USDT", "1m")) == 3
