"""Strategies take their seats: read, prepared with their start, their indicators computed, compiled.

Owns the order of these steps for one strategy. Must not know the other strategies, runs or results.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy

import numpy as np

from engine.backtesting.blame import guarded
from engine.backtesting.indicating import indicator_rows
from engine.backtesting.seats import Rows, Seat
from engine.backtesting.using import Used
from engine.candles import Candles
from engine.compiling import Native, Program, compile_steps, program_digest, read_program
from engine.errors import ConfigError, DataError, StrategyError
from engine.market import Market
from engine.plans import Plan, Start
from engine.strategy import Strategy, is_portfolio, to_record


class Taken:
    """Hold what becomes of one strategy's part on its way to its seats."""

    def __init__(self, use: Used, program: Program) -> None:
        """Give it a prepared copy a market, or one for all markets of a portfolio strategy."""
        self.use, self.program = use, program
        self.whole = is_portfolio(type(use.strategy))
        self.chosen = [use.markets] if self.whole else [(market,) for market in use.markets]
        self.strategies = [deepcopy(use.strategy) for _ in self.chosen]
        self.starts: list[Start] = []
        self.plans: list[Plan | None] = []
        self.indicators: list[Rows] = []

    def prepare(
        self, markets: Sequence[Market], price: Callable[[int, bool], float], held: Sequence[float], cash: float
    ) -> None:
        """Let each copy look at its start, and plan; price: of a market where the strategies begin, or soon after."""
        for prepared, chosen in zip(self.strategies, self.chosen, strict=True):
            start = Start(
                tuple(markets[i] for i in chosen),
                tuple(price(i, self.whole) for i in chosen),
                tuple(held[i] for i in chosen),
                cash / len(self.chosen) * self.use.allocation,
            )
            self.starts.append(start)
            self.plans.append(prepared_plan(prepared, start))

    def refuse(self) -> None:
        """Stop the run where a plan forbids its start."""
        for plan in self.plans:
            _refuse(self.use.name, plan)

    def compute(
        self, candles: Sequence[Candles], grid: Rows, rows_of: Sequence[Rows | slice], check_causality: bool
    ) -> None:
        """Compute the indicators on the candles of its own markets."""
        own = self.use.markets
        columns = grid[:, own[0] : own[-1] + 1] if self.whole else grid
        rows = [rows_of[i] for i in own]
        self.indicators = indicator_rows(self.strategies, [candles[i] for i in own], columns, rows, check_causality)
        record = to_record(self.strategies[0])
        if any(to_record(other).dtype != record.dtype for other in self.strategies[1:]):
            owner = type(self.use.strategy).__name__
            raise StrategyError(f"{owner}.prepare(): expected state arrays of one length for all markets")

    def code(self) -> str:
        """Return the digest of what will be compiled."""
        return program_digest(self.program, to_record(self.strategies[0]).dtype, self.indicators[0].dtype)

    def seats(self, compiled: bool) -> list[Seat]:
        """Return the seats, compiled where that is wanted and can be."""
        native = Native({}, "that was asked for")
        if compiled:
            native = compile_steps(self.program, to_record(self.strategies[0]).dtype, self.indicators[0].dtype)
        parts = zip(self.strategies, self.chosen, self.indicators, self.starts, self.plans, strict=True)
        # A portfolio strategy sees its whole part in each of its markets; alone in a market, it has its share of it.
        allocation = self.use.allocation / len(self.chosen)
        return [
            Seat(
                name=self.use.name, given=self.use.strategy, strategy=prepared, program=self.program, native=native,
                markets=chosen, allocation=allocation, indicators=rows, start=start, plan=plan,
                risk=self.use.risk,
            )
            for prepared, chosen, rows, start, plan in parts
        ]  # fmt: skip


def checked_program(use: Used, markets: Sequence[Market]) -> Program:
    """Read a strategy's program; refuse a short seller on a spot market."""
    program = read_program(type(use.strategy))
    spot = [markets[i].symbol for i in use.markets if not markets[i].can_short]
    if program.shorts and spot:
        raise ConfigError(
            f"{program.shorts}: the strategy goes short, but {spot[0]} is a spot market, which cannot; "
            'set kind = "linear" in [market] to trade a contract on these candles, "margin" to borrow the coins'
        )
    return program


def check_netting(uses: Sequence[Used], markets: Sequence[Market]) -> None:
    """Refuse what several strategies cannot share: one netted isolated position, the coins and the debt of one loan."""
    for index, market in enumerate(markets):
        sharing = [use.name for use in uses if index in use.markets]
        if len(sharing) > 1 and market.kind == "margin":
            raise ConfigError(
                f"{market.symbol}: {' and '.join(sharing)} would share one debt on this margin market; "
                'give each a market of its own, or use kind = "linear"'
            )
        isolated = market.kind != "spot" and market.margin_mode == "isolated"
        if len(sharing) > 1 and isolated and not market.hedge_mode:
            raise ConfigError(
                f"{market.symbol}: margin_mode isolated: {' and '.join(sharing)} share one netted position here; "
                "it needs hedge_mode = true or cross"
            )


def taking_over(held: Sequence[float], before: Sequence[Used]) -> list[float]:
    """Return the coins of each market that are still to be taken: the first strategy on a market has them."""
    return [0.0 if any(index in use.markets for use in before) else own for index, own in enumerate(held)]


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


def _refuse(name: str, plan: Plan | None) -> None:
    if plan is not None and plan.refusals:
        first, *others = plan.refusals
        more = f"; and {len(others)} more, see `tradewind plan`" if others else ""
        raise ConfigError(f"{name}: {first.code}: {first.sentence}{more}")


def first_decision(strategy: Strategy, count: int) -> int:
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


def price_at(column: Rows, begin: int, exactly: bool) -> float:
    """Return the close that a market has where its strategy begins: there, or at its first candle after that."""
    closes = column["close"][begin : begin + 1 if exactly else None]
    known = closes[~np.isnan(closes)]
    return float(known[0]) if len(known) else float("nan")
