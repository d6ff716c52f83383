"""The data of the page's charts: equity, drawdown, exposure over time; each market's candles, fills and levels.

Owns what is sent to the page's script, and what of it had to be joined or left out. Times become seconds here, the
library's unit, and are strictly increasing; a candle that is missing has no entry, and the script leaves a gap.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from engine.candles import Candles
from engine.market import decimals_of_money, tick_of
from engine.metrics import buy_and_hold
from engine.report.coarse import Coarse, coarse, step_words
from engine.report.encoding import deltas, exactly, scaled
from engine.report.markers import Markers, markers
from engine.report.material import Material
from engine.report.thinning import kept
from engine.report.words import counted, decimals_of

POINTS = 10_000  # a series; more makes the page slow and shows nothing more
CANDLES = 40_000  # on the whole page, whatever the number of markets
MARKETS = 12
LEVELS = 250


def equity_chart(material: Material) -> dict[str, Any]:
    """Return equity, buy and hold, drawdown and exposure at the same times."""
    equity, start = material.equity, float(material.metrics["equity_start"])
    drawdown = equity / np.maximum(np.maximum.accumulate(equity), start) - 1.0
    with np.errstate(divide="ignore", invalid="ignore"):
        exposure = np.where(equity > 0.0, material.exposure / equity, np.nan)
    held = _held(material)
    at = kept([equity, drawdown, *([] if held is None else [held])], POINTS - 1)
    seconds = _seconds(np.concatenate([[material.start_ms], material.close_ms[at]]))
    chart = {
        "times": deltas(seconds),
        "equity": scaled(np.append(start, equity[at])),
        "drawdown": exactly(np.append(0.0, drawdown[at]), 6),
        "hold": None if held is None else scaled(np.append(start, held[at])),
        "exposure": None,
        "currency": material.currency,
        "money": decimals_of_money(material.currency),
    }
    if np.isfinite(exposure).all() and len(exposure):
        apart = kept([exposure], POINTS)
        chart["exposure"] = {
            "times": deltas(_seconds(material.close_ms[apart])),
            "values": exactly(exposure[apart], 5),
        }
    return chart


def price_charts(material: Material) -> list[dict[str, Any]]:
    """Return a chart for each market, the most traded first; none where the candles are gone."""
    if not material.candles:
        return []
    traded: Counter[str] = Counter(material.fills["market"])
    seen = [index for index in range(len(material.candles)) if len(seen_candles(material, index))]
    order = sorted(seen, key=lambda i: -traded[material.symbols[i]])[:MARKETS]
    limit = min(POINTS, CANDLES // max(1, len(order)))
    return [_price_chart(material, index, limit) for index in order]


def seen_candles(material: Material, index: int) -> Candles:
    """Return a market's candles without those that a stopped run did not come to."""
    candles = material.candles[index]
    return candles if material.summary["complete"] else candles.between(None, int(material.close_ms[-1]))


def _price_chart(material: Material, index: int, limit: int) -> dict[str, Any]:
    market, candles = material.markets[index], seen_candles(material, index)
    drawn = coarse(candles, limit)
    arrows = markers(material.fills, market["symbol"], drawn)
    levels, beyond = _levels(material, index)
    dependent = np.unique(drawn.at(material.close_ms[material.dependent] - candles.timeframe_ms))
    return {
        "symbol": market["symbol"],
        "precision": decimals_of(market["tick"]),
        "tick": float(market["tick"]),
        "origin": _second(drawn.origin_ms),
        "step": _second(drawn.step_ms),
        "buckets": deltas(drawn.bucket),
        **_encoded(drawn),
        "fills": _encoded_fills(arrows, market),
        "dependent": deltas(dependent),
        "levels": levels,
        "words": _words(material, candles, drawn, arrows, len(dependent), beyond),
    }


