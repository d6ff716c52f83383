"""What the page shows, as one JSON object: compact, and as quick with ten thousand open orders as with ten.

Must not change anything. Numbers are text on the market's own steps, times are ms.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from itertools import islice
from typing import Any

from engine.candles.timeframes import DAY_MS
from engine.venues.sandbox.clock import Clock
from engine.venues.sandbox.controlling.faults import KEYS, Faults
from engine.venues.sandbox.decimals import ZERO
from engine.venues.sandbox.exchange import Exchange
from engine.venues.sandbox.floor import Floor
from engine.venues.sandbox.matching.columns import shown
from engine.venues.sandbox.matching.pit import Pit
from engine.venues.sandbox.page.accounts import accounts, stepped
from engine.venues.sandbox.page.watching import Watching
from engine.venues.sandbox.quotes import Level, made_sides, prints

CANDLES, LEVELS, OWN, PRINTS = 120, 10, 6, 24
LOOKED_AT = 500  # of our orders on one side of the book
ALWAYS_MS = 10**15


def state(exchange: Exchange, clock: Clock, faults: Faults, watching: Watching, market: str) -> dict[str, Any]:
    """Return everything the page shows; market: "spot BTCUSDT", and any other word is the first market there is."""
    markets = [(floor, pit) for floor in exchange.floors.values() for pit in floor.pits.values()]
    chosen = next((one for one in markets if _name(*one) == market), markets[0])
    return {
        "market_ms": exchange.now_ms, "wall_ms": clock.now_ms, "skew_ms": clock.skew_ms, "speed": clock.speed,
        "step_ms": exchange.step_ms, "audit": watching.audit(),
        "markets": [_line(floor, pit) for floor, pit in markets], "chosen": _chosen(*chosen),
        "accounts": accounts(exchange, watching), "faults": {"known": sorted(KEYS)} | faults.told(),
    }  # fmt: skip


def _name(floor: Floor, pit: Pit) -> str:
    return f"{floor.name} {pit.instrument.symbol}"


def _line(floor: Floor, pit: Pit) -> dict[str, Any]:
    candles, then_ms = pit.tape.candles, pit.now_ms - DAY_MS
    first = int(candles.open_ms.searchsorted(then_ms))
    before = float(candles.open[min(first, len(candles) - 1)])
    return {
        "name": _name(floor, pit), "floor": floor.name, "symbol": pit.instrument.symbol,
        "last": stepped(pit.price, pit.instrument.tick),
        "change": 100.0 * (float(pit.price) / before - 1.0), "closed": pit.is_closed,
    }  # fmt: skip


def _chosen(floor: Floor, pit: Pit) -> dict[str, Any]:
    rows = shown(pit, 0, ALWAYS_MS, CANDLES)
    columns = [column[-CANDLES:].tolist() for column in rows[:6]]
    bids, asks = made_sides(floor, pit, LEVELS)
    return {
        "name": _name(floor, pit), "symbol": pit.instrument.symbol, "tick": f"{pit.instrument.tick.normalize():f}",
        "lot": f"{pit.instrument.lot.normalize():f}", "last": stepped(pit.price, pit.instrument.tick),
        "step_ms": pit.tape.step_ms,
        "candles": [list(row) for row in zip(*columns, strict=True)],
        "bids": _side(pit, bids, -1), "asks": _side(pit, asks, 1),
        "prints": [
            {
                "ms": time_ms, "price": stepped(Decimal(price), pit.instrument.tick),
                "quantity": stepped(Decimal(quantity), pit.instrument.lot), "sold": sold,
            }
            for _, time_ms, price, quantity, sold in reversed(prints(pit, None, 0, ALWAYS_MS, PRINTS))
        ],
    }  # fmt: skip


def _side(pit: Pit, levels: list[Level], direction: int) -> list[dict[str, Any]]:
    """Return one side of the book from the price outwards: the market's levels, and our nearest orders among them.

    A stop stands where it triggers, whatever it will do then.
    """
    of, last = pit.instrument, direction * (levels[-1][0] if levels else pit.price)
    resting: dict[Decimal, Decimal] = defaultdict(Decimal)
    waiting: dict[Decimal, Decimal] = defaultdict(Decimal)  # signed by what they will do, + buys
    found = [(one.point if one.is_stop else one.price, one) for one in pit.book.next_few(direction, LOOKED_AT)]
    if len(found) == LOOKED_AT:  # of the farthest price there may be more
        found = [pair for pair in found if pair[0] != found[-1][0]] or found
    for price, one in found:
        if direction * price > last and len(resting | waiting) >= OWN and price not in resting | waiting:
            break
        if one.is_stop:
            waiting[price] += one.side * one.left
        else:
            resting[price] += one.left
    rows = dict(levels)
    prices = sorted(rows.keys() | resting.keys() | waiting.keys(), reverse=direction < 0)
    return [
        {
            "price": stepped(price, of.tick), "quantity": stepped(rows.get(price, ZERO), of.lot),
            "own": stepped(resting[price], of.lot) if price in resting else "",
            "stop": stepped(waiting[price], of.lot) if price in waiting else "",
        }
        for price in islice(prices, LEVELS + 2 * OWN)
    ]  # fmt: skip
