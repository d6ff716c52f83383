"""Half the spread of a market at each timestamp: a file's, or a constant, and a part that grows with volatility.

Owns the reading of spread files. A value holds from its time on, so a file can be no later than it was known.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from engine.errors import ConfigError
from engine.market import Market

Floats = np.ndarray[Any, np.dtype[np.float64]]
Times = np.ndarray[Any, np.dtype[np.int64]]


def half_spreads(market: Market, timestamps: Times, sigma_day: Floats) -> Floats:
    """Return a value for each timestamp and one for after the last; without a volatility yet its part is nothing."""
    spread = np.full(len(timestamps) + 1, market.half_spread)
    if market.half_spread_file:
        spread = _of_file(market, timestamps)
    if market.half_spread_volatility > 0.0:
        spread = spread + market.half_spread_volatility * np.nan_to_num(sigma_day)
    capped: Floats = np.minimum(spread, 0.5)
    return capped


def spreads_digest(markets: Sequence[Market]) -> str:
    """Return the hash of all spread files, in order of the markets."""
    whole = hashlib.sha256()
    for market in markets:
        if market.half_spread_file:
            try:
                whole.update(Path(market.half_spread_file).read_bytes())
            except OSError as error:
                raise ConfigError(
                    f"market half_spread_file: {market.half_spread_file} cannot be read: {error.strerror}"
                ) from None
    return whole.hexdigest()


def _of_file(market: Market, timestamps: Times) -> Floats:
    import pandas as pd

    path = Path(market.half_spread_file)
    try:
        table = pd.read_csv(path)
    except (OSError, ValueError) as error:
        raise ConfigError(f"market half_spread_file: {path} cannot be read as CSV: {error}") from None
    if list(table.columns) != ["time", "half_spread"]:
        raise ConfigError(
            f"market half_spread_file: {path}: expected the columns time,half_spread, were {','.join(table.columns)}"
        )
    try:
        times = pd.to_datetime(table["time"], utc=True, unit="ms" if table["time"].dtype.kind in "if" else None)
        values = table["half_spread"].to_numpy(np.float64)
    except ValueError as error:
        raise ConfigError(f"market half_spread_file: {path}: {error}") from None
    known_ms = times.dt.tz_localize(None).to_numpy().astype("datetime64[ms]").astype(np.int64)
    if len(known_ms) == 0 or (np.diff(known_ms) <= 0).any():
        raise ConfigError(f"market half_spread_file: {path}: expected at least one row, each later than the one before")
    if not ((values >= 0.0) & (values <= 0.5)).all():
        raise ConfigError(f"market half_spread_file: {path}: expected fractions of price from 0 to 0.5")
    at = np.searchsorted(known_ms, timestamps, side="right") - 1
    if len(at) and at[0] < 0:
        raise ConfigError(
            f"market half_spread_file: {path}: begins after the first candle; give it a value before that"
        )
    found: Floats = values[np.append(at, at[-1] if len(at) else 0)]
    return found
