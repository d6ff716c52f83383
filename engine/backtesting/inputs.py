"""Everything a run is made of, checked and laid out flat once; several runs (one a path) then share it."""

from __future__ import annotations

import hashlib
import keyword
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from engine.candles import Candles
from engine.candles.timeframes import timeframe_ms
from engine.compiling import Native, Program, compile_steps, program_digest, read_program
from engine.core import codes
from engine.core.records import CANDLE
from engine.errors import ConfigError, DataError, StrategyError, did_you_mean
from engine.market import Market
from engine.strategy import Strategy, is_portfolio, to_record

Rows = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Hold how orders are executed; the names are those of design.md (P2, F2, F5, T3)."""

    path: str = "adverse"
    touch_fills: bool = False
    latency_ms: int = 0
    participation: float | None = None  # fraction of a candle's volume that fills may take; None: no cap

    def __post_init__(self) -> None:
        """Refuse what cannot be a rule."""
        if self.path not in codes.PATHS:
            hint = did_you_mean(str(self.path), codes.PATHS)
            raise ConfigError(f'path: expected one of {", ".join(codes.PATHS)}, was "{self.path}"{hint}')
        if not isinstance(self.latency_ms, int) or self.latency_ms < 0:
            raise ConfigError(f"latency_ms: expected a whole number of milliseconds from 0 on, was {self.latency_ms!r}")
        share = self.participation
        if share is not None and not (isinstance(share, int | float) and 0.0 < share <= 1.0):
            raise ConfigError(f"participation: expected a fraction above 0 up to 1, was {share!r}")


@dataclass
class Inputs:
    """Hold the checked, flat inputs of a run."""

    strategy: Strategy
    markets: list[Market]
    candles: list[Candles]
    detail: list[Candles] | None
    cash: float
    timeframe_ms: int
    grid: Rows  # CANDLE rows, shape (timestamps, markets), NaN prices where a market has no candle
    strategies: list[Strategy]  # one prepared copy a slot
    indicators: list[Rows]  # one a slot: shape (timestamps,) or, for a portfolio strategy, (timestamps, markets)
    indicator_type: np.dtype[np.void]
    program: Program
    native: Native
    start: int  # first candle on which the strategy is asked
    hashes: dict[str, str] = field(default_factory=dict)

    @property
    def portfolio(self) -> bool:
        """Return whether one strategy decides over all markets."""
        return is_portfolio(type(self.strategy))


def gather(
    strategy: Strategy,
    candles: Sequence[Candles],
    markets: Sequence[Market],
    *,
    cash: float,
    detail: Sequence[Candles] | None = None,
    compiled: bool = True,
    check_causality: bool = True,
) -> Inputs:
    """Check and lay out the inputs; errors are one sentence each, before anything runs."""
    if not isinstance(strategy, Strategy):
        raise ConfigError(f"strategy: expected an instance such as MyStrategy(fast=10), was {strategy!r}")
    if not isinstance(cash, int | float) or not np.isfinite(cash) or cash <= 0.0:
        raise ConfigError(f"cash: expected a positive amount, was {cash!r}")
    for one in candles:
        if not isinstance(one, Candles):
            raise ConfigError(
                f"candles: expected Candles (Candles.from_frame makes them of a DataFrame), was {one!r:.80}"
            )
    for other in markets:
        if not isinstance(other, Market):
            raise ConfigError(f'market: expected Market(symbol="BTC/USDT", tick=0.01, lot=0.001), was {other!r:.80}')
    if not candles or len(candles) != len(markets):
        raise ConfigError(f"candles and markets: expected one market for each, were {len(candles)} and {len(markets)}")
    _check_together(candles, markets, detail)
    program = read_program(type(strategy))
    spot = [market.symbol for market in markets if market.kind == "spot"]
    if program.shorts and spot:
        raise ConfigError(
            f"{program.shorts}: the strategy goes short, but {spot[0]} is a spot market, which cannot; "
            'set kind = "linear" in [market] to trade a contract on these candles'
        )
    grid, rows_of = _grid(candles)
    slots = 1 if is_portfolio(type(strategy)) else len(markets)
    strategies = [deepcopy(strategy) for _ in range(slots)]
    for index, prepared in enumerate(strategies):
        _guard(prepared.prepare, "prepare", tuple(markets) if is_portfolio(type(strategy)) else markets[index])
    indicators = _indicators(strategies, candles, grid, rows_of, check_causality)
    record = to_record(strategies[0])
    native = Native({}, "compiled=False was asked for")
    if compiled:
        native = compile_steps(program, record.dtype, indicators[0].dtype)
    warmup = _guard(strategy.warmup, "warmup")
    if warmup is not None and (not isinstance(warmup, int) or warmup < 0):
        raise StrategyError(
            f"{type(strategy).__name__}.warmup(): expected a whole number of candles or None, was {warmup!r}"
        )
    if warmup and warmup >= len(grid):
        raise DataError(
            f"candles: the strategy needs {warmup} candles before it can decide, found {len(grid)}; "
            "widen --from and --to, or shorten its windows"
        )
    hashes = {
        "code": program_digest(program, record.dtype, indicators[0].dtype),
        "candles": _digest(candle.content_hash() for candle in candles),
        "indicators": _digest(
            hashlib.sha256(np.ascontiguousarray(rows).view(np.uint8).data).hexdigest() for rows in indicators
        ),
    }
    return Inputs(
        strategy, list(markets), list(candles), list(detail) if detail else None, float(cash), candles[0].timeframe_ms,
        grid, strategies, indicators, indicators[0].dtype, program, native, warmup or 0, hashes,
    )  # fmt: skip


def _digest(parts: Any) -> str:
    whole = hashlib.sha256()
    for part in parts:
        whole.update(part.encode())
    return whole.hexdigest()


def _check_together(candles: Sequence[Candles], markets: Sequence[Market], detail: Sequence[Candles] | None) -> None:
    for one in candles:
        if len(one) == 0:
            raise DataError(f"{one.market}: no candles in the chosen span; widen --from and --to")
        if one.timeframe != candles[0].timeframe:
            raise DataError(
                f"timeframe: expected {candles[0].timeframe} like {candles[0].market}, "
                f"was {one.timeframe} for {one.market}; resample one of them"
            )
    for one, market in zip(candles, markets, strict=True):
        tick = float(market.tick)
        if tick > float(one.low.min()):
            raise ConfigError(
                f"market tick: expected a step of price, was {tick:g}, above the lowest price {one.low.min():g}"
            )
    quotes = sorted({market.quote for market in markets})
    if len(quotes) > 1:
        raise ConfigError(f"markets: expected one settlement currency on the account, were {' and '.join(quotes)}")
    keys = [(market.venue, market.symbol, market.kind) for market in markets]
    if len(set(keys)) < len(keys):
        raise ConfigError("markets: expected each market once, found one twice")
    if detail is None:
        return
    if len(detail) != len(candles):
        raise ConfigError(f"detail: expected finer candles for each of the {len(candles)} markets, were {len(detail)}")
    for fine, coarse in zip(detail, candles, strict=True):
        if fine.timeframe_ms >= coarse.timeframe_ms or coarse.timeframe_ms % fine.timeframe_ms:
            raise DataError(
                f"detail: expected candles finer than {coarse.timeframe} that divide it, was {fine.timeframe}"
            )
        if fine.timeframe != detail[0].timeframe:
            raise DataError("detail: expected one timeframe for all markets")


def _grid(candles: Sequence[Candles]) -> tuple[Rows, list[Rows | slice]]:
    """Lay the markets side by side on one time axis; returns the rows and where each market's candles lie in them."""
    times = candles[0].open_ms
    for one in candles[1:]:
        if len(one) != len(times) or not np.array_equal(one.open_ms, times):
            times = np.unique(np.concatenate([c.open_ms for c in candles]))
            break
    grid = np.empty((len(times), len(candles)), CANDLE)
    rows_of: list[Rows | slice] = []
    for column, one in enumerate(candles):
        whole = len(one) == len(times)
        rows: Rows | slice = slice(None) if whole else np.searchsorted(times, one.open_ms)
        rows_of.append(rows)
        view = grid[:, column]
        view["open_ms"] = times
        for name in ("open", "high", "low", "close", "volume"):
            if not whole:
                view[name] = np.nan
            view[name][rows] = getattr(one, name)
    return grid, rows_of


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


