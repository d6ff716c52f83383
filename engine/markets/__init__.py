"""Where a `Market` comes from: what ccxt says of one, the shipped shapes, a TOML of one's own; and fees by volume.

Must not know candles, definitions or a venue's client: ccxt's answers come in as plain dicts.
"""

from engine.markets.fees import FeeSchedule, FeeTier
from engine.markets.from_ccxt import market_of
from engine.markets.reading import Shape, read_shape, shape, shapes

__all__ = ["FeeSchedule", "FeeTier", "Shape", "market_of", "read_shape", "shape", "shapes"]
