"""`RiskRules` and `AccountRules`: the declarations of limits.py, checked for what makes sense together."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from engine.errors import ConfigError, did_you_mean
from engine.formulae.sizing import kelly, kelly_binary
from engine.limits import AccountFields, RiskFields
from engine.risk.checks import check_classes, check_groups, check_ladder, check_ranges
from engine.risk.presets import PROFILES

STOPS = ("stop_loss", "stop_price", "stop_atr")
TARGETS = ("take_profit", "take_profit_ladder")
SIZES = ("size_quote", "size_fraction", "size_risk", "size_volatility", "size_kelly")
BY_RETURNS, BY_TRADES = ("kelly_mean", "kelly_rate", "kelly_sigma"), ("kelly_win_rate", "kelly_payoff")
ONE_OF = (STOPS, TARGETS, SIZES)


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskRules(RiskFields):
    """Declare rules on the positions and entries of a strategy, whichever opened them; see limits.py for each."""

    def __post_init__(self) -> None:
        """Refuse what makes no sense, one sentence each."""
        check_ranges(self, "risk")
        for group in ONE_OF:
            given = [name for name in group if getattr(self, name) is not None]
            if len(given) > 1:
                raise ConfigError(f"risk: expected one of {', '.join(group)}, were {' and '.join(given)}")
        _needs(self, "trailing_activation", "trailing_distance")
        _needs(self, "break_even_offset", "break_even_after")
        after, offset = self.break_even_after, self.break_even_offset or 0.0
        if after is not None and offset >= after:
            raise ConfigError(f"risk: break_even_offset: expected less than break_even_after {after:g}, was {offset:g}")
        if self.take_profit_ladder is not None:
            check_ladder(self.take_profit_ladder)
        self._check_kelly()

    def _check_kelly(self) -> None:
        returns = [name for name in BY_RETURNS if getattr(self, name) is not None]
        trades = [name for name in BY_TRADES if getattr(self, name) is not None]
        if self.size_kelly is None:
            if returns or trades:
                raise ConfigError(f"risk: {(returns or trades)[0]} belongs to size_kelly; declare that share too")
            return
        if (len(returns), len(trades)) not in ((3, 0), (0, 2)):
            raise ConfigError(
                f"risk: size_kelly: expected {', '.join(BY_RETURNS)} or {', '.join(BY_TRADES)}, "
                f"were {', '.join(returns + trades) or 'none'}"
            )
        if self.size_cap is None:
            raise ConfigError("risk: size_kelly: expected a size_cap beside it; the estimate of the mean is never sure")
        if self.kelly_fraction <= 0.0:
            raise ConfigError(f"risk: size_kelly: the Kelly fraction is {self.kelly_fraction:.6g}: there is no edge")

    @property
    def kelly_fraction(self) -> float:
        """Return the whole Kelly fraction of the equity; size_kelly is the share of it that is taken."""
        if self.kelly_win_rate is not None and self.kelly_payoff is not None:
            return kelly_binary(self.kelly_win_rate, self.kelly_payoff)
        mean, rate, sigma = self.kelly_mean, self.kelly_rate, self.kelly_sigma
        assert mean is not None
        assert rate is not None
        assert sigma is not None
        return kelly(mean, sigma, rate)

    @property
    def ladder(self) -> tuple[tuple[float, float], ...]:
        """Return the targets as pairs of profit and share; a single one has the whole position."""
        if self.take_profit is not None:
            return ((self.take_profit, 1.0),)
        return tuple((float(p), float(s)) for p, s in self.take_profit_ladder or ())

    @property
    def measured(self) -> bool:
        """Return whether a rule needs to know the market's range or volatility."""
        return self.stop_atr is not None or self.size_volatility is not None

    def as_dict(self) -> dict[str, Any]:
        """Return what was declared, by name."""
        return _declared(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRules(AccountFields):
    """Declare rules on the whole account; a profile's limits stand where nothing else is said."""

    def __post_init__(self) -> None:
        """Refuse what makes no sense, one sentence each."""
        check_ranges(self, "account")
        check_groups(self.correlated)
        if (self.cooldown_losses is None) != (self.cooldown is None) and self.profile is None:
            raise ConfigError("account: expected cooldown_losses and cooldown together, was one of them")
        if (self.correlated is None) != (self.correlated_limit is None):
            raise ConfigError("account: expected correlated and correlated_limit together, was one of them")
        check_classes(self.classes, self.resolved().class_limits)

    def resolved(self) -> AccountFields:
        """Return all limits, the profile's among them."""
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        base = PROFILES.get(self.profile or "", {})
        for one in fields(self):
            if values[one.name] == one.default and one.name in base:
                values[one.name] = base[one.name]
        if self.class_limits is not None and "class_limits" in base:
            values["class_limits"] = {**base["class_limits"], **self.class_limits}
        return AccountFields(**values)

    @property
    def empty(self) -> bool:
        """Return whether nothing is limited."""
        plain = AccountFields()
        names = [one.name for one in fields(self) if one.default is None]
        return all(getattr(self.resolved(), name) == getattr(plain, name) for name in names)

    def check_symbols(self, symbols: Sequence[str]) -> None:
        """Refuse a class or a group of a market that is not traded; the name is most likely misspelt."""
        named = [*(self.classes or {}), *(one for group in self.correlated or () for one in group)]
        for symbol in named:
            if symbol not in symbols:
                raise ConfigError(f"account: unknown market {symbol}{did_you_mean(symbol, symbols)}")

    def without_others(self, symbols: Sequence[str], names: Collection[str]) -> AccountRules:
        """Return the rules with `names` speaking of these markets alone: a folder's rules know more than one run."""
        changes: dict[str, Any] = {}
        if "classes" in names and self.classes is not None:
            changes["classes"] = {symbol: name for symbol, name in self.classes.items() if symbol in symbols}
        if "correlated" in names and self.correlated is not None:
            groups = [tuple(symbol for symbol in group if symbol in symbols) for group in self.correlated]
            changes["correlated"] = tuple(group for group in groups if group) or None
            if changes["correlated"] is None:
                changes["correlated_limit"] = None
        return replace(self, **changes)

    def as_dict(self) -> dict[str, Any]:
        """Return what was declared, by name."""
        return _declared(self)


def risk_rules_of(values: Mapping[str, Any]) -> RiskRules | None:
    """Return the rules of a table's values, or None where nothing is declared."""
    rules = RiskRules(**_tupled(values))
    return rules if rules.as_dict() else None


def account_rules_of(values: Mapping[str, Any]) -> AccountRules | None:
    """Return the rules of a table's values, or None where nothing is limited."""
    rules = AccountRules(**_tupled(values))
    return None if rules.empty else rules


def merged(default: RiskFields, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a definition's values over those of the settings; one kind of stop, target or size replaces another."""
    own = {one.name: getattr(default, one.name) for one in fields(default)}
    for group in ONE_OF:
        if any(name in values for name in group):
            own |= dict.fromkeys(group)
    if any(name in values for name in SIZES):
        own |= dict.fromkeys((*BY_RETURNS, *BY_TRADES))
    return own | dict(values)


def _declared(rules: Any) -> dict[str, Any]:
    plain = {one.name: one.default for one in fields(rules)}
    return {name: getattr(rules, name) for name in plain if getattr(rules, name) is not None}


def _tupled(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(tuple(v) if isinstance(v, list) else v for v in value) if isinstance(value, list) else value
            for name, value in values.items()}  # fmt: skip


def _needs(rules: Any, name: str, other: str) -> None:
    if getattr(rules, name) is not None and getattr(rules, other) is None:
        raise ConfigError(f"risk: {name} belongs to {other}; declare that too")
