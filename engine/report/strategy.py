"""What a strategy tells of itself: its review of the result, and the plan it began with, shown as they come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.report.figures import Figure
from engine.report.material import Material
from engine.report.tables import Sheet, own_sheet, own_value

ROLES = {"line": "line", "ladder": "rung", "target": "target", "stop": "stop", "entry": "entry"}


@dataclass(frozen=True, slots=True)
class Part:
    """Hold one review or plan for print."""

    kind: str  # "review" or "plan"
    title: str
    market: str  # where there are several
    figures: list[Figure]
    sheets: list[Sheet]
    levels: Sheet | None


def own_parts(material: Material) -> list[Part]:
    """Return the reviews, then the plans, market by market."""
    found = []
    for kind, title in (("reviews", ""), ("plans", "Before the start")):
        told = material.summary[kind]
        apart = len(told) == len(material.markets) > 1 and "strategy" not in told[0]
        for index, one in enumerate(told):
            market, named = material.markets[index if apart else 0], one.get("title") or title
            if "strategy" in one:  # of several strategies each says whose and of which markets it is
                market, named = (
                    material.markets[material.symbols.index(one["markets"][0])],
                    f"{one['strategy']}: {named}",
                )
            part = _part(material, one, kind.removesuffix("s"), named, market, apart)
            if part.figures or part.sheets or part.levels:
                found.append(part)
    return found


def _part(material: Material, told: Any, kind: str, title: str, market: Any, apart: bool) -> Part:
    figures = [
        Figure(str(fact["label"]), own_value(material, fact["value"], fact["unit"], market), str(fact["remark"]))
        for fact in told["facts"]
    ]
    sheets = [own_sheet(material, table, market) for table in told["tables"]]
    levels = None
    if told["levels"] and not told["tables"]:  # a table of lines or rungs says more than their prices alone
        rows = [
            [
                str(level["label"]),
                ROLES.get(level["role"], str(level["role"])),
                own_value(material, level["price"], "price", market),
            ]
            for level in told["levels"]
        ]
        levels = Sheet("Levels", (("Level", False), ("Kind", False), ("Price", True)), rows)
    return Part(kind, title, str(market["symbol"]) if apart else "", figures, sheets, levels)
