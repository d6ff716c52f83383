"""Candles that are read as time goes on: of one market, span by span, never all of them at once.

Owns the walk through a store's files, and the same walk over candles that are in memory. What is read is checked as
`Candles` check it. Must not know runs or strategies.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from engine.candles.candles import Candles
from engine.candles.columns import NAMES, Columns, Mask, Times, all_possible
from engine.candles.grid import Holes, holes_in, off_grid
from engine.candles.merging import year_span
from engine.candles.provenance import together
from engine.candles.timeframes import iso, parse_market, parse_time, timeframe_ms
from engine.errors import DataError

if TYPE_CHECKING:
    from engine.candles.parquet import Told

BATCH = 1 << 16  # rows decoded at a time


@dataclass(frozen=True, eq=False)
class StoredCandles:
    """Name candles of the store without loading them, for a run over more than memory holds: it reads as it goes.

    since and until are dates, ISO times or ms UTC, as `load_candles` takes them. DataError: there are none.
    """

    market: str
    timeframe: str
    since: str | int | None = None
    until: str | int | None = None
    root: str | Path = "data"

    def __post_init__(self) -> None:
        """Look at the files' footers; no candle is read."""
        parse_market(self.market)
        timeframe_ms(self.timeframe)
        if not self._paths or self._ends is None:
            from engine.candles.store import Store

            raise DataError(Store(self.root).nothing(self.market, self.timeframe, self._from_ms, self._until_ms))

    def __repr__(self) -> str:
        """Say what it names."""
        span = f"{iso(self.first_ms)} to {iso(self.end_ms)}"
        return f"StoredCandles({self.market} {self.timeframe}, {span}, {self.source!r})"

    @property
    def venue(self) -> str:
        """Return the venue: "binance"."""
        return parse_market(self.market)[0]

    @property
    def symbol(self) -> str:
        """Return the symbol: "BTC/USDT"."""
        return parse_market(self.market)[1]

    @property
    def timeframe_ms(self) -> int:
        """Return the length of one candle in ms."""
        return timeframe_ms(self.timeframe)

    @property
    def simulated(self) -> bool:
        """Return whether they are of no real market."""
        return self.venue in ("simulated", "practice")

    @property
    def source(self) -> str:
        """Return where they are from."""
        return together(one.source for one in self._told)

    @property
    def first_ms(self) -> int:
        """Return the open time of the first candle."""
        assert self._ends is not None
        return self._ends[0]

    @property
    def end_ms(self) -> int:
        """Return the close time of the last candle."""
        assert self._ends is not None
        return self._ends[1] + self.timeframe_ms

    def __len__(self) -> int:
        """Return the number of candles; reads times the first time."""
        return self._count

    @cached_property
    def _count(self) -> int:
        return sum(len(times) for times in self.times())

    def pieces(self) -> Iterator[Candles]:
        """Give all candles in order, some at a time; DataError names the file that is broken."""
        from engine.candles.parquet import read_pieces

        before = self.first_ms - 1
        for path in self._paths:
            for columns in read_pieces(path, BATCH):
                chosen = columns.take(self._within(columns.open_ms))
                if not len(chosen.open_ms):
                    continue
                if not (int(chosen.open_ms[0]) > before and self._possible(chosen)):
                    raise DataError(self._wrong(path, chosen, before))
                before = int(chosen.open_ms[-1])
                yield Candles.of_checked(chosen, self.market, self.timeframe, self.source)

    def times(self) -> Iterator[Times]:
        """Give all open times in order, some at a time; reads no prices."""
        from engine.candles.parquet import read_piece_times

        for path in self._paths:
            for times in read_piece_times(path, 8 * BATCH):
                if len(found := times[self._within(times)]):
                    yield found

    def _within(self, times: Times) -> slice:
        low = 0 if self._from_ms is None else int(np.searchsorted(times, self._from_ms))
        high = len(times) if self._until_ms is None else int(np.searchsorted(times, self._until_ms))
        return slice(low, max(low, high))

    def _possible(self, columns: Columns) -> bool:
        """Say what `Candles` say of them, but for the timeframe they seem to have: a piece is too short to judge."""
        steps, times = np.diff(columns.open_ms), columns.open_ms
        even = bool((steps == self.timeframe_ms).all())
        on_grid = not off_grid(times[:1] if even else times, self.timeframe).any()
        return on_grid and (even or bool((steps > 0).all())) and all_possible(columns)

    def _wrong(self, path: Path, columns: Columns, before: int) -> str:
        try:
            Candles(*columns, self.timeframe, self.symbol, self.venue, self.source)
        except DataError as error:
            return f"{path}: {error}"
        return f"{path}: expected candles after {iso(before)}, was {iso(int(columns.open_ms[0]))}; import them again"

    @property
    def _from_ms(self) -> int | None:
        return None if self.since is None else parse_time(self.since)

    @property
    def _until_ms(self) -> int | None:
        return None if self.until is None else parse_time(self.until)

    @cached_property
    def _paths(self) -> list[Path]:
        from engine.candles.store import Store

        return Store(self.root).paths(self.market, self.timeframe, self._from_ms, self._until_ms)

    @cached_property
    def _told(self) -> list[Told]:
        from engine.candles.parquet import read_told
        from engine.candles.store import refuse_strange

        found = [read_told(path) for path in self._paths]
        for path, one in zip(self._paths, found, strict=True):
            refuse_strange(path, one, self.market, self.timeframe, "candles")
        return found

    @cached_property
    def _ends(self) -> tuple[int, int] | None:
        """Return the first and the last open time within the span, from the files at its edges."""
        from engine.candles.parquet import read_span, read_times

        found: list[int] = []
        for path in self._paths if self._told else []:
            begin, end = year_span(int(path.stem))
            if (self._from_ms or begin) <= begin and (self._until_ms is None or self._until_ms >= end):
                found += read_span(path)[:2]
                continue
            times = read_times(path)
            inside = times[self._within(times)]
            found += [int(inside[0]), int(inside[-1])] if len(inside) else []
        return (min(found), max(found)) if found else None


