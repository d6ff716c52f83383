"""One foreign table read: its shape recognised, its times in ms, its numbers as columns.

Owns what a table tells of itself. Must not judge the candles, and must not know the store.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.candles.columns import NAMES, Times, Values
from engine.candles.naming import Naming, naming_of
from engine.candles.shapes import Head, Layout, recognise
from engine.candles.sources import Source
from engine.candles.stamps import plain_dates, times_in_ms
from engine.candles.symbols import contract_of, pair_of, symbol_of
from engine.candles.tables import Table, Text, is_text, read_binary, read_json
from engine.errors import DataError

_RATES = ("funding rate", "mark price")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A table's columns, and what it tells of itself; "" where it tells nothing."""

    name: str
    ms: Times  # as they stand there: of opens, or of closes
    values: tuple[Values, ...]  # open, high, low, close, volume; of funding: rate, mark price
    layout: Layout
    naming: Naming
    kind: str
    venue: str
    symbol: str
    timeframe: str
    notes: tuple[str, ...]  # what was recognised or ignored
    place: Callable[[int], str]  # names a 0-based row for a person: "btc.csv, line 5"


def read_source(source: Source, kind: str = "") -> Reading:
    """Read a table; kind: what it is said to hold, "" where its name and columns must tell."""
    try:
        return _read(source, kind)
    except OSError as error:
        raise DataError(f"{source.path} cannot be read: {error.strerror or error}") from None


def _read(source: Source, kind: str) -> Reading:
    naming = naming_of(source.place)
    text = Text(source) if is_text(source) else None
    told: dict[str, str] = {}
    found: pa.Table | None = None
    if text is None:
        found, told = read_binary(source) if source.ending != ".json" else (read_json(source), {})
        lines: tuple[tuple[str, ...], ...] = (tuple(found.column_names),)
    else:
        lines = text.lines
    if not lines or not lines[0]:
        raise DataError(f"{source.name} is empty; expected rows of timestamp, {', '.join(NAMES)}")
    kinds = {"kind": kind or told.get("kind") or naming.kind}
    head = Head(source.name, lines, naming, text is not None, **{"market": "", "timeframe": "", **told, **kinds})
    layout = recognise(head)
    if naming.by == "kraken" and layout.shape != "kraken-ohlcvt":
        naming = Naming()  # a name like BTCUSD_60 is Kraken's way only where the columns are
    table = _table(text, found, layout, source)
    first = next(iter(table.columns.values()))
    if not len(first):
        raise DataError(f"{source.path} holds no rows; expected timestamp, {', '.join(NAMES)}")
    ms, note = _times(table, layout)
    names = _RATES if layout.kind == "funding" else NAMES
    values = tuple(
        np.full(ms.size, np.nan if layout.kind == "funding" else 0.0) if at is None else table.numbers(at, name)
        for at, name in zip(layout.values, names, strict=True)
    )
    notes = [*layout.notes, *([note] if note else [])]
    if layout.spare_volume is not None and not values[4].any():
        values = (*values[:4], table.numbers(layout.spare_volume, "volume"))
        notes.append(layout.spare_note)
    venue = told.get("market", "").partition(":")[0] or layout.venue or naming.venue
    symbol = told.get("market", "").partition(":")[2] or _symbol(table, layout, naming, venue)
    made = Reading(
        name=source.name,
        ms=ms,
        values=values,
        layout=layout,
        naming=naming,
        kind=_kind(source, kind, layout.kind or told.get("kind", "") or naming.kind, head, layout),
        venue=venue,
        symbol=symbol,
        timeframe=told.get("timeframe") or naming.timeframe,
        notes=tuple(notes),
        place=table.place,
    )
    return _without_empty_rows(made) if layout.empty_rows else made


def _table(text: Text | None, found: pa.Table | None, layout: Layout, source: Source) -> Table:
    names = _RATES if layout.kind == "funding" else NAMES
    numbers = {at: name for at, name in zip(layout.values, names, strict=True) if at is not None}
    if layout.spare_volume is not None:
        numbers[layout.spare_volume] = "volume"
    symbols = [] if layout.symbol_column is None else [layout.symbol_column]
    if text is not None:
        plain = [] if layout.dates else layout.stamp
        return text.table(numbers, plain, [*(layout.stamp if layout.dates else ()), *symbols], layout.skip)
    assert found is not None
    wanted = (*layout.stamp, *numbers, *symbols)
    return Table({at: found.column(at) for at in wanted}, lambda row: f"{source.name}, row {row + 1}", source.name)


def _times(table: Table, layout: Layout) -> tuple[Times, str | None]:
    stamps = table.columns[layout.stamp[0]]
    if layout.dates:
        stamps = plain_dates(stamps, table.columns[layout.stamp[1]] if layout.stamp[1:] else None, layout.dates)
    return times_in_ms(stamps, table.place, layout.mixed_units)


def _symbol(table: Table, layout: Layout, naming: Naming, venue: str) -> str:
    """Return the symbol that a column or the name tells; two markets in one file are refused."""
    written = ""
    if layout.symbol_column is not None:
        written = _one_symbol(table, table.columns[layout.symbol_column])
    inside = symbol_of(written, venue) if written else None
    if inside and naming.symbol and inside != pair_of(naming.symbol):
        raise DataError(
            f"{table.name}: its name says {naming.symbol}, its column of symbols {written}; rename the file"
        )
    symbol = naming.symbol or inside or ""
    if not symbol or layout.contract is False or ":" in symbol:
        return symbol
    if layout.contract is None:
        return ""  # spot or a perpetual: see importing
    base, quote = pair_of(symbol).split("/")
    return contract_of(base + quote) or symbol


def _one_symbol(table: Table, column: Any) -> str:
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        column = column.cast(pa.string())
    kinds = pc.unique(column).to_pylist()
    if len(kinds) > 1:
        other = pc.not_equal(column, kinds[0])
        row = int(pc.index(pc.fill_null(other, True), True).as_py())
        raise DataError(
            f"{table.place(row)}: expected one market in a file, was {kinds[0]}, then {kinds[1]}; "
            "split it into a file a market"
        )
    return str(kinds[0] or "")


def _kind(source: Source, asked: str, told: str, head: Head, layout: Layout) -> str:
    if "funding" in (asked, told) and layout.kind != "funding":
        raise DataError(
            f"{source.name}: expected funding rates, found the columns {', '.join(head.first)}; "
            + ("leave --kind away" if asked else "rename the file")
        )
    if asked and told and asked != told and "funding" in (asked, told):
        raise DataError(f"{source.name}: expected {_WORDS[asked]}, was a file of {_WORDS[told]}; give --kind {told}")
    return asked or told or "candles"


_WORDS = {"candles": "candles", "mark": "mark prices", "index": "index prices", "funding": "funding rates"}


def _without_empty_rows(reading: Reading) -> Reading:
    """Leave out the rows that hold no number at all: there nothing was traded."""
    empty = np.logical_and.reduce([np.isnan(column) for column in reading.values])
    if not empty.any():
        return reading
    kept = np.flatnonzero(~empty)
    note = f"{int(empty.sum()):,} rows without any number left out: nothing was traded, so they are holes"
    return replace(
        reading,
        ms=reading.ms[kept],
        values=tuple(column[kept] for column in reading.values),
        notes=(*reading.notes, note),
        place=lambda row: reading.place(int(kept[row])),
    )
