"""What goes into the exchange, one input after another: time, requests of the dialects, and the control endpoint's.

Owns the order in which an input takes effect: time goes on, a fault is drawn, the request is answered. What the
exchange holds then depends on its inputs alone, so whoever keeps them can repeat them; everything that can change it
comes through `Intake.take`. Must not know sockets or files.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import parse_qsl

from engine.errors import ConfigError
from engine.venues.sandbox.clock import Clock
from engine.venues.sandbox.controlling.control import Control
from engine.venues.sandbox.controlling.faults import FAULTS, Faults, Rule
from engine.venues.sandbox.exchange import Exchange
from engine.venues.sandbox.limits import Limits
from engine.venues.sandbox.refusal import RefusalError
from engine.venues.sandbox.wire.dialect import answer

CONTROL = "/sandbox"
WEIGH = "WEIGH"  # the method of what only counts against a floor's limits; its path is the floor's name


@dataclass(frozen=True, slots=True)
class Input:
    """Hold one input. market_ms, wall_ms: when, by the two clocks, the wall's without skew; method "": time alone.

    query, body: as they came; header: X-MBX-APIKEY.
    """

    market_ms: int
    wall_ms: int
    method: str = ""
    path: str = ""
    query: str = ""
    body: str = ""
    header: str | None = None

    @property
    def is_control(self) -> bool:
        """Return whether it is the control endpoint's."""
        return self.path.startswith(CONTROL)

    @property
    def only_time(self) -> bool:
        """Return whether nothing can change but by the time that goes on."""
        return not self.method or (self.is_control and self.method == "GET")

    @property
    def only_asks(self) -> bool:
        """Return whether it changes nothing but by the time that goes on, and by what its request weighs."""
        return self.method in ("", "GET")


@dataclass(slots=True)
class Outcome:
    """Hold what becomes of an input: the answer as JSON, and the fault that keeps it from its client."""

    told: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    rule: Rule | None = None


class Keeper(Protocol):
    """Keep inputs, so that they can be repeated."""

    def keep(self, one: Input, play: Callable[[Input], Outcome]) -> Outcome:
        """Write an input down, let it take effect, and return what became of it."""


class Intake:
    """Take inputs in. keeper: who writes them down; None: nobody does."""

    def __init__(self, exchange: Exchange, clock: Clock, limits: Mapping[str, Limits], faults: Faults) -> None:
        self.exchange, self.clock, self.limits, self.faults = exchange, clock, limits, faults
        self.control = Control(exchange, clock, limits, faults)
        self.keeper: Keeper | None = None

    def take(
        self, method: str = "", path: str = "", query: str = "", body: str = "", header: str | None = None
    ) -> Outcome:
        """Let a request take effect now, or time alone, and return what became of it."""
        one = Input(self.clock.market_ms, self.clock.wall_ms, method, path, query, body, header)
        return self.play(one) if self.keeper is None else self.keeper.keep(one, self.play)

    def weigh(self, floor: str, weight: int) -> Outcome:
        """Count what no table of a dialect has against a floor's limits, and return the headers or a refusal."""
        return self.take(WEIGH, floor, str(weight))

    def play(self, one: Input, again: bool = False) -> Outcome:
        """Let an input take effect. again: it is repeated, and nobody waits for what it only asks for."""
        with self.clock.held(one.market_ms, one.wall_ms):
            self.exchange.advance(one.market_ms)
            if not one.method:
                return Outcome()
            if one.is_control:
                return self._controlled(one)
            if one.method == WEIGH and one.path in self.limits:
                return self._weighed(self.limits[one.path], int(one.query))
            rule = self.faults.draw(one.method, one.path)
            does = "now" if rule is None else FAULTS[rule.fault].does
            if rule is not None and does == "late":
                self.exchange.plan(rule.delay_ms, lambda: self._answered(one, again))
            outcome = self._answered(one, again) if does == "now" else Outcome()
            outcome.rule = rule
            return outcome

    def _weighed(self, limits: Limits, weight: int) -> Outcome:
        try:
            return Outcome(headers={"X-MBX-USED-WEIGHT-1M": str(limits.weigh(weight, self.clock.now_ms))})
        except RefusalError as refusal:
            return Outcome(refusal.body, refusal.status, refusal.headers)

    def _answered(self, one: Input, again: bool) -> Outcome:
        asked = (one.method, one.path, one.query, one.body, one.header)
        try:
            told, headers = answer(
                self.exchange, self.limits, *asked, self.clock.now_ms, only_count=again and one.only_asks
            )
            return Outcome(told, 200, headers)
        except RefusalError as refusal:
            return Outcome(refusal.body, refusal.status, refusal.headers)

    def _controlled(self, one: Input) -> Outcome:
        question = self.control.questions.get(one.path) if one.method == "GET" else None
        if question is not None:
            return Outcome(question(dict(parse_qsl(one.query))))
        try:
            wanted = json.loads(one.body) if one.body else {}
            if not isinstance(wanted, dict):
                raise ConfigError("expected a JSON object")
            return Outcome(self.control.obey(one.method, one.path.rstrip("/"), wanted))
        except ValueError as error:
            return Outcome({"error": f"expected JSON ({error})"}, 400)
        except ConfigError as error:
            return Outcome({"error": str(error)}, 400)
