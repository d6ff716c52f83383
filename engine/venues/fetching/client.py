"""A venue's public side through ccxt: its client, made with as few calls as can be, and what it offers.

Owns the import of ccxt, which costs most of a second and happens here only.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from typing import Any

from engine.candles.timeframes import TIMEFRAMES
from engine.errors import ConfigError, DataError, did_you_mean
from engine.venues.fetching.pacing import Pace, Sleep, Told, real_sleep, silent
from engine.venues.sandbox.pointing import point_at

PRACTICE = "practice"  # the name under which what a practice exchange told is stored
OPTIONS = {"fetchCurrencies": False, "fetchMargins": False}
KINDS = {"binance": ["spot"], "okx": ["spot", "swap"], "bybit": ["spot", "linear", "inverse"]}
USUAL_PAGE = 500


class Client:
    """Ask one venue. name: the store's name for it; ccxt: its client; pace: through which every request goes."""

    def __init__(self, name: str, ccxt: Any, pace: Pace) -> None:
        self.name, self.ccxt, self.pace = name, ccxt, pace

    def market(self, symbol: str) -> dict[str, Any]:
        """Return what ccxt says of a market; ConfigError: the venue has none of this symbol."""
        if symbol not in self.ccxt.markets:
            raise ConfigError(f"{self.name}: it has no market {symbol}{did_you_mean(symbol, self.ccxt.markets)}")
        found: dict[str, Any] = self.ccxt.markets[symbol]
        return found

    def check_timeframe(self, timeframe: str) -> None:
        """Refuse a timeframe that the venue has no candles of."""
        offered = [name for name in TIMEFRAMES if name in (self.ccxt.timeframes or {})]
        if timeframe not in offered:
            raise ConfigError(f"{self.name}: expected a timeframe it has ({', '.join(offered)}), was {timeframe}")

    def page(self, market: dict[str, Any], method: str) -> int:
        """Return how many rows one answer may hold."""
        features = self.ccxt.features or {}
        kind = "spot" if market["spot"] else "swap"
        side = "linear" if market["linear"] else "inverse"
        found = features.get(kind) or {}
        found = found if kind == "spot" else found.get(side) or {}
        return int((found.get(method) or {}).get("limit") or USUAL_PAGE)


@asynccontextmanager
async def open_client(
    venue: str, at: str = "", sleep: Sleep = real_sleep, told: Told = silent
) -> AsyncIterator[Client]:
    """Give a client with its markets loaded.

    at: address of a practice exchange instead of the live venue; told: hears of each wait. ConfigError: there is no
    such venue. DataError: it does not answer.
    """
    ccxt = _ccxt()
    if venue not in ccxt.exchanges:
        raise ConfigError(f'venue: unknown "{venue}"{did_you_mean(venue, ccxt.exchanges)}')
    kinds = {"fetchMarkets": {"types": KINDS[venue]}} if venue in KINDS else {}
    client = getattr(ccxt, venue)(
        {"enableRateLimit": True, "rateLimiterAlgorithm": "rollingWindow", "options": OPTIONS | kinds}
    )
    client.has["fetchCurrencies"] = False
    client.parse_json = _strictly(client.parse_json, ccxt.BadResponse)
    if at:
        point_at(client, at)
    pace = Pace(client, ccxt, PRACTICE if at else venue, sleep, told)
    try:
        await pace.ask(client.load_markets)
        yield Client(PRACTICE if at else venue, client, pace)
    finally:
        await client.close()


def _ccxt() -> Any:
    try:
        return import_module("ccxt.async_support")
    except ImportError as error:
        raise DataError(f"fetching needs {error.name}: pip install 'tradewind[live]'") from None


def _strictly(parse: Any, error: type[Exception]) -> Any:
    """Make an answer that is no JSON an error: ccxt takes an empty one for an empty list of candles."""

    def parsed(text: str) -> Any:
        found = parse(text)
        if found is None:
            raise error(f"expected JSON, was {text[:40]!r}")
        return found

    return parsed
