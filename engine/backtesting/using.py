"""`Use`: which markets a strategy trades in a run, with how much of the account, under which name.

Must not know candles or the core. Everything a person may leave out is filled in here, or refused in one sentence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engine.errors import ConfigError, did_you_mean
from engine.market import Market
from engine.strategy import Strategy, is_portfolio

ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class Use:
    """Name a strategy's part in a run of several; what is None is filled in.

    markets: symbols, or "venue:symbol" where a symbol is there twice; None: all. allocation: the fraction of the
    account's equity that `fraction=` counts from, shared by its markets; None: an equal share of what is left.
    """

    strategy: Strategy
    markets: tuple[str, ...] | None = None
    allocation: float | None = None
    name: str | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be used."""
        if not isinstance(self.strategy, Strategy):
            raise ConfigError(f"strategy: expected an instance such as MyStrategy(fast=10), was {self.strategy!r}")
        if isinstance(self.markets, str):
            object.__setattr__(self, "markets", (self.markets,))
        share = self.allocation
        if share is not None and not (type(share) in (int, float) and 0.0 < share <= 1.0):
            raise ConfigError(f"allocation: expected a fraction of equity above 0 up to 1, was {share!r}")
        if self.name is not None and (not isinstance(self.name, str) or not self.name.replace("-", "_").isidentifier()):
            raise ConfigError(f"name: expected a word such as trend, was {self.name!r}")


@dataclass(frozen=True, slots=True)
class Used:
    """Hold a strategy's part with nothing left open."""

    strategy: Strategy
    name: str
    markets: tuple[int, ...]  # indexes of the run's markets, rising
    allocation: float


def used(strategies: Any, markets: Sequence[Market], allocations: Sequence[float] | None) -> list[Used]:
    """Return what one strategy, or each of several, trades and with how much."""
    if not isinstance(strategies, list | tuple):
        if allocations is not None:
            raise ConfigError("allocations: belong to a list of strategies; there is one, remove them")
        strategies = [strategies]
    if not strategies:
        raise ConfigError("strategy: expected at least one, was an empty list")
    uses = [one if isinstance(one, Use) else Use(one) for one in strategies]
    chosen = [_chosen(use, markets) for use in uses]
    pairs = zip(uses, _names(uses), chosen, _allocations(uses, allocations), strict=True)
    return [Used(use.strategy, name, own, share) for use, name, own, share in pairs]


def _names(uses: list[Use]) -> list[str]:
    """Return one name a strategy: as given, or its class; the second of a class is numbered."""
    names: list[str] = []
    given = [use.name for use in uses if use.name is not None]
    for name in given:
        if given.count(name) > 1:
            raise ConfigError(f'name: expected another for each strategy, found "{name}" twice')
    for use in uses:
        plain = type(use.strategy).__name__
        free = (plain if n == 1 else f"{plain}_{n}" for n in range(1, len(uses) + len(given) + 2))
        names.append(use.name or next(one for one in free if one not in (*names, *given)))
    return names


def _chosen(use: Use, markets: Sequence[Market]) -> tuple[int, ...]:
    if use.markets is None:
        return tuple(range(len(markets)))
    owner = use.name or type(use.strategy).__name__
    found: set[int] = set()
    for wanted in use.markets:
        own = [i for i, one in enumerate(markets) if wanted in (one.symbol, f"{one.venue}:{one.symbol}")]
        if not own:
            hint = did_you_mean(str(wanted), [one.symbol for one in markets])
            raise ConfigError(f"{owner}: markets: unknown market {wanted}{hint}")
        if len(own) > 1:
            raise ConfigError(
                f"{owner}: markets: {wanted} is there {len(own)} times; say which, {markets[own[0]].venue}:{wanted}"
            )
        if own[0] in found:
            raise ConfigError(f"{owner}: markets: expected each market once, found {wanted} twice")
        found.update(own)
    if not found:
        raise ConfigError(f"{owner}: markets: expected at least one; leave it away for all")
    chosen = tuple(sorted(found))
    if is_portfolio(type(use.strategy)) and chosen[-1] - chosen[0] >= len(chosen):
        between = [markets[i].symbol for i in range(chosen[0], chosen[-1]) if i not in found]
        raise ConfigError(
            f"{owner}: markets: a portfolio strategy's markets stand side by side in the list of candles; "
            f"move {', '.join(between)} out from between them"
        )
    return chosen


def _allocations(uses: list[Use], given: Sequence[float] | None) -> list[float]:
    """Return each strategy's fraction of the account; together at most the whole."""
    if given is not None:
        if any(use.allocation is not None for use in uses):
            raise ConfigError("allocations: expected here or in Use(allocation=...), was both; keep one")
        if len(given) != len(uses):
            raise ConfigError(f"allocations: expected one for each of {len(uses)} strategies, were {len(given)}")
        uses = [Use(use.strategy, None, share) for use, share in zip(uses, given, strict=True)]
    said = [use.allocation for use in uses if use.allocation is not None]
    left, open_ = 1.0 - sum(said), len(uses) - len(said)
    if left < -ROUNDING:
        raise ConfigError(f"allocations: expected a sum of at most 1, the whole account, was {sum(said):.12g}")
    if open_ and left <= ROUNDING:
        raise ConfigError(f"allocations: {sum(said):.12g} is given away and {open_} of the strategies have none left")
    return [left / open_ if use.allocation is None else float(use.allocation) for use in uses]
