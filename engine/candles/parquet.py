"""One year's file of candles or funding: its Parquet encoding, atomic writing, the lock against a second writer.

Owns the bytes on disk. Must not know which file belongs where.
"""

from __future__ import annotations

import fcntl
import os
import signal
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from engine.candles.candles import Candles
from engine.candles.columns import NAMES, Columns, Times
from engine.candles.funding import Funding
from engine.errors import DataError, InterruptedRunError

ROWS_A_GROUP = 1 << 16  # what must be decoded at once: a run in chunks has a group of every market in memory
_FIELDS = ("timestamp", *NAMES)  # the names foreign tools know; a stored file can itself be imported


class Told(NamedTuple):
    """What a file's metadata says of it."""

    market: str
    timeframe: str
    source: str
    kind: str = "candles"  # "mark", "index", "funding"


def candle_table(candles: Candles, kind: str) -> pa.Table:
    """Return candles as they are stored."""
    told = {"market": candles.market, "timeframe": candles.timeframe, "source": candles.source, "kind": kind}
    schema = pa.schema([("timestamp", pa.int64()), *((name, pa.float64()) for name in NAMES)], metadata=told)
    return pa.Table.from_arrays([pa.array(column) for column in candles.columns], schema=schema)


def funding_table(funding: Funding, market: str) -> pa.Table:
    """Return settlements as they are stored; a mark price that is not known is empty."""
    told = {"market": market, "timeframe": "", "source": funding.source, "kind": "funding"}
    fields = [("timestamp", pa.int64()), ("funding_rate", pa.float64()), ("mark_price", pa.float64())]
    mark = pa.array(funding.mark, mask=np.isnan(funding.mark))
    arrays = [pa.array(funding.ms), pa.array(funding.rate), mark]
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields, metadata=told))


def write_tables(files: Mapping[Path, pa.Table]) -> None:
    """Write files so that each is either the old one or the new one, whole, whatever happens.

    All are on disk under temporary names before the first takes its place.
    """
    staged: dict[Path, Path] = {}
    try:
        for path, table in files.items():
            _make(path.parent)
            staged[path] = path.with_name(f".{path.name}.tmp")  # the lock makes it ours
            _write(staged[path], table)
        with _to_the_end(list(files)):
            for path, temporary in staged.items():
                os.replace(temporary, path)
            for folder in {path.parent for path in files}:
                _sync_folder(folder)
    except OSError as error:
        raise DataError(f"cannot write candles to {error.filename or next(iter(files))}: {error.strerror}") from None
    finally:
        for temporary in staged.values():
            with suppress(FileNotFoundError):
                temporary.unlink()


@contextmanager
def _to_the_end(paths: list[Path]) -> Iterator[None]:
    """Keep Ctrl-C waiting while files take their places: half of them changed would be neither old nor new."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    pressed: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: pressed.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if pressed:
        raise InterruptedRunError(f"stopped, but what was being written stands whole: {', '.join(map(str, paths[:3]))}")


def read_years(paths: Sequence[Path]) -> tuple[Columns, list[Told]]:
    """Return the columns of successive files as one, unchecked, and each file's metadata."""
    files: list[pq.ParquetFile] = []
    for path in paths:
        with _readable(path):
            files.append(pq.ParquetFile(path))
    rows = sum(file.metadata.num_rows for file in files)
    columns = Columns(np.empty(rows, np.int64), *(np.empty(rows, np.float64) for _ in NAMES))
    told: list[Told] = []
    start = 0
    for path, file in zip(paths, files, strict=True):
        with _readable(path):
            told.append(_told(path, file.schema_arrow))
            stop = start + file.metadata.num_rows
            for name, whole in zip(_FIELDS, columns, strict=True):  # one at a time: the next takes its memory
                _copy(file.read(columns=[name], use_threads=False).column(name), whole[start:stop])
            start = stop
    pa.default_memory_pool().release_unused()
    return columns, told


def _copy(column: pa.ChunkedArray, into: np.ndarray[Any, Any]) -> None:
    # Straight from the buffers: pyarrow's own way to numpy imports pandas, half a second for nothing.
    if column.null_count:
        raise ValueError("a column has empty cells")
    kind, start = pa.from_numpy_dtype(into.dtype), 0
    for part in column.chunks if column.type == kind else column.cast(kind).chunks:
        into[start : start + len(part)] = np.frombuffer(part.buffers()[1], into.dtype, len(part), part.offset * 8)
        start += len(part)


def read_told(path: Path) -> Told:
    """Return what a file's metadata says of it; reads its footer only."""
    with _readable(path):
        return _told(path, pq.read_schema(path))


def read_pieces(path: Path, rows: int) -> Iterator[Columns]:
    """Give the columns of a file, unchecked, so many rows at a time: no more of it is in memory."""
    for columns in _pieces(path, list(_FIELDS), rows):
        yield Columns(*columns)


