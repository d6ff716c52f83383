"""A rule that sets a fault: what it meets, how often, by which chance. Owns its fields and their ranges.

Must not know what a fault does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from random import Random
from typing import Any

from engine.errors import ConfigError, did_you_mean

WHOLE = ("times", "delay_ms", "for_ms")
SHARES = ("chance", "share")
COMMON = ("fault", "times", "chance")


@dataclass(slots=True)
class Rule:
    """Set a fault on what it fits (empty: any). times: how often; chance: of each; delays in the market's ms."""

    fault: str
    method: str = ""  # of requests
    path: str = ""
    floor: str = ""  # of orders and candles
    symbol: str = ""
    account: str = ""
    times: int = 1
    chance: float = 1.0
    delay_ms: int = 1_000
    for_ms: int = 60_000
    share: float = 0.5  # of an order's quantity
    id: int = 0
    random: Random = field(default_factory=Random, repr=False, compare=False)

    def is_met(self) -> bool:
        """Draw its chance, and count it where it takes effect."""
        if self.times < 1 or (self.chance < 1.0 and self.random.random() >= self.chance):
            return False
        self.times -= 1
        return True

    def told(self) -> dict[str, Any]:
        """Return it as JSON; times: how many are left."""
        return {one.name: getattr(self, one.name) for one in fields(self) if one.name != "random"}


def read_rule(wanted: Mapping[str, Any], keys: Mapping[str, Sequence[str]]) -> Rule:
    """Return the rule that is asked for; ConfigError: it is not one. keys: what each fault's rule may say besides."""
    fault = wanted.get("fault")
    if not isinstance(fault, str) or fault not in keys:
        raise ConfigError(f'fault: unknown "{fault}"{did_you_mean(str(fault), keys)}')
    names = [*COMMON, *keys[fault]]
    for name in wanted:
        if name not in names:
            raise ConfigError(f'fault: unknown key "{name}"{did_you_mean(name, names)}')
    for name, value in wanted.items():
        kind = (int,) if name in WHOLE else (int, float) if name in SHARES else (str,)
        if not isinstance(value, kind) or isinstance(value, bool):
            raise ConfigError(f"fault {name}: expected {kind[-1].__name__}, was {value!r}")
    rule = Rule(**wanted)
    if rule.times < 1 or rule.delay_ms < 0 or not 0.0 <= rule.chance <= 1.0:
        raise ConfigError("fault: expected times from 1, delay_ms from 0 and a chance from 0 to 1")
    if rule.for_ms < 1 or not 0.0 < rule.share < 1.0:
        raise ConfigError("fault: expected for_ms from 1 and a share between 0 and 1")
    return rule
