"""Faults on demand: which request meets which, how often, by which chance.

Owns the table of faults and the rules that are set on it. Must not know sockets: what a reply looks like on the wire is
the server's.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from random import Random
from typing import Any

from engine.errors import ConfigError, did_you_mean


@dataclass(frozen=True, slots=True)
class Fault:
    """Say what becomes of a request. does: it is carried out (now, late, or never); reply: what the client sees."""

    does: str  # now, late, never
    reply: str  # reset, json, html, empty, cut, slow, weight, ban


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
    "too_many_requests": Fault("never", "weight"),  # 429 with Retry-After
    "banned": Fault("never", "ban"),  # 418 with Retry-After
}


@dataclass(slots=True)
class Rule:
    """Set a fault on requests. method, path: which (empty: any); times: how often at most; chance: of each of them."""

    fault: str
    method: str = ""
    path: str = ""
    times: int = 1
    chance: float = 1.0
    delay_ms: int = 1_000


class Faults:
    """Hold the rules; the first that fits a request and draws its chance takes effect."""

    def __init__(self, seed: int) -> None:
        self.rules: list[Rule] = []
        self._random = Random(f"faults {seed}")

    def set(self, wanted: dict[str, Any]) -> Rule:
        """Add a rule; ConfigError: it is not one."""
        names = [one.name for one in fields(Rule)]
        for name in wanted:
            if name not in names:
                raise ConfigError(f'fault: unknown key "{name}"{did_you_mean(name, names)}')
        fault = wanted.get("fault")
        if fault not in FAULTS:
            raise ConfigError(f'fault: unknown "{fault}"{did_you_mean(str(fault), FAULTS)}')
        kinds: dict[str, tuple[type, ...]] = {"times": (int,), "delay_ms": (int,), "chance": (int, float)}
        for name, value in wanted.items():
            if not isinstance(value, kinds.get(name, (str,))) or isinstance(value, bool):
                raise ConfigError(f"fault {name}: expected {kinds.get(name, (str,))[-1].__name__}, was {value!r}")
        rule = Rule(**wanted)
        if rule.times < 1 or rule.delay_ms < 0 or not 0.0 <= rule.chance <= 1.0:
            raise ConfigError("fault: expected times from 1, delay_ms from 0 and a chance from 0 to 1")
        self.rules.append(rule)
        return rule

    def draw(self, method: str, path: str) -> Rule | None:
        """Return the rule that a request meets, and count it; None: none."""
        for rule in self.rules:
            fits = rule.times > 0 and rule.method in ("", method) and rule.path in ("", path)
            if fits and (rule.chance >= 1.0 or self._random.random() < rule.chance):
                rule.times -= 1
                self.rules = [one for one in self.rules if one.times > 0]
                return rule
        return None
