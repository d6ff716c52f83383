"""The rules in words, a sentence each, for reports and the command line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from engine.limits import AccountFields, RiskFields
from engine.risk.rules import AccountRules, RiskRules


def sentences(rules: RiskRules | AccountRules) -> list[tuple[str, str, str]]:
    """Return (name, value, help) of every rule that holds."""
    shown: RiskFields | AccountFields = rules.resolved() if isinstance(rules, AccountRules) else rules
    values = {one.name: getattr(shown, one.name) for one in fields(shown)}
    for kill in ("daily_loss", "max_drawdown"):
        if values.get(kill) is None:  # what it does matters only where there is such a limit
            for name in [name for name in values if name.startswith(f"{kill}_")]:
                values.pop(name)
    return [
        (one.name, _told(values[one.name]), one.metadata["help"])
        for one in fields(shown)
        if values.get(one.name) is not None and one.name != "profile"
    ]


def _told(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_told(one)}" for name, one in value.items())
    if isinstance(value, tuple | list):
        return ", ".join(f"({_told(one)})" if isinstance(one, tuple | list) else _told(one) for one in value)
    return f"{value:g}" if isinstance(value, float) else str(value)
