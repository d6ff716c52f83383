"""Holes filled with candles that nobody traded, because a person said how. Owns the ways; must not know the store."""

from __future__ import annotations

import numpy as np

from engine.candles.candles import Candles
from engine.candles.columns import Columns
from engine.candles.grid import runs_of
from engine.candles.provenance import stamped
from engine.errors import ConfigError, DataError

WAYS = ("flat",)


def filled(candles: Candles, way: str) -> Candles:
    """Return candles for the holes alone. flat: each at the last close before its hole, with no volume.

    ConfigError: the way is unknown. DataError: there are no holes.
    """
    if way not in WAYS:
        raise ConfigError(f'--fill: expected {" or ".join(WAYS)}, was "{way}"')
    step_ms = candles.timeframe_ms
    runs = runs_of(candles.open_ms, step_ms)
    if not runs:
        raise DataError(f"{candles.market} {candles.timeframe}: there are no holes to fill")
    open_ms = np.concatenate([first + step_ms * np.arange(count, dtype=np.int64) for first, count in runs])
    before = candles.close[np.searchsorted(candles.open_ms, open_ms) - 1]
    columns = Columns(open_ms, before, before, before, before, np.zeros(open_ms.size))
    return Candles(*columns, candles.timeframe, candles.symbol, candles.venue, stamped(f"holes filled {way}"))
