"""The names of `quotes`, which was here once."""

from engine.venues.sandbox.quotes import ALWAYS_MS, LEVELS, book_id, klines, priced, prints, sides, ticker

__all__ = ["ALWAYS_MS", "LEVELS", "book_id", "klines", "priced", "prints", "sides", "ticker"]
