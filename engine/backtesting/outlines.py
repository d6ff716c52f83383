"""What a run knows of one market's candles beside the rows it plays: span, count, first price, holes, volume.

Owns `Outline`, the same whether the candles are in memory or are read as the run goes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from engine.candles import Candles, Holes, holes
from engine.candles.streaming import Source, holes_of, pieces_of


@dataclass(frozen=True, eq=False)
class Outline:
    """Hold what stands for the candles once they have gone by."""

    of: Source
    first_open: float  # quote
    has_volume: bool  # of any candle

    @property
    def market(self) -> str:
        """Return venue and symbol."""
        return self.of.market

    @property
    def first_ms(self) -> int:
        """Return the open time of the first candle."""
        return self.of.first_ms

    @property
    def end_ms(self) -> int:
        """Return the close time of the last candle."""
        return self.of.end_ms

    @property
    def count(self) -> int:
        """Return the number of candles."""
        return self._counted[0]

    @property
    def holes(self) -> Holes:
        """Return the holes between the first and the last candle."""
        return self._counted[1]

    @cached_property
    def _counted(self) -> tuple[int, Holes]:
        return (len(self.of), holes(self.of)) if isinstance(self.of, Candles) else holes_of(self.of)


def outline_of(source: Source) -> Outline:
    """Return the outline of candles; reads of stored ones until a volume is found."""
    if isinstance(source, Candles):  # most tell at once
        first = float(source.open[0]) if len(source) else float("nan")
        return Outline(source, first, bool(source.volume[:100].any() or source.volume.any()))
    first = float("nan")
    for piece in pieces_of(source):
        first = float(piece.open[0]) if first != first else first
        if piece.volume.any():
            return Outline(source, first, True)
    return Outline(source, first, False)
