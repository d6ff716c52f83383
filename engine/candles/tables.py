"""One table of a foreign file, whatever its bytes are: columns by number, rows that can be named to a person.

Owns the encodings: CSV, Parquet, Feather, JSON. Must not know what a column means.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from engine.candles.columns import Values
from engine.candles.shapes.layout import is_number
from engine.candles.sources import TEXTS, Source
from engine.errors import DataError

HEAD_BYTES = 1 << 16
HEAD_LINES = 6


@dataclass(frozen=True, slots=True)
class Table:
    """Columns by their number in the file; `place` names a 0-based row for a person."""

    columns: dict[int, pa.ChunkedArray]
    place: Callable[[int], str]
    name: str

    def numbers(self, at: int, what: str) -> Values:
        """Return a column of numbers."""
        column = self.columns[at]
        kind = column.type
        if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)):
            if column.null_count == len(column):
                return np.full(len(column), np.nan)
            raise DataError(f'{self.name}: expected numbers in the column "{what}", was {kind}')
        return np.asarray(column.cast(pa.float64(), safe=False).to_numpy(), dtype=np.float64)


class Text:
    """A CSV file: its first lines cut into cells, then the columns that somebody chose."""

    def __init__(self, source: Source) -> None:
        """Read the beginning; OSError is the caller's."""
        self.name = source.name
        self.payload: bytes | Path = source.payload()
        beginning = self._beginning()
        if beginning[:2] in (b"\xff\xfe", b"\xfe\xff"):  # MetaTrader writes UTF-16
            whole = self.payload if isinstance(self.payload, bytes) else self.payload.read_bytes()
            self.payload = whole.decode("utf-16", errors="replace").encode()
            beginning = self._beginning()
        text = beginning.decode("utf-8-sig", errors="replace")
        lines = [line for line in text.splitlines() if line.strip()][: HEAD_LINES + 1]
        self.blank = next((at for at, line in enumerate(text.splitlines()) if line.strip()), 0)
        self.delimiter = max(",;\t|", key=lambda mark: sum(line.count(mark) for line in lines[-2:]))
        self.lines = tuple(
            tuple(cell.strip() for cell in next(csv.reader([line], delimiter=self.delimiter), [])) for line in lines
        )

    def _beginning(self) -> bytes:
        if isinstance(self.payload, bytes):
            return self.payload[:HEAD_BYTES]
        with self.payload.open("rb") as file:
            return file.read(HEAD_BYTES)

    def table(self, numbers: dict[int, str], others: Iterable[int], texts: Iterable[int], skip: int) -> Table:
        """Read columns: numbers with their names, others of whatever kind they are, and texts."""
        skip += self.blank
        width = len(self.lines[min(skip - self.blank, len(self.lines) - 1)])
        # Columns go by number: names may be repeated, quoted or missing.
        names = [str(at) for at in range(width)]
        kinds = {str(at): pa.float64() for at in numbers} | {str(at): pa.string() for at in texts}
        wanted = [str(at) for at in dict.fromkeys((*numbers, *others, *texts))]
        read = pa_csv.ReadOptions(column_names=names, skip_rows=skip, block_size=1 << 22)
        parse = pa_csv.ParseOptions(delimiter=self.delimiter)
        convert = pa_csv.ConvertOptions(column_types=kinds, include_columns=wanted)

        def place(row: int) -> str:
            return f"{self.name}, line {row + 1 + skip}"

        if width <= max(map(int, wanted)):
            raise DataError(f"{place(0)}: expected {max(map(int, wanted)) + 1} columns, was {width}; fix the line")
        try:
            table = pa_csv.read_csv(self._input(), read, parse, convert)
        except pa.ArrowInvalid as error:
            raise self._fault(names, numbers, skip, place, error) from None
        return Table({int(name): table.column(name) for name in wanted}, place, self.name)

    def _input(self) -> Any:
        return pa.BufferReader(self.payload) if isinstance(self.payload, bytes) else self.payload

    def _fault(
        self, names: list[str], numbers: dict[int, str], skip: int, place: Callable[[int], str], error: pa.ArrowInvalid
    ) -> DataError:
        """Read again as text, slowly, to name the line that is at fault."""
        ragged: list[pa_csv.InvalidRow] = []

        def keep(row: pa_csv.InvalidRow) -> str:
            ragged.append(row)
            return "skip"

        read = pa_csv.ReadOptions(column_names=names, skip_rows=skip, use_threads=False)
        parse = pa_csv.ParseOptions(delimiter=self.delimiter, invalid_row_handler=keep)
        text = pa_csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=True)
        try:
            table = pa_csv.read_csv(self._input(), read, parse, text)
        except pa.ArrowInvalid:
            return DataError(f"{self.name}: {first_line(error)}")
        if ragged:
            first = ragged[0]
            line = "" if first.number is None else f", line {first.number}"
            more = "; a number with a comma in it?" if first.actual_columns > first.expected_columns else ""
            return DataError(
                f"{self.name}{line}: expected {first.expected_columns} columns, was {first.actual_columns}{more}; "
                "fix the line"
            )
        for at, name in numbers.items():
            for row, cell in enumerate(table.column(str(at)).to_pylist()):
                if cell is not None and not is_number(cell):
                    return DataError(
                        f'{place(row)}: expected a number in the column "{name}", was "{cell}"; fix the line'
                    )
        return DataError(f"{self.name}: {first_line(error)}")


def read_binary(source: Source) -> tuple[pa.Table, dict[str, str]]:
    """Return a Parquet or Feather file as it is, and what our own store wrote into it."""
    path = source.path
    try:
        if source.ending == ".parquet":
            table = pq.ParquetFile(path).read()
        else:
            with pa.memory_map(str(path)) as file:
                table = pa.ipc.open_file(file).read_all()
    except pa.ArrowInvalid as error:
        kind = "Parquet" if source.ending == ".parquet" else "Feather"
        raise DataError(f"{path} is not a readable {kind} file: {first_line(error)}") from None
    told = {key.decode(): value.decode("utf-8", "replace") for key, value in (table.schema.metadata or {}).items()}
    return table, {key: told[key] for key in ("market", "timeframe", "kind") if key in told}


def read_json(source: Source) -> pa.Table:
    """Return freqtrade's older files, a list of [ms, open, high, low, close, volume], as a table."""
    payload = source.payload()
    try:
        rows = json.loads(payload if isinstance(payload, bytes) else payload.read_bytes())
    except ValueError as error:
        raise DataError(f"{source.name} is not readable JSON: {first_line(error)}; download it again") from None
    names = ("date", "open", "high", "low", "close", "volume")
    expected = f"expected a list of [{', '.join(names)}], the date in ms"
    if not isinstance(rows, list):
        raise DataError(f"{source.name}: {expected}, was {type(rows).__name__}")
    for at, row in enumerate(rows):
        if not (isinstance(row, list) and len(row) == 6 and all(type(cell) in (int, float) for cell in row)):
            raise DataError(f"{source.name}, row {at + 1}: {expected}, was {str(row)[:60]}")
    columns: list[Any] = [np.asarray([int(row[0]) for row in rows], np.int64)]
    columns += [np.asarray([row[at] for row in rows], np.float64) for at in range(1, 6)]
    return pa.table(dict(zip(names, columns, strict=True)))


def is_text(source: Source) -> bool:
    """Return whether a source is read as lines."""
    return source.ending in TEXTS


def first_line(error: Exception) -> str:
    """Return the first line of what a library said."""
    return str(error).split("\n", 1)[0].rstrip(".")
