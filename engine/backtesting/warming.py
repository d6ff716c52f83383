"""Indicators chunk by chunk: computed on a chunk and what its warm-up needs of the candles before it.

Owns the proof that this changes nothing. A strategy says how many candles its indicators need; whether that is so is
looked at where chunks meet, and on the first of them: values that change with where their history begins have no finite
warm-up, and the run is refused, since its result would depend on how it was cut.
"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from engine.backtesting.blame import guarded
from engine.backtesting.chunks import Chunk
from engine.backtesting.indicating import AlignedCandles, check_causal, computed, filled, row_type
from engine.backtesting.seating import Taken
from engine.candles import Candles
from engine.candles.streaming import joined
from engine.candles.timeframes import iso
from engine.errors import ConfigError
from engine.strategy import Strategy

Rows = np.ndarray[Any, Any]
Values = dict[str, Rows]
OVERLAP = 64  # candles whose values are computed on both sides of an edge, and compared


def finite_warmup(strategy: Strategy) -> int:
    """Return how many candles the indicators need; ConfigError: they do not say, or it is without end."""
    owner, warmup = type(strategy), guarded(strategy.warmup, "warmup")
    if warmup is None and owner.indicators is not Strategy.indicators:
        raise ConfigError(
            f"{owner.__name__}: warmup() says None, no finite number of candles: its indicators may depend on all of "
            "history, so it cannot run in chunks; return a number from warmup(), or run it in one piece"
        )
    return int(warmup or 0)


class Warming:
    """Compute the indicators of one strategy instance, chunk after chunk; `digest` is of all rows so far."""

    def __init__(self, strategy: Strategy, markets: tuple[int, ...], portfolio: bool, check: bool) -> None:
        self.strategy, self.markets, self.portfolio, self.check = strategy, markets, portfolio, check
        self.kept = finite_warmup(strategy) + 1  # what a candle follows may belong to it, as a schedule's hole does
        self.digest = hashlib.sha256()
        self._tail: Candles | Rows | None = None  # the last candles before the chunk
        self._seen: Values = {}  # what was computed for the last of them
        self._cut = False  # there are candles before the tail
        self._proven = False

    def rows(self, chunk: Chunk, kind: np.dtype[Any] | None) -> Rows | None:
        """Return the chunk's rows; None: it has no candle here, and `kind`, the type of others' rows, is not known."""
        fresh: Any = chunk.grid[:, self.markets[0] : self.markets[-1] + 1]
        if not self.portfolio:
            fresh = chunk.candles[self.markets[0]]
        if not len(fresh):
            if kind is None:
                return None
            flat = filled(len(chunk.grid), kind, {}, slice(0, 0))
        else:
            own = fresh if self._tail is None else _after(self._tail, fresh)
            values = self._values(own, chunk)
            before = len(own) - len(fresh)
            self._prove(own, values, before, chunk)
            kind = row_type(values)
            new = {name: array[before:] for name, array in values.items()}
            if self.portfolio:
                flat = np.zeros(fresh.shape, kind)
                for name, array in new.items():
                    flat[name] = array if array.ndim == 2 else array[:, None]
            else:
                flat = filled(len(chunk.grid), kind, new, chunk.rows_of[self.markets[0]])
            self._keep(own, values)
        self.digest.update(np.ascontiguousarray(flat).view(np.uint8).data)
        return flat

    def _values(self, own: Any, chunk: Chunk) -> Values:
        timeframe = chunk.candles[0].timeframe
        if self.portfolio:
            values = computed(self.strategy, AlignedCandles(own, timeframe), own.shape)
            if self.check:
                check_causal(self.strategy, values, own, own.shape, lambda end: AlignedCandles(own[:end], timeframe))
            return values
        values = computed(self.strategy, own, (len(own),))
        if self.check:
            check_causal(self.strategy, values, own, (len(own),), lambda end: _from(own, 0, end))
        return values

    def _prove(self, own: Any, values: Values, before: int, chunk: Chunk) -> None:
        """Compare with what the same candles gave on a longer history, and once with a shorter one."""
        if self._cut:
            begin = before - len(next(iter(self._seen.values()), ()))
            self._compare(own, begin, self._seen, {name: array[begin:before] for name, array in values.items()})
        if not self._proven:
            for cut in sorted({len(own) // 3, len(own) * 2 // 3} - {0}):
                shorter = _from(own, cut, len(own))
                if len(shorter) > self.kept:
                    self._proven = True
                    again = AlignedCandles(shorter, chunk.candles[0].timeframe) if self.portfolio else shorter
                    found = computed(self.strategy, again, shorter.shape if self.portfolio else (len(shorter),))
                    begin = cut + self.kept
                    self._compare(
                        own, begin, {name: array[begin:] for name, array in values.items()},
                        {name: array[self.kept :] for name, array in found.items()},
                    )  # fmt: skip

    def _compare(self, own: Any, begin: int, one: Values, other: Values) -> None:
        for name, array in one.items():
            differing = (array != other[name]) & ((array == array) | (other[name] == other[name]))
            if differing.any():
                at = begin + int(np.argwhere(differing)[0][0])
                ms = int(own["open_ms"][at, 0] if self.portfolio else own.open_ms[at])
                raise ConfigError(
                    f'{type(self.strategy).__name__}.indicators(): "{name}" at {iso(ms)} changes with where its '
                    f"history begins, although warmup() says {self.kept - 1} candles are enough: such a strategy "
                    "cannot run in chunks; return a warm-up that is, or run it in one piece"
                )

    def _keep(self, own: Any, values: Values) -> None:
        wanted = self.kept + OVERLAP
        self._cut = self._cut or len(own) > wanted
        tail = _from(own, max(0, len(own) - wanted), len(own))
        self._tail = tail.copy() if self.portfolio else joined([tail, _from(tail, 0, 0)])
        seen = min(OVERLAP, len(tail))
        self._seen = {name: array[len(array) - seen :].copy() for name, array in values.items()}


def _after(tail: Any, fresh: Any) -> Any:
    return np.concatenate([tail, fresh]) if isinstance(tail, np.ndarray) else joined([tail, fresh])


def _from(own: Any, begin: int, end: int) -> Any:
    """Cut candles, or rows of all markets."""
    if isinstance(own, np.ndarray):
        return own[begin:end]
    return Candles.of_checked(own.columns.take(slice(begin, end)), own.market, own.timeframe, own.source)


def warmings(taken: Taken, check: bool) -> list[Warming]:
    """Return one a seat."""
    return [
        Warming(strategy, chosen, taken.whole, check)
        for strategy, chosen in zip(taken.strategies, taken.chosen, strict=True)
    ]
