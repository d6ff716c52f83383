"""Which orders were denied, and by which rule: what no cost explains."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from engine.backtesting.seats import Rows
from engine.core import codes

if TYPE_CHECKING:
    from engine.backtesting import Result

DENIED = "denied: "  # how the labels of denials begin


def denials(events: Rows) -> Counter[int]:
    """Return how many orders each rule denied."""
    return Counter(code for code in events["code"].tolist() if codes.LABEL[code].startswith(DENIED))


def commonest(found: Counter[int]) -> str:
    """Return the words for the rule that denied most; none where nothing was denied."""
    return codes.LABEL[found.most_common(1)[0][0]].removeprefix(DENIED) if found else ""


def nothing_traded(result: Result) -> str:
    """Return why there is nothing to study: no order at all, or none that was let through."""
    found = denials(result.event_rows)
    if not found:
        return "nothing was traded"
    return f'nothing was traded: {found.total():,} orders were denied, mostly as "{commonest(found)}"'
