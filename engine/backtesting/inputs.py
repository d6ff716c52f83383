"""Everything a run is made of, checked and laid out flat once; several runs (one a path) then share it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from engine.backtesting.blame import guarded
from engine.backtesting.indicating import indicator_rows
from engine.backtesting.spreads import spreads_digest
from engine.candles import Candles, digest_of
from engine.compiling import Native, Program, compile_steps, program_digest, read_program
from engine.core import codes
from engine.core.records import CANDLE
from engine.errors import ConfigError, DataError, StrategyError, did_you_mean
from engine.market import Market
from engine.plans import Plan, Start
from engine.strategy import Strategy, is_portfolio, to_record

Rows = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Hold how orders are executed; the names are those of design.md (P2, F2, F5, T3)."""

    path: str = "adverse"
    touch_fills: bool | float = False  # or the chance that a touched order fills, drawn once an order
    latency_ms: int = 0
    participation: float | None = None  # fraction of a candle's volume that fills may take; None: no cap
    seed: int = 0  # of the draws for touch_fills

    def __post_init__(self) -> None:
        """Refuse what cannot be a rule."""
        if self.path not in codes.PATHS:
            hint = did_you_mean(str(self.path), codes.PATHS, listed=True)
            raise ConfigError(f'path: expected one of {", ".join(codes.PATHS)}, was "{self.path}"{hint}')
        if not isinstance(self.latency_ms, int) or self.latency_ms < 0:
            raise ConfigError(f"latency_ms: expected a whole number of milliseconds from 0 on, was {self.latency_ms!r}")
        share = self.participation
        if share is not None and not (isinstance(share, int | float) and 0.0 < share <= 1.0):
            raise ConfigError(f"participation: expected a fraction above 0 up to 1, was {share!r}")
        chance = self.touch_fills
        if not isinstance(chance, int | float) or not 0.0 <= chance <= 1.0:
            raise ConfigError(f"touch_fills: expected true, false or a chance from 0 to 1, was {chance!r}")
        if not isinstance(self.seed, int) or isinstance(self.seed, bool) or not 0 <= self.seed < 1 << 63:
            raise ConfigError(f"seed: expected a whole number from 0 on, was {self.seed!r}")


@dataclass
class Inputs:
    """Hold the checked, flat inputs of a run."""

    strategy: Strategy
    markets: list[Market]
    candles: list[Candles]
    detail: list[Candles] | None
    cash: float  # quote, of all venues together
    cash_by_venue: dict[str, float]
    timeframe_ms: int
    grid: Rows  # CANDLE rows, shape (timestamps, markets), NaN prices where a market has no candle
    strategies: list[Strategy]  # one prepared copy a slot
    indicators: list[Rows]  # one a slot: shape (timestamps,) or, for a portfolio strategy, (timestamps, markets)
    indicator_type: np.dtype[np.void]
    program: Program
    native: Native
    start: int  # first candle on which the strategy is asked
    holdings: list[float]  # base coin of each market that lies in the account at the start
    starts: list[Start]  # what each slot's strategy was prepared with
    plans: list[Plan | None]
    hashes: dict[str, str] = field(default_factory=dict)
    gauges: Rows | None = None  # GAUGE rows, shape (markets, timestamps + 1), once something wanted them

    def gauged(self) -> Rows:
        """Return the gauges, measured on first use."""
        if self.gauges is None:
            from engine.backtesting.gauging import gauge_rows

            self.gauges = gauge_rows(self.candles, self.markets, self.grid["open_ms"][:, 0])
        return self.gauges

    @property
    def portfolio(self) -> bool:
        """Return whether one strategy decides over all markets."""
        return is_portfolio(type(self.strategy))

    @property
    def equity_start(self) -> float:
        """Return the cash and what the coins held at the start were worth at their markets' first open, quote."""
        return self.cash + sum(h * float(one.open[0]) for h, one in zip(self.holdings, self.candles, strict=True) if h)


def gather(
    strategy: Strategy,
    candles: Sequence[Candles],
    markets: Sequence[Market],
    *,
    cash: float | Mapping[str, float],
    detail: Sequence[Candles] | None = None,
    holdings: Mapping[str, float] | None = None,
    compiled: bool = True,
    check_causality: bool = True,
    refuse: bool = True,
) -> Inputs:
    """Check and lay out the inputs; errors are one sentence each, before anything runs.

    holdings: base coin in the account at the start, by a spot market's symbol. refuse=False lets a plan that forbids
    the start through, for those who only want to see it.
    """
    if not isinstance(strategy, Strategy):
        raise ConfigError(f"strategy: expected an instance such as MyStrategy(fast=10), was {strategy!r}")
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
    by_venue = _cash_by_venue(cash, markets)
    program = read_program(type(strategy))
    spot = [market.symbol for market in markets if market.kind == "spot"]
    if program.shorts and spot:
        raise ConfigError(
            f"{program.shorts}: the strategy goes short, but {spot[0]} is a spot market, which cannot; "
            'set kind = "linear" in [market] to trade a contract on these candles'
        )
    grid, rows_of = _grid(candles)
    begin = _first_decision(strategy, len(grid))
    held = _holdings(holdings, candles, markets)
    slots = 1 if is_portfolio(type(strategy)) else len(markets)
    strategies = [deepcopy(strategy) for _ in range(slots)]
    starts, plans = [], []
    for index, prepared in enumerate(strategies):
        chosen = range(len(markets)) if is_portfolio(type(strategy)) else [index]
        start = Start(
            tuple(markets[i] for i in chosen),
            tuple(_price_at(grid[:, i], begin, is_portfolio(type(strategy))) for i in chosen),
            tuple(held[i] for i in chosen),
            sum(by_venue.values()) / slots,
        )
        starts.append(start)
        plans.append(prepared_plan(prepared, start))
    if refuse:
        for plan in plans:
            _refuse(strategy, plan)
    indicators = indicator_rows(strategies, candles, grid, rows_of, check_causality)
    record = to_record(strategies[0])
    if any(to_record(other).dtype != record.dtype for other in strategies[1:]):
        raise StrategyError(f"{type(strategy).__name__}.prepare(): expected state arrays of one length for all markets")
    code = program_digest(program, record.dtype, indicators[0].dtype)  # before compiling injects anything
    native = Native({}, "that was asked for")
    if compiled:
        native = compile_steps(program, record.dtype, indicators[0].dtype)
    hashes = {
        "code": code,
        "candles": digest_of(candles),
        "indicators": _digest(
            hashlib.sha256(np.ascontiguousarray(rows).view(np.uint8).data).hexdigest() for rows in indicators
        ),
    }
    if any(market.half_spread_file for market in markets):
        hashes["spreads"] = spreads_digest(markets)
    return Inputs(
        strategy, list(markets), list(candles), list(detail) if detail else None, sum(by_venue.values()), by_venue,
        candles[0].timeframe_ms, grid, strategies, indicators, indicators[0].dtype, program, native, begin, held,
        starts, plans, hashes,
    )  # fmt: skip


