"""The indicators: a million values each, no limits; the core's figures do not hold them."""

from __future__ import annotations

from collections.abc import Iterator

from engine.indicators import atr, bollinger, crossed_above, ema, highest, rsi, sma
from tests.benchmarks.given import MILLION, minutes
from tests.benchmarks.measuring import Row, least


def rows() -> Iterator[Row]:
    """Measure every row of the group."""
    candles = minutes()
    high, low, close = candles.high, candles.low, candles.close
    fast, slow = sma(close, 20), sma(close, 100)
    for name, function in {
        "sma(20)": lambda: sma(close, 20),
        "sma(100)": lambda: sma(close, 100),
        "ema(20)": lambda: ema(close, 20),
        "rsi(14)": lambda: rsi(close, 14),
        "atr(14)": lambda: atr(high, low, close, 14),
        "bollinger(20)": lambda: bollinger(close, 20),
        "highest(20)": lambda: highest(high, 20),
        "crossed_above": lambda: crossed_above(fast, slow),
    }.items():
        yield Row(f"indicators.{name}", least(function) * 1e9 / MILLION, "ns/value")
