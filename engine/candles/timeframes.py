"""Names of timeframes, times and markets, as people type them.

Owns their parsing and printing. Must not know candles or files.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from engine.errors import ConfigError, did_you_mean

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 86_400_000
MONDAY_MS = 4 * DAY_MS  # 1970-01-05, the first Monday: weeks are counted from it

TIMEFRAMES = {
    "1m": MINUTE_MS,
    "3m": 3 * MINUTE_MS,
    "5m": 5 * MINUTE_MS,
    "15m": 15 * MINUTE_MS,
    "30m": 30 * MINUTE_MS,
    "1h": 60 * MINUTE_MS,
    "2h": 120 * MINUTE_MS,
    "4h": 240 * MINUTE_MS,
    "6h": 360 * MINUTE_MS,
    "8h": 480 * MINUTE_MS,
    "12h": 720 * MINUTE_MS,
    "1d": DAY_MS,
    "1w": 7 * DAY_MS,
}

_VENUE = re.compile(r"[a-z][a-z0-9]*")
# BTC/USDT, BTC/USDT:USDT, BTC/USDT:USDT-241227; nothing that could escape a folder.
_SYMBOL = re.compile(r"[A-Z0-9]+/[A-Z0-9]+(:[A-Z0-9]+(-[A-Z0-9]+)*)?")


def timeframe_ms(timeframe: str) -> int:
    """Return a timeframe's length in milliseconds."""
    if timeframe not in TIMEFRAMES:
        near = did_you_mean(timeframe, TIMEFRAMES)
        known = "" if near.startswith("; known") else f" (known: {', '.join(TIMEFRAMES)})"
        raise ConfigError(f'timeframe: unknown "{timeframe}"{near}{known}')
    return TIMEFRAMES[timeframe]


def grid_origin_ms(timeframe: str) -> int:
    """Return a time at which a candle of this timeframe opens: Monday for weeks, the epoch for the rest."""
    return MONDAY_MS if timeframe == "1w" else 0


def parse_time(time: str | int) -> int:
    """Return UTC milliseconds of "2024-01-01", "2024-01-01T05:00" (UTC unless it says otherwise) or milliseconds."""
    if isinstance(time, int):
        return time
    text = time.strip()
    if text.isdigit() and len(text) > 10:  # shorter ones are years and dates
        return int(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigError(
            f'time: expected a date such as 2024-01-01 or 2024-01-01T05:00, or milliseconds, was "{time}"'
        ) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    elapsed = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return elapsed.days * DAY_MS + elapsed.seconds * 1000 + elapsed.microseconds // 1000


def iso(time_ms: int) -> str:
    """Return a time in ISO 8601, UTC, as short as it can be said exactly: 2024-01-01T05:00Z."""
    try:
        moment = datetime.fromtimestamp(time_ms // 1000, UTC)
    except (OverflowError, ValueError, OSError):  # broken sources hold such times, and we must name them
        return f"{time_ms} ms"
    rest_ms = time_ms % 1000
    if rest_ms:
        return f"{moment:%Y-%m-%dT%H:%M:%S}.{rest_ms:03d}Z"
    return f"{moment:%Y-%m-%dT%H:%M:%S}Z" if moment.second else f"{moment:%Y-%m-%dT%H:%M}Z"


def parse_market(market: str) -> tuple[str, str]:
    """Return venue and symbol of "binance:BTC/USDT" or "binance:BTC/USDT:USDT"."""
    venue, _, symbol = market.partition(":")
    if _VENUE.fullmatch(venue) and _SYMBOL.fullmatch(symbol):
        return venue, symbol
    raise ConfigError(f'market: expected VENUE:BASE/QUOTE such as binance:BTC/USDT, was "{market}"{_hint(market)}')


def _hint(market: str) -> str:
    for guess in (
        f"{market.partition(':')[0].lower()}:{market.partition(':')[2].upper()}",
        f"binance:{market.upper()}",
    ):
        venue, _, symbol = guess.partition(":")
        if _VENUE.fullmatch(venue) and _SYMBOL.fullmatch(symbol):
            return f'; did you mean "{guess}"?'
    return ""


def counted(number: int, thing: str) -> str:
    """Return "1 candle" or "1,234 candles"."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"
