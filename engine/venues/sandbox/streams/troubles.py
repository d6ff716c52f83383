"""What goes wrong on the way to a listener: silence, events twice, events in the wrong order, no connection at all.

Owns the rules that are set on streams. Must not know sockets; times are the wall clock's, ms.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from fnmatch import fnmatchcase
from random import Random
from typing import Any

from engine.errors import ConfigError, did_you_mean

KINDS = ("drop", "mute", "reorder", "duplicate", "refuse")
USER = "user"


@dataclass(slots=True)
class Trouble:
    """Set a trouble on streams. stream: a pattern such as btcusdt@kline_*, "user" for user streams, "*" for all.

    times, chance: how many events it meets at most (reorder, duplicate), and by which chance each of them; ms: how long
    it lasts (mute, refuse), 0: until it is taken away.
    """

    fault: str
    stream: str = "*"
    times: int = 1
    chance: float = 1.0
    ms: int = 0
    until_ms: int | None = None  # of the wall clock
    held: dict[str, str] = field(default_factory=dict)  # by stream and account, what waits to be overtaken

    def fits(self, stream: str, now_ms: int) -> bool:
        """Return whether it is at work on a stream."""
        works = self.times > 0 and (self.until_ms is None or now_ms < self.until_ms)
        return works and fnmatchcase(stream, self.stream)


class Troubles:
    """Hold the rules. wall: the clock by which they last."""

    def __init__(self, seed: int, wall: Callable[[], int]) -> None:
        self.rules: list[Trouble] = []
        self._random, self._wall = Random(f"streams {seed}"), wall

    def set(self, wanted: dict[str, Any]) -> Trouble:
        """Add a rule; ConfigError: it is not one."""
        names = [one.name for one in fields(Trouble) if one.name not in ("until_ms", "held")]
        for name in wanted:
            if name not in names:
                raise ConfigError(f'trouble: unknown key "{name}"{did_you_mean(name, names)}')
        kinds: dict[str, tuple[type, ...]] = {"times": (int,), "ms": (int,), "chance": (int, float)}
        for name, value in wanted.items():
            if not isinstance(value, kinds.get(name, (str,))) or isinstance(value, bool):
                raise ConfigError(f"trouble {name}: expected {kinds.get(name, (str,))[-1].__name__}, was {value!r}")
        fault = wanted.get("fault")
        if fault not in KINDS:
            raise ConfigError(f'trouble: unknown "{fault}"{did_you_mean(str(fault), KINDS)}')
        rule = Trouble(**wanted)
        if rule.times < 1 or rule.ms < 0 or not 0.0 <= rule.chance <= 1.0:
            raise ConfigError("trouble: expected times from 1, ms from 0 and a chance from 0 to 1")
        rule.until_ms = self._wall() + rule.ms if rule.ms else None
        if rule.fault != "drop":  # that is done at once, by who holds the connections
            self.rules.append(rule)
        return rule

    def clear(self) -> None:
        """Take all away; an event that waited to be overtaken is lost."""
        self.rules.clear()

    def refuses(self, user: bool) -> bool:
        """Return whether a new connection is turned away."""
        now_ms = self._wall() if self.rules else 0
        return any(one.fault == "refuse" and one.fits(USER if user else "", now_ms) for one in self.rules)

    def through(self, stream: str, text: str, account: str = "") -> list[str]:
        """Return what of an event, and of the one before it, comes through now. account: whose, on user streams."""
        texts = [text]
        if not self.rules:
            return texts
        now_ms, whose = self._wall(), f"{stream} {account}"
        for rule in self.rules:
            if not rule.fits(stream, now_ms):
                continue
            if rule.fault == "mute":
                return []
            if rule.fault == "reorder" and whose in rule.held:
                texts.append(rule.held.pop(whose))
                rule.times -= 1
            elif rule.fault in ("reorder", "duplicate") and (rule.chance >= 1 or self._random.random() < rule.chance):
                if rule.fault == "reorder":
                    rule.held[whose] = texts.pop(0)
                else:
                    texts.append(texts[0])
                    rule.times -= 1
            if not texts:
                return []
        return texts
