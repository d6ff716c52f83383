"""From a stream's name to what it says, on spot. Owns the names; must not know who listens."""

from __future__ import annotations

import re
from functools import partial

from engine.candles.timeframes import TIMEFRAMES
from engine.venues.sandbox.floor import Floor
from engine.venues.sandbox.streams import tickers
from engine.venues.sandbox.streams.candles import Candles
from engine.venues.sandbox.streams.depth import Changes, few
from engine.venues.sandbox.streams.feed import Feed
from engine.venues.sandbox.streams.prints import Prints

_DEPTH = re.compile(r"depth(5|10|20)?(?:@(100|1000)ms)?")
_STATES: dict[str, tuple[tickers.Tell, int, bool]] = {  # what it tells, its pause, whether time alone changes nothing
    "ticker": (tickers.day, 1_000, False),
    "miniTicker": (tickers.short_day, 1_000, False),
    "bookTicker": (tickers.best, 0, True),
    "avgPrice": (tickers.average, 1_000, False),
}


def spot_feed(floor: Floor, name: str) -> Feed | None:
    """Return a new feed for a name such as btcusdt@kline_1m or !miniTicker@arr; None: there is no such stream."""
    if name.startswith("!"):
        kind = name[1:].removesuffix("@arr")
        if not name.endswith("@arr") or kind not in ("ticker", "miniTicker"):
            return None
        tell, pause_ms, timeless = _STATES[kind]
        return tickers.States(floor, name, "", tell, pause_ms, timeless)
    symbol, _, kind = name.partition("@")
    symbol = symbol.upper()
    if symbol not in floor.pits or name != name[: len(symbol)].lower() + name[len(symbol) :]:
        return None
    if kind in _STATES:
        tell, pause_ms, timeless = _STATES[kind]
        return tickers.States(floor, name, symbol, tell, pause_ms, timeless)
    if kind in ("trade", "aggTrade"):
        return Prints(floor, name, symbol, kind == "aggTrade")
    if kind.startswith("kline_"):
        interval = kind.removeprefix("kline_")
        step_ms = TIMEFRAMES.get(interval)
        fits = step_ms is not None and step_ms % floor.pits[symbol].tape.step_ms == 0
        return Candles(floor, name, symbol, interval) if fits else None
    found = _DEPTH.fullmatch(kind)
    if found is None:
        return None
    levels, pause_ms = found[1], int(found[2] or 1_000)
    if levels is None:
        return Changes(floor, name, symbol, pause_ms)
    return tickers.States(floor, name, symbol, partial(few, levels=int(levels)), pause_ms, timeless=True)
