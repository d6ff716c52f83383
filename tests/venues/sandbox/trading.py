"""A practice exchange on loopback, and the real ccxt client pointed at it. No mock anywhere; nothing sleeps.

The exchange is stepped, its candles are written by hand or simulated, and its wall clock is the machine's own.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import wraps
from typing import Any

import aiohttp
import ccxt.async_support as ccxt
import numpy as np

from engine import Candles, Market
from engine.venues.sandbox import Exchange, Instrument, Server, Settings, point_at
from engine.venues.sandbox.clock import Clock
from engine.venues.sandbox.controlling.faults import Faults
from engine.venues.sandbox.limits import Limits
from engine.venues.sandbox.matching.tape import Tape

MINUTE_MS = 60_000
START_MS = 1_704_067_200_000  # 2024-01-01
FLAT = (100.0, 100.0, 100.0, 100.0)
SYMBOL = "BTC/USDT"


class Recorded:
    """Keep the venue's status and body on the error, as ccxt.md section 5 says."""

    def handle_errors(self, status, reason, url, method, headers, body, response, *rest):  # type: ignore[no-untyped-def]
        try:
            return super().handle_errors(status, reason, url, method, headers, body, response, *rest)  # type: ignore[misc]
        except ccxt.BaseError as error:
            error.venue = status, response  # type: ignore[attr-defined]
            raise


class Client(Recorded, ccxt.binance):
    """The unmodified client, which remembers what the venue said."""


def market(**fields: Any) -> Market:
    """Return a spot market with a tick of 0.1, a lot of 0.01 and fees in what arrives."""
    plain = {"tick": 0.1, "lot": 0.01, "maker_fee_rate": 0.001, "taker_fee_rate": 0.002, "fee_in": "base"}
    return Market(symbol=SYMBOL, **(plain | fields))


def candles(*rows: tuple[float, ...], symbol: str = SYMBOL) -> Candles:
    """Return minutes of (open, high, low, close[, volume])."""
    table = np.array([(*row, 1_000.0)[:5] for row in rows], dtype=float)
    times = START_MS + MINUTE_MS * np.arange(len(rows), dtype=np.int64)
    return Candles(times, *(np.ascontiguousarray(table[:, i]) for i in range(5)), "1m", symbol, "test", "a test")


@dataclass
class Desk:
    """Hold a client and the way to the exchange's control endpoint."""

    server: Server
    client: Any
    session: aiohttp.ClientSession
    key: dict[str, Any]

    async def control(self, method: str, path: str, /, **body: Any) -> Any:
        url = f"http://{self.server.address}/sandbox/{path}"
        async with self.session.request(method, url, data=json.dumps(body) if body else None) as reply:
            told = await reply.json()
            assert reply.status == 200, told
            return told

    async def step(self, count: int = 1) -> None:
        await self.control("POST", "step", candles=count)

    async def begin_a_minute(self) -> None:
        """Put the wall clock on the beginning of a minute, so that no count ends while a test counts."""
        await self.control("POST", "clock", skew_ms=-(self.server.clock.now_ms % MINUTE_MS))
        await self.client.load_time_difference()

    async def truth(self) -> Any:
        return await self.control("GET", "truth")

    async def audited(self) -> Any:
        told = await self.truth()
        assert told["audit"] == {"ok": True, "findings": []}
        return told

    def with_key(self, key: dict[str, Any], secret: str = "") -> Any:
        """Return another client with another key; who asks for it closes it."""
        return _client(self.server.address, key["key"], secret or key["secret"])


def _client(address: str, key: str, secret: str) -> Any:
    client = Client({"apiKey": key, "secret": secret, "enableRateLimit": False})
    point_at(client, address)
    assert not re.search(r"(https|wss)://", json.dumps(client.urls["api"])), "a live address is left"
    client.options["fetchOpenOrders"] = {"warnWithoutSymbol": False}
    client.options["warnOnFetchOpenOrdersWithoutSymbol"] = False
    return client


@asynccontextmanager
async def desk(
    *rows: tuple[float, ...], on: Market | None = None, limits: Limits | None = None, seed: int = 1,
    participation: float | None = None, balances: dict[str, str] | None = None, path: str = "low_first",
    max_orders: int = 200, max_stops: int = 5, tape: Candles | None = None, start_ms: int = START_MS,
) -> AsyncIterator[Desk]:  # fmt: skip
    """Open an exchange at the first of some candles (or of a tape), and a client with a key to its one account."""
    instrument = replace(Instrument.of(on or market(), max_orders), max_stops=max_stops)
    driving = Tape(tape or candles(*(rows or (FLAT,) * 50)), instrument.tick, instrument.lot, path)
    share = None if participation is None else Decimal(str(participation))
    exchange = Exchange([(instrument, driving)], start_ms, Settings(seed, share))
    exchange.open_account("trader", {k: Decimal(v) for k, v in (balances or {"USDT": "10000", "BTC": "10"}).items()})
    key = exchange.ring.make("trader", 0).told(secrets=True)
    generous = Limits(10**9, 10**9, 10**9, raw_limit=10**9)
    async with Server(exchange, Clock(start_ms, 0.0), 0, {"spot": limits or generous}, Faults(seed)) as server:
        client = _client(server.address, key["key"], key["secret"])
        async with aiohttp.ClientSession() as session:
            try:
                await client.load_markets()
                yield Desk(server, client, session, key)
            finally:
                await client.close()


def played(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Run a test that is a coroutine to its end."""

    @wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        asyncio.run(test(*args, **kwargs))

    return run


async def refusal(call: Awaitable[Any]) -> tuple[type[Exception], int, int, str]:
    """Return the class of a refused call's error, the HTTP status, the venue's code and its message."""
    try:
        told = await call
    except ccxt.BaseError as error:
        status, body = error.venue  # type: ignore[attr-defined]
        return type(error), status, body["code"], body["msg"]
    raise AssertionError(f"expected a refusal, was {told}")
