"""Funding settlements of a perpetual: when, at which rate, on which mark price.

Owns the value and its reading from a file. Must not know positions.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.candles.columns import Times, Values
from engine.candles.timeframes import DAY_MS, MINUTE_MS, counted, iso
from engine.errors import DataError, did_you_mean

if TYPE_CHECKING:
    import pandas as pd

TIMES = ("timestamp", "time", "funding_time", "fundingTime", "calc_time")
RATES = ("funding_rate", "rate", "fundingRate", "last_funding_rate")
MARKS = ("mark_price", "mark", "markPrice")
LARGEST_RATE = 0.1  # of one settlement; venues cap it far below


@dataclass(frozen=True, slots=True, eq=False)
class Funding:
    """Hold settlements: ms (UTC milliseconds, rising), rate (fraction of one settlement, > 0: longs pay).

    mark is the mark price at each, NaN where only the candles know it. Some venues stamp milliseconds after the hour:
    stamps are kept on the whole minute at or before them.
    """

    ms: Times
    rate: Values
    mark: Values
    source: str

    def __post_init__(self) -> None:
        ms = np.ascontiguousarray(np.asarray(self.ms, np.int64) // MINUTE_MS * MINUTE_MS)
        object.__setattr__(self, "ms", ms)
        for name in ("rate", "mark"):
            object.__setattr__(self, name, np.ascontiguousarray(getattr(self, name), np.float64))
        if not len(self.ms) == len(self.rate) == len(self.mark):
            raise DataError(f"{self.source}: expected a rate and a mark price for each settlement")
        wrong = np.flatnonzero(np.diff(ms) <= 0)
        if wrong.size:
            raise DataError(
                f"{self.source}: expected settlements in rising order, each minute once, "
                f"found {iso(int(ms[wrong[0] + 1]))} after {iso(int(ms[wrong[0]]))}"
            )
        bad = np.flatnonzero(~(np.abs(self.rate) <= LARGEST_RATE))
        if bad.size:
            raise DataError(
                f"{self.source}: expected funding rates as fractions such as 0.0001, at most {LARGEST_RATE} in size, "
                f"was {self.rate[bad[0]]} at {iso(int(ms[bad[0]]))}"
            )
        bad = np.flatnonzero((self.mark <= 0.0) | np.isinf(self.mark))
        if bad.size:
            raise DataError(f"{self.source}: mark price: expected above 0, was {self.mark[bad[0]]}")

    def __len__(self) -> int:
        return int(self.ms.size)

    def __repr__(self) -> str:
        span = f", {iso(int(self.ms[0]))} to {iso(int(self.ms[-1]))}" if len(self) else ""
        return f"Funding({counted(len(self), 'settlement')}{span}, {self.source!r})"

    def content_hash(self) -> str:
        """Return a SHA-256 of the values, whatever the source is called."""
        return hashlib.sha256(self.ms.tobytes() + self.rate.tobytes() + self.mark.tobytes()).hexdigest()

    @classmethod
    def constant(cls, rate: float, hours: float, since_ms: int, until_ms: int) -> Funding:
        """Return one rate at every multiple of `hours` from 00:00 UTC of the first day on."""
        step = round(hours * 60.0) * MINUTE_MS
        start = since_ms // DAY_MS * DAY_MS
        ms = np.arange(start, until_ms, step, dtype=np.int64)
        ms = ms[ms >= since_ms]
        return cls(ms, np.full(len(ms), rate), np.full(len(ms), np.nan), f"{rate:g} every {hours:g} h, assumed")

    @classmethod
    def from_frame(cls, frame: pd.DataFrame, source: str = "a DataFrame") -> Funding:
        """Return the settlements of a table with a time (ms or datetime), a rate and, where known, a mark price."""
        ms = _times(frame[_column(frame, TIMES, source)], source)
        rates = _numbers(frame, _column(frame, RATES, source), source, "0.0001", optional=False)
        mark = next((name for name in MARKS if name in frame.columns), None)
        marks = np.full(len(ms), np.nan) if mark is None else _numbers(frame, mark, source, "42_000", optional=True)
        return cls(ms, rates, marks, source)


def read_funding(path: Path) -> Funding:
    """Return the settlements in a Parquet or CSV file; DataError says what is wrong with it."""
    import pandas as pd

    if not path.is_file():
        raise DataError(f"{path}: there is no such file of funding rates")
    if not path.stat().st_size:
        raise DataError(f"{path} is empty; expected rows of {TIMES[0]} and {RATES[0]}")
    try:
        frame: Any = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
    except (ValueError, OSError):  # pyarrow's and pandas' own errors are of these kinds, and speak of their own insides
        kind = "Parquet" if path.suffix == ".parquet" else "CSV"
        raise DataError(f"{path}: cannot be read; expected a {kind} file of {TIMES[0]} and {RATES[0]}") from None
    found = Funding.from_frame(frame, path.name)
    if not len(found):
        raise DataError(f"{path} holds no rows; expected {TIMES[0]} and {RATES[0]}")
    return found


def _times(column: pd.Series[Any], source: str) -> Times:
    """Return UTC milliseconds; naive times are UTC."""
    import pandas as pd

    if pd.api.types.is_integer_dtype(column):
        ms = column.to_numpy().astype(np.int64)
    else:
        moments = pd.DatetimeIndex(pd.to_datetime(column, utc=True, format="ISO8601", errors="coerce"))
        _refuse(column, np.asarray(moments.isna()), source, "times in ISO 8601 or UTC milliseconds")
        ms = np.asarray(moments.as_unit("ms").asi8, np.int64)
    _refuse(column, ~((ms > 10**11) & (ms < 10**14)), source, "times in ISO 8601 or UTC milliseconds")
    return ms


def _numbers(frame: pd.DataFrame, name: str, source: str, example: str, *, optional: bool) -> Values:
    import pandas as pd

    column = frame[name]
    numbers = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64)
    missing = column.isna().to_numpy()
    _refuse(column, np.isnan(numbers) & ~(missing & optional), source, f"numbers such as {example} in {name}")
    return numbers


def _refuse(column: pd.Series[Any], wrong: np.ndarray[Any, Any], source: str, expected: str) -> None:
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        value = column.iloc[row]
        was = "nothing" if column.isna().iloc[row] else f'"{value}"'
        raise DataError(f"{source}, row {row + 1}: expected {expected}, was {was}")


def _column(frame: pd.DataFrame, names: tuple[str, ...], source: str) -> str:
    for name in names:
        if name in frame.columns:
            return name
    found = [str(name) for name in frame.columns]
    hint = did_you_mean(names[0], found) if found else ""
    raise DataError(f"{source}: expected a column {names[0]}, found {', '.join(found) or 'none'}{hint}")
