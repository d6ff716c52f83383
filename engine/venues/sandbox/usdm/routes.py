"""The USD-M dialect as one table: which request is answered by what, at which weight, for whom."""

from __future__ import annotations

from engine.venues.sandbox.call import Route
from engine.venues.sandbox.rights import restrictions
from engine.venues.sandbox.usdm import public_calls

ROUTES: dict[tuple[str, str], Route] = {
    ("GET", "/fapi/v1/ping"): Route(public_calls.ping, 1),
    ("GET", "/fapi/v1/time"): Route(public_calls.time, 1),
    ("GET", "/fapi/v1/exchangeInfo"): Route(public_calls.exchange_info, 1),
    ("GET", "/sapi/v1/account/apiRestrictions"): Route(restrictions, 1, "read"),
}
