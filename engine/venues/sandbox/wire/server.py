"""The exchange on a socket of loopback: HTTP in and out, and what faults do to it.

Owns the server's life. It listens on 127.0.0.1 only. Must not know what requests mean.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from aiohttp import web

from engine.errors import ConfigError, DataError
from engine.venues.sandbox.clock import Clock
from engine.venues.sandbox.controlling.faults import FAULTS, Faults
from engine.venues.sandbox.exchange import Exchange
from engine.venues.sandbox.limits import Limits
from engine.venues.sandbox.page import POLICY, page
from engine.venues.sandbox.page.state import state
from engine.venues.sandbox.page.watching import Watching
from engine.venues.sandbox.streams.pushing import Pushing
from engine.venues.sandbox.wire.breaking import as_json, broken
from engine.venues.sandbox.wire.dialect import STANDARD
from engine.venues.sandbox.wire.guarding import strange
from engine.venues.sandbox.wire.intake import CONTROL, Intake
from engine.venues.sandbox.wire.sockets import Patience
from engine.venues.sandbox.wire.streaming import Streaming

HOST = "127.0.0.1"
PAGES = ("/", "/sandbox", "/sandbox/")
LONGEST_LINE = 1 << 20  # bytes; five orders in one query are well beyond what aiohttp takes by itself
TICK_S = 0.2  # the market goes on by itself as well, so that no request finds a long way to go


class Server:
    """Serve one exchange. port 0: any free one; the address stands in `address` once it is started."""

    def __init__(
        self,
        exchange: Exchange,
        clock: Clock,
        port: int = 0,
        limits: Mapping[str, Limits] | None = None,
        faults: Faults | None = None,
        patience: Patience | None = None,
    ) -> None:
        self.exchange, self.clock, self.port = exchange, clock, port
        self.limits = limits or {name: STANDARD[name]() for name in exchange.floors}
        self.faults = faults or Faults(exchange.settings.seed)
        self.intake = Intake(exchange, clock, self.limits, self.faults)
        self.pushing = Pushing(exchange, clock)
        self.intake.control.routes |= self.pushing.routes
        self.streaming = Streaming(self.pushing, self.intake, patience)
        self._watching = Watching(exchange)
        self.intake.control.questions["/sandbox/state"] = self._state
        serving = web.Server(self._handle, max_line_size=LONGEST_LINE, max_field_size=LONGEST_LINE)
        self._runner = web.ServerRunner(serving, shutdown_timeout=0.5)  # slow replies must end too
        self._going: asyncio.Task[None] | None = None

    @property
    def address(self) -> str:
        """Return host and port."""
        return f"{HOST}:{self.port}"

    async def __aenter__(self) -> Server:
        await self._runner.setup()
        try:
            site = web.TCPSite(self._runner, HOST, self.port)
            await site.start()
        except OSError as error:
            await self._runner.cleanup()
            raise ConfigError(f"--port: {self.port} cannot be had ({error.strerror}); choose another one") from None
        self.port = self._runner.addresses[0][1]
        self._going = asyncio.create_task(self._go_on())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._going is not None:
            self._going.cancel()
            await asyncio.wait([self._going])
        await self.streaming.end()
        await self._runner.cleanup()
        if self._going is not None and not self._going.cancelled():
            self._going.result()  # an exchange that has stood still because of an error does not end quietly

    async def serve_until(self, ended: asyncio.Event) -> None:
        """Serve until somebody ends it, or an error does."""
        if self._going is None:
            raise ValueError("the server has not been started")
        waiting = asyncio.create_task(ended.wait())
        await asyncio.wait((waiting, self._going), return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()

    def _state(self, asked: Mapping[str, str]) -> object:
        return state(self.exchange, self.clock, self.faults, self._watching, asked.get("market", ""))

    async def _go_on(self) -> None:
        while True:
            await asyncio.sleep(self._pause_s())
            self.intake.take()
            self.pushing.present()

    def _pause_s(self) -> float:
        """Return how long the market may be left alone: a tick, or until a candle closes."""
        speed, step_ms, now_ms = self.clock.speed, self.exchange.step_ms, self.clock.market_ms
        if not speed:
            return TICK_S
        return min(TICK_S, ((now_ms // step_ms + 1) * step_ms - now_ms) / 1_000 / speed + 0.000_5)

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        refused = strange(request.method, request.headers)
        if refused:
            return as_json({"error": refused}, 403, {})
        path, _, query = request.raw_path.partition("?")
        first, _, rest = path.removeprefix("/").partition("/")
        host = first if "." in first else ""
        if host:  # the live host, which a client that was pointed here keeps as a prefix
            path = f"/{rest}"
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await self.streaming.serve(request, host, path, query)
        if request.method == "GET" and path in PAGES:
            return web.Response(text=page(), content_type="text/html", headers={"Content-Security-Policy": POLICY})
        body = await request.text() if request.can_read_body else ""
        try:
            found = self.intake.take(request.method, path, query, body, request.headers.get("X-MBX-APIKEY"))
        except DataError as error:  # it cannot be kept, so it was not done
            return as_json({"code": -1001, "msg": str(error)}, 503, {})
        if path.startswith(CONTROL):
            self.pushing.present(everything=not self.clock.speed)  # a step has pushed what it caused before it answers
        whole = as_json(found.told, found.status, found.headers)
        if found.rule is None:
            return whole
        rule = found.rule
        return await broken(FAULTS[rule.fault].reply, whole, request, rule.delay_ms, self.clock.now_ms)
