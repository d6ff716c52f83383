"""Numbers as a person reads them: U+2212 for minus, thousands in commas, "–" for what is not defined.

Owns the formats of the terminal. Must not know what the numbers mean. Fractions become percent here and nowhere before.
"""

from __future__ import annotations

from engine.market import decimals_of_money

UNDEFINED = "–"
MINUS = "\N{MINUS SIGN}"


def number(value: float | None, decimals: int = 2, *, sign: bool = False) -> str:
    """Return 1,234.50 or −1,234.50; sign: with a plus too."""
    if value is None:
        return UNDEFINED
    text = f"{value:,.{decimals}f}"
    if not any(digit in text for digit in "123456789"):
        return text.lstrip("-")  # nothing but zeros has no sign
    return f"+{text}" if sign and value > 0.0 else text.replace("-", MINUS)


def percent(fraction: float | None, *, sign: bool = False) -> str:
    """Return 12.34 % for 0.1234."""
    return UNDEFINED if fraction is None else f"{number(100.0 * fraction, sign=sign)} %"


def money(value: float | None, currency: str, *, sign: bool = False) -> str:
    """Return 1,234.50 USDT."""
    return UNDEFINED if value is None else f"{number(value, decimals_of_money(currency), sign=sign)} {currency}"


def days(value: float | None) -> str:
    """Return "366 days", or hours below two days."""
    if value is None:
        return UNDEFINED
    return f"{number(24.0 * value, 1)} hours" if value < 2.0 else f"{number(value, 0)} days"
