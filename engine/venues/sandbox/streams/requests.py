"""What a client asks of a socket of market streams: SUBSCRIBE and its kin, and the answers.

Owns the sentences of these answers. Must not know sockets.
"""

from __future__ import annotations

import json
from typing import Any

from engine.venues.sandbox.streams.feed import Outlet
from engine.venues.sandbox.streams.hub import Hub, written

METHODS = ("SUBSCRIBE", "UNSUBSCRIBE", "LIST_SUBSCRIPTIONS", "SET_PROPERTY", "GET_PROPERTY")


class MalformedError(Exception):
    """Carry the code and the sentence of a request that is not one."""

    def __init__(self, code: int, said: str) -> None:
        super().__init__(said)
        self.code, self.said = code, said


class Requests:
    """Obey the requests of one client. most: how many streams it may listen to."""

    def __init__(self, hub: Hub, outlet: Outlet, most: int) -> None:
        self.hub, self.outlet, self.most = hub, outlet, most
        self.names: dict[str, None] = {}

    def begin(self, names: list[str]) -> None:
        """Listen to the streams that the address names; what is none of them is passed over."""
        for name in names[: self.most]:
            if self.hub.subscribe(self.outlet, name):
                self.names[name] = None

    def end(self) -> None:
        """Listen to nothing any more."""
        for name in self.names:
            self.hub.unsubscribe(self.outlet, name)
        self.names.clear()

    def answer(self, text: str) -> str:
        """Return the answer to a request."""
        id_: object = None
        try:
            asked = _read(text)
            id_ = asked.get("id")
            if id_ is not None and (not isinstance(id_, int | str) or isinstance(id_, bool)):
                raise MalformedError(2, "Invalid request: request ID must be an unsigned integer")
            return written({"result": self._obeyed(asked), "id": id_})
        except MalformedError as error:
            told: dict[str, Any] = {"error": {"code": error.code, "msg": error.said}}
            return written(told if id_ is None else {**told, "id": id_})

    def _obeyed(self, asked: dict[str, Any]) -> object:
        method, params = asked.get("method"), asked.get("params", [])
        if method is None:
            raise MalformedError(2, "Invalid request: missing field `method`")
        if method not in METHODS:
            known = ", ".join(METHODS)
            raise MalformedError(2, f"Invalid request: unknown variant `{method}`, expected one of {known}")
        if method == "LIST_SUBSCRIPTIONS":
            return list(self.names)
        if not isinstance(params, list):
            raise MalformedError(2, "Invalid request: params must be a list")
        if method.endswith("_PROPERTY"):
            return self._property(method, params)
        if not all(isinstance(one, str) for one in params):
            raise MalformedError(2, "Invalid request: stream names must be strings")
        if method == "UNSUBSCRIBE":
            for name in params:
                self.names.pop(name, None)
                self.hub.unsubscribe(self.outlet, name)
            return None
        if len(self.names | dict.fromkeys(params)) > self.most:
            raise MalformedError(2, f"Invalid request: more than {self.most} streams on one connection")
        begun = [name for name in params if name not in self.names]
        for name in params:
            if not self.hub.subscribe(self.outlet, name):
                for done in begun:  # all of them, or none
                    self.names.pop(done, None)
                    self.hub.unsubscribe(self.outlet, done)
                raise MalformedError(2, "Invalid request: invalid stream")
            self.names[name] = None
        return None

    def _property(self, method: str, params: list[Any]) -> object:
        if not params or params[0] != "combined":
            raise MalformedError(0, "Unknown property")
        if method == "GET_PROPERTY":
            return self.outlet.combined
        if len(params) < 2 or not isinstance(params[1], bool):
            raise MalformedError(1, "Invalid value type: expected Boolean")
        self.outlet.combined = params[1]
        return None


def _read(text: str) -> dict[str, Any]:
    try:
        asked = json.loads(text)
    except ValueError:
        raise MalformedError(3, "Invalid JSON: expected value at line 1 column 1") from None
    if not isinstance(asked, dict):
        raise MalformedError(2, "Invalid request: expected an object")
    return asked
