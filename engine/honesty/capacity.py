"""The capacity curve: what the same strategy nets with more and more money, under square-root impact.

Volatility and volume are the run's own, day by day and causal; Y is the market's `impact`, and its band is wide.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.backtesting.run import Run
from engine.backtesting.volumes import knows_volume
from engine.core import codes
from engine.errors import EngineError
from engine.honesty.costs import costs_by_kind
from engine.honesty.denials import commonest, denials, nothing_traded
from engine.honesty.rerunning import net_of, with_cash

if TYPE_CHECKING:
    from engine.backtesting import Result

LARGER = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1_000.0, 3_000.0, 10_000.0)  # times the run's own cash
SMALLER = (0.1, 0.01, 0.001)
BAND = (0.5, 1.5)  # of Y, formulae.md section 1
LOOK = 2  # the step at which the cash has grown tenfold
ALIKE = 1.5  # a fill that grows less than this while the cash grows tenfold is of a fixed size
MUCH = 0.2  # of the notional in limit orders; from here on the curve's blindness for them is told
MANY = 0.2  # of the orders denied for the account's size; from here on they limit it, whatever impact does


@dataclass(frozen=True, slots=True)
class Point:
    """Hold one size of the account."""

    cash: float  # quote, start equity
    net: float  # quote
    net_return: float  # of start equity
    denied: int = 0  # orders
    denied_by: str = ""  # the commonest rule that denied them


@dataclass(frozen=True, slots=True)
class Capacity:
    """Hold the curve; dies: the start equity at which impact leaves nothing; reason: why none, or its limits."""

    points: tuple[Point, ...]
    y: float
    dies: float | None
    dies_band: tuple[float, float] | None  # at the upper and the lower end of Y's band
    best: float | None  # start equity with the largest net result
    fixed_sizes: bool
    reason: str


def capacity(result: Result, progress: Callable[[int, int], None] | None = None) -> Capacity:
    """Play the run with larger and larger accounts until one nets nothing."""
    inputs = result.inputs
    y = max(market.impact for market in inputs.markets)
    for index in range(len(inputs.markets)):
        if not knows_volume(inputs, index):
            return _none(y, "the candles have no volume, and impact is a matter of volume")
    if not len(result.fill_rows):
        return _none(y, nothing_traded(result))
    if not _alive_without_impact(result):
        return _none(y, "it nets nothing at its own size, before any impact of more")
    played, reason = _played(result, progress)
    if not played:
        return _none(y, reason)
    points = [one.point for one in played]
    limited = next((one for one in played if one.limited), None)
    fixed = limited is None and _same_size(played)
    if limited is not None:
        reason = _denial(limited, inputs.markets[0].settle)
    elif fixed:
        reason = "sizes are fixed, the curve shows the account, not the strategy"
    elif points[0].net <= 0.0:
        reason = "it nets nothing at any of these sizes"
    elif not reason and (result.metrics.maker_share or 0.0) > MUCH:
        reason = (
            f"{result.metrics.maker_share:.0%} of the notional are limit orders, which this model lets fill "
            "at any size: the curve is too kind"
        )
    dies = None if fixed or limited is not None else _crossing(points)
    band = None if dies is None else (dies / BAND[1] ** 2, dies / BAND[0] ** 2)
    best = None if fixed or points[0].net <= 0.0 else max(points, key=lambda point: point.net).cash
    return Capacity(tuple(points), y, dies, band, best, fixed, reason)


@dataclass(frozen=True, slots=True)
class _Played:
    """Hold a point, and what says whether the account still trades the same strategy."""

    point: Point
    median_fill: float
    orders: int  # that filled or were denied
    excess: int  # denied, and not so at the run's own size

    @property
    def limited(self) -> bool:
        return self.excess > MANY * self.orders


def _played(result: Result, progress: Callable[[int, int], None] | None) -> tuple[list[_Played], str]:
    """Return each size that was played, smallest account first, and why larger ones are missing."""
    found: list[_Played] = []
    usual = denials(result.event_rows)
    usual.pop(codes.DENIED_LEVERAGE, None)  # that one is always a matter of size
    for step, factor in enumerate(LARGER):
        if progress is not None:
            progress(step, len(LARGER))
        try:
            found.append(_sized(result, factor, usual))
        except EngineError as error:
            return found, f"the curve ends before {factor:,.0f} times the cash: {error}"
        if found[-1].limited or found[-1].point.net <= 0.0 or (step == LOOK and _same_size(found)):
            break
    if len(found) == 1 and found[0].point.net <= 0.0:  # impact alone kills it at its own size: look for one that lives
        for factor in SMALLER:
            try:
                found.insert(0, _sized(result, factor, usual))
            except EngineError:  # too small for the market or the strategy's plan: the curve begins above
                break
            if found[0].point.net > 0.0:
                break
    return found, ""


def _same_size(played: list[_Played]) -> bool:
    """Return whether the median fill stayed what it was while the cash grew tenfold."""
    return len(played) > LOOK and played[LOOK].median_fill < ALIKE * played[0].median_fill


def _alive_without_impact(result: Result) -> bool:
    impact = next(one.amount for one in costs_by_kind(result) if one.kind == "impact")
    return float(result.equity_curve[-1]) + impact > result.inputs.equity_start


def _sized(result: Result, factor: float, usual: Counter[int]) -> _Played:
    run = with_cash(result, factor)
    net, start = net_of(run), run.inputs.equity_start
    denied = denials(run.events[: int(run.run[0]["event_count"])])
    excess = denied - usual
    point = Point(start, net, net / start, denied.total(), commonest(excess or denied))
    orders = int(run.run[0]["fill_count"]) + denied.total()
    return _Played(point, _median_fill(run), orders, excess.total())


def _denial(limited: _Played, currency: str) -> str:
    point = limited.point
    return (
        f"with {point.cash:,.10g} {currency} {point.denied:,} of {limited.orders:,} orders are denied, mostly as "
        f'"{point.denied_by}": that limits the account before its own impact does'
    )


def _none(y: float, reason: str) -> Capacity:
    return Capacity((), y, None, None, None, False, reason)


def _median_fill(run: Run) -> float:
    fills = run.fills[: int(run.run[0]["fill_count"])]
    return float(np.median(fills["quantity"] * fills["price"])) if len(fills) else 0.0


def _crossing(points: list[Point]) -> float | None:
    """Return where the net return crosses zero, on a line over the square root of the size: impact is one."""
    if len(points) < 2 or points[-1].net > 0.0:
        return None
    alive, dead = points[-2], points[-1]
    share = alive.net_return / (alive.net_return - dead.net_return)
    root = math.sqrt(alive.cash) + share * (math.sqrt(dead.cash) - math.sqrt(alive.cash))
    return root * root
