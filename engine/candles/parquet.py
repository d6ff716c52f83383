"""One year's file of candles: its Parquet encoding, atomic writing, the lock against a second writer.

Owns the bytes on disk. Must not know which file belongs where.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from engine.candles.candles import Candles
from engine.candles.columns import NAMES, Columns, Times
from engine.errors import DataError

_FIELDS = ("timestamp", *NAMES)  # the names foreign tools know; a stored file can itself be imported


class Told(NamedTuple):
    """What a file's metadata says of it."""

    market: str
    timeframe: str
    source: str


def write_years(files: Mapping[Path, Candles]) -> None:
    """Write files so that each is either the old one or the new one, whole, whatever happens.

    All are on disk under temporary names before the first takes its place.
    """
    staged: dict[Path, Path] = {}
    try:
        for path, candles in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            staged[path] = path.with_name(f".{path.name}.tmp")  # the lock makes it ours
            _write(staged[path], candles)
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


def read_year(path: Path) -> tuple[Columns, Told]:
    """Return a file's columns, unchecked, and its metadata."""
    with _readable(path):
        file = pq.ParquetFile(path)
        told = _told(path, file.schema_arrow)
        table = file.read(columns=list(_FIELDS), use_threads=False)
        times = _numbers(table.column(_FIELDS[0]), np.int64)
        columns = Columns(times, *(_numbers(table.column(name), np.float64) for name in _FIELDS[1:]))
        del table
        pa.default_memory_pool().release_unused()  # decoding took twice its size
        return columns, told


def read_times(path: Path) -> Times:
    """Return a file's open times, and nothing else of it."""
    with _readable(path):
        return _numbers(pq.ParquetFile(path).read(columns=[_FIELDS[0]], use_threads=False).column(0), np.int64)


def _numbers(column: pa.ChunkedArray, kind: type) -> np.ndarray[Any, Any]:
    # Straight from the buffers: pyarrow's own way to numpy imports pandas, half a second for nothing.
    if column.null_count:
        raise ValueError("a column has empty cells")
    whole = column.cast(pa.int64() if kind is np.int64 else pa.float64()).combine_chunks()
    return np.concatenate(
        [
            np.frombuffer(part.buffers()[1], kind, len(part), part.offset * 8)
            for part in (whole.chunks if isinstance(whole, pa.ChunkedArray) else [whole])
            if len(part)
        ]
        or [np.empty(0, kind)]
    )


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
        folder.mkdir(parents=True, exist_ok=True)
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
    return Told(*(found.get(name.encode(), b"an unknown " + name.encode()).decode() for name in Told._fields))


def _write(path: Path, candles: Candles) -> None:
    told = {"market": candles.market, "timeframe": candles.timeframe, "source": candles.source}
    schema = pa.schema([("timestamp", pa.int64()), *((name, pa.float64()) for name in NAMES)], metadata=told)
    table = pa.Table.from_arrays([pa.array(column) for column in candles.columns], schema=schema)
    with path.open("wb") as file:
        pq.write_table(
            table,
            file,
            compression="zstd",
            use_dictionary=False,
            column_encoding={"timestamp": "DELTA_BINARY_PACKED", **dict.fromkeys(NAMES, "BYTE_STREAM_SPLIT")},
        )
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