def _indicators(
    strategies: list[Strategy], candles: Sequence[Candles], grid: Rows, rows_of: list[Any], check: bool
) -> list[Rows]:
    if is_portfolio(type(strategies[0])):
        return [_portfolio_rows(strategies[0], candles, grid, check)]
    made = []
    for strategy, one, rows in zip(strategies, candles, rows_of, strict=True):
        values = _computed(strategy, one, (len(one),))
        if check:
            _check_causal(strategy, values, one, lambda end, one=one: one.between(None, int(one.open_ms[end])))
        flat = np.zeros(len(grid), _row_type(strategy, values))
        for name, array in values.items():
            if flat.dtype[name].kind == "f" and not isinstance(rows, slice):
                flat[name] = np.nan
            flat[name][rows] = array
        made.append(flat)
    if len({rows.dtype for rows in made}) > 1:
        raise StrategyError(
            f"{type(strategies[0]).__name__}.indicators(): expected the same names and types for all markets"
        )
    return made


def _portfolio_rows(strategy: Strategy, candles: Sequence[Candles], grid: Rows, check: bool) -> Rows:
    aligned = AlignedCandles(grid, candles[0].timeframe)
    values = _computed(strategy, aligned, grid.shape)
    if check:
        _check_causal(strategy, values, aligned, lambda end: AlignedCandles(grid[:end], candles[0].timeframe))
    flat = np.zeros(grid.shape, _row_type(strategy, values))
    for name, array in values.items():
        flat[name] = array if array.ndim == 2 else array[:, None]
    return flat


def _computed(strategy: Strategy, candles: Any, shape: tuple[int, ...]) -> dict[str, Rows]:
    owner = type(strategy).__name__
    given = _guard(strategy.indicators, "indicators", candles)
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


def _row_type(strategy: Strategy, values: dict[str, Rows]) -> np.dtype[np.void]:
    letters = {"b": "?", "i": "i8", "u": "i8", "f": "f8"}
    described = [(name, letters[array.dtype.kind]) for name, array in values.items()]
    return np.dtype([*described, ("__end__", "i8")], align=True)


def _check_causal(strategy: Strategy, values: dict[str, Rows], candles: Any, cut: Any) -> None:
    """Compute the indicators again on shorter history: what changes has looked ahead (rule T2)."""
    for end in sorted({len(candles) // 2, len(candles) * 4 // 5} - {0}):
        again = _computed(strategy, cut(end), (end, *next(iter(values.values())).shape[1:]) if values else (end,))
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


def _guard(method: Any, name: str, *arguments: Any) -> Any:
    from engine.backtesting.blame import blamed

    try:
        return method(*arguments)
    except (ConfigError, StrategyError):
        raise
    except Exception as error:  # the author's code may raise anything; it is named, never swallowed
        raise blamed(error, name) from error
