"""Requests over a websocket: each is one of the REST dialect, and goes the same way in; and the user stream of spot.

Owns the envelope: ids, status, rate limits. Must not know sockets or what requests mean.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from engine.errors import DataError
from engine.venues.sandbox.asking import Asked
from engine.venues.sandbox.controlling.faults import FAULTS
from engine.venues.sandbox.keys import Key
from engine.venues.sandbox.refusal import RefusalError, illegal, missing
from engine.venues.sandbox.streams.feed import Outlet
from engine.venues.sandbox.streams.hub import written
from engine.venues.sandbox.streams.users import Users
from engine.venues.sandbox.wire.authorising import SESSION, authorise
from engine.venues.sandbox.wire.breaking import broken_json
from engine.venues.sandbox.wire.intake import Intake, Outcome
from engine.venues.sandbox.wire.methods import METHODS

STREAM_WEIGHT = 2
_UNSAFE = frozenset("&%+#=\"'<>{} \\")


@dataclass(frozen=True, slots=True)
class Reply:
    """Hold an answer. text None: none comes; drops: the connection breaks instead; delay_ms: of the wall clock."""

    text: str | None
    drops: bool = False
    delay_ms: int = 0


class WebsocketApi:
    """Answer the requests of one connection to a floor's websocket API."""

    def __init__(self, intake: Intake, floor: str, users: Users, outlet: Outlet) -> None:
        self.intake, self.floor, self.users, self.outlet = intake, floor, users, outlet
        self.key: Key | None = None  # of who has logged on
        self._began_ms, self._since_ms = intake.clock.now_ms, 0
        self._own: dict[str, Callable[[dict[str, Any]], Any]] = {
            "session.logon": self._log_on,
            "session.status": lambda _: self._session(),
            "session.logout": self._log_out,
        }
        if floor == "spot":
            self._own |= {
                "userDataStream.subscribe.signature": self._subscribe,
                "userDataStream.subscribe": self._subscribe_session,
                "userDataStream.unsubscribe": self._unsubscribe,
                "session.subscriptions": self._subscriptions,
            }

    def end(self) -> None:
        """Let all streams of the connection end."""
        for one in self.users.of(self.outlet):
            self.users.unsubscribe(one)

    def answer(self, text: str) -> Reply:
        """Answer a request."""
        id_: object = None
        try:
            asked = _read(text)
            id_ = asked.get("id")
            if isinstance(id_, bool) or not (id_ is None or isinstance(id_, int | str)):
                raise illegal("id", "^[a-zA-Z0-9-_]{1,36}$")
            method, params = asked.get("method"), asked.get("params", {})
            if not isinstance(params, dict):
                raise RefusalError(-1135, "Invalid JSON Request")
            tells_limits = params.get("returnRateLimits", True) is not False
            found = self._found(method, params)
        except DataError as error:  # it cannot be kept, so it was not done
            return Reply(self._enveloped(id_, Outcome({"code": -1001, "msg": str(error)}, 503), True))
        except RefusalError as refusal:
            return Reply(self._enveloped(id_, Outcome(refusal.body, refusal.status, refusal.headers), True))
        if found.rule is None:
            return Reply(self._enveloped(id_, found, tells_limits))
        fault = FAULTS[found.rule.fault]
        if fault.reply in ("json", "maintenance", "weight", "ban"):
            told, status, headers = broken_json(fault.reply, self.intake.clock.now_ms)
            return Reply(self._enveloped(id_, Outcome(told, status, headers), tells_limits))
        if fault.reply == "slow":
            return Reply(self._enveloped(id_, found, tells_limits), delay_ms=found.rule.delay_ms)
        return Reply(None, drops=fault.reply != "empty")  # there is no half of a message, and no page of a proxy

    def _found(self, method: object, params: dict[str, Any]) -> Outcome:
        if method in self._own:
            counted = self.intake.weigh(self.floor, STREAM_WEIGHT)
            if counted.status != 200:
                return counted
            return Outcome(self._own[str(method)](params), headers=counted.headers)
        request = METHODS[self.floor].get(str(method))
        if request is None:
            raise RefusalError(-1000, f"There is no method {method} at the practice exchange.", 404)
        query, header = _query(params), _text(params.get("apiKey", ""))
        if self.key is not None and not header:
            query, header = f"{query}&{SESSION}={self.intake.exchange.ring.vouch(self.key.id, query)}", self.key.id
        return self.intake.take(*request, query, "", header)

    def _key(self, params: dict[str, Any]) -> Key:
        asked = Asked({name: _text(value) for name, value in params.items()})
        if not asked.has("signature"):
            raise missing("signature")
        header, now_ms = asked.values.get("apiKey"), self.intake.clock.now_ms
        return authorise(self.intake.exchange.ring, header, _query(params), "", asked, "read", now_ms)

    def _log_on(self, params: dict[str, Any]) -> Any:
        key = self._key(params)
        if not key.public_pem:
            raise RefusalError(-1002, "Only Ed25519 keys may log on.", 401)
        self.key, self._since_ms = key, self.intake.clock.now_ms
        return self._session()

    def _log_out(self, _params: dict[str, Any]) -> Any:
        self.key = None
        return self._session()

    def _session(self) -> Any:
        return {
            "apiKey": self.key.id if self.key else None, "authorizedSince": self._since_ms if self.key else None,
            "connectedSince": self._began_ms, "returnRateLimits": True, "serverTime": self.intake.clock.now_ms,
            "userDataStream": bool(self.users.of(self.outlet)),
        }  # fmt: skip

    def _subscribe_session(self, _params: dict[str, Any]) -> Any:
        if self.key is None or not self.key.works(self.intake.clock.now_ms):
            raise RefusalError(-1002, "You are not authorized to execute this request.", 401)
        return {"subscriptionId": self.users.subscribe(self.outlet, self.key).number}

    def _subscribe(self, params: dict[str, Any]) -> Any:
        return {"subscriptionId": self.users.subscribe(self.outlet, self._key(params)).number}

    def _unsubscribe(self, params: dict[str, Any]) -> Any:
        number, mine = params.get("subscriptionId"), self.users.of(self.outlet)
        if number is not None and number not in [one.number for one in mine]:
            raise RefusalError(-1140, f"There is no subscription {number} on this connection.")
        for one in mine:
            if number in (None, one.number):
                self.users.unsubscribe(one)
        return {}

    def _subscriptions(self, _params: dict[str, Any]) -> Any:
        return [{"subscriptionId": one.number} for one in self.users.of(self.outlet)]

    def _enveloped(self, id_: object, outcome: Outcome, tells_limits: bool) -> str:
        told: dict[str, Any] = {"id": id_, "status": outcome.status}
        if outcome.status == 200:
            told["result"] = outcome.told
        else:
            error = dict(outcome.told)
            wait = outcome.headers.get("Retry-After")
            if wait is not None:
                now_ms = self.intake.clock.now_ms
                error["data"] = {"serverTime": now_ms, "retryAfter": now_ms + 1_000 * int(wait)}
            told["error"] = error
        if tells_limits:
            told["rateLimits"] = self._limits(outcome.headers)
        return written(told)

    def _limits(self, headers: dict[str, str]) -> list[dict[str, object]]:
        """Return the limits that a request has counted against, with their counts."""
        found = []
        for one in self.intake.limits[self.floor].told():
            kind = "USED-WEIGHT" if one["rateLimitType"] == "REQUEST_WEIGHT" else "ORDER-COUNT"
            counted = headers.get(f"X-MBX-{kind}-{one['intervalNum']}{str(one['interval'])[0]}")
            if counted is not None:
                found.append({**one, "count": int(counted)})
        return found


def _read(text: str) -> dict[str, Any]:
    try:
        asked = json.loads(text)
    except ValueError:
        asked = None
    if not isinstance(asked, dict):
        raise RefusalError(-1135, "Invalid JSON Request")
    return asked


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def _query(params: dict[str, Any]) -> str:
    """Return the parameters as the query of the REST twin; all but the signature are signed, in order."""
    pairs = {name: _text(value) for name, value in sorted(params.items()) if name != "signature"}
    for name, value in pairs.items():
        if _UNSAFE.intersection(name + value) and name != "symbols":
            raise illegal(name, r"^[^&%+#=\s]*$")
    signed = "&".join(f"{name}={value}" for name, value in pairs.items())
    return f"{signed}&signature={quote(_text(params['signature']), safe='')}" if "signature" in params else signed
