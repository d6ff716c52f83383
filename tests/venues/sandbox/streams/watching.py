"""The real ccxt.pro client and bare sockets, pointed at a practice exchange. Nothing sleeps; all waits have an end."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import aiohttp
import ccxt.pro

from engine.venues.sandbox import point_at

from ..trading import Desk, Recorded

T = TypeVar("T")
PATIENCE_S = 10.0


async def soon(what: Awaitable[T]) -> T:
    """Return what comes, or fail."""
    return await asyncio.wait_for(what, PATIENCE_S)


class Kept:
    """Keep what a client is pushed: candles with their closed flag, and raw events."""

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__(config)  # type: ignore[call-arg]
        self.rows: list[tuple[bool, list[float]]] = []
        self.events: list[dict[str, Any]] = []
        self.came = asyncio.Event()

    def handle_ohlcv(self, client, message):  # type: ignore[no-untyped-def]
        k = message["k"]
        self.rows.append((k["x"], [k["t"], *(float(k[name]) for name in "ohlcv")]))
        super().handle_ohlcv(client, message)  # type: ignore[misc]

    def handle_message(self, client, message):  # type: ignore[no-untyped-def]
        event = message.get("event", message) if isinstance(message, dict) else {}
        if isinstance(event.get("e"), str):
            self.events.append(event)
            self.came.set()
        super().handle_message(client, message)  # type: ignore[misc]

    async def until(self, met: Any) -> None:
        """Wait until what has come meets a condition."""
        async with asyncio.timeout(PATIENCE_S):
            while not met():
                await self.came.wait()
                self.came.clear()


class Watching(Kept, Recorded, ccxt.pro.binance):
    """The unmodified client of spot."""


class WatchingLinear(Kept, Recorded, ccxt.pro.binanceusdm):
    """The unmodified client of USD-M."""


@asynccontextmanager
async def watching(at: Desk, key: dict[str, Any] | None = None, **config: Any) -> AsyncIterator[Any]:
    """Open a pro client with the desk's key, or another."""
    key = key or at.key
    made = WatchingLinear if at.client.id == "binanceusdm" else Watching
    client = made({"apiKey": key["key"], "secret": key.get("secret", ""), "enableRateLimit": False, **config})
    point_at(client, at.server.address)
    client.set_markets(at.client.markets)
    try:
        yield client
    finally:
        await client.close()


class Bare:
    """A socket without any client."""

    def __init__(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        self.ws = ws

    async def ask(self, **body: Any) -> Any:
        """Send a request and return its answer; what is pushed before it is passed over."""
        await self.ws.send_str(json.dumps(body))
        while True:
            told = await self.next()
            if "result" in told or "error" in told or "status" in told:
                return told

    async def next(self) -> Any:
        """Return the next message."""
        while (message := await soon(self.ws.receive())).type is aiohttp.WSMsgType.PING:
            await self.ws.pong(message.data)
        return json.loads(message.data)


@asynccontextmanager
async def bare(at: Desk, path: str, **config: Any) -> AsyncIterator[Bare]:
    """Open a socket at a path."""
    async with at.session.ws_connect(f"http://{at.server.address}/{path}", **config) as ws:
        yield Bare(ws)


def signed(key: dict[str, Any], now_ms: int, **params: Any) -> dict[str, Any]:
    """Return parameters with a key, a time and an HMAC signature, as the websocket API wants them."""
    full = dict(sorted(({"apiKey": key["key"], "timestamp": now_ms} | params).items()))
    payload = "&".join(f"{name}={value}" for name, value in full.items())
    return full | {"signature": hmac.new(key["secret"].encode(), payload.encode(), hashlib.sha256).hexdigest()}
