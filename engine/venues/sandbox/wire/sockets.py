"""One websocket: what leaves it in order, what comes in, and how long it lives.

Owns pings and the end of a connection; times are the event loop's, s. Must not know what is said.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import WSCloseCode, WSMsgType, web

PENDING = 100_000  # messages that may wait for a client that does not read


@dataclass(frozen=True, slots=True)
class Patience:
    """Say how often the server pings, how long it waits for a pong, how long a connection may last, all in s.

    requests: how many messages a second a client of market streams may send.
    """

    ping_s: float = 20.0
    pong_s: float = 60.0
    life_s: float = 86_400.0
    requests: int = 5


class Socket:
    """Carry messages between one client and what answers it."""

    def __init__(self, patience: Patience, combined: bool = False) -> None:
        self.patience, self.combined = patience, combined
        self._ws = web.WebSocketResponse(autoping=False, compress=False)
        self._waiting: deque[str] = deque()
        self._wake = asyncio.Event()
        self._request: web.BaseRequest | None = None

    def put(self, text: str) -> None:
        """Queue a message; who does not read for too long is cut off."""
        if len(self._waiting) >= PENDING:
            self.drop()
            return
        self._waiting.append(text)
        self._wake.set()

    def drop(self) -> None:
        """Break the connection without a word."""
        self._waiting.clear()
        if self._request is not None and self._request.transport is not None:
            self._request.transport.abort()

    async def close(self, code: int = WSCloseCode.GOING_AWAY) -> None:
        """End the connection as it should be ended."""
        await self._ws.close(code=code)

    async def serve(
        self, request: web.BaseRequest, heard: Callable[[str], None], counted: bool
    ) -> web.WebSocketResponse:
        """Shake hands, and carry messages until either side ends. heard: what takes one in; counted: only so many."""
        self._request = request
        await self._ws.prepare(request)
        loop = asyncio.get_running_loop()
        began = ponged = loop.time()
        writing = asyncio.create_task(self._write())
        pinging = asyncio.create_task(self._ping())
        try:
            stretch, count = 0, 0
            while True:
                now = loop.time()
                until = min(ponged + self.patience.pong_s, began + self.patience.life_s)
                if now >= until:
                    await self.close(WSCloseCode.POLICY_VIOLATION if until < began + self.patience.life_s else 1001)
                    break
                try:
                    message = await self._ws.receive(until - now)
                except TimeoutError:
                    continue
                if message.type is WSMsgType.PONG:
                    ponged = loop.time()
                    continue
                if message.type not in (WSMsgType.TEXT, WSMsgType.PING):
                    break
                stretch, count = (stretch, count + 1) if int(loop.time()) == stretch else (int(loop.time()), 1)
                if counted and count > self.patience.requests:
                    await self.close(WSCloseCode.POLICY_VIOLATION)
                    break
                if message.type is WSMsgType.PING:
                    await self._ws.pong(message.data)
                    continue
                heard(message.data)
        except ConnectionError:
            pass  # the client has gone while it was being answered: that is how connections end
        finally:
            for task in (writing, pinging):
                task.cancel()
            await asyncio.gather(writing, pinging, return_exceptions=True)
        return self._ws

    async def _write(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                await self._ws.send_str(self._waiting.popleft())

    async def _ping(self) -> None:
        while True:
            await asyncio.sleep(self.patience.ping_s)
            await self._ws.ping()
