"""The answers to requests for listen keys, which need a key and no signature."""

from __future__ import annotations

from typing import Any

from engine.venues.sandbox.call import Call
from engine.venues.sandbox.keys import Key
from engine.venues.sandbox.refusal import RefusalError
from engine.venues.sandbox.usdm.floor import UsdmFloor


def start(call: Call[UsdmFloor]) -> Any:
    """Answer a listen key."""
    listening, key = call.floor.listening, _key(call)
    return {"listenKey": listening.give(key, call.now_ms).text}


def keep(call: Call[UsdmFloor]) -> Any:
    """Let the account's listen key live on."""
    listening, key = call.floor.listening, _key(call)
    if listening.of(key.account, call.now_ms) is None:
        raise RefusalError(-1125, "This listenKey does not exist.")
    return {"listenKey": listening.give(key, call.now_ms).text}


def stop(call: Call[UsdmFloor]) -> Any:
    """End the account's listen key."""
    listening, key = call.floor.listening, _key(call)
    found = listening.of(key.account, call.now_ms)
    if found is None:
        raise RefusalError(-1125, "This listenKey does not exist.")
    found.expires_ms = call.now_ms
    return {}


def _key(call: Call[UsdmFloor]) -> Key:
    if call.key is None:
        raise ValueError("expected a request with a key")
    return call.key
