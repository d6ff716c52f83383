"""The tables [risk] and [account] of a definition: over the settings' lines, key by key, and checked at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any, TypeVar

from engine.definition.tables import Table
from engine.errors import ConfigError
from engine.limits import AccountFields, RiskFields
from engine.risk import RiskRules, account_rules_of, risk_rules_of
from engine.risk.rules import merged
from engine.settings import FILE, Settings

RISK = tuple(one.name for one in fields(RiskFields))
ACCOUNT = tuple(one.name for one in fields(AccountFields))
Made = TypeVar("Made")


def rules_of(top: Table, settings: Settings, where: str) -> dict[str, Any]:
    """Return the Definition's fields of risk; rules are None where nothing is declared."""
    risk = Table(top.values.get("risk", {}), f"{where}: [risk]", RISK)
    account = Table(top.values.get("account", {}), f"{where}: [account]", ACCOUNT)
    declared = {one: getattr(settings.account, one) for one in ACCOUNT}
    return {
        "risk": _made(risk, "risk: ", lambda: risk_rules_of(merged(settings.risk, risk.values))),
        "account_rules": _made(account, "account: ", lambda: account_rules_of(declared | account.values)),
        "folder_wide": frozenset(ACCOUNT) - account.values.keys(),
    }


def risk_of_part(top: Table, part: Table, settings: Settings) -> RiskRules | None:
    """Return one strategy's own rules: its table [strategies.risk] over the file's [risk]; None where it has none."""
    if "risk" not in part.values:
        return None
    own = Table(part.values["risk"], f"{part.where}: [strategies.risk]", RISK)
    common = Table(top.values.get("risk", {}), f"{top.where}: [risk]", RISK)
    return _made(
        own, "risk: ", lambda: risk_rules_of(merged(RiskFields(**merged(settings.risk, common.values)), own.values))
    )


def _made(table: Table, prefix: str, make: Callable[[], Made]) -> Made:
    try:
        return make()
    except ConfigError as error:
        where = table.where if table.values else f"{FILE}: [{prefix.removesuffix(': ')}]"  # nothing else was said
        raise ConfigError(f"{where}: {str(error).removeprefix(prefix)}") from None
