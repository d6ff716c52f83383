"""The first line of a journal: what was opened, when, and on which candles.

Owns the comparison with what is asked for now. Must not know the lines that follow.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from engine.candles import Candles
from engine.candles.timeframes import iso, parse_market, parse_time
from engine.errors import ConfigError, DataError
from engine.venues.sandbox.exchange import Exchange
from engine.venues.sandbox.opening import Opening

FORM = 1
FLAGS = {"markets": "--market", "since": "--from", "max_orders": "--max-orders"}
FREE = ("root",)  # where the candles are may change; what they are is checked

Header = dict[str, Any]


def header_of(opening: Opening, now_ms: int, exchange: Exchange) -> Header:
    """Return the line for an exchange that was opened right now, ms."""
    candles = _driving(opening, exchange)
    spans = {name: (one.first_ms, int(one.open_ms[-1]), one.content_hash()) for name, one in candles}
    return {"tradewind sandbox": FORM, "opening": _settings(opening), "now_ms": now_ms, "candles": spans}


def refuse_other_settings(header: Any, opening: Opening) -> None:
    """Refuse to go on with other settings than it was begun with; ConfigError names the first of them."""
    form = header.get("tradewind sandbox") if isinstance(header, dict) else None
    if form != FORM:
        raise DataError(f"the journal is of form {form}, expected {FORM}: another version of the program wrote it")
    begun, asked = header["opening"], _settings(opening)
    for name in sorted(begun.keys() | asked.keys()):
        if begun.get(name) != asked.get(name):
            flag, was = FLAGS.get(name, f"--{name}"), _told(begun.get(name))
            raise ConfigError(
                f"{flag}: expected {was}, with which the exchange of --persist was begun, "
                f"was {_told(asked.get(name))}; start it with the same settings, or name another file"
            )


def spans_of(header: Header) -> dict[str, tuple[int, int]]:
    """Return the open times of the first and the last candle of each market, ms."""
    return {name: (first, last) for name, (first, last, _) in header["candles"].items()}


def refuse_other_candles(header: Header, opening: Opening, exchange: Exchange) -> None:
    """Refuse to go on with other candles than it was begun with."""
    for name, one in _driving(opening, exchange):
        if header["candles"][name][2] != one.content_hash():
            raise DataError(f"{name}: the candles are not those that the exchange was begun with; restore them")


def _settings(opening: Opening) -> Header:
    plain = {name: value for name, value in asdict(opening).items() if name not in FREE}
    plain["since"] = parse_time(opening.since) if opening.since else ""
    told: Header = json.loads(json.dumps(plain))
    return told


def _told(value: Any) -> str:
    if isinstance(value, int) and value > 10**10:
        return iso(value)
    return " ".join(value) if isinstance(value, list) else str(value) or "nothing"


def _driving(opening: Opening, exchange: Exchange) -> list[tuple[str, Candles]]:
    found = []
    for name in opening.markets:
        coins, _, settled = parse_market(name)[1].partition(":")
        floor = exchange.floors["usdm" if settled else "spot"]
        found.append((name, floor.pits[coins.replace("/", "")].tape.candles))
    return found
