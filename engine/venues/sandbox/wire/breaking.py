"""Replies on the wire, whole and broken. Owns what a client sees of a fault; must not know what was asked for."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from aiohttp import web

from engine.venues.sandbox.limits import BAN_MS, MINUTE_MS, Window

PAGE = "<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center></body></html>"


def as_json(told: Any, status: int, headers: dict[str, str]) -> web.Response:
    """Return a reply with a JSON body."""
    body = json.dumps(told, separators=(",", ":")).encode()
    return web.Response(body=body, status=status, headers=headers, content_type="application/json")


async def broken(
    reply: str, whole: web.Response, request: web.BaseRequest, delay_ms: int, now_ms: int
) -> web.StreamResponse:
    """Answer as a fault has it: reset, slow, cut, empty, html, json, maintenance, weight or ban; whole: without it."""
    if reply == "reset":
        if request.transport is not None:
            request.transport.abort()
        return web.Response()
    if reply == "slow":
        await asyncio.sleep(delay_ms / 1_000)
        return whole
    if reply == "cut":
        return await _cut(request, whole)
    if reply == "empty":
        return web.Response(body=b"", content_type="application/json")
    if reply == "html":
        return web.Response(text=PAGE, status=502, content_type="text/html")
    return as_json(*broken_json(reply, now_ms))


def broken_json(reply: str, now_ms: int) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Return what the venue answers itself instead, its status and headers: maintenance, json, weight or ban."""
    if reply == "maintenance":
        return {"code": 1, "msg": "System is under maintenance."}, 503, {}
    if reply == "json":
        said = "Internal error; unable to process your request. Please try again."
        return {"code": -1001, "msg": said}, 503, {}
    banned = reply == "ban"
    said = f"IP banned until {now_ms + BAN_MS}." if banned else "Too much request weight used."
    wait_s = BAN_MS // 1_000 if banned else Window(MINUTE_MS, 0).wait_s(now_ms)
    return {"code": -1003, "msg": said}, 418 if banned else 429, {"Retry-After": str(wait_s)}


async def _cut(request: web.BaseRequest, whole: web.Response) -> web.StreamResponse:
    """Promise a whole body, send half of it, and hang up."""
    body = whole.body if isinstance(whole.body, bytes) else b"{}"
    reply = web.StreamResponse(status=whole.status, headers={"Content-Type": "application/json"})
    reply.content_length = len(body)
    await reply.prepare(request)
    await reply.write(body[: len(body) // 2])
    if request.transport is not None:
        request.transport.close()
    return reply