def _encoded(drawn: Coarse) -> dict[str, Any]:
    prices = np.concatenate([drawn.open, drawn.high, drawn.low, drawn.close])
    decimals = decimals_of(f"{tick_of(prices):.8f}")
    o, h, low, c = (np.rint(one * 10.0**decimals).astype(np.int64) for one in np.split(prices, 4))
    return {
        "decimals": decimals,
        "open": (o - np.append(0, c[:-1])).tolist(),  # from the close before: mostly nothing
        "high": (h - np.maximum(o, c)).tolist(),
        "low": (np.minimum(o, c) - low).tolist(),
        "close": (c - o).tolist(),
    }


def _encoded_fills(arrows: Markers, market: dict[str, Any]) -> dict[str, Any]:
    reasons = list(dict.fromkeys(arrows.reason))
    number = {reason: index for index, reason in enumerate(reasons)}
    return {
        "candle": deltas(arrows.candle),
        "side": arrows.side.tolist(),
        "price": exactly(arrows.price, decimals_of(market["tick"])),
        "quantity": exactly(arrows.quantity, decimals_of(market["lot"])),
        "count": arrows.count.tolist(),
        "reason": [number[reason] for reason in arrows.reason],
        "reasons": reasons,
    }


def _levels(material: Material, index: int) -> tuple[list[dict[str, Any]], int]:
    """Return a market's levels, of plan and review, and how many are too many to draw."""
    found: list[dict[str, Any]] = []
    for kind in ("plans", "reviews"):
        told = material.summary[kind]
        if told and "strategy" in told[0]:
            own = [one for one in told if one["markets"] == [material.symbols[index]]]
        elif len(told) == len(material.markets):
            own = [told[index]]
        else:
            own = told[:1] if index == 0 else []
        found += [dict(level) for one in own for level in one["levels"]]
    once = list({(level["price"], level["role"], level["label"]): level for level in found}.values())
    usable = [one for one in once if one["price"] is not None and np.isfinite(one["price"]) and one["price"] > 0.0]
    return usable[:LEVELS], max(0, len(usable) - LEVELS)


def _words(
    material: Material, candles: Candles, drawn: Coarse, arrows: Markers, dependent: int, beyond: int
) -> list[str]:
    """Say what the chart shows and what it leaves out, a sentence each."""
    said = [f"{counted(len(drawn.bucket), 'candle')} of {step_words(drawn.step_ms)}"]
    if drawn.merged > 1:
        said[0] += (
            f", each made of {drawn.merged} of the run's {counted(len(candles), 'candle')} of {candles.timeframe}"
        )
    if not arrows.fills:
        said.append("No fill in this market")
    elif arrows.together:
        within = step_words(drawn.step_ms * arrows.together)
        said.append(
            f"{counted(arrows.fills, 'fill')}: those of one side within {within} share an arrow at their average price"
        )
    else:
        said.append(f"{counted(arrows.fills, 'fill')}, an arrow each at its price")
    if dependent:
        of = f" (of the run's {counted(int(material.dependent.sum()), 'such candle')})" if drawn.merged > 1 else ""
        said.append(f"Marked at the bottom: {counted(dependent, 'candle')} whose outcome depended on the path{of}")
    elif material.summary["rules"]["path"] in ("adverse", "favourable"):
        said.append("No candle's outcome depended on the path inside it")
    if beyond:
        said.append(f"{counted(beyond, 'further level')} are not drawn")
    return said


def _held(material: Material) -> Any:
    """Return what the same money, held, was worth at each close; None where no one instrument compares."""
    if len(material.candles) != 1 or material.metrics["buy_and_hold"] is None:
        return None
    candles, market = material.candles[0], material.markets[0]
    start = float(material.metrics["equity_start"])
    first, last = float(candles.open[0]), float(candles.close[len(material.equity) - 1])
    found = buy_and_hold(start, first, last, float(market["taker_fee_rate"]), float(market["lot"]))
    return found.cash_left + found.quantity * candles.close[: len(material.equity)]


def _seconds(times_ms: Any) -> Any:
    seconds = np.asarray(times_ms, np.int64) // 1000
    if (np.diff(seconds) <= 0).any():
        raise AssertionError("chart: times must be strictly increasing; this is a fault of the engine")
    return seconds


def _second(ms: int) -> int:
    return ms // 1000
