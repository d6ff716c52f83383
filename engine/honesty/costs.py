"""What a run paid, by kind, added up from its fills; nothing is assumed here that the core did not charge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.backtesting.worth import notional_of
from engine.core import codes

if TYPE_CHECKING:
    from engine.backtesting import Result

Floats = np.ndarray[Any, np.dtype[np.float64]]
KINDS = ("maker fees", "taker fees", "spread", "slippage", "impact", "liquidation", "funding", "interest", "borne")
FORCED = codes.KINDS_OF_ORDER.index("liquidation")


@dataclass(frozen=True, slots=True)
class Cost:
    """Hold one kind of cost."""

    kind: str  # one of KINDS
    amount: float  # quote, + paid, - received


def costs_by_kind(result: Result) -> list[Cost]:
    """Return every kind in order, those of nothing too.

    Between the planned and the paid price of a taker lie half the spread, the fixed slippage and the impact, in this
    order: a limit that capped the price spared the last of them first. What rounding to the tick adds belongs to the
    last one there is. A liquidation's fee beyond the taker's is its own kind; what the venue bore of the losses
    is a cost below zero.
    """
    fills, markets = result.fill_rows, result.inputs.markets
    maker = fills["maker"] == 1
    planned = fills.copy()
    planned["price"] = fills["planned"]
    notional = notional_of(planned, result.run.books, markets)
    paid = notional_of(fills, result.run.books, markets)
    inverse = np.array([market.kind == "inverse" for market in markets])[_market_of(result)]
    worse = fills["side"] * np.where(inverse, notional - paid, paid - notional)
    forced = fills["kind"] == FORCED
    taker_rates = np.array([market.taker_fee_rate for market in markets])[_market_of(result)]
    penalty = np.where(forced, fills["fee"] - taker_rates * paid, 0.0)
    half_spread, slippage, models = _assumed(result)
    has_impact, has_slippage = models, slippage > 0.0
    spread = np.where(has_impact | has_slippage, np.clip(half_spread * notional, 0.0, np.maximum(worse, 0.0)), worse)
    left = worse - spread
    fixed = np.where(has_impact, np.clip(slippage * notional, 0.0, np.maximum(left, 0.0)), left)
    amounts = {
        "maker fees": fills["fee"][maker].sum(),
        "taker fees": (fills["fee"] - penalty)[~maker].sum(),
        "spread": spread.sum(),
        "slippage": fixed.sum(),
        "impact": (left - fixed).sum(),
        "liquidation": penalty.sum(),
        "funding": -result.terms.funding,
        "interest": result.terms.interest,
        "borne": -result.terms.borne,
    }
    return [Cost(kind, float(amounts[kind]) + 0.0) for kind in KINDS]


def _market_of(result: Result) -> Any:
    """Return the index of each fill's market."""
    return result.run.books["market"][result.fill_rows["book"]]


def _assumed(result: Result) -> tuple[Floats, Floats, Any]:
    """Return half the spread and the slippage at each fill, and whether its market answers to size."""
    inputs, fills = result.inputs, result.fill_rows
    market_of = _market_of(result)
    half_spread, slippage = np.zeros(len(fills)), np.zeros(len(fills))
    answers = np.zeros(len(fills), np.bool_)
    for index, market in enumerate(inputs.markets):
        own = market_of == index
        half_spread[own] = market.half_spread
        if market.spread_varies:
            half_spread[own] = inputs.gauged()[index]["half_spread"][fills["candle"][own]]
        slippage[own], answers[own] = market.slippage, market.slippage_model != "fixed"
    return half_spread, slippage, answers
