"""A run's folder: metrics.json, fills, trades, payments as CSV and Parquet, equity.parquet, the definition as it ran.

Owns the files' names and encodings. Must not know the command line. A folder appears whole or not at all. Undefined
numbers are null in every format; times are UTC. The columns are those of `Result.columns`.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from engine.errors import ConfigError

if TYPE_CHECKING:
    from engine.backtesting.result import Result

TABLES = ("fills", "trades")
Array = np.ndarray[Any, Any]


def run_folder(root: Path, name: str, now: datetime | None = None) -> Path:
    """Return the folder of a run that was made now: ROOT/20240131T120000Z-NAME."""
    return root / f"{(now or datetime.now(UTC)):%Y%m%dT%H%M%SZ}-{name}"


def save(result: Result, folder: Path, *, definition: str = "", notes: list[str] | None = None) -> Path:
    """Write a result into a new folder and return it; where the name is taken, a number is added to it."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    except OSError as error:
        raise ConfigError(f"cannot write into {folder.parent}: {error.strerror}; choose another folder") from None
    try:
        _write(result, staging, definition, notes or [])
        staging.chmod(0o755)
        return _named(staging, folder)
    except OSError as error:
        raise ConfigError(f"cannot write the run to {folder}: {error.strerror}") from None
    finally:
        shutil.rmtree(staging, ignore_errors=True)  # gone already if it has taken its place


def _write(result: Result, folder: Path, definition: str, notes: list[str]) -> None:
    text = json.dumps(result.summary() | {"notes": notes}, indent=2, ensure_ascii=False, allow_nan=False)
    (folder / "metrics.json").write_text(text + "\n", "utf-8")
    if definition:
        (folder / "definition.toml").write_text(definition, "utf-8")
    for name in (*TABLES, *(["payments"] if len(result.payment_rows) else [])):
        columns = result.columns(name)
        _write_parquet(columns, folder / f"{name}.parquet")
        _write_csv(columns, folder / f"{name}.csv")
    _write_parquet(result.columns("equity"), folder / "equity.parquet")


def _named(staging: Path, folder: Path) -> Path:
    """Give the staged folder its name: a rename refuses to replace a folder that holds anything."""
    for number in range(1, 1_000):
        wanted = folder if number == 1 else folder.with_name(f"{folder.name}-{number}")
        if wanted.exists():
            continue
        try:
            os.rename(staging, wanted)
        except OSError:
            if wanted.exists():  # another process was quicker
                continue
            raise
        return wanted
    raise ConfigError(f"{folder}: a thousand runs have this name; remove some")


def _write_parquet(columns: dict[str, Any], path: Path) -> None:
    table = pa.Table.from_arrays([_arrow(values) for values in columns.values()], list(columns))
    encodings = {
        field.name: "BYTE_STREAM_SPLIT" if pa.types.is_floating(field.type) else "DELTA_BINARY_PACKED"
        for field in table.schema
        if not (pa.types.is_string(field.type) or pa.types.is_boolean(field.type))
    }
    words = [name for name in columns if name not in encodings]
    pa.parquet.write_table(table, path, compression="zstd", use_dictionary=words, column_encoding=encodings)


def _write_csv(columns: dict[str, Any], path: Path) -> None:
    arrays = {}
    for name, values in columns.items():
        told = values
        if isinstance(values, np.ndarray) and values.dtype.kind == "M":
            stamps = np.datetime_as_string(values.astype("datetime64[ms]"), timezone="UTC")
            told = ["" if stamp == "NaT" else stamp for stamp in stamps.tolist()]
        arrays[name] = _arrow(told)
    texts = {text for values in columns.values() if isinstance(values, list) for text in values}
    style = "needed" if any(mark in text for text in texts for mark in ',"\r\n') else "none"
    options = pa.csv.WriteOptions(quoting_style=style, include_header=False)
    with path.open("wb") as file:
        file.write((",".join(arrays) + "\n").encode())
        pa.csv.write_csv(pa.Table.from_arrays(list(arrays.values()), list(arrays)), file, options)


def _arrow(values: Array | list[str]) -> pa.Array:
    """Turn a column into an arrow array from its bytes: pa.array() would import pandas, which costs half a second."""
    if isinstance(values, list):
        encoded = [value.encode() for value in values]
        offsets = np.zeros(len(encoded) + 1, np.int32)
        np.cumsum([len(one) for one in encoded], out=offsets[1:])
        return _of(pa.string(), len(encoded), None, offsets, b"".join(encoded))
    kind = values.dtype.kind
    if kind == "b":
        return _of(pa.bool_(), len(values), None, np.packbits(values, bitorder="little"))
    if kind == "M":
        times = values.astype("datetime64[ms]").astype(np.int64)
        return _of(pa.timestamp("ms", "UTC"), len(values), ~np.isnat(values), times)
    if kind == "f":
        return _of(pa.float64(), len(values), ~np.isnan(values), values.astype(np.float64, copy=False))
    return _of(pa.int64(), len(values), None, values.astype(np.int64, copy=False))


def _of(kind: pa.DataType, length: int, defined: Array | None, *buffers: Array | bytes) -> pa.Array:
    bits = None if defined is None or defined.all() else pa.py_buffer(np.packbits(defined, bitorder="little"))
    parts = [pa.py_buffer(np.ascontiguousarray(one) if isinstance(one, np.ndarray) else one) for one in buffers]
    return pa.Array.from_buffers(kind, length, [bits, *parts])
