"""From the address of a websocket to what answers there. Owns the addresses; must not know what is said."""

from __future__ import annotations

import asyncio
from urllib.parse import parse_qs

from aiohttp import web

from engine.errors import DataError
from engine.venues.sandbox.streams.pushing import Pushing
from engine.venues.sandbox.streams.requests import Requests
from engine.venues.sandbox.wire.intake import Intake
from engine.venues.sandbox.wire.sockets import Patience, Socket
from engine.venues.sandbox.wire.websocket_api import WebsocketApi

MOST = {"spot": 1_024, "usdm": 1_024}  # streams a connection may listen to
CATEGORIES = ("market", "public", "private")  # of the streams of USD-M
APIS = {"/ws-api/v3": "spot", "/ws-fapi/v1": "usdm"}


class Streaming:
    """Serve all websockets of an exchange."""

    def __init__(self, pushing: Pushing, intake: Intake, patience: Patience | None = None) -> None:
        self.pushing, self.intake = pushing, intake
        self.patience = patience or Patience()
        self.sockets: set[Socket] = set()

    async def end(self) -> None:
        """Close what is open."""
        for socket in list(self.sockets):
            await socket.close()

    async def serve(self, request: web.BaseRequest, host: str, path: str, query: str) -> web.StreamResponse:
        """Answer a handshake. host: the live one, "": none was named; path: without it. 404: nothing listens there."""
        parts = path.strip("/").split("/")
        api = APIS.get(path.rstrip("/"))
        floor = api or ("usdm" if parts[0] in CATEGORIES or host.startswith("fstream") else "spot")
        private = parts[0] == "private"
        if parts[0] in CATEGORIES:
            parts = parts[1:]
        if floor not in self.pushing.hubs or (api is None and parts[:1] not in (["ws"], ["stream"])):
            return web.Response(status=404, text=f"There is no websocket at {path}")
        if self.pushing.troubles.refuses(user=private or api is not None):
            return web.Response(status=503, text="Service Unavailable")
        socket = Socket(self.patience, combined=parts[0] == "stream")
        self.sockets.add(socket)
        try:
            if api is not None:
                return await self._api(request, socket, floor)
            names = parts[1:] + [name for one in parse_qs(query).get("streams", []) for name in one.split("/")]
            if private:
                names = parse_qs(query).get("listenKey", []) + names
                return await self._private(request, socket, names[0] if names else "")
            return await self._market(request, socket, floor, names)
        finally:
            self.sockets.discard(socket)

    async def _market(
        self, request: web.BaseRequest, socket: Socket, floor: str, names: list[str]
    ) -> web.StreamResponse:
        requests = Requests(self.pushing.hubs[floor], socket, MOST[floor])

        def heard(text: str) -> None:
            try:
                self.intake.take()
            except DataError:  # what happens cannot be kept, so nothing goes on
                socket.drop()
                return
            socket.put(requests.answer(text))

        requests.begin(names)
        try:
            return await socket.serve(request, heard, counted=True)
        finally:
            requests.end()

    async def _private(self, request: web.BaseRequest, socket: Socket, listen_key: str) -> web.StreamResponse:
        found, users = self.intake.exchange.usdm.listening.keys.get(listen_key), self.pushing.users["usdm"]
        if found is None or not found.lives(self.intake.clock.now_ms):
            return web.Response(status=401, text="This listenKey does not exist.")
        one = users.subscribe(socket, found.key, found)
        try:
            return await self._market(request, socket, "usdm", [])
        finally:
            users.unsubscribe(one)

    async def _api(self, request: web.BaseRequest, socket: Socket, floor: str) -> web.StreamResponse:
        api = WebsocketApi(self.intake, floor, self.pushing.users[floor], socket)

        def heard(text: str) -> None:
            reply = api.answer(text)
            if reply.drops:
                socket.drop()
            elif reply.text is not None and reply.delay_ms:
                asyncio.get_running_loop().call_later(reply.delay_ms / 1_000, socket.put, reply.text)
            elif reply.text is not None:
                socket.put(reply.text)

        try:
            return await socket.serve(request, heard, counted=False)
        finally:
            api.end()
