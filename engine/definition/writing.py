"""A definition written out in full, so that a run's folder can be run again: no default is left to chance."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from engine.candles.timeframes import iso
from engine.definition.definition import Definition
from engine.definition.inputs import RunInputs
from engine.market import Market
from engine.strategy import Strategy


def as_toml(definition: Definition, inputs: RunInputs) -> str:
    """Return the TOML of the definition as it was run: flags, settings, defaults and what was filled in."""
    first = inputs.candles[0]
    sources = list(definition.sources)
    candles: dict[str, Any] = {
        "market": sources if len(sources) > 1 else sources[0],
        "timeframe": definition.timeframe,
        "from": iso(min(one.first_ms for one in inputs.candles)),
        "to": iso(max(one.end_ms for one in inputs.candles)),
        "scenario": definition.scenario,
        "seed": definition.seed,
        "detail": definition.detail,
    }
    tables: list[tuple[str, Mapping[str, Any]]] = [("candles", candles)]
    if inputs.holdings:
        tables.append(("holdings", {json.dumps(symbol): held for symbol, held in inputs.holdings.items()}))
    if len(inputs.markets) == 1:
        tables.append(("market", _market(inputs, inputs.markets[0])))
    else:
        tables += [
            (f'markets."{one.symbol}"', _market(inputs, market))
            for one, market in zip(inputs.candles, inputs.markets, strict=True)
        ]
    tables.append(("rules", asdict(inputs.rules)))
    tables += [
        (name, given.as_dict())
        for name, given in (("risk", inputs.risk), ("account", inputs.account_rules))
        if given is not None
    ]
    if isinstance(inputs.trading, Strategy):
        tables.append(("parameters", _parameters(inputs.trading)))
    lines = [
        f"# {definition.where} as it was run on {len(first):,} candles, with flags, settings and defaults.",
        *([] if definition.parts else [f"strategy = {_value(definition.strategy)}"]),
        f"cash = {_cash(inputs.cash)}",
    ]
    for name, table in tables:
        lines += _table(f"[{name}]", table)
    if not isinstance(inputs.trading, Strategy):
        for part, use in zip(definition.parts, inputs.trading, strict=True):
            own = {"strategy": part.strategy, "name": use.name, "markets": use.markets, "allocation": use.allocation}
            lines += _table("[[strategies]]", own)
            if use.risk is not None:
                lines += _table("[strategies.risk]", use.risk.as_dict())
            lines += _table("[strategies.parameters]", _parameters(use.strategy))
    return "\n".join(lines) + "\n"


def _market(inputs: RunInputs, market: Market) -> dict[str, Any]:
    return market.as_dict() | inputs.series.said.get(market.symbol, {})


def _table(heading: str, values: Mapping[str, Any]) -> list[str]:
    return ["", heading, *(f"{key} = {_value(value)}" for key, value in values.items() if value is not None)]


def _parameters(strategy: Strategy) -> dict[str, Any]:
    return {
        name: str(value) if value is not None and strategy.params[name].kind == "schedule" else value
        for name, value in strategy.values().items()
    }


def _cash(cash: float | Mapping[str, float]) -> str:
    if isinstance(cash, Mapping):
        return "{ " + ", ".join(f"{json.dumps(venue)} = {amount!r}" for venue, amount in cash.items()) + " }"
    return _value(cash)


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{json.dumps(name)} = {_value(one)}" for name, one in value.items()) + " }"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return repr(value)
    return json.dumps(str(value), ensure_ascii=False)  # a JSON string is a TOML string
