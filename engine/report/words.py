"""Numbers as the page prints them: U+2212 for minus, thin spaces between thousands, "–" for what is not defined.

Owns the formats of the report. Must not know what the numbers mean. Fractions become percent here and nowhere before.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from decimal import Decimal

from engine.market import decimals_of_money

UNDEFINED = "–"
MINUS = "\N{MINUS SIGN}"
THIN = "\N{NARROW NO-BREAK SPACE}"
HARD = "\N{NO-BREAK SPACE}"


def number(value: float | None, decimals: int = 2, *, sign: bool = False) -> str:
    """Return 1 234.50 or −1 234.50 with thin spaces; sign: with a plus too."""
    if value is None or not math.isfinite(value):
        return UNDEFINED
    text = f"{value:,.{decimals}f}".replace(",", THIN)
    if not any(digit in text for digit in "123456789"):
        return text.lstrip("-")  # nothing but zeros has no sign
    return f"+{text}" if sign and value > 0.0 else text.replace("-", MINUS)


def whole(value: float | None) -> str:
    """Return a count: 12 345."""
    return number(value, 0)


def percent(fraction: float | None, decimals: int = 2, *, sign: bool = False) -> str:
    """Return 12.34 % for 0.1234."""
    if fraction is None or not math.isfinite(fraction):
        return UNDEFINED
    return f"{number(100.0 * fraction, decimals, sign=sign)}{HARD}%"


def money(value: float | None, currency: str, decimals: int | None = None, *, sign: bool = False) -> str:
    """Return 1 234.50 USDT, or 0.012345 BTC."""
    text = number(value, decimals_of_money(currency) if decimals is None else decimals, sign=sign)
    return text if text == UNDEFINED else f"{text}{HARD}{currency}"


def short_amount(value: float) -> str:
    """Return 12 k, 1.2 M or 3 bn: an amount whose order is what matters."""
    for size, mark in ((1e9, "bn"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= 0.9995 * size:
            return f"{value / size:.3g}{HARD}{mark}"
    return f"{value:.3g}"


def days(value: float | None) -> str:
    """Return "366 days", or hours below two days."""
    if value is None:
        return UNDEFINED
    return f"{number(24.0 * value, 1)}{HARD}hours" if value < 2.0 else f"{number(value, 0)}{HARD}days"


def counted(count: int, thing: str) -> str:
    """Return "1 candle" or "1 234 candles"."""
    return f"{whole(count)}{HARD}{thing}" if count == 1 else f"{whole(count)}{HARD}{thing}s"


def decimals_of(step: float | str) -> int:
    """Return how many decimals a tick or lot has: 2 for 0.01."""
    return max(0, -int(Decimal(str(step)).normalize().as_tuple().exponent))


def day(time_ms: int | None) -> str:
    """Return 2024-01-31, UTC."""
    return UNDEFINED if time_ms is None else f"{_moment(time_ms):%Y-%m-%d}"


def minute(time_ms: int | None) -> str:
    """Return 2024-01-31 05:00, UTC."""
    return UNDEFINED if time_ms is None else f"{_moment(time_ms):%Y-%m-%d} {_moment(time_ms):%H:%M}"


def _moment(time_ms: int) -> datetime:
    return datetime.fromtimestamp(time_ms / 1000.0, UTC)
