"""The break-even cost multiple: the m at which the run, played with all its assumed costs times m, ends where it began.

Found by real runs of the core on the shown path, never by dividing a profit by its fees: sizes and denials answer to
costs too.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.honesty.denials import nothing_traded
from engine.honesty.rerunning import FRACTIONS, SCALED, net_of, with_costs

if TYPE_CHECKING:
    from engine.backtesting import Result

TOLERANCE = 1e-4  # of start equity: a run that ends so near to where it began nets zero
HIGHEST = 64.0  # times the assumed costs; an edge that outlives this does not die of them
DEAREST = 0.5  # no fee or spread is taken beyond this fraction
STEPS = 24
JUMP = 1e-5  # of the multiple: a bracket so narrow with both ends off zero holds a jump


@dataclass(frozen=True, slots=True)
class BreakEven:
    """Hold the multiple, or None and why; net: what the run at the multiple ends with, quote."""

    multiple: float | None
    reason: str
    net: float | None
    runs: int


def break_even(result: Result, progress: Callable[[int, int], None] | None = None) -> BreakEven:
    """Find the multiple between 0 and HIGHEST, to TOLERANCE."""
    run, start = result.run, result.inputs.equity_start
    if not any((run.markets[name] > 0.0).any() for name in SCALED):
        return BreakEven(None, "no costs are assumed, so there is nothing to multiply", None, 0)
    if not len(result.fill_rows):
        return BreakEven(None, nothing_traded(result), None, 0)
    done = 0

    def net(multiple: float) -> float:
        nonlocal done
        done += 1
        if progress is not None:
            progress(min(done, STEPS), STEPS)
        return net_of(with_costs(result, multiple))

    low, high = 0.0, 1.0
    at_low, at_high = 0.0, float(result.equity_curve[-1]) - start
    if at_high > 0.0:
        largest = max(float(run.markets[name].max()) for name in FRACTIONS)
        limit = min(HIGHEST, max(1.0, DEAREST / largest)) if largest > 0.0 else HIGHEST
        while at_high > 0.0 and high < limit:
            low, at_low = high, at_high
            high = min(2.0 * high, limit)
            at_high = net(high)
        if at_high > 0.0:
            return BreakEven(None, f"it is still alive at {high:.3g} times the assumed costs", None, done)
    else:
        at_low = net(0.0)
        if at_low <= 0.0:
            return BreakEven(None, "it loses before any cost", None, done)
    return _narrowed(net, low, high, at_low, at_high, start, lambda: done)


def _narrowed(
    net: Callable[[float], float],
    low: float,
    high: float,
    at_low: float,
    at_high: float,
    start: float,
    runs: Callable[[], int],
) -> BreakEven:
    """Narrow a bracket by regula falsi (Illinois: an end that stays counts half), by halves where that is slow.

    On the logarithm of the final equity: where sizes follow the equity, that is nearly a line over the costs.
    """
    weight_low, weight_high, side = _log(at_low / start), _log(at_high / start), 0
    for step in range(STEPS):
        middle = (low * weight_high - high * weight_low) / (weight_high - weight_low)
        if step % 4 == 3 or not low < middle < high:
            middle = (low + high) / 2.0
        found = net(middle)
        if abs(found) <= TOLERANCE * start:
            return BreakEven(middle, "", found, runs())
        weight = _log(found / start)
        if found > 0.0:
            low, at_low = middle, found
            weight_low, weight_high, side = weight, weight_high / (2.0 if side > 0 else 1.0), 1
        else:
            high, at_high = middle, found
            weight_low, weight_high, side = weight_low / (2.0 if side < 0 else 1.0), weight, -1
        if high - low < JUMP * high:
            break
    multiple, left = (low, at_low) if at_low < -at_high else (high, at_high)
    return BreakEven(multiple, "the result jumps across zero here", left, runs())


def _log(net_return: float) -> float:
    return math.log1p(max(net_return, -1.0 + 1e-9))
