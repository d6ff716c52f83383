"""What one value of a rule may be: its kind, its range, and for lists and tables what stands in them.

Must not know which rules belong together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from engine.core.rule_codes import MAX_TARGETS
from engine.errors import ConfigError, did_you_mean
from engine.limits import AccountFields, is_number
from engine.strategy import duration_ms

LONGEST_MS = 1 << 53  # whole milliseconds that a float still holds, and far beyond any history


def check_ranges(rules: Any, where: str) -> None:
    """Hold each plain value against the kind and range that limits.py gives it."""
    for one in fields(rules):
        value, metadata = getattr(rules, one.name), one.metadata
        if value is None and one.default is None:
            continue
        limits, kind = metadata["limits"], str(one.type)
        if "pattern" in limits:
            words = limits["pattern"].strip("^()$").split("|")
            if not isinstance(value, str) or value not in words:
                hint = did_you_mean(value, words, listed=True) if isinstance(value, str) else ""
                raise ConfigError(f"{where}: {one.name}: expected {metadata['expected']}, was {value!r}{hint}")
            continue
        ok = True
        if kind.startswith("float"):
            ok = is_number(value)
        elif kind.startswith("int"):
            ok = is_number(value) and isinstance(value, int)
        elif kind.startswith("str | int"):
            ok = 0 < _duration(value) < LONGEST_MS
        ok = ok and not ("gt" in limits and not value > limits["gt"]) and not ("ge" in limits and value < limits["ge"])
        ok = ok and not ("le" in limits and value > limits["le"])
        if not ok:
            raise ConfigError(f"{where}: {one.name}: expected {metadata['expected']}, was {value!r}")


def check_ladder(ladder: Any) -> None:
    """Refuse what is no list of rising profits with shares of at most the whole."""
    where = "risk: take_profit_ladder"
    steps = ladder if isinstance(ladder, tuple | list) else ()
    pairs = [pair for pair in steps if isinstance(pair, tuple | list) and len(pair) == 2 and all(map(_positive, pair))]
    if not 1 <= len(steps) <= MAX_TARGETS or len(pairs) != len(steps):
        raise ConfigError(f"{where}: expected up to {MAX_TARGETS} pairs of profit and share, was {ladder!r}")
    profits = [profit for profit, _ in pairs]
    if sorted(set(profits)) != profits:
        raise ConfigError(f"{where}: expected profits that rise from step to step, were {profits}")
    total = sum(share for _, share in pairs)
    if total > 1.0 + 1e-9:
        raise ConfigError(f"{where}: expected shares that sum to at most 1, was {total:g}")


def check_classes(classes: Any, limits: Any) -> None:
    """Refuse classes that are no words by symbol, and a class without a limit that is a positive number."""
    if classes is not None and not _table_of(classes, str):
        raise _refusal("classes", classes)
    if limits is not None and not _table_of(limits, object):
        raise _refusal("class_limits", limits)
    for symbol, name in (classes or {}).items():
        if name not in (limits or {}):
            raise ConfigError(
                f'account: classes: {symbol} is of class "{name}", which has no limit in class_limits'
                + did_you_mean(name, limits or {})
            )
    for name, limit in (limits or {}).items():
        if not _positive(limit):
            raise ConfigError(f"account: class_limits: {name}: expected a positive number, was {limit!r}")


def check_groups(groups: Any) -> None:
    """Refuse what is no list of lists of symbols; one flat list would be read letter by letter."""
    if groups is None:
        return
    lists = isinstance(groups, tuple | list) and all(isinstance(group, tuple | list) for group in groups)
    if not lists or not groups or not all(group and all(isinstance(s, str) for s in group) for group in groups):
        raise _refusal("correlated", _listed(groups))


def _refusal(name: str, was: Any) -> ConfigError:
    (expected,) = [one.metadata["expected"] for one in fields(AccountFields) if one.name == name]
    return ConfigError(f"account: {name}: expected {expected}, was {was!r}")


def _table_of(value: Any, kind: type) -> bool:
    return isinstance(value, Mapping) and all(isinstance(k, str) and isinstance(v, kind) for k, v in value.items())


def _listed(value: Any) -> Any:
    """Return tuples as the lists that a person wrote."""
    return [_listed(one) for one in value] if isinstance(value, tuple | list) else value


def _positive(value: Any) -> bool:
    return is_number(value) and value > 0.0


def _duration(value: Any) -> int:
    try:
        return duration_ms(value)
    except (ValueError, OverflowError):
        return 0
