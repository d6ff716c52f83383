"""Fills as the arrows of a chart: each at its price, snapped to its candle, joined where there are too many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.metrics.sampling import Floats, Integers
from engine.report.coarse import Coarse
from engine.report.material import Table

LIMIT = 2_000


@dataclass(frozen=True, slots=True)
class Markers:
    """Hold arrows in the order of their candles; `fills` of one market became `arrows`, `left_out` have none."""

    candle: Integers  # index into the chart's candles
    side: Integers  # +1 buy, -1 sell
    price: Floats  # of several fills, their average by quantity
    quantity: Floats
    count: Integers
    reason: list[str]  # of several fills with different reasons: both, or how many
    fills: int
    left_out: int


def markers(fills: Table, symbol: str, candles: Coarse, limit: int = LIMIT) -> Markers:
    """Return one market's arrows: one a fill, else one a candle and side, the latest where even those are too many."""
    of_market = [index for index, market in enumerate(fills["market"]) if market == symbol]
    chosen = np.array(of_market, np.int64)
    side = np.array([1 if fills["side"][i] == "buy" else -1 for i in of_market], np.int64)
    price, quantity = fills["price"][chosen], fills["quantity"][chosen]
    candle = candles.at(fills["time"][chosen])
    reasons = [fills["reason"][i] for i in of_market]
    order = np.lexsort((np.arange(len(candle)), candle))
    group = np.arange(len(order))
    if len(order) > limit:
        key = candle * 2 + (side > 0)
        order = np.lexsort((np.arange(len(candle)), key))
        group = np.cumsum(np.diff(key[order], prepend=-1) != 0) - 1
    first = np.flatnonzero(np.diff(group, prepend=-1))
    count = np.diff(np.append(first, len(order)))
    if not len(order):
        none = np.zeros(0)
        return Markers(chosen, side, none, none, count, [], 0, 0)
    total = np.add.reduceat(quantity[order], first)
    average = np.add.reduceat(quantity[order] * price[order], first) / total
    average = np.where(count == 1, price[order][first], average)
    told = [_reason([reasons[i] for i in part]) for part in np.split(order, first[1:])]
    keep = slice(max(0, len(first) - limit), None)
    return Markers(
        candle[order][first][keep], side[order][first][keep], average[keep], total[keep], count[keep], told[keep],
        len(order), int(count[: keep.start].sum()),
    )  # fmt: skip


def _reason(reasons: list[Any]) -> str:
    different = list(dict.fromkeys(str(one) for one in reasons if one))
    return " · ".join(different) if len(different) <= 2 else f"{len(different)} reasons"
