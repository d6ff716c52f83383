"""What names candles by their content: a hash that comes out the same however they arrive, whole or piece by piece.

Owns the order of hashing: each column by itself, then all of them with market, timeframe and count.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np

from engine.candles.columns import Columns


class ContentHash:
    """Hash successive pieces of one market's candles."""

    def __init__(self) -> None:
        self._columns = [hashlib.sha256() for _ in Columns._fields]
        self._rows = 0

    def add(self, columns: Columns) -> None:
        """Take the next candles in order of time."""
        self._rows += len(columns.open_ms)
        for column, digest in zip(columns, self._columns, strict=True):
            digest.update(np.ascontiguousarray(column, dtype=column.dtype.newbyteorder("<")).data)

    def of(self, market: str, timeframe: str) -> str:
        """Return the SHA-256 of all that came, the same on every machine."""
        whole = hashlib.sha256(f"{market} {timeframe} {self._rows}".encode())
        for digest in self._columns:
            whole.update(digest.digest())
        return whole.hexdigest()


def together(hashes: Iterable[str]) -> str:
    """Return one SHA-256 for the hashes of several things in their order."""
    whole = hashlib.sha256()
    for one in hashes:
        whole.update(one.encode())
    return whole.hexdigest()
