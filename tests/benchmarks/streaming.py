"""Five hundred markets that stream candles of one minute at sixty times real time, from a process of their own."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import time
from dataclasses import replace
from multiprocessing.connection import Connection
from typing import Any

import aiohttp

from engine.candles.simulate import simulate
from engine.venues.sandbox import Exchange, Instrument, Server, Settings
from engine.venues.sandbox.clock import Clock
from engine.venues.sandbox.matching.tape import Tape
from tests.venues.sandbox.trading import market

MARKETS, SPEED, SECONDS = 500, 60.0, 30
DAY_MS, MINUTE_MS = 86_400_000, 60_000
START_MS = 19_724 * DAY_MS


def measure() -> dict[str, float]:
    """Return the server's share of one core, closed candles missed, their lag in ms (median and p99), and updates/s."""
    ours, theirs = multiprocessing.Pipe()
    served = multiprocessing.get_context("spawn").Process(target=_serve, args=(theirs,))
    served.start()
    theirs.close()  # so that its end is seen here
    try:
        return asyncio.run(_listen(ours.recv(), ours))
    finally:
        ours.send("end")
        served.join()


def _serve(told: Connection) -> None:
    asyncio.run(_served(told))


async def _served(told: Connection) -> None:
    markets, shape = [], market(tick=0.01, lot=0.00001, half_spread=0.0001)
    for number in range(MARKETS):
        symbol = f"A{number:03d}/USDT"
        candles = simulate(symbol, "1m", START_MS - DAY_MS, START_MS + DAY_MS, "mixed", number)
        instrument = Instrument.of(replace(shape, symbol=symbol))
        markets.append((instrument, Tape(candles, instrument.tick, instrument.lot, "low_first")))
    exchange = Exchange(markets, START_MS, Settings(1))
    loop = asyncio.get_running_loop()
    async with Server(exchange, Clock(START_MS, SPEED)) as server:
        told.send(server.address)
        while await loop.run_in_executor(None, told.recv) == "time":
            told.send((time.time(), time.process_time(), server.clock.market_ms))


async def _listen(address: str, served: Connection) -> dict[str, float]:
    names = [f"a{number:03d}usdt@kline_1m" for number in range(MARKETS)]
    closed: dict[tuple[str, int], float] = {}
    updates = 0
    async with aiohttp.ClientSession() as session, session.ws_connect(f"http://{address}/ws") as socket:
        await socket.send_json({"method": "SUBSCRIBE", "params": names, "id": 1})
        until = time.time() + 3  # the first ones warm up
        began: Any = None
        while began is None or time.time() < until:
            if began is None and time.time() > until:
                served.send("time")
                began, until = served.recv(), time.time() + SECONDS
                closed.clear()
                updates = 0
            message = await socket.receive()
            event = json.loads(message.data)
            if "k" in event:
                if not event["k"]["x"]:
                    updates += 1
                elif closed.setdefault((event["s"], event["k"]["T"]), time.time()) < time.time() - 1:
                    raise AssertionError(f"expected each closed candle once, {event['s']} came again")
        served.send("time")
        wall, cpu, _ = served.recv()
    began_wall, began_cpu, began_market = began
    last = max(end for _, end in closed) - 2 * MINUTE_MS  # the last ones may be on their way
    first = (began_market // MINUTE_MS + 2) * MINUTE_MS
    ends = range(first - 1, last + 1, MINUTE_MS)
    symbols = {name.partition("@")[0].upper() for name in names}
    missed = sum((symbol, end) not in closed for symbol in symbols for end in ends)
    lags = sorted(
        (at - began_wall) * 1e3 - (end + 1 - began_market) / SPEED
        for (_, end), at in closed.items()
        if end >= first - 1
    )
    return {
        "share": 100 * (cpu - began_cpu) / (wall - began_wall), "missed": missed, "candles": len(ends) * MARKETS,
        "median": lags[len(lags) // 2], "p99": lags[len(lags) * 99 // 100], "updates": updates / (wall - began_wall),
    }  # fmt: skip


if __name__ == "__main__":
    print(measure())
