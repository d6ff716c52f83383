"""Whoever listens or asks, the market's days are made as they come and no earlier."""

from __future__ import annotations

import json

import aiohttp

from engine.venues.sandbox import Server
from engine.venues.sandbox.clock import Clock
from engine.venues.sandbox.opening import Opening, open_exchange

from ..trading import played

MARKETS = ("simulated:BTC/USDT", "simulated:BTC/USDT:USDT")


@played
async def test_a_listener_to_candles_makes_no_day_of_the_market_before_it_comes() -> None:
    exchange = open_exchange(Opening(markets=MARKETS, since="2024-03-01"), 0)
    tape = exchange.spot.pits["BTCUSDT"].tape
    length = len(tape.candles)
    async with Server(exchange, Clock(exchange.start_ms, 0.0)) as server, aiohttp.ClientSession() as session:
        async with session.ws_connect(f"ws://{server.address}/ws/btcusdt@kline_1m") as socket:
            closed = []
            for _ in range(30):
                body = json.dumps({"candles": 1})
                await (await session.post(f"http://{server.address}/sandbox/step", data=body)).read()
            while len(closed) < 30:
                told = await socket.receive_json(timeout=20)
                closed += [told["k"]] if told["k"]["x"] else []
        address = f"http://{server.address}/api/v3/trades?symbol=BTCUSDT&limit=1000"
        ids = [one["id"] for one in await (await session.get(address)).json()]
        assert [one for kline in closed for one in range(kline["f"], kline["L"] + 1)] == ids[-1 - 4 * 30 : -1]
        rates = f"http://{server.address}/fapi/v1/fundingRate?symbol=BTCUSDT&limit=50"
        assert len(await (await session.get(rates)).json()) == 50
    assert len(tape.candles) == length
    assert len(exchange.floors["usdm"].pits["BTCUSDT"].tape.candles) == length


def test_the_time_of_a_candle_that_is_there_asks_for_no_more() -> None:
    exchange = open_exchange(Opening(since="2024-03-01"), 0)
    tape = exchange.spot.pits["BTCUSDT"].tape
    length, last = len(tape.candles), int(tape.candles.open_ms[-1])
    assert tape.index_at(last) == length - 1
    assert len(tape.candles) == length
    assert tape.index_at(last + 1) == length
    assert len(tape.candles) > length
