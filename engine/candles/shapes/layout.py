"""What a recogniser sees of a table, and what it answers.

Owns the two values between files and shapes. Must not know how a file is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.candles.naming import Naming
from engine.errors import DataError, did_you_mean

Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Head:
    """The beginning of a table: its first lines cut into cells, or the column names of a binary file."""

    name: str  # for people
    lines: tuple[Row, ...]  # of a text; of a binary file its column names alone
    naming: Naming
    text: bool = True
    market: str = ""  # what a file of our own store says of itself
    timeframe: str = ""
    kind: str = ""

    @property
    def first(self) -> Row:
        """Return the first line."""
        return self.lines[0]

    def names(self, line: int = 0) -> list[str]:
        """Return a line's cells as plain lower-case names."""
        return [plain(cell) for cell in self.lines[line]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Which column is what, and what is to be said about it; columns are counted from 0."""

    shape: str  # a short name, the same for ever: programs read it
    said: str  # for people: "a Kraken archive: unix seconds, ..."
    stamp: tuple[int, ...]  # the column of the times, or those of date and time
    values: tuple[int | None, ...]  # open, high, low, close, volume, or rate and mark price; None: not in the file
    skip: int = 1  # lines before the first row
    kind: str = ""  # "candles", "mark", "index", "funding"; "": candles unless something else says so
    venue: str = ""
    spare_volume: int | None = None  # the volume where the first one is 0 everywhere
    spare_note: str = ""  # what is said then
    symbol_column: int | None = None
    contract: bool | None = False  # of perpetuals, so that BTCUSDT is BTC/USDT:USDT; None: the file does not tell
    dates: str = ""  # how times are written that are neither numbers nor ISO 8601: "dots", "am-pm"
    named_by: str = ""  # "close" where each row is stamped with its end
    mixed_units: bool = False  # the source is known to change from seconds to milliseconds within a file
    empty_rows: bool = False  # the source writes rows without any number where nothing was traded
    volume_in_quote: bool = False
    notes: tuple[str, ...] = ()


def plain(name: str) -> str:
    """Return a column's name in lower case with one underscore for what separates words."""
    return "_".join(name.strip().strip("<>").lower().replace("-", " ").replace("_", " ").split())


def is_number(cell: str) -> bool:
    """Return whether a cell is a number as Python and every archive write it."""
    try:
        float(cell)
    except ValueError:
        return False
    return "_" not in cell


def is_row(cells: Sequence[str]) -> bool:
    """Return whether a first line is already a row: a time and five numbers."""
    return len(cells) >= 6 and cells[0][:1].isdigit() and all(is_number(cell) for cell in cells[1:6])


def find(head: Head, known: Sequence[str], wanted: Sequence[str], line: int = 0) -> tuple[int, ...]:
    """Return where columns stand; the error names the nearest one, and what to do."""
    missing = [name for name in wanted if name not in known]
    if missing:
        raise DataError(f'{head.name}: no column "{missing[0]}"{_hint(missing[0], known, head.lines[line])}')
    twice = [name for name in wanted if list(known).count(name) > 1]
    if twice:
        raise DataError(f'{head.name}: {list(known).count(twice[0])} columns are named "{twice[0]}"; keep one of them')
    return tuple(list(known).index(name) for name in wanted)


def _hint(name: str, known: Sequence[str], names: Sequence[str]) -> str:
    hint = did_you_mean(name, known)
    return hint if hint.startswith("; did") else f"; its columns: {', '.join(names)}"
