"""Faults on demand: the table of them, and the rules that are set on requests, orders and candles.

Owns what is set and what was met. Must not know sockets: what a reply looks like on the wire is the server's. Each rule
draws from a chance of its own, so that one more rule, or one more question, changes nothing about the others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from engine.errors import ConfigError
from engine.venues.sandbox.controlling.rules import Rule, read_rule
from engine.venues.sandbox.controlling.seizing import ORDERS, seize
from engine.venues.sandbox.controlling.veiling import CANDLES, veil
from engine.venues.sandbox.exchange import Exchange
from engine.venues.sandbox.floor import Floor
from engine.venues.sandbox.matching.order import Order
from engine.venues.sandbox.matching.pit import Pit

__all__ = ["FAULTS", "Faults", "Rule"]


@dataclass(frozen=True, slots=True)
class Fault:
    """Say what becomes of a request. does: it is carried out (now, late, or never); reply: what the client sees."""

    does: str  # now, late, never
    reply: str  # reset, json, html, empty, cut, slow, maintenance, weight, ban


FAULTS = {
    "reply_lost": Fault("now", "reset"),  # accepted, and the connection breaks before the answer
    "late_acceptance": Fault("late", "reset"),  # the connection breaks, and the order is accepted delay_ms later
    "reset": Fault("never", "reset"),
    "error_json": Fault("never", "json"),  # 503 with -1001
    "error_json_accepted": Fault("now", "json"),
    "error_html": Fault("never", "html"),  # 502 of a proxy
    "error_html_accepted": Fault("now", "html"),
    "empty": Fault("now", "empty"),  # 200 without a body
    "cut": Fault("now", "cut"),  # 200 whose body ends in the middle
    "slow": Fault("now", "slow"),  # answered delay_ms of the wall clock later
    "maintenance": Fault("never", "maintenance"),  # 503 for all that it fits, for for_ms of the market's time
    "too_many_requests": Fault("never", "weight"),  # 429 with Retry-After
    "banned": Fault("never", "ban"),  # 418 with Retry-After
}
_OF_REQUESTS = ("method", "path", "delay_ms")
KEYS = dict.fromkeys(FAULTS, _OF_REQUESTS) | {"maintenance": ("method", "path", "for_ms")} | ORDERS | CANDLES
STATUS = "/sapi/v1/system/status"  # answers during maintenance, and says so


class Faults:
    """Hold the rules; the first that fits and draws its chance takes effect. met: how often each did."""

    def __init__(self, seed: int) -> None:
        self.rules: list[Rule] = []
        self.met: Counter[str] = Counter()
        self.outages: list[tuple[int, Rule]] = []  # until when, the market's time
        self._seed, self._ids = seed, 0
        self._exchange: Exchange | None = None

    def attach(self, exchange: Exchange) -> None:
        """Let the rules meet the orders and candles of an exchange."""
        self._exchange = exchange
        for floor in exchange.floors.values():
            floor.seize = self._seizing(exchange, floor)
            for pit in floor.pits.values():
                pit.closed.insert(0, self._veiling(floor.name))

    def set(self, wanted: dict[str, Any]) -> Rule:
        """Add a rule; ConfigError: it is not one."""
        rule = read_rule(wanted, KEYS)
        if rule.symbol and self._exchange is not None:
            known = [symbol for floor in self._exchange.floors.values() for symbol in floor.pits]
            if rule.symbol not in known:
                raise ConfigError(f'fault symbol: expected one of {", ".join(known)}, was "{rule.symbol}"')
        self._ids += 1
        rule.id, rule.random = self._ids, Random(f"fault {self._seed} {self._ids}")
        self.rules.append(rule)
        return rule

    def told(self) -> dict[str, Any]:
        """Return what is set, and how often each fault was met."""
        outages = [{"until_ms": until_ms, "id": rule.id} for until_ms, rule in self.outages if until_ms > self._now_ms]
        return {"set": [one.told() for one in self.rules if one.times], "outages": outages, "met": dict(self.met)}

    def remove(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """Take one rule away by its id, or all and every stretch that has begun."""
        id_ = wanted.get("id")
        if id_ is not None and id_ not in [one.id for one in self.rules]:
            raise ConfigError(f"fault id: there is none {id_!r}")
        self.outages = [] if id_ is None else [pair for pair in self.outages if pair[1].id != id_]
        self.rules = [one for one in self.rules if id_ not in (None, one.id)]
        if id_ is None and self._exchange is not None:
            for floor in self._exchange.floors.values():
                floor.maintained_until_ms = 0
                for pit in floor.pits.values():
                    pit.veil.clear()
        return {}

    def draw(self, method: str, path: str) -> Rule | None:
        """Return the rule that a request meets, and count it; None: none."""
        if not self.rules and not self.outages:
            return None

        def fits(rule: Rule) -> bool:
            return rule.method in ("", method) and rule.path in ("", path)

        self.outages = [(until_ms, rule) for until_ms, rule in self.outages if until_ms > self._now_ms]
        rule = next((rule for _, rule in self.outages if fits(rule)), None)
        if rule is None:
            rule = self._meet(lambda one: one.fault in FAULTS and fits(one))
            if rule is not None and rule.fault == "maintenance":
                self._begin(rule)
        return None if rule is not None and rule.fault == "maintenance" and path == STATUS else rule

    def _begin(self, rule: Rule) -> None:
        until_ms = self._now_ms + rule.for_ms
        self.outages.append((until_ms, rule))
        if not rule.path and self._exchange is not None:
            for floor in self._exchange.floors.values():
                floor.maintained_until_ms = until_ms

    def _meet(self, fits: Callable[[Rule], bool]) -> Rule | None:
        for rule in self.rules:
            if fits(rule) and rule.is_met():
                self.met[rule.fault] += 1
                if rule.times < 1:
                    self.rules = [one for one in self.rules if one is not rule]
                return rule
        return None

    @property
    def _now_ms(self) -> int:
        return 0 if self._exchange is None else self._exchange.now_ms

    def _seizing(self, exchange: Exchange, floor: Floor) -> Callable[[Order], bool]:
        def met(order: Order, *names: str) -> Rule | None:
            symbol = order.instrument.symbol
            return self._meet(
                lambda one: (
                    one.fault in names and _trades(one, floor.name, symbol) and one.account in ("", order.account)
                )
            )

        return lambda order: bool(self.rules) and seize(exchange, floor, order, met)

    def _veiling(self, floor: str) -> Callable[[Pit, int], None]:
        def met(pit: Pit, name: str) -> Rule | None:
            return self._meet(lambda one: one.fault == name and _trades(one, floor, pit.instrument.symbol))

        def closed(pit: Pit, k: int) -> None:
            for name in CANDLES if self.rules else ():
                rule = met(pit, name)
                if rule is not None:
                    veil(pit, k, rule)

        return closed


def _trades(rule: Rule, floor: str, symbol: str) -> bool:
    return rule.floor in ("", floor) and rule.symbol in ("", symbol)