Source = Candles | StoredCandles


def pieces_of(source: Source) -> Iterator[Candles]:
    """Give all candles in order, some at a time."""
    if isinstance(source, StoredCandles):
        yield from source.pieces()
    else:
        yield source


def times_of(source: Source) -> Iterator[Times]:
    """Give all open times in order, some at a time."""
    if isinstance(source, StoredCandles):
        yield from source.times()
    else:
        yield source.open_ms


def opened(source: Source, ms: Times) -> Mask:
    """Mark the times at which a candle opens; reads times only."""
    found = np.zeros(len(ms), np.bool_)
    for times in times_of(source):
        found |= np.isin(ms, times)
    return found


class Reader:
    """Go through a source once, forward only."""

    def __init__(self, source: Source) -> None:
        self._pieces = pieces_of(source)
        self._left: Candles | None = None
        empty = Columns(np.zeros(0, np.int64), *(np.zeros(0) for _ in NAMES))
        self._empty = Candles.of_checked(empty, source.market, source.timeframe, source.source)

    def until(self, end_ms: int) -> Candles:
        """Return the candles that open before this time and were not given yet; there may be none."""
        parts: list[Candles] = []
        while True:
            self._left = self._left if self._left is not None else next(self._pieces, None)
            if self._left is None:
                break
            parts.append(self._left.between(None, end_ms))
            if len(parts[-1]) < len(self._left):
                self._left = self._left.between(end_ms)
                break
            self._left = None
        parts = [part for part in parts if len(part)]
        if not parts:
            return self._empty
        return joined(parts)


def joined(parts: list[Candles]) -> Candles:
    """Return successive candles of one market as one; what is made of good candles is good."""
    if len(parts) == 1:
        return parts[0]
    columns = Columns(*(np.concatenate(column) for column in zip(*(part.columns for part in parts), strict=True)))
    return Candles.of_checked(columns, parts[0].market, parts[0].timeframe, parts[0].source)


def holes_of(source: Source) -> tuple[int, Holes]:
    """Return how many candles a source has, and the holes between them; reads times only."""
    count, edge, found = 0, None, Holes(0, 0, 0, None, None)
    for times in times_of(source):
        count += len(times)
        more = holes_in(times if edge is None else np.append(edge, times), source.timeframe_ms)
        edge, found = times[-1], _added(found, more)
    return count, found


def _added(first: Holes, then: Holes) -> Holes:
    longer = then.longest > first.longest
    return Holes(
        missing=first.missing + then.missing,
        holes=first.holes + then.holes,
        longest=max(first.longest, then.longest),
        first_ms=then.first_ms if first.first_ms is None else first.first_ms,
        longest_ms=then.longest_ms if longer else first.longest_ms,
    )
