"""From the address of a websocket to what answers there. Owns the addresses; must not know what is said."""

from __future__ import annotations

from urllib.parse import parse_qs

from aiohttp import web

from engine.venues.sandbox.streams.pushing import Pushing
from engine.venues.sandbox.streams.requests import Requests
from engine.venues.sandbox.wire.intake import Intake
from engine.venues.sandbox.wire.sockets import Patience, Socket

MOST = {"spot": 1_024}  # streams a connection may listen to


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

    async def serve(self, request: web.BaseRequest, path: str, query: str) -> web.StreamResponse:
        """Answer a handshake; path: without the live host. 404: nothing listens there."""
        parts = path.strip("/").split("/")
        if parts[0] not in ("ws", "stream") or "spot" not in self.pushing.hubs:
            return web.Response(status=404, text=f"There is no websocket at {path}")
        if self.pushing.troubles.refuses(user=False):
            return web.Response(status=503, text="Service Unavailable")
        combined = parts[0] == "stream"
        names = parts[1:] + [name for one in parse_qs(query).get("streams", []) for name in one.split("/")]
        socket = Socket(self.patience, combined)
        requests = Requests(self.pushing.hubs["spot"], socket, MOST["spot"])

        def heard(text: str) -> str:
            self.intake.take()
            return requests.answer(text)

        self.sockets.add(socket)
        requests.begin(names)
        try:
            return await socket.serve(request, heard, counted=True)
        finally:
            requests.end()
            self.sockets.discard(socket)
