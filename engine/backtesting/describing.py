"""What was run, in plain values: strategies by name with their parameters, ready for JSON."""

from __future__ import annotations

from typing import Any

from engine.backtesting.inputs import Inputs
from engine.strategy import Strategy, check_value


def described(inputs: Inputs) -> dict[str, Any]:
    """Return strategy, parameters and defaults; of several strategies a parameter is named as --param names it."""
    given = {seat.name: seat.given for seat in inputs.seats}
    if not inputs.several:
        return {
            "strategy": type(inputs.strategy).__name__,
            "parameters": _parameters(inputs.strategy),
            "defaults": _defaults(inputs.strategy),
        }
    return {
        "strategy": " + ".join(given),
        "parameters": {f"{name}.{key}": v for name, one in given.items() for key, v in _parameters(one).items()},
        "defaults": {f"{name}.{key}": v for name, one in given.items() for key, v in _defaults(one).items()},
    }


def _parameters(strategy: Strategy) -> dict[str, Any]:
    return {name: _plain(value) for name, value in strategy.values().items()}


def _defaults(strategy: Strategy) -> dict[str, Any]:
    return {name: _plain(check_value("", name, one, one.default)) for name, one in strategy.params.items()}


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | float | str | list) else str(value)