def read_piece_times(path: Path, rows: int) -> Iterator[Times]:
    """Give a file's open times, so many at a time, and nothing else of it."""
    for (times,) in _pieces(path, [_FIELDS[0]], rows):
        yield times


def _pieces(path: Path, names: list[str], rows: int) -> Iterator[list[np.ndarray[Any, Any]]]:
    kinds = [np.int64 if name == _FIELDS[0] else np.float64 for name in names]
    with _readable(path):
        file = pq.ParquetFile(path, pre_buffer=False, buffer_size=1 << 16)
    for group in range(file.num_row_groups):
        with _readable(path):  # not around the yield: what its reader raises is not this file's fault
            small = file.metadata.row_group(group).num_rows <= max(rows, ROWS_A_GROUP)
            if small:  # read at once, so that nothing of it stays behind
                columns = [file.read_row_group(group, [name], use_threads=False).column(0) for name in names]
                found = [_numbers(column, kind) for column, kind in zip(columns, kinds, strict=True)]
                del columns
        if small:
            yield found
            continue
        batches = file.iter_batches(rows, [group], names, use_threads=False)
        while True:
            with _readable(path):
                batch = next(batches, None)
                if batch is None:
                    break
                arrays = [pa.chunked_array([batch.column(name)]) for name in names]
                found = [_numbers(array, kind) for array, kind in zip(arrays, kinds, strict=True)]
            yield found
    file.close()


def read_funding_year(path: Path) -> tuple[Funding, Told]:
    """Return a file's settlements, checked, and its metadata."""
    with _readable(path):
        file = pq.ParquetFile(path)
        told = _told(path, file.schema_arrow)
        table = file.read(columns=["timestamp", "funding_rate", "mark_price"], use_threads=False)
        marks = table.column(2).cast(pa.float64()).fill_null(np.nan)
        times, rates = _numbers(table.column(0), np.int64), _numbers(table.column(1), np.float64)
    return Funding(times, rates, _numbers(marks, np.float64), told.source), told


def read_times(path: Path) -> Times:
    """Return a file's open times, and nothing else of it."""
    with _readable(path):
        return _numbers(pq.ParquetFile(path).read(columns=[_FIELDS[0]], use_threads=False).column(0), np.int64)


def _numbers(column: pa.ChunkedArray, kind: type) -> np.ndarray[Any, Any]:
    whole: np.ndarray[Any, Any] = np.empty(len(column), kind)
    _copy(column, whole)
    return whole


def read_span(path: Path) -> tuple[int, int, int]:
    """Return the first and last open time and the number of rows, from the file's footer."""
    with _readable(path):
        footer = pq.read_metadata(path)
        spans = [footer.row_group(group).column(0).statistics for group in range(footer.num_row_groups)]
        return min(span.min for span in spans), max(span.max for span in spans), int(footer.num_rows)


@contextmanager
def locked(folder: Path, market: str) -> Iterator[None]:
    """Hold the folder against other writers; refuse at once if one holds it."""
    try:
        _make(folder)
        lock = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise DataError(f"cannot write candles to {folder}: {error.strerror}") from None
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise DataError(f"another process is writing candles of {market}; wait for it, then try again") from None
        yield
    finally:
        os.close(lock)  # releases it; the file stays, for removing it would let two writers hold two locks


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError, KeyError, AttributeError, TypeError, ValueError) as error:
        said = str(error).split("\n", 1)[0].rstrip(".")
        raise DataError(f"{path} is not a readable file of candles ({said}); delete it and import again") from None


def _told(path: Path, schema: pa.Schema) -> Told:
    found = schema.metadata or {}
    names = ("market", "timeframe", "source")
    market, timeframe, source = (found.get(name.encode(), f"an unknown {name}".encode()).decode() for name in names)
    return Told(market, timeframe, source, found.get(b"kind", b"candles").decode())


def _write(path: Path, table: pa.Table) -> None:
    numbers = [field.name for field in table.schema if pa.types.is_floating(field.type)]
    with path.open("wb") as file:
        pq.write_table(
            table,
            file,
            row_group_size=ROWS_A_GROUP,
            compression="lz4",  # zstd would save a seventh, and take three times as long to read
            use_dictionary=False,
            column_encoding={"timestamp": "DELTA_BINARY_PACKED", **dict.fromkeys(numbers, "BYTE_STREAM_SPLIT")},
        )
        file.flush()
        os.fsync(file.fileno())


def _make(folder: Path) -> None:
    """Make a folder and those above it, each on disk before the next: power may be lost at any time."""
    if not folder.is_dir():
        _make(folder.parent)
        folder.mkdir(exist_ok=True)
        _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
