"""From a stream's name to what it says, on spot and on USD-M. Owns the names; must not know who listens."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from engine.candles.timeframes import TIMEFRAMES
from engine.venues.sandbox.floor import Floor
from engine.venues.sandbox.matching.pit import Pit
from engine.venues.sandbox.streams import depth, tickers, usdm_feeds
from engine.venues.sandbox.streams.candles import Candles
from engine.venues.sandbox.streams.feed import Feed
from engine.venues.sandbox.streams.prints import Prints
from engine.venues.sandbox.streams.tickers import States

State = tuple[tickers.Tell, int, bool]  # what it tells; its pause, ms; whether time alone changes nothing of it


@dataclass(frozen=True, slots=True)
class Names:
    """Say which streams a segment has. states: of one market; lists: of all, in one event; depth: default pause, ms."""

    states: dict[str, State]
    lists: dict[str, State]
    prints: Callable[[Floor, str, str, bool], Feed]
    changes: Callable[[Floor, str, str, int], Feed]
    few: Callable[[Floor, Pit, int], dict[str, object]]
    depth: re.Pattern[str]
    depth_ms: int
    others: dict[str, Callable[[Floor, str, str], Feed]]

    def feed(self, floor: Floor, name: str) -> Feed | None:
        """Return a new feed for a name such as btcusdt@kline_1m or !miniTicker@arr; None: there is no such stream."""
        if name.startswith("!"):
            if name in self.others:
                return self.others[name](floor, name, "")
            return States(floor, name, "", *self.lists[name]) if name in self.lists else None
        lower, _, kind = name.partition("@")
        symbol = lower.upper()
        if symbol not in floor.pits or lower != symbol.lower():
            return None
        if kind in self.states:
            return States(floor, name, symbol, *self.states[kind])
        if kind in self.others:
            return self.others[kind](floor, name, symbol)
        if kind in ("trade", "aggTrade"):
            return self.prints(floor, name, symbol, kind == "aggTrade")
        if kind.startswith("kline_"):
            return _candles(floor, name, symbol, kind.removeprefix("kline_"))
        found = self.depth.fullmatch(kind)
        if found is None:
            return None
        levels, pause_ms = found[1], int(found[2] or self.depth_ms)
        if levels is None:
            return self.changes(floor, name, symbol, pause_ms)
        return States(floor, name, symbol, partial(_few, self.few, int(levels)), pause_ms, timeless=True)


def _few(few: Callable[[Floor, Pit, int], dict[str, object]], levels: int, floor: Floor, pit: Pit) -> dict[str, object]:
    return few(floor, pit, levels)


def _candles(floor: Floor, name: str, symbol: str, interval: str) -> Feed | None:
    step_ms = TIMEFRAMES.get(interval)
    fits = step_ms is not None and step_ms % floor.pits[symbol].tape.step_ms == 0
    return Candles(floor, name, symbol, interval) if fits else None


_SHORT: State = (tickers.short_day, 1_000, False)
SPOT = Names(
    states={
        "ticker": (tickers.day, 1_000, False), "miniTicker": _SHORT, "bookTicker": (tickers.best, 0, True),
        "avgPrice": (tickers.average, 1_000, False),
    },
    lists={"!ticker@arr": (tickers.day, 1_000, False), "!miniTicker@arr": _SHORT},
    prints=Prints, changes=depth.Changes, few=depth.few, depth=re.compile(r"depth(5|10|20)?(?:@(100|1000)ms)?"),
    depth_ms=1_000, others={},
)  # fmt: skip
USDM = Names(
    states={
        "ticker": (usdm_feeds.day, 2_000, False), "miniTicker": _SHORT, "bookTicker": (usdm_feeds.best, 0, True),
        "markPrice": (usdm_feeds.mark, 3_000, False), "markPrice@1s": (usdm_feeds.mark, 1_000, False),
    },
    lists={
        "!ticker@arr": (usdm_feeds.day, 1_000, False), "!miniTicker@arr": _SHORT,
        "!markPrice@arr": (usdm_feeds.mark, 3_000, False), "!markPrice@arr@1s": (usdm_feeds.mark, 1_000, False),
    },
    prints=usdm_feeds.LinearPrints, changes=usdm_feeds.LinearChanges, few=usdm_feeds.few,
    depth=re.compile(r"depth(5|10|20)?(?:@(100|250|500)ms)?"), depth_ms=250,
    others={
        "!bookTicker": lambda floor, name, _: usdm_feeds.EachBest(floor, name),
        "forceOrder": usdm_feeds.Liquidations, "!forceOrder@arr": usdm_feeds.Liquidations,
    },
)  # fmt: skip
