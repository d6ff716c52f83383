"""The study of a result's costs as plain values, ready for JSON: what `metrics.json`, report and terminal show."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from engine.honesty.breaking_even import TOLERANCE, BreakEven, break_even
from engine.honesty.capacity import Capacity, capacity
from engine.honesty.costs import costs_by_kind

if TYPE_CHECKING:
    from engine.backtesting import Result

Progress = Callable[[str, int, int], None]


def study_costs(result: Result, *, runs: bool = True, progress: Progress | None = None) -> dict[str, Any]:
    """Return costs by kind, the break-even multiple and the capacity curve; keeps them as `result.costs`.

    runs=False leaves the last two out, which take about twenty runs more.
    """
    reason = _why_not(result, runs)
    result.costs = _told(result, BreakEven(None, reason, None, 0), None, reason)
    if not reason:
        found = break_even(result, _named(progress, "break-even"))
        result.costs = _told(result, found, None, "stopped before its end")  # what Ctrl-C keeps
        result.costs = _told(result, found, capacity(result, _named(progress, "capacity")), "")
    return result.costs


def _why_not(result: Result, runs: bool) -> str:
    if not result.complete:
        return "not computed for a run that stopped before its end"
    if result.inputs.in_chunks:
        return "not computed for a run in chunks: it takes about twenty runs more"
    if not result.run.compiled:
        return "not computed for an interpreted run: it takes about twenty runs more"
    return "" if runs else "not asked for (--no-costs)"


def _told(result: Result, found: BreakEven, curve: Capacity | None, reason: str) -> dict[str, Any]:
    kinds = costs_by_kind(result)
    net = float(result.equity_curve[-1]) - result.inputs.equity_start
    total = sum(one.amount for one in kinds)
    before = net + total
    if abs(before) <= 1e-9 * result.inputs.equity_start:  # what rounding leaves is nothing to have a share of
        before = 0.0
    return {
        "by_kind": [asdict(one) for one in kinds],
        "total": total,
        "before_costs": before,
        "net": net,
        "path": result.run.rules.path,
        "break_even": {**asdict(found), "tolerance": TOLERANCE},
        "capacity": {"points": [], "reason": reason} if curve is None else asdict(curve),
    }


def _named(progress: Progress | None, what: str) -> Callable[[int, int], None] | None:
    return None if progress is None else lambda done, total: progress(what, done, total)
