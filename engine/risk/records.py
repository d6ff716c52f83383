"""From declarations to the records that the core enforces; who holds a `Places` keeps their memory alive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.core import rule_codes
from engine.core.rule_records import CAP, GUARD, GUARD_SIZE, RISK, TARGET
from engine.limits import ACTIONS, AccountFields
from engine.risk.rules import AccountRules, RiskRules
from engine.strategy import duration_ms

DAY_MS = 86_400_000
LONG_AGO_MS = -(10**15)

Rows = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True)
class Places:
    """Hold a record's memory: its address, its bytes, and the exits for which each book must keep a place."""

    record: Rows
    size: int
    exits: int
    kept: tuple[Rows, ...]

    @property
    def address(self) -> int:
        """Return the address the core is given."""
        return int(self.record.ctypes.data)


def risk_places(rules: RiskRules | None) -> Places:
    """Return the RISK record of a strategy; without rules it is one that asks for nothing."""
    rules = rules or RiskRules()
    record = np.zeros(1, RISK)
    row = record[0]
    ladder = rules.ladder
    targets = np.array(ladder, np.float64).reshape(-1, 2).copy()
    assert TARGET.itemsize == 16
    for kind, value in (
        (rule_codes.STOP_FRACTION, rules.stop_loss),
        (rule_codes.STOP_PRICE, rules.stop_price),
        (rule_codes.STOP_ATR, rules.stop_atr),
    ):
        if value is not None:
            row["stop_kind"], row["stop"] = kind, value
    row["targets"], row["target_count"] = targets.ctypes.data, len(targets)
    row["whole"] = abs(sum(share for _, share in ladder) - 1.0) <= 1e-9
    row["trail_distance"] = _or_nan(rules.trailing_distance)
    row["trail_activation"] = rules.trailing_activation or 0.0
    row["break_even_after"] = _or_nan(rules.break_even_after)
    row["break_even_offset"] = rules.break_even_offset or 0.0
    row["time_stop_ms"] = _ms(rules.time_stop)
    row["size_kind"], row["size"] = _size(rules)
    row["cap"] = _or_nan(rules.size_cap)
    single = (rules.trailing_distance, rules.break_even_after, rules.time_stop)
    exits = int(row["stop_kind"] != 0) + len(targets) + sum(one is not None for one in single)
    row["exits"] = int(exits > 0)
    return Places(record, RISK.itemsize, exits, (targets,))


def _size(rules: RiskRules) -> tuple[int, float]:
    if rules.size_quote is not None:
        return rule_codes.SIZE_QUOTE, rules.size_quote
    if rules.size_fraction is not None:
        return rule_codes.SIZE_FRACTION, rules.size_fraction
    if rules.size_risk is not None:
        return rule_codes.SIZE_RISK, rules.size_risk
    if rules.size_volatility is not None:
        return rule_codes.SIZE_VOLATILITY, rules.size_volatility
    if rules.size_kelly is not None:
        return rule_codes.SIZE_FRACTION, rules.size_kelly * rules.kelly_fraction
    return rule_codes.SIZE_OWN, np.nan


def account_places(rules: AccountRules, symbols: Sequence[str], equity: float, first_ms: int) -> Places:
    """Return the GUARD record of an account; symbols: the market of each book."""
    said = rules.resolved()
    limit = said.orders_per_minute or 0
    size = GUARD_SIZE + 8 * limit
    memory = np.zeros(size, np.uint8)
    record = memory[:GUARD_SIZE].view(GUARD)
    row = record[0]
    for name in ("max_gross", "max_net", "max_weight", "daily_loss", "max_drawdown", "price_band"):
        row[name] = _or_nan(getattr(said, name))
    row["daily_action"] = ACTIONS.index(said.daily_loss_action)
    row["drawdown_action"] = ACTIONS.index(said.max_drawdown_action)
    row["rearm_daily"] = int(said.daily_loss_rearm == "next_day")
    if said.cooldown is not None:
        row["loss_limit"], row["cooldown_ms"] = said.cooldown_losses or 0, _ms(said.cooldown)
    row["stale_ms"] = _ms(said.stale_after)
    row["order_limit"] = limit
    memory[GUARD_SIZE:].view(np.int64)[:] = LONG_AGO_MS
    row["times"] = memory.ctypes.data + GUARD_SIZE
    exposures = np.zeros(2 * len(symbols))
    row["exposures"] = exposures.ctypes.data
    caps, members = _caps(said, symbols)
    row["caps"], row["cap_count"] = caps.ctypes.data, len(caps)
    row["peak"] = row["day_start"] = equity
    row["day_until_ms"] = (first_ms // DAY_MS + 1) * DAY_MS
    row["cooldown_until_ms"] = LONG_AGO_MS
    floors = [equity * (1.0 - loss) for loss in (said.daily_loss, said.max_drawdown) if loss is not None]
    row["floor"] = max(floors, default=-np.inf)
    flattens = "flatten" in (
        said.daily_loss_action if said.daily_loss is not None else "",
        said.max_drawdown_action if said.max_drawdown is not None else "",
    )
    return Places(memory, size, int(flattens), (exposures, caps, members))


def _caps(said: AccountFields, symbols: Sequence[str]) -> tuple[Rows, Rows]:
    classes = said.classes or {}
    groups = [
        (limit, rule_codes.DENIED_CLASS, [classes.get(symbol) == name for symbol in symbols])
        for name, limit in (said.class_limits or {}).items()
    ]
    groups += [
        (said.correlated_limit or np.nan, rule_codes.DENIED_CORRELATED, [symbol in group for symbol in symbols])
        for group in said.correlated or ()
    ]
    groups = [group for group in groups if any(group[2])]
    caps, members = np.zeros(len(groups), CAP), np.zeros((len(groups), len(symbols)), np.int64)
    for cap, own, (limit, code, belongs) in zip(caps, members, groups, strict=True):
        own[:] = belongs
        cap["limit"], cap["code"], cap["members"] = limit, code, own.ctypes.data
    return caps, members


def _or_nan(value: float | None) -> float:
    return np.nan if value is None else value


def _ms(value: str | int | None) -> int:
    return 0 if value is None else duration_ms(value)
