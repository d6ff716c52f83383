"""A strategy's indicators, computed, checked against looking ahead, and laid out as flat rows beside the candles."""

from __future__ import annotations

import keyword
from collections.abc import Sequence
from typing import Any

import numpy as np

from engine.backtesting.blame import guarded
from engine.candles import Candles
from engine.candles.timeframes import timeframe_ms
from engine.errors import StrategyError
from engine.strategy import Strategy, is_portfolio

Rows = np.ndarray[Any, Any]


class AlignedCandles:
    """Hold all markets of a portfolio strategy: arrays of shape (timestamps, markets), NaN where there is no candle."""

    def __init__(self, grid: Rows, timeframe: str) -> None:
        """Copy the columns out of the rows."""
        self.open_ms = np.ascontiguousarray(grid["open_ms"][:, 0])
        self.timeframe = timeframe
        self.timeframe_ms = timeframe_ms(timeframe)
        for name in ("open", "high", "low", "close", "volume"):
            setattr(self, name, np.ascontiguousarray(grid[name]))

    def __len__(self) -> int:
        """Return the number of timestamps."""
        return len(self.open_ms)


def indicator_rows(
    strategies: list[Strategy], candles: Sequence[Candles], grid: Rows, rows_of: list[Any], check: bool
) -> list[Rows]:
    if is_portfolio(type(strategies[0])):
        return [_portfolio_rows(strategies[0], candles, grid, check)]
    made = []
    for strategy, one, rows in zip(strategies, candles, rows_of, strict=True):
        values = computed(strategy, one, (len(one),))
        if check:
            check_causal(
                strategy, values, one, (len(one),), lambda end, one=one: one.between(None, int(one.open_ms[end]))
            )
        made.append(filled(len(grid), row_type(values), values, rows))
    if len({rows.dtype for rows in made}) > 1:
        raise StrategyError(
            f"{type(strategies[0]).__name__}.indicators(): expected the same names and types for all markets"
        )
    return made


def _portfolio_rows(strategy: Strategy, candles: Sequence[Candles], grid: Rows, check: bool) -> Rows:
    aligned = AlignedCandles(grid, candles[0].timeframe)
    values = computed(strategy, aligned, grid.shape)
    if check:
        check_causal(
            strategy, values, aligned, grid.shape, lambda end: AlignedCandles(grid[:end], candles[0].timeframe)
        )
    flat = np.zeros(grid.shape, row_type(values))
    for name, array in values.items():
        flat[name] = array if array.ndim == 2 else array[:, None]
    return flat


def filled(count: int, kind: np.dtype[Any], values: dict[str, Rows], rows: Any) -> Rows:
    """Lay values out as rows, those of `rows`; where a market has no candle numbers are NaN, the rest nothing."""
    flat = np.zeros(count, kind)
    for name in kind.names or ():
        if kind[name].kind == "f" and not (isinstance(rows, slice) and rows == slice(None)):
            flat[name] = np.nan
        if name in values:
            flat[name][rows] = values[name]
    return flat


def computed(strategy: Strategy, candles: Any, shape: tuple[int, ...]) -> dict[str, Rows]:
    """Return the author's indicators by name; StrategyError: they are not one value a candle."""
    owner = type(strategy).__name__
    given = guarded(strategy.indicators, "indicators", candles)
    if not isinstance(given, dict):
        raise StrategyError(f"{owner}.indicators(): expected a dict of arrays by name, was {type(given).__name__}")
    values = {}
    for name, value in given.items():
        array = np.asarray(value)
        if not str(name).isidentifier() or keyword.iskeyword(str(name)) or str(name).startswith("_"):
            raise StrategyError(f'{owner}.indicators(): expected names like "enter", was {name!r}')
        if array.shape not in (shape, shape[:1]):
            raise StrategyError(
                f'{owner}.indicators(): "{name}": expected one value a candle, shape {shape}, was shape {array.shape}'
            )
        if array.dtype.kind not in "biuf":
            raise StrategyError(f'{owner}.indicators(): "{name}": expected numbers or true/false, was {array.dtype}')
        values[str(name)] = array
    return values


def row_type(values: dict[str, Rows]) -> np.dtype[np.void]:
    """Return the type of a row of them."""
    letters = {"b": "?", "i": "i8", "u": "i8", "f": "f8"}
    described = [(name, letters[array.dtype.kind]) for name, array in values.items()]
    return np.dtype([*described, ("__end__", "i8")], align=True)


def check_causal(strategy: Strategy, values: dict[str, Rows], candles: Any, shape: tuple[int, ...], cut: Any) -> None:
    """Compute the indicators again on shorter history: what changes has looked ahead (rule T2)."""
    for end in sorted({len(candles) // 2, len(candles) * 4 // 5} - {0}):
        again = computed(strategy, cut(end), (end, *shape[1:]))
        for name, array in values.items():
            before, now = array[:end], again[name]
            if array.dtype.kind == "f":
                same = np.isclose(before, now, rtol=1e-9, atol=1e-12, equal_nan=True)
            else:
                same = before == now
            if not same.all():
                first = int(np.argwhere(~same)[0][0])
                raise StrategyError(
                    f'{type(strategy).__name__}.indicators(): "{name}" looks ahead: at candle {first} it changes when '
                    f"the candles from {end} on are taken away; use only candles up to each one's own"
                )
