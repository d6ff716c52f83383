"""A run's folder read back: its tables, and its candles loaded again through its own definition.

Owns the way from files to `Material`. A report must come of any readable run: where candles are gone or have changed,
the material says so instead of failing. pandas stays unimported.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from engine.candles import Candles, digest_of
from engine.definition import candles_of, read_definition
from engine.errors import DataError, EngineError
from engine.report.material import IN_CHUNKS, Material
from engine.settings import load_settings

Array = np.ndarray[Any, Any]


def of_folder(folder: Path, root: str | None = None) -> Material:
    """Return the material of a run's folder; root: the candle store, by default that of the settings."""
    summary = read_summary(folder)
    fills, trades, equity = (_columns(folder / f"{name}.parquet") for name in ("fills", "trades", "equity"))
    count = len(equity["time"])
    definition = folder / "definition.toml"
    candles, problem = _candles(definition, summary, root)
    return Material(
        name=run_name(folder),
        summary=summary,
        fills=fills,
        trades=trades,
        close_ms=equity["time"],
        equity=equity["equity"],
        # A run saved by an older version has neither of the two.
        exposure=equity.get("exposure", np.full(count, np.nan)),
        dependent=equity.get("path_dependent", np.zeros(count, np.bool_)),
        candles=candles,
        problem=problem,
        definition=definition.read_text("utf-8") if definition.is_file() else "",
        folder=str(folder),
    )


def read_summary(folder: Path) -> dict[str, Any]:
    """Return what metrics.json holds; DataError says what is wrong with it."""
    path = folder / "metrics.json"
    try:
        summary = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise DataError(f"{folder}: there is no metrics.json in it; it is no run, or an incomplete one") from None
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read ({error}); run the backtest again") from None
    missing = [name for name in ("strategy", "markets", "candles", "metrics") if name not in summary]
    if not isinstance(summary, dict) or missing:
        raise DataError(f"{path}: {missing[0] if missing else 'its object'} is missing; run the backtest again")
    return {"notes": [], "plans": [], "reviews": [], "events": {}, "versions": {}, "costs": None, **summary}


def run_name(folder: Path) -> str:
    """Return the definition's name out of a folder's: "short" of 20240131T120000Z-short-2 is "short-2"."""
    stamp, dash, name = folder.name.partition("-")
    return name if dash and len(stamp) == 16 and stamp[:8].isdigit() and stamp.endswith("Z") else folder.name


def _candles(definition: Path, summary: dict[str, Any], root: str | None) -> tuple[list[Candles], str]:
    if summary.get("in_chunks"):
        return [], IN_CHUNKS
    if not definition.is_file():
        return [], "the run has no definition.toml, so its candles are not known"
    settings = load_settings()
    try:
        candles = candles_of(read_definition(definition, settings), root or settings.data_root)
    except EngineError as error:
        return [], f"the run's candles cannot be loaded any more ({error})"
    if digest_of(candles) != summary["hashes"]["candles"]:
        return [], "the candles in the store are not those of the run: their hash differs"
    return candles, ""


def _columns(path: Path) -> dict[str, Any]:
    try:
        table = pq.read_table(path, use_threads=False)
    except (OSError, pa.ArrowException) as error:
        raise DataError(f"{path}: cannot be read ({str(error).splitlines()[0]}); run the backtest again") from None
    return {name: _values(table.column(name)) for name in table.column_names}


def _values(column: pa.ChunkedArray) -> Array | list[str]:
    # From the buffers: pyarrow's own way to numpy imports pandas, half a second for nothing.
    kind = column.type
    if pa.types.is_string(kind):
        words: list[str] = column.to_pylist()
        return words
    if pa.types.is_boolean(kind):
        column, kind = column.cast(pa.int8()), pa.int8()
    if pa.types.is_timestamp(kind):
        column = column.cast(pa.timestamp("ms", "UTC")).cast(pa.int64())
        return _numbers(column.fill_null(np.iinfo(np.int64).min), np.int64)
    if pa.types.is_floating(kind):
        return _numbers(column.cast(pa.float64()).fill_null(float("nan")), np.float64)
    if kind == pa.int8():
        return _numbers(column, np.int8).astype(np.bool_)
    return _numbers(column.cast(pa.int64()), np.int64)


def _numbers(column: pa.ChunkedArray, kind: type) -> Array:
    size = np.dtype(kind).itemsize
    parts: list[Array] = [
        np.frombuffer(one.buffers()[1], kind, len(one), one.offset * size) for one in column.chunks if len(one)
    ]
    return np.concatenate(parts or [np.empty(0, kind)])
