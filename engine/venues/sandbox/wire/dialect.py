"""The way from a request to an answer or a refusal: its route, its weight, who asks. Must not know sockets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from engine.venues.sandbox.asking import Asked
from engine.venues.sandbox.call import Call, Route
from engine.venues.sandbox.exchange import Exchange
from engine.venues.sandbox.floor import Floor
from engine.venues.sandbox.limits import Limits
from engine.venues.sandbox.refusal import RefusalError
from engine.venues.sandbox.spot import routes as spot_routes
from engine.venues.sandbox.usdm import routes as usdm_routes
from engine.venues.sandbox.wire.authorising import authorise, identify

ROUTES: dict[str, dict[tuple[str, str], Route]] = {"spot": spot_routes.ROUTES, "usdm": usdm_routes.ROUTES}
STANDARD: dict[str, Callable[[], Limits]] = {"spot": Limits, "usdm": Limits.of_contracts}


def find(exchange: Exchange, method: str, path: str) -> tuple[Floor, Route]:
    """Return who answers a request; RefusalError: nobody does."""
    for floor in exchange.floors.values():
        if (method, path) in ROUTES[floor.name]:
            return floor, ROUTES[floor.name][method, path]
    raise RefusalError(-1000, f"There is no {method} {path} at the practice exchange.", 404)


def answer(
    exchange: Exchange, limits: Mapping[str, Limits], method: str, path: str, query: str, body: str,
    header: str | None, now_ms: int, only_count: bool = False,
) -> tuple[Any, dict[str, str]]:  # fmt: skip
    """Return a request's answer and its headers; RefusalError carries those it had by then.

    limits: by segment; query, body: as they came; header: X-MBX-APIKEY; now_ms: the wall clock's; only_count: the
    request counts against the limits, and is answered with nothing.
    """
    headers: dict[str, str] = {}
    try:
        floor, route = find(exchange, method, path)
        own = limits[floor.name]
        asked = Asked(dict(parse_qsl(f"{query}&{body}", keep_blank_values=True)))
        used = own.weigh(route.weighs(asked), now_ms)
        headers["X-MBX-USED-WEIGHT-1M"] = str(used)
        if floor.name == "spot":
            headers["X-MBX-USED-WEIGHT"] = str(used)
        if only_count:
            return None, headers
        call = Call(floor, own, asked, now_ms, headers=headers, floors=exchange.floors)
        if route.unsigned:
            call.key = identify(exchange.ring, header, route.permission, now_ms)
        elif route.permission:
            call.key = authorise(exchange.ring, header, query, body, asked, route.permission, now_ms)
            if route.orders:
                headers |= own.count_order(call.account, now_ms)
        return route.answer(call), headers
    except RefusalError as refusal:
        refusal.headers = headers | refusal.headers
        raise
