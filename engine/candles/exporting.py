"""Stored candles as files that other tools read: CSV, Parquet, Feather.

Owns their layouts, and that a file is whole or not there. Must not know the command line.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.feather as pa_feather
import pyarrow.parquet as pq

from engine.candles.candles import Candles
from engine.candles.columns import NAMES
from engine.errors import ConfigError, DataError

LAYOUTS = ("plain", "freqtrade")
_WRITERS: dict[str, Callable[[pa.Table, str], object]] = {
    ".csv": pa_csv.write_csv,
    ".parquet": lambda table, path: pq.write_table(table, path, compression="zstd"),
    ".feather": lambda table, path: pa_feather.write_feather(table, path, compression="lz4"),
}


def export(candles: Candles, path: Path, layout: str = "plain", replace: bool = False) -> None:
    """Write candles to a .csv, .parquet or .feather file.

    plain: timestamp in ms UTC, open, high, low, close, volume. freqtrade: the same with `date`, a time in UTC.
    """
    if path.suffix.lower() not in _WRITERS:
        raise ConfigError(f'{path}: expected a name ending in {", ".join(_WRITERS)}, was "{path.suffix or path.name}"')
    if layout not in LAYOUTS:
        raise ConfigError(f'layout: expected {" or ".join(LAYOUTS)}, was "{layout}"')
    if path.exists() and not replace:
        raise DataError(f"{path} is there already; give --replace, or another name")
    if not path.parent.is_dir():
        raise DataError(f"{path.parent} is no folder; make it first")
    times = pa.array(candles.open_ms)
    named = {"timestamp": times}
    if layout == "freqtrade":
        named = {"date": times.cast(pa.timestamp("ms", tz="UTC"))}
    table = pa.table(named | {name: pa.array(getattr(candles, name)) for name in NAMES})
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        _WRITERS[path.suffix.lower()](table, str(beside))
        os.replace(beside, path)
    except OSError as error:
        raise DataError(f"cannot write {path}: {error.strerror or error}") from None
    finally:
        with suppress(FileNotFoundError):
            beside.unlink()
