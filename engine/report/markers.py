"""Fills as the arrows of a chart: one each at its price and in its candle, or shared where there are too many."""

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
    """Hold arrows in the order of their candles; every fill of the market is in one of them."""

    candle: Integers  # index into the chart's candles; of several fills that of the first
    side: Integers  # +1 buy, -1 sell
    price: Floats  # of several fills their average by quantity
    quantity: Floats
    count: Integers
    reason: list[str]  # of several fills both reasons, or how many there are
    fills: int
    together: int  # candles whose fills of one side share an arrow; 0: an arrow a fill


def markers(fills: Table, symbol: str, candles: Coarse, limit: int = LIMIT) -> Markers:
    """Return one market's arrows, an arrow a fill, or as few candles to an arrow as keep within the limit."""
    of_market = [index for index, market in enumerate(fills["market"]) if market == symbol]
    chosen = np.array(of_market, np.int64)
    side = np.array([1 if fills["side"][i] == "buy" else -1 for i in of_market], np.int64)
    price, quantity = fills["price"][chosen], fills["quantity"][chosen]
    candle = candles.at(fills["time"][chosen])
    if not len(chosen):
        none = np.zeros(0)
        return Markers(chosen, side, none, none, chosen, [], 0, 0)
    group, together = np.arange(len(chosen)), 0
    while len(np.unique(group)) > limit:
        together = together * 2 if together > 3 else together + 1
        group = candle // together * 2 + (side > 0)
    order = np.lexsort((np.arange(len(group)), group))
    first = np.flatnonzero(np.diff(group[order], prepend=-1))
    count = np.diff(np.append(first, len(order)))
    total = np.add.reduceat(quantity[order], first)
    average = np.add.reduceat(quantity[order] * price[order], first) / total
    average = np.where(count == 1, price[order][first], average)
    reasons = [[fills["reason"][of_market[i]] for i in part] for part in np.split(order, first[1:])]
    by_candle = np.argsort(candle[order][first], kind="stable")
    return Markers(
        candle[order][first][by_candle], side[order][first][by_candle], average[by_candle], total[by_candle],
        count[by_candle], [_reason(reasons[i]) for i in by_candle], len(order), together,
    )  # fmt: skip


def _reason(reasons: list[Any]) -> str:
    different = list(dict.fromkeys(str(one) for one in reasons if one))
    return " · ".join(different) if len(different) <= 2 else f"{len(different)} reasons"
