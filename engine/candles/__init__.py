"""Candles: in memory, at rest, from files, and simulated.

Owns the way from a source to checked columns. Must not know strategies, accounts or the command line.
"""

from engine.candles.candles import Candles, digest_of
from engine.candles.funding import Funding, read_funding
from engine.candles.grid import Holes, holes
from engine.candles.store import Store, load_candles
from engine.candles.streaming import StoredCandles

__all__ = [
    "Candles",
    "Funding",
    "Holes",
    "Store",
    "StoredCandles",
    "digest_of",
    "holes",
    "load_candles",
    "read_funding",
]
