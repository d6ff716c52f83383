"""The section on costs: what was paid by kind, how much more the edge survives, how much money it carries.

Owns the section's words, bars and the points of its curve. Must not compute: every number is one of the summary's.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.report.material import Material
from engine.report.tables import Sheet
from engine.report.words import UNDEFINED, money, number, percent, short_amount

DEEPEST = 0.75  # of the highest gain: losses below are drawn at the bottom, and told in the table
WORDS = {
    "maker fees": "limit orders that rested",
    "taker fees": "market orders, stops, and limits that traded at once",
    "spread": "half of it a taker's fill",
    "slippage": "the fixed part",
    "impact": "the market's answer to the orders' size",
    "liquidation": "the venue's fee beyond the taker's",
    "borne": "losses beyond the margin, which the venue bore",
    "funding": "paid, net of what was received",
    "interest": "on what was borrowed",
}


@dataclass(frozen=True, slots=True)
class Bar:
    """Hold one kind of cost for print; width: percent of the longest."""

    label: str
    remark: str
    amount: str
    share: str
    width: float


@dataclass(frozen=True, slots=True)
class Curve:
    """Hold the capacity curve: places in percent from the left and the top, and its line as SVG points."""

    line: str
    zero: float
    dots: list[dict[str, Any]]
    scale: list[tuple[float, str]]
    label: str


@dataclass(frozen=True, slots=True)
class Costs:
    """Hold the section."""

    bars: list[Bar]
    total: Bar | None
    base: str
    headline: str = ""
    words: str = ""
    capacity: str = ""
    curve: Curve | None = None
    sheet: Sheet | None = None


def costs_section(material: Material) -> Costs:
    """Return the section; of a run saved by an older version only that there is none."""
    told = material.summary["costs"]
    if told is None:
        return Costs([], None, "", words="This run was saved without its costs by kind; run the backtest again.")
    before, currency = float(told["before_costs"]), material.currency
    longest = max([before, *(abs(one["amount"]) for one in told["by_kind"])], default=0.0) or 1.0

    def bar(label: str, amount: float, remark: str = "") -> Bar:
        share = percent(amount / before) if before > 0.0 else UNDEFINED
        return Bar(label, remark, money(amount, currency), share, 100.0 * abs(amount) / longest)

    bars = [
        bar(one["kind"].capitalize(), one["amount"], WORDS[one["kind"]]) for one in told["by_kind"] if one["amount"]
    ]
    made = f"Made before costs: {money(before, currency, sign=True)}, on path {told['path']}. "
    base = made + ("Shares are of that." if before > 0.0 else "There is nothing for costs to be a share of.")
    headline, words = _break_even(told["break_even"])
    curve = told["capacity"]
    points = curve["points"]
    return Costs(
        bars,
        bar("All costs", float(told["total"])),
        base,
        headline,
        words,
        _capacity(curve, currency),
        _curve(points) if len(points) > 1 else None,
        _sheet(points, currency) if points else None,
    )


def _break_even(found: Mapping[str, Any]) -> tuple[str, str]:
    multiple, reason = found["multiple"], found["reason"]
    if multiple is None:
        return "", f"No break-even cost multiple: {reason}."
    words = (
        f"Found by {found['runs']} runs of the whole backtest with fees, spread, slippage and impact multiplied; "
        f"a run at the multiple nets zero within {percent(found['tolerance'])} of the start equity"
    )
    if reason:
        words = f"Found by {found['runs']} runs of the whole backtest with all assumed costs multiplied; {reason}"
    return f"The edge dies at {number(multiple)}× the assumed costs.", words + "."


def _capacity(curve: Mapping[str, Any], currency: str) -> str:
    reason = curve["reason"]
    if not curve["points"]:
        return f"No capacity curve: {reason}."
    y = number(curve["y"], 1)
    said = []
    if curve["dies"] is not None:
        low, high = (short_amount(one) for one in curve["dies_band"])
        said.append(
            f"At about {short_amount(curve['dies'])} {currency} its own impact eats the edge ({low} to {high} "
            "where Y is half as large again or half as large)"
        )
    elif not curve["fixed_sizes"] and curve["points"][-1]["net"] > 0.0:
        said.append(f"It still nets something with {short_amount(curve['points'][-1]['cash'])} {currency}")
    if curve["best"] is not None:
        said.append(f"the largest net result is that of {short_amount(curve['best'])} {currency}")
    sentences = [f"{'; '.join(said)}."] if said else []
    if reason:
        sentences.append(f"{reason[0].upper()}{reason[1:]}.")
    sentences.append(
        f"Square-root impact, mean cost 2/3 Y σ √(Q/V), Y = {y}, σ and V the market's own before each fill."
    )
    return " ".join(sentences)


def _curve(points: list[Mapping[str, Any]]) -> Curve:
    gains = [float(point["net_return"]) for point in points]
    top = max(0.0, *gains)
    bottom = min(0.0, *gains)
    if top > 0.0:
        bottom = max(bottom, -DEEPEST * top)
    room = (top - bottom) or 1.0
    first, last = (math.log(float(points[i]["cash"])) for i in (0, -1))
    dots = []
    for point, gain in zip(points, gains, strict=True):
        left = 100.0 * (math.log(float(point["cash"])) - first) / ((last - first) or 1.0)
        above = 100.0 * (top - max(gain, bottom)) / room
        dots.append(
            {"left": left, "top": above, "size": short_amount(point["cash"]), "text": percent(gain, sign=True),
             "lost": gain <= 0.0}
        )  # fmt: skip
    line = " ".join(f"{dot['left']:.2f},{dot['top']:.2f}" for dot in dots)
    zero = 100.0 * top / room
    scale = [(100.0 * (top - value) / room, percent(value, sign=True)) for value in (top, bottom) if value]
    label = "Net return by size of the account: " + ", ".join(f"{dot['size']} {dot['text']}" for dot in dots)
    return Curve(line, zero, dots, [*scale, (zero, percent(0.0, 0))], label)


def _sheet(points: list[Mapping[str, Any]], currency: str) -> Sheet:
    decimals = 2 if points[0]["cash"] < 1_000.0 else 0
    columns = [("Start equity", True), ("Net result", True), ("Net return", True)]
    rows = [
        [money(point["cash"], currency, decimals), money(point["net"], currency, decimals, sign=True),
         percent(point["net_return"], sign=True)]
        for point in points
    ]  # fmt: skip
    if any(point.get("denied") for point in points):  # a run saved by an older version did not count them
        columns += [("Orders denied", True), ("Mostly", False)]
        rows = [[*row, number(point["denied"], 0), point["denied_by"]] for row, point in zip(rows, points, strict=True)]
    return Sheet("Result by size of the account", tuple(columns), rows)