def prepared_plan(strategy: Strategy, start: Start) -> Plan | None:
    """Let the strategy look at its start, and return its pre-flight."""
    guarded(strategy.prepare, "prepare", start)
    owner, orders = type(strategy).__name__, strategy.max_orders
    if not isinstance(orders, int) or orders < 1:
        raise StrategyError(f"{owner}.max_orders: expected a whole number of at least 1, was {orders!r}")
    plan = guarded(strategy.plan, "plan", start)
    if plan is not None and not isinstance(plan, Plan):
        raise StrategyError(f"{owner}.plan(): expected a Plan or None, was {plan!r:.80}")
    return plan


def _refuse(strategy: Strategy, plan: Plan | None) -> None:
    if plan is not None and plan.refusals:
        first, *others = plan.refusals
        more = f"; and {len(others)} more, see `tradewind plan`" if others else ""
        raise ConfigError(f"{type(strategy).__name__}: {first.code}: {first.sentence}{more}")


def _cash_by_venue(cash: float | Mapping[str, float], markets: Sequence[Market]) -> dict[str, float]:
    """Return each venue's cash; one number is for one venue, since money does not move between them by itself."""
    venues = list(dict.fromkeys(market.venue for market in markets))
    if not isinstance(cash, Mapping):
        if len(venues) > 1:
            example = ", ".join(f'"{venue}": 5000' for venue in venues)
            raise ConfigError(f"cash: expected an amount for each venue, {{{example}}}, was {cash!r}")
        cash = {venues[0]: cash}
    if set(cash) != set(venues):
        raise ConfigError(f"cash: expected an amount for each of {', '.join(venues)}, was for {', '.join(cash)}")
    for amount in cash.values():
        if not isinstance(amount, int | float) or isinstance(amount, bool) or not np.isfinite(amount) or amount <= 0.0:
            raise ConfigError(f"cash: expected a positive amount, was {amount!r}")
    return {venue: float(cash[venue]) for venue in venues}


def _first_decision(strategy: Strategy, count: int) -> int:
    warmup = guarded(strategy.warmup, "warmup")
    if warmup is not None and (not isinstance(warmup, int) or warmup < 0):
        raise StrategyError(
            f"{type(strategy).__name__}.warmup(): expected a whole number of candles or None, was {warmup!r}"
        )
    if warmup and warmup >= count:
        raise DataError(
            f"candles: the strategy needs {warmup} candles before it can decide, found {count}; "
            "widen --from and --to, or shorten its windows"
        )
    return warmup or 0


def _price_at(column: Rows, begin: int, exactly: bool) -> float:
    """Return the close that a market has where its strategy begins: there, or at its first candle after that."""
    closes = column["close"][begin : begin + 1 if exactly else None]
    known = closes[~np.isnan(closes)]
    return float(known[0]) if len(known) else float("nan")


def _holdings(given: Mapping[str, float] | None, candles: Sequence[Candles], markets: Sequence[Market]) -> list[float]:
    given = dict(given or {})
    held = []
    for market in markets:
        quantity = given.pop(market.symbol, 0.0)
        number = isinstance(quantity, int | float) and not isinstance(quantity, bool) and np.isfinite(quantity)
        if not number or quantity < 0.0:
            raise ConfigError(f"holdings: {market.symbol}: expected base coin of at least 0, was {quantity!r}")
        if quantity and market.kind != "spot":
            raise ConfigError(f"holdings: {market.symbol}: a {market.kind} contract holds no coin; remove it")
        lots = quantity / float(market.lot)
        if abs(lots - round(lots)) > 1e-9 * max(1.0, lots):
            raise ConfigError(
                f"holdings: {market.symbol}: expected a whole number of lots of {market.lot}, was {quantity!r}"
            )
        held.append(float(quantity))
    for symbol in given:
        raise ConfigError(f"holdings: unknown market {symbol}{did_you_mean(symbol, [m.symbol for m in markets])}")
    return held


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
