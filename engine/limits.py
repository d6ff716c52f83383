"""What can be declared of risk: for a strategy's positions and entries, and for the whole account.

Owns names, defaults, help and ranges, once for Python, definitions and settings. Must not know how rules are enforced,
nor what combinations make sense: `engine.risk` checks that.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

ACTIONS = ("reduce_only", "halt", "flatten")
REARMS = ("person", "next_day")
LARGEST = sys.float_info.max


def is_number(value: Any) -> bool:
    """Return whether a value is a finite number that a float can hold; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= LARGEST


def _rule(default: Any, help_: str, expected: str, example: str = "", **limits: Any) -> Any:
    return field(default=default, metadata={"help": help_, "expected": expected, "example": example, "limits": limits})


def _fraction(help_: str, example: str, high: float | None = 1.0) -> Any:
    expected = "a positive number" if high is None else f"a fraction above 0 up to {high:g}"
    limits = {"gt": 0.0, "allow_inf_nan": False} | ({} if high is None else {"le": high})
    return _rule(None, help_, expected, example, **limits)


def _number(help_: str, example: str, **limits: Any) -> Any:
    return _rule(None, help_, "a number", example, allow_inf_nan=False, **limits)


def _duration(help_: str, example: str) -> Any:
    return _rule(None, help_, 'a duration such as "2d" or whole milliseconds', example)


def _choice(default: str, help_: str, words: tuple[str, ...]) -> Any:
    return _rule(default, help_, f"one of {', '.join(words)}", pattern=f"^({'|'.join(words)})$")


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskFields:
    """Hold the rules on a strategy's positions and on the size of its entries; what is None does not hold."""

    stop_loss: float | None = _fraction("Stop-loss: fraction of the entry price lost.", "0.02")
    stop_price: float | None = _fraction("Stop-loss: a price.", "25_000.0", None)
    stop_atr: float | None = _fraction("Stop-loss: average true ranges away from the entry.", "3.0", None)
    take_profit: float | None = _fraction("Take-profit: fraction of the entry price gained.", "0.04", None)
    take_profit_ladder: tuple[tuple[float, float], ...] | None = _rule(
        None, "Take-profit in steps: pairs of profit and share of the position, up to eight.",
        "up to eight pairs of profit and share", "[[0.02, 0.5], [0.05, 0.5]]",
    )  # fmt: skip
    trailing_distance: float | None = _fraction("Trailing stop: fraction below the best price.", "0.03", 0.999)
    trailing_activation: float | None = _number(
        "Trailing stop: profit from which on it follows the price; 0 is from the entry on.", "0.01", ge=0.0
    )
    break_even_after: float | None = _fraction("Profit after which the stop moves to the entry price.", "0.02", None)
    break_even_offset: float | None = _number(
        "Where that stop then stands: fraction beyond the entry price, on the winning side.", "0.001", ge=0.0
    )
    time_stop: str | int | None = _duration("Time after which a position is closed at the next open.", '"2d"')
    size_quote: float | None = _fraction("Size of an entry: a fixed amount of quote currency.", "500.0", None)
    size_fraction: float | None = _fraction("Size of an entry: fraction of the equity.", "0.25", 100.0)
    size_risk: float | None = _fraction("Size of an entry: fraction of the equity lost at its stop.", "0.01")
    size_volatility: float | None = _fraction("Size of an entry: target of annual volatility.", "0.2", None)
    size_kelly: float | None = _fraction("Size of an entry: share of the Kelly fraction.", "0.5")
    kelly_mean: float | None = _number("Kelly: expected return a year, fraction.", "0.11")
    kelly_rate: float | None = _number("Kelly: return without risk a year, fraction.", "0.06")
    kelly_sigma: float | None = _fraction("Kelly: standard deviation of returns a year.", "0.15", None)
    kelly_win_rate: float | None = _fraction("Kelly by trades: fraction of them that win.", "0.55")
    kelly_payoff: float | None = _fraction("Kelly by trades: average win over average loss.", "1.5", None)
    size_cap: float | None = _fraction("Largest notional of one entry, fraction of the equity.", "0.5", 1000.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFields:
    """Hold the rules on the whole account; what is None does not hold."""

    profile: str | None = _rule(
        None, "Limits to begin with: conservative, balanced or aggressive; lines here win over it.",
        "one of conservative, balanced, aggressive", '"balanced"', pattern="^(conservative|balanced|aggressive)$",
    )  # fmt: skip
    max_gross: float | None = _fraction("Largest sum of all notionals, times the equity.", "1.0", 1000.0)
    max_net: float | None = _fraction("Largest difference of longs and shorts, times the equity.", "1.0", 1000.0)
    max_weight: float | None = _fraction("Largest notional in one market, times the equity.", "0.25", 1000.0)
    class_limits: Mapping[str, float] | None = _rule(
        None, "Largest notional in all markets of a risk class, times the equity.",
        "a number for each class, such as { high_risk = 0.1 }", "{ high_risk = 0.1 }",
    )  # fmt: skip
    classes: Mapping[str, str] | None = _rule(
        None, "The risk class of markets, by symbol.",
        'a class for each symbol, such as { "DOGE/USDT" = "high_risk" }', '{ "DOGE/USDT" = "high_risk" }',
    )  # fmt: skip
    correlated: tuple[tuple[str, ...], ...] | None = _rule(
        None, "Groups of markets that move together, by symbol.",
        'a list of lists of symbols, such as [["BTC/USDT", "ETH/USDT"]]', '[["BTC/USDT", "ETH/USDT"]]',
    )  # fmt: skip
    correlated_limit: float | None = _fraction("Largest notional in such a group, times the equity.", "0.5", 1000.0)
    daily_loss: float | None = _fraction("Largest loss within a UTC day, fraction of the equity it began with.", "0.03")
    daily_loss_action: str = _choice("reduce_only", f"What the daily loss does: {', '.join(ACTIONS)}.", ACTIONS)
    daily_loss_rearm: str = _choice("person", "Who lets entries through again: a person, or the next_day.", REARMS)
    max_drawdown: float | None = _fraction("Largest drawdown, fraction of the highest equity.", "0.2")
    max_drawdown_action: str = _choice("flatten", f"What the drawdown does: {', '.join(ACTIONS)}.", ACTIONS)
    cooldown_losses: int | None = _rule(
        None, "Losing round trips in a row after which no entry is let through for a while.",
        "a whole number of at least 1", "4", ge=1,
    )  # fmt: skip
    cooldown: str | int | None = _duration("How long that while is.", '"12h"')
    orders_per_minute: int | None = _rule(
        None, "Most orders within a minute.", "a whole number from 1 to 1000", "30", ge=1, le=1000
    )
    price_band: float | None = _fraction("Largest distance of a limit price from the price, fraction.", "0.2", None)
    stale_after: str | int | None = _duration("Age of a market's last candle after which no entry goes there.", '"3h"')
