"""The `[[strategies]]` of a definition: one table a strategy, for several on one account.

Owns their keys and names. Must not know how strategies are found.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.definition.limiting import risk_of_part
from engine.definition.tables import Table
from engine.errors import ConfigError, did_you_mean
from engine.risk import RiskRules
from engine.settings import Settings

PART = ("strategy", "name", "markets", "allocation", "risk", "parameters")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Hold one table of `[[strategies]]`; what is None was not said."""

    strategy: str
    name: str  # the strategy's own where none was given; a second of that name is numbered
    where: str  # file and table, as errors name them
    markets: tuple[str, ...] | None = None
    allocation: float | None = None
    risk: RiskRules | None = None  # over the definition's own [risk], key by key
    parameters: Mapping[str, Any] = field(default_factory=dict)


def read_parts(top: Table, settings: Settings) -> tuple[Part, ...]:
    """Return the parts of a file; none where it names one strategy."""
    if "strategies" not in top.values:
        return ()
    for name, place in (("strategy", "its own table"), ("parameters", "[strategies.parameters]")):
        if name in top.values:
            raise ConfigError(
                f"{top.where}: {name}: belongs to one strategy alone; beside [[strategies]] write each one's in {place}"
            )
    tables = top.values["strategies"]
    if not isinstance(tables, list) or not tables:
        raise top.refusal("strategies", "one table [[strategies]] for each", tables)
    found: list[Part] = []
    for number, values in enumerate(tables, 1):
        table = Table(values, f"{top.where}: [[strategies]] {number}", PART)
        found.append(_part(table, [one.name for one in found], risk_of_part(top, table, settings)))
    return tuple(found)


def flagged_parts(parts: tuple[Part, ...], flagged: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return --param's values by the strategy that each names: "trend.fast" is the parameter fast of trend."""
    found: dict[str, dict[str, Any]] = {part.name: {} for part in parts}
    for text, value in flagged.items():
        name, dot, parameter = text.partition(".")
        if not dot:
            raise ConfigError(f"--param: expected NAME.{text}={value}, with NAME one of {', '.join(found)}")
        if name not in found:
            raise ConfigError(f'--param: {text}: unknown strategy "{name}"{did_you_mean(name, found)}')
        found[name][parameter] = value
    return found


def _part(table: Table, taken: list[str], risk: RiskRules | None) -> Part:
    strategy = table.required("strategy", '"moving_average_short"')
    if not isinstance(strategy, str):
        raise table.refusal("strategy", "a strategy's name in quotes", strategy)
    name = table.take("name", str)
    if name in taken:
        raise ConfigError(f'{table.where}: name: expected another for each strategy, found "{name}" twice')
    numbered = (strategy if n == 1 else f"{strategy}_{n}" for n in range(1, len(taken) + 2))
    markets = table.values.get("markets")
    if markets is not None and not (isinstance(markets, list) and all(isinstance(one, str) for one in markets)):
        raise table.refusal("markets", 'a list of symbols such as ["BTC/USDT"]', markets)
    parameters = table.values.get("parameters", {})
    return Part(
        strategy=strategy,
        name=name if name is not None else next(one for one in numbered if one not in taken),
        where=table.where,
        markets=None if markets is None else tuple(markets),
        allocation=table.take("allocation", float),
        risk=risk,
        parameters=dict(Table(parameters, f"{table.where}: [strategies.parameters]", parameters).values),
    )
