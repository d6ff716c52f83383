"""The simulated market's days: which regime each day is in, and where it closes.

Owns the scenarios' schedules. Must not know minutes, candles or prices: levels are logarithms relative to 2024.

A schedule covers FIRST_DAY to LAST_DAY always, whatever span is asked for: that costs two milliseconds and makes
a part of a market the same as that part of the whole.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.errors import ConfigError, did_you_mean

Days = NDArray[np.float64]

# Days since 1970. The span ends where a bear's prices would come near the tick.
FIRST_DAY = 17_167  # 2017-01-01
ANCHOR_DAY = 19_723  # 2024-01-01, where the level is about zero
LAST_DAY = 22_280  # 2031-01-01, exclusive
_DAYS = LAST_DAY - FIRST_DAY
_CYCLE = 60  # days from one crash or squeeze to the next

_SHARED = 0.7  # of a day's shock is the whole market's: symbols of one seed move together, as they do


@dataclass(frozen=True, slots=True)
class Plan:
    """One value a day: expected log return, daily volatility, and the noise's pull towards the expected level."""

    drift: Days
    volatility: Days  # standard deviation of the day's log return
    pull: float  # fraction of the noise undone a day


@dataclass(frozen=True, slots=True)
class Skeleton:
    """Log level at the start of each day (one more than days) and each day's volatility."""

    level: Days
    volatility: Days


def skeleton(symbol: str, scenario: str, seed: int) -> Skeleton:
    """Return the days of a symbol in a scenario."""
    if scenario not in SCENARIOS:
        raise ConfigError(f'scenario: unknown "{scenario}"{did_you_mean(scenario, SCENARIOS)}')
    # The schedule and a part of the shocks are shared by all symbols of one seed and scenario.
    market, own = stream(seed, scenario), stream(seed, scenario, symbol)
    plan = SCENARIOS[scenario](market)
    shock = np.sqrt(_SHARED) * _shocks(market) + np.sqrt(1.0 - _SHARED) * _shocks(own)
    heat = _recursive(0.25 * np.sqrt(1.0 - 0.9**2) * market.standard_normal(_DAYS), 0.9)
    volatility = plan.volatility * np.exp(heat - 0.03)
    weekend = (np.arange(FIRST_DAY, LAST_DAY) + 3) % 7 >= 5
    volatility = np.where(weekend, 0.7, 1.05) * volatility
    noise = _recursive(volatility * shock, 1.0 - plan.pull)
    level = np.concatenate(([0.0], np.cumsum(plan.drift) + noise))
    level -= np.cumsum(plan.drift)[ANCHOR_DAY - FIRST_DAY - 1]
    return Skeleton(level, volatility)


def stream(seed: int, *names: object) -> np.random.Generator:
    """Return the random stream of a seed and names; another name is another stream."""
    digest = hashlib.sha256("\0".join(map(str, (seed, *names))).encode()).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest[:16], "little")))


def _shocks(random: np.random.Generator) -> Days:
    """Draw fat-tailed days of unit variance, none beyond four deviations: a scenario must stay what it is."""
    shocks: Days = random.standard_t(5, _DAYS) / np.sqrt(5 / 3)
    return np.clip(shocks, -4.0, 4.0)


def _recursive(shock: Days, keep: float) -> Days:
    """Return x of x[i] = keep · x[i-1] + shock[i]."""
    values, last = [], 0.0
    for step in shock.tolist():
        last = keep * last + step
        values.append(last)
    return np.array(values)


def _steady(yearly: float, volatility: float, pull: float) -> Plan:
    return Plan(np.full(_DAYS, yearly / 365.0), np.full(_DAYS, volatility), pull)


def _cycles(random: np.random.Generator, act: Callable[[np.random.Generator], Plan], quiet: float) -> Plan:
    """Repeat an act in cycles that begin at the anchor, each drawn anew; the rest of a cycle is quiet."""
    drift, volatility = np.zeros(_DAYS), np.full(_DAYS, quiet)
    start = (ANCHOR_DAY - FIRST_DAY) % _CYCLE
    for begin in range(start, _DAYS - _CYCLE, _CYCLE):
        played = act(random)
        days = played.drift.size
        at = begin + int(random.integers(12, 20))
        drift[at : at + days] = played.drift
        volatility[at : at + days] = played.volatility
        rest = begin + _CYCLE - (at + days)  # the quiet days undo what the act left: cycles do not add up to a trend
        drift[at + days : begin + _CYCLE] = -played.drift.sum() / rest
    return Plan(drift, volatility, 0.08)


def _crash(random: np.random.Generator) -> Plan:
    """Fall by 40 to 50 % in three days, win back most of it in two weeks."""
    depth = random.uniform(0.52, 0.70)
    fall = -depth * np.array([0.25, 0.5, 0.25])
    rebound = np.linspace(2.0, 0.2, 15)
    back = depth * random.uniform(0.80, 1.0) * rebound / rebound.sum()
    heat = np.linspace(0.05, 0.03, 15)
    return Plan(np.concatenate((fall, back)), np.concatenate((np.array([0.045, 0.06, 0.055]), heat)), 0.0)


def _squeeze(random: np.random.Generator) -> Plan:
    """Rise by 80 to 130 % in four days, give back half in two weeks."""
    height = random.uniform(0.62, 0.85)
    rise = height * np.array([0.15, 0.35, 0.35, 0.15])
    retrace = np.linspace(2.0, 0.2, 14)
    fade = -height * random.uniform(0.45, 0.65) * retrace / retrace.sum()
    heat = np.linspace(0.05, 0.025, 14)
    return Plan(np.concatenate((rise, fade)), np.concatenate((np.array([0.03, 0.045, 0.05, 0.045]), heat)), 0.0)


def _mixed(random: np.random.Generator) -> Plan:
    """Deal all regimes like cards, so that each year has seen them all."""
    drift, volatility, level = [np.zeros(0)], [np.zeros(0)], 0.0
    dealt = 0
    while dealt < _DAYS:
        for card in random.permutation(5).tolist():
            days = int(random.integers(25, 45))
            if card == 0:
                played = Plan(np.zeros(days), np.full(days, 0.009), 0.0)
            elif card == 1:
                played = _trend(days, random.uniform(0.15, 0.50) - 0.25 * level, 0.022)
            elif card == 2:
                played = _trend(days, -random.uniform(0.15, 0.50) - 0.25 * level, 0.026)
            else:
                played = _crash(random) if card == 3 else _squeeze(random)
            drift.append(played.drift)
            volatility.append(played.volatility)
            level += float(played.drift.sum())
            dealt += played.drift.size
    return Plan(np.concatenate(drift)[:_DAYS], np.concatenate(volatility)[:_DAYS], 0.03)


def _trend(days: int, total: float, volatility: float) -> Plan:
    return Plan(np.full(days, total / days), np.full(days, volatility), 0.0)


SCENARIOS: dict[str, Callable[[np.random.Generator], Plan]] = {
    "mixed": _mixed,
    "calm_range": lambda _: _steady(0.0, 0.008, 0.15),
    "bull": lambda _: _steady(0.9, 0.022, 0.06),
    "bear": lambda _: _steady(-0.8, 0.025, 0.06),
    "crash_and_rebound": lambda random: _cycles(random, _crash, 0.014),
    "short_squeeze": lambda random: _cycles(random, _squeeze, 0.014),
}
