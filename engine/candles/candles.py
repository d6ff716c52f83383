"""Candles in memory: six checked columns and where they are from.

Owns the value that every run is fed with. Must not know files, strategies or clocks.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.candles.columns import Columns, Times, Values, all_possible, impossible
from engine.candles.grid import mismatch
from engine.candles.hashing import ContentHash, together
from engine.candles.timeframes import counted, grid_origin_ms, iso, parse_market, timeframe_ms
from engine.errors import DataError, did_you_mean

if TYPE_CHECKING:
    import pandas as pd

_REMEDY = "fix the source and import it again; nothing is repaired here"
_NO_TIME_MS = 10**14  # the year 5138; what is larger are microseconds or nanoseconds


@dataclass(frozen=True, slots=True, eq=False)
class Candles:
    """Hold closed candles of one market: open times in ms UTC, prices in quote, volume in base.

    The arrays are contiguous and read-only; two Candles are the same when their `content_hash()` is.
    """

    open_ms: Times
    open: Values
    high: Values
    low: Values
    close: Values
    volume: Values
    timeframe: str
    symbol: str
    venue: str
    source: str

    def __post_init__(self) -> None:
        parse_market(self.market)
        timeframe_ms(self.timeframe)
        for name in Columns._fields:
            object.__setattr__(
                self, name, _read_only(getattr(self, name), np.int64 if name == "open_ms" else np.float64)
            )
        self._refuse_broken()

    def __len__(self) -> int:
        return int(self.open_ms.size)

    def __repr__(self) -> str:
        span = f", {iso(self.first_ms)} to {iso(self.end_ms)}" if len(self) else ""
        return f"Candles({self.market} {self.timeframe}, {counted(len(self), 'candle')}{span}, {self.source!r})"

    @property
    def timeframe_ms(self) -> int:
        """Return the length of one candle in ms."""
        return timeframe_ms(self.timeframe)

    @property
    def market(self) -> str:
        """Return venue and symbol: "binance:BTC/USDT"."""
        return f"{self.venue}:{self.symbol}"

    @property
    def simulated(self) -> bool:
        """Return whether they are of no real market; whatever is made from them must say so."""
        return self.venue in ("simulated", "practice")

    @property
    def first_ms(self) -> int:
        """Return the open time of the first candle."""
        self._refuse_empty()
        return int(self.open_ms[0])

    @property
    def end_ms(self) -> int:
        """Return the close time of the last candle."""
        self._refuse_empty()
        return int(self.open_ms[-1]) + self.timeframe_ms

    @property
    def columns(self) -> Columns:
        """Return the six arrays."""
        return Columns(self.open_ms, self.open, self.high, self.low, self.close, self.volume)

    def between(self, from_ms: int | None = None, until_ms: int | None = None) -> Candles:
        """Return the candles that open at or after `from_ms` and before `until_ms`; shares memory."""
        start = 0 if from_ms is None else int(np.searchsorted(self.open_ms, from_ms))
        stop = len(self) if until_ms is None else int(np.searchsorted(self.open_ms, until_ms))
        return self._made_of(self.columns.take(slice(start, max(start, stop))), self.timeframe)

    def resample(self, timeframe: str) -> Candles:
        """Return coarser candles on UTC boundaries, weeks from Monday.

        A first or last one that reaches beyond the span of these candles is left out; holes inside are not.
        """
        fine_ms, coarse_ms = self.timeframe_ms, timeframe_ms(timeframe)
        if coarse_ms == fine_ms:
            return self
        if coarse_ms % fine_ms:
            finer = coarse_ms < fine_ms
            why = "they would be finer; load finer ones" if finer else "it is no multiple; ask for a multiple"
            raise DataError(f"{self.market}: cannot make {timeframe} candles of {self.timeframe} ones: {why}")
        origin_ms = grid_origin_ms(timeframe)
        bucket = (self.open_ms - origin_ms) // coarse_ms * coarse_ms + origin_ms
        starts = np.flatnonzero(np.diff(bucket, prepend=np.int64(-(2**62))))
        if not starts.size:
            return self._made_of(self.columns, timeframe)
        ends = np.append(starts[1:], len(self)) - 1
        coarse = Columns(
            bucket[starts],
            self.open[starts],
            np.maximum.reduceat(self.high, starts),
            np.minimum.reduceat(self.low, starts),
            self.close[ends],
            np.add.reduceat(self.volume, starts),
        )
        first = int(coarse.open_ms[0] < self.first_ms)
        stop = starts.size - int(coarse.open_ms[-1] + coarse_ms > self.end_ms)
        return self._made_of(coarse.take(slice(first, max(first, stop))), timeframe)

    def from_source(self, source: str) -> Candles:
        """Return the same candles with another word on where they are from."""
        made = self._made_of(self.columns, self.timeframe)
        object.__setattr__(made, "source", source)
        return made

    def content_hash(self) -> str:
        """Return the SHA-256 of market, timeframe and columns, the same on every machine."""
        content = ContentHash()
        content.add(self.columns)
        return content.of(self.market, self.timeframe)

    def to_frame(self) -> pd.DataFrame:
        """Return a pandas DataFrame of the five values, indexed by open time in UTC."""
        import pandas as pd

        index = pd.DatetimeIndex(self.open_ms.astype("datetime64[ms]"), name="timestamp").tz_localize("UTC")
        values = dict(zip(Columns._fields[1:], self.columns[1:], strict=True))
        return pd.DataFrame(values, index=index, copy=True)

    @classmethod
    def from_frame(cls, frame: pd.DataFrame, *, market: str, timeframe: str, source: str = "") -> Candles:
        """Return the candles of a DataFrame with a DatetimeIndex (naive is UTC) or a column of times in ms."""
        import pandas as pd

        venue, symbol = parse_market(market)
        named = {str(name).strip().lower(): name for name in frame.columns}
        times = next((frame[named[name]] for name in ("timestamp", "open_ms") if name in named), None)
        if times is None and not isinstance(frame.index, pd.DatetimeIndex):
            raise DataError(
                f"{market}: expected a DatetimeIndex or a column timestamp, "
                f"was {type(frame.index).__name__} with columns {', '.join(map(str, frame.columns))}"
            )
        if times is None or not pd.api.types.is_numeric_dtype(times):
            try:
                index = pd.DatetimeIndex(
                    frame.index if times is None else pd.to_datetime(times, utc=True, format="ISO8601")
                )
            except (ValueError, TypeError) as error:
                raise DataError(f"{market}: the column timestamp holds something that is no time ({error})") from None
            if index.hasnans:
                raise DataError(f"{market}: a candle has no time; {_REMEDY}")
            open_ms = np.asarray(index.as_unit("ms").asi8, dtype=np.int64)
        else:
            if times.isna().any():
                raise DataError(f"{market}: a candle has no time; {_REMEDY}")
            open_ms = np.asarray(times, dtype=np.int64)
        for name in Columns._fields[1:]:
            if name not in named:
                raise DataError(f'{market}: no column "{name}" in the frame{did_you_mean(name, named)}')
        try:
            values = [frame[named[name]].to_numpy(dtype=np.float64) for name in Columns._fields[1:]]
        except (ValueError, TypeError) as error:
            raise DataError(f"{market}: expected numbers in the frame ({error})") from None
        columns = Columns(open_ms, *values)
        return cls(*columns, timeframe=timeframe, symbol=symbol, venue=venue, source=source or "a DataFrame")

    @classmethod
    def of_checked(cls, columns: Columns, market: str, timeframe: str, source: str) -> Candles:
        """Build without checks: what is cut or made of good candles is good."""
        venue, symbol = parse_market(market)
        made = object.__new__(cls)
        for name, column in zip(Columns._fields, columns, strict=True):
            object.__setattr__(made, name, _read_only(column, column.dtype))
        for name, text in (("timeframe", timeframe), ("symbol", symbol), ("venue", venue), ("source", source)):
            object.__setattr__(made, name, text)
        return made

    def _made_of(self, columns: Columns, timeframe: str) -> Candles:
        return Candles.of_checked(columns, self.market, timeframe, self.source)

    def _refuse_empty(self) -> None:
        if not len(self):
            raise DataError(f"{self.market} {self.timeframe}: no candles here; choose another span")

    def _refuse_broken(self) -> None:
        name = f"{self.market} {self.timeframe}"
        lengths = {field: len(column) for field, column in zip(Columns._fields, self.columns, strict=True)}
        if len(set(lengths.values())) > 1:
            told = ", ".join(f"{field} {length}" for field, length in lengths.items())
            raise DataError(f"{name}: expected columns of one length, was {told}; {_REMEDY}")
        if self.open_ms.ndim != 1:
            raise DataError(f"{name}: expected columns of one dimension, was {self.open_ms.ndim}")
        if len(self) and self.open_ms[-1] >= _NO_TIME_MS:
            raise DataError(f"{name}: expected times in ms, was {self.open_ms[-1]}, which is a finer unit; divide them")
        backwards = np.diff(self.open_ms) <= 0
        if backwards.any():
            first = iso(int(self.open_ms[int(np.argmax(backwards)) + 1]))
            number = counted(int(np.count_nonzero(backwards)), "candle")
            raise DataError(f"{name}: {number} not later than the one before, first at {first}; {_REMEDY}")
        wrong = mismatch(self.open_ms, self.timeframe)
        if wrong:
            raise DataError(f"{name}: {wrong}; give their own timeframe, or {_REMEDY}")
        if not all_possible(self.columns):
            told = ", ".join(
                f"{counted(bad.rows, 'candle')} with {bad.what} (first at {iso(bad.first_ms)})"
                for bad in impossible(self.columns)
            )
            raise DataError(f"{name}: {told}; {_REMEDY}")


def digest_of(candles: Iterable[Candles]) -> str:
    """Return one SHA-256 for the candles of several markets in their order."""
    return together(one.content_hash() for one in candles)


def _read_only(values: np.ndarray, dtype: type | np.dtype) -> np.ndarray:
    """Give a contiguous view that cannot be written to: an indicator must not change what the next run sees."""
    view = np.ascontiguousarray(values, dtype=dtype).view()
    view.flags.writeable = False
    return view
