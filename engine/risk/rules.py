"""`RiskRules` and `AccountRules`: the declarations of limits.py, checked for what makes sense together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from engine.core.rule_codes import MAX_TARGETS
from engine.errors import ConfigError, did_you_mean
from engine.formulae.sizing import kelly, kelly_binary
from engine.limits import AccountFields, RiskFields
from engine.risk.presets import PROFILES
from engine.strategy import duration_ms

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
        _check_ranges(self, "risk")
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
            _check_ladder(self.take_profit_ladder)
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
        _check_ranges(self, "account")
        if self.profile is not None and self.profile not in PROFILES:
            raise ConfigError(
                f'account: profile: expected one of {", ".join(PROFILES)}, was "{self.profile}"'
                + did_you_mean(self.profile, PROFILES, listed=True)
            )
        if (self.cooldown_losses is None) != (self.cooldown is None) and self.profile is None:
            raise ConfigError("account: expected cooldown_losses and cooldown together, was one of them")
        if (self.correlated is None) != (self.correlated_limit is None):
            raise ConfigError("account: expected correlated and correlated_limit together, was one of them")
        limits = self.resolved().class_limits or {}
        for symbol, name in (self.classes or {}).items():
            if name not in limits:
                raise ConfigError(
                    f'account: classes: {symbol} is of class "{name}", which has no limit in class_limits'
                    + did_you_mean(name, limits)
                )
        for name, limit in limits.items():
            if not _positive(limit):
                raise ConfigError(f"account: class_limits: {name}: expected a positive number, was {limit!r}")

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


def _positive(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0.0 < value < float("inf")


def _check_ladder(ladder: Any) -> None:
    where = "risk: take_profit_ladder"
    pairs = [pair for pair in ladder if isinstance(pair, tuple | list) and len(pair) == 2 and all(map(_positive, pair))]
    if not 1 <= len(ladder) <= MAX_TARGETS or len(pairs) != len(ladder):
        raise ConfigError(f"{where}: expected up to {MAX_TARGETS} pairs of profit and share, was {ladder!r}")
    profits = [profit for profit, _ in pairs]
    if sorted(set(profits)) != profits:
        raise ConfigError(f"{where}: expected profits that rise from step to step, were {profits}")
    total = sum(share for _, share in pairs)
    if total > 1.0 + 1e-9:
        raise ConfigError(f"{where}: expected shares that sum to at most 1, was {total:g}")


def _check_ranges(rules: Any, where: str) -> None:
    """Hold each value against the range that limits.py gives it; durations become milliseconds once here."""
    for one in fields(rules):
        value, metadata = getattr(rules, one.name), one.metadata
        if value is None:
            continue
        limits = metadata["limits"]
        kind = str(one.type)
        ok = True
        if kind.startswith("float"):
            ok = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < float("inf")
        elif kind.startswith("int"):
            ok = isinstance(value, int) and not isinstance(value, bool)
        elif kind.startswith("str | int"):
            ok = _duration(value) > 0
        ok = ok and not ("gt" in limits and not value > limits["gt"]) and not ("ge" in limits and value < limits["ge"])
        ok = ok and not ("le" in limits and value > limits["le"])
        if "pattern" in limits and one.name != "profile":
            ok = value in limits["pattern"].strip("^()$").split("|")
        if not ok:
            raise ConfigError(f"{where}: {one.name}: expected {metadata['expected']}, was {value!r}")


def _duration(value: Any) -> int:
    try:
        return duration_ms(value)
    except ValueError:
        return 0
