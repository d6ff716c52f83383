"""Public trades at rest, which others call prints: Parquet, one file a market and day, in the market's folder.

    ROOT/binance/BTC-USDT/trades/2024-08-08.parquet       timestamp in ms UTC, trade_id, price, amount, buyer_maker

Owns the layout. Written in order of their ids only, so a day that is followed by another is whole.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from engine.candles.parquet import locked, write_tables
from engine.candles.timeframes import DAY_MS
from engine.errors import DataError

FIELDS = ("timestamp", "trade_id", "price", "amount", "buyer_maker")
KINDS = (pa.int64(), pa.int64(), pa.float64(), pa.float64(), pa.bool_())
SCHEMA = pa.schema(list(zip(FIELDS, KINDS, strict=True)))


@dataclass(frozen=True, slots=True)
class Print:
    """One public trade: ms UTC, the venue's number of it, price in quote, amount in base, whether the seller took."""

    ms: int
    id: int
    price: float
    amount: float
    buyer_maker: bool


def last_print(folder: Path) -> tuple[int, int] | None:
    """Return time and number of the last stored trade of a market's folder; None: there is none."""
    paths = _days(folder)
    if not paths:
        return None
    table = _read(paths[-1])
    return int(table.column("timestamp")[-1].as_py()), int(table.column("trade_id")[-1].as_py())


def append_prints(folder: Path, market: str, prints: Iterable[Print], source: str) -> int:
    """Add trades that follow the stored ones, and return how many were new; DataError: they do not follow."""
    with locked(folder, market):
        last = last_print(folder)
        fresh = [one for one in prints if last is None or one.id > last[1]]
        if not fresh:
            return 0
        ids, times = np.array([one.id for one in fresh]), np.array([one.ms for one in fresh])
        if (np.diff(ids) <= 0).any() or (np.diff(times) < 0).any() or (last is not None and times[0] < last[0]):
            raise DataError(f"{market}: expected trades in order of their numbers and times; nothing was written")
        files = {}
        for day in np.unique(times // DAY_MS):
            path = folder / "trades" / f"{np.datetime64(int(day), 'D')}.parquet"
            new = _table([one for one in fresh if one.ms // DAY_MS == day], source)
            files[path] = pa.concat_tables([_read(path), new]) if path.exists() else new
        write_tables(files)
    return len(fresh)


def _table(prints: list[Print], source: str) -> pa.Table:
    columns = zip(*((one.ms, one.id, one.price, one.amount, one.buyer_maker) for one in prints), strict=True)
    arrays = [pa.array(column, kind) for column, kind in zip(columns, SCHEMA.types, strict=True)]
    return pa.Table.from_arrays(arrays, schema=SCHEMA.with_metadata({"source": source}))


def _read(path: Path) -> pa.Table:
    try:
        table = pq.read_table(path).select(list(FIELDS))
    except (pa.ArrowException, OSError, KeyError) as error:
        said = str(error).split("\n", 1)[0]
        raise DataError(f"{path} is not a readable file of trades ({said}); delete it and fetch again") from None
    return table


def _days(folder: Path) -> list[Path]:
    return sorted((folder / "trades").glob("????-??-??.parquet"))
