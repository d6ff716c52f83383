"""What rows of the core are worth in the settlement asset, whatever the kind of market: sums over whole columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from engine.market import Market

Rows = np.ndarray[Any, Any]
Values = np.ndarray[Any, np.dtype[np.float64]]


def _sizes(markets: Sequence[Market], of: Rows) -> Values:
    """Return the contract size of each row's market where it is inverse, else NaN."""
    sizes = np.array([market.contract_size if market.kind == "inverse" else np.nan for market in markets])
    return np.asarray(sizes[of], np.float64)


def floating_of(books: Rows, markets: Sequence[Market]) -> Values:
    """Return each book's floating PnL at its last price, dust included."""
    position, price, entry = books["position"], books["price"], books["entry"]
    plain = position * (price - entry) + books["dust"] * price - books["dust_cost"]
    sizes = _sizes(markets, books["market"])
    inverse = ~np.isnan(sizes)
    if inverse.any():
        held = inverse & (position != 0.0)
        plain[inverse] = 0.0
        plain[held] = (position * sizes)[held] * (1.0 / entry[held] - 1.0 / price[held])
    return np.asarray(plain, np.float64)


def notional_of(fills: Rows, books: Rows, markets: Sequence[Market]) -> Values:
    """Return what each fill was worth."""
    value = fills["quantity"] * fills["price"]
    sizes = _sizes(markets, books["market"][fills["book"]])
    inverse = ~np.isnan(sizes)
    value[inverse] = (fills["quantity"] * sizes / fills["price"])[inverse]
    return np.asarray(value, np.float64)
