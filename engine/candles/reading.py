"""Foreign files read into raw columns: CSV and Parquet, with or without a header.

Owns which column of a file is which. Must not judge the candles, and must not know the store.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from engine.candles.columns import NAMES, Columns
from engine.candles.stamps import times_in_ms
from engine.errors import DataError, did_you_mean

# In order of preference: a file may hold its times twice. The last two are how pandas names an index.
TIME_NAMES = ("timestamp", "open_ms", "open_time", "opentime", "time", "datetime", "date", "__index_level_0__", "index")


@dataclass(frozen=True, slots=True)
class Reading:
    """A file's columns, and what was recognised or ignored on the way."""

    columns: Columns
    notes: tuple[str, ...]
    place: Callable[[int], str]  # names a 0-based row for a person: "line 5"


def read_file(path: Path) -> Reading:
    """Read a .csv or .parquet file of candles."""
    if path.is_dir():
        raise DataError(f"{path} is a folder; name one .csv or .parquet file in it")
    if not path.exists():
        near = [other.name for other in path.parent.iterdir()] if path.parent.is_dir() else []
        hint = did_you_mean(path.name, near)
        raise DataError(f"no such file: {path}{hint if hint.startswith('; did') else ''}")
    if path.suffix.lower() not in (".csv", ".parquet"):
        raise DataError(f'{path}: expected a file ending in .csv or .parquet, was "{path.suffix or path.name}"')
    if not path.stat().st_size:
        raise DataError(f"{path} is empty; expected rows of timestamp, {', '.join(NAMES)}")
    try:
        reading = _read_csv(path) if path.suffix.lower() == ".csv" else _read_parquet(path)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from None
    if not reading.columns.open_ms.size:
        raise DataError(f"{path} holds no rows; expected timestamp, {', '.join(NAMES)}")
    return reading


def _read_parquet(path: Path) -> Reading:
    def place(row: int) -> str:
        return f"{path.name}, row {row + 1}"

    try:
        file = pq.ParquetFile(path)
        names = file.schema_arrow.names
        chosen, notes = _choose(path, names)
        table = file.read(columns=[names[at] for at in chosen])
    except pa.ArrowInvalid as error:
        raise DataError(f"{path} is not a readable Parquet file: {_first_line(error)}") from None
    open_ms, note = times_in_ms(table.column(names[chosen[0]]), place)
    values = []
    for name, at in zip(NAMES, chosen[1:], strict=True):
        column = table.column(names[at])
        if not (
            pa.types.is_integer(column.type) or pa.types.is_floating(column.type) or pa.types.is_decimal(column.type)
        ):
            raise DataError(f'{path.name}: expected numbers in the column "{name}", was {column.type}')
        values.append(np.asarray(column.cast(pa.float64(), safe=False).to_numpy(), dtype=np.float64))
    return Reading(Columns(open_ms, *values), _told(notes, note), place)


def _read_csv(path: Path) -> Reading:
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        first = next((line for line in file if line.strip()), "")
    delimiter = max(",;\t", key=first.count)
    cells = [cell.strip() for cell in next(csv.reader([first], delimiter=delimiter), [])]
    headed = not _is_row(cells)

    def place(row: int) -> str:
        return f"{path.name}, line {row + 1 + headed}"

    if headed:
        chosen, notes = _choose(path, cells)
    else:
        chosen, notes = list(range(6)), ["no header: columns taken as timestamp, " + ", ".join(NAMES)]
        notes += [f"{len(cells) - 6} more columns ignored"] if len(cells) > 6 else []
    # Columns go by number: names may be repeated, quoted or missing.
    numbered = [str(at) for at in range(len(cells))]
    kinds = {str(at): pa.float64() for at in chosen[1:]}
    read = pa_csv.ReadOptions(column_names=numbered, skip_rows=int(headed), block_size=1 << 22)
    parse = pa_csv.ParseOptions(delimiter=delimiter)
    wanted = [str(at) for at in chosen]
    try:
        table = pa_csv.read_csv(path, read, parse, pa_csv.ConvertOptions(column_types=kinds, include_columns=wanted))
    except pa.ArrowInvalid as error:
        raise _csv_fault(path, parse, numbered, chosen, headed, place, error) from None
    open_ms, note = times_in_ms(table.column(wanted[0]), place)
    values = [np.asarray(table.column(name).to_numpy(), dtype=np.float64) for name in wanted[1:]]
    return Reading(Columns(open_ms, *values), _told(notes, note), place)


def _csv_fault(
    path: Path,
    parse: pa_csv.ParseOptions,
    numbered: list[str],
    chosen: list[int],
    headed: bool,
    place: Callable[[int], str],
    error: pa.ArrowInvalid,
) -> DataError:
    """Read again as text, slowly, to name the line that is at fault."""
    read = pa_csv.ReadOptions(column_names=numbered, skip_rows=int(headed), use_threads=False)
    text = pa_csv.ConvertOptions(column_types=dict.fromkeys(numbered, pa.string()), strings_can_be_null=True)
    try:
        table = pa_csv.read_csv(path, read, parse, text)
    except pa.ArrowInvalid as ragged:
        return DataError(f"{path.name}: {_first_line(ragged).replace('CSV parse error: ', '')}; fix the line")
    for name, at in zip(NAMES, chosen[1:], strict=True):
        for row, cell in enumerate(table.column(numbered[at]).to_pylist()):
            if cell is not None and not _is_number(cell):
                return DataError(f'{place(row)}: expected a number in the column "{name}", was "{cell}"')
    try:
        times_in_ms(table.column(numbered[chosen[0]]), place)
    except DataError as fault:
        return fault
    return DataError(f"{path.name}: {_first_line(error)}")


def _choose(path: Path, names: list[str]) -> tuple[list[int], list[str]]:
    """Return the numbers of time, open, high, low, close, volume, and notes on what was recognised and ignored."""
    known = [name.strip().lower().replace(" ", "_") for name in names]
    time = next((name for name in TIME_NAMES if name in known), None)
    missing = [name for name in NAMES if name not in known]
    if time is None or missing:
        name = "timestamp" if time is None else missing[0]
        hint = did_you_mean(name, known)
        hint = hint if hint.startswith("; did") else f"; its columns: {', '.join(names)}"
        raise DataError(f'{path.name}: no column "{name}"{hint}')
    wanted = (time, *NAMES)
    twice = [name for name in wanted if known.count(name) > 1]
    if twice:
        raise DataError(f'{path.name}: {known.count(twice[0])} columns are named "{twice[0]}"; keep one of them')
    notes = [] if time == "timestamp" else [f'times taken from the column "{names[known.index(time)]}"']
    ignored = [name for name, plain in zip(names, known, strict=True) if plain not in wanted]
    if ignored:
        notes.append(f"columns ignored: {', '.join(ignored)}")
    return [known.index(name) for name in wanted], notes


def _is_row(cells: list[str]) -> bool:
    return len(cells) >= 6 and cells[0][:1].isdigit() and all(_is_number(cell) for cell in cells[1:6])


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return "_" not in cell


def _told(notes: Iterable[str], note: str | None) -> tuple[str, ...]:
    return (*notes, *([note] if note else []))


def _first_line(error: Exception) -> str:
    return str(error).split("\n", 1)[0].rstrip(".")
