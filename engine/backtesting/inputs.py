"""Everything a run is made of, checked and laid out flat once; several runs (one a path) then share it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from engine.backtesting.carrying import Carry, carries
from engine.backtesting.checking import (
    cash_by_venue,
    check_kinds,
    check_rules,
    check_tick,
    check_together,
    holdings_of,
)
from engine.backtesting.gauging import gauge_rows
from engine.backtesting.outlines import Outline, outline_of
from engine.backtesting.seating import (
    Taken,
    check_netting,
    checked_program,
    first_decision,
    price_at,
    taking_over,
)
from engine.backtesting.seats import Rows, Seat
from engine.backtesting.spreads import spreads_digest
from engine.backtesting.using import Use, used
from engine.candles import Candles, Funding, digest_of
from engine.candles.hashing import together
from engine.compiling import Native
from engine.core import codes
from engine.core.records import CANDLE
from engine.errors import ConfigError, did_you_mean
from engine.market import Market
from engine.plans import Plan, Start
from engine.risk import AccountRules, RiskRules
from engine.strategy import Strategy


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

    seats: list[Seat]
    markets: list[Market]
    candles: list[Candles]
    detail: list[Candles] | None
    cash: float  # quote, of all venues together
    cash_by_venue: dict[str, float]
    timeframe_ms: int
    grid: Rows  # CANDLE rows, shape (timestamps, markets), NaN prices where a market has no candle
    start: int  # first candle on which the strategies are asked
    holdings: list[float]  # base coin of each market that lies in the account at the start
    carries: list[Carry]  # one a market
    hashes: dict[str, str] = field(default_factory=dict)
    risk: RiskRules | None = None
    account_rules: AccountRules | None = None
    gauges: Rows | None = None  # GAUGE rows, shape (markets, timestamps + 1), once something wanted them

    @cached_property
    def books(self) -> list[tuple[int, int]]:
        """Return (seat, market) of every book, in the order in which books are matched (rule D1)."""
        return [(index, market) for index, seat in enumerate(self.seats) for market in seat.markets]

    @cached_property
    def held(self) -> list[float]:
        """Return the base coin each book begins with: a market's coins belong to the first book on it."""
        first = [market not in [m for _, m in self.books[:index]] for index, (_, market) in enumerate(self.books)]
        return [self.holdings[m] if own else 0.0 for own, (_, m) in zip(first, self.books, strict=True)]

    def gauged(self) -> Rows:
        """Return the gauges, measured on first use."""
        if self.gauges is None:
            self.gauges = gauge_rows(self.candles, self.markets, self.grid["open_ms"][:, 0])
        return self.gauges

    @cached_property
    def outlines(self) -> list[Outline]:
        """Return what is known of each market's candles without holding them."""
        return [outline_of(one) for one in self.candles]

    @cached_property
    def detail_outlines(self) -> list[Outline]:
        """Return the same of the finer candles; none without them."""
        return [outline_of(one) for one in self.detail or ()]

    @property
    def count(self) -> int:
        """Return the number of timestamps."""
        return len(self.grid)

    @property
    def in_chunks(self) -> bool:
        """Return whether candles, indicators and curves are never there as a whole."""
        return False

    @property
    def several(self) -> bool:
        """Return whether more than one strategy trades on the account."""
        return self.seats[0].name != self.seats[-1].name

    @property
    def strategy(self) -> Strategy:
        """Return the first strategy, as it was given."""
        return self.seats[0].given

    @property
    def strategies(self) -> list[Strategy]:
        """Return one prepared copy a seat."""
        return [seat.strategy for seat in self.seats]

    @property
    def indicators(self) -> list[Rows]:
        """Return one table a seat."""
        return [seat.indicators for seat in self.seats]

    @property
    def starts(self) -> list[Start]:
        """Return what each seat's strategy was prepared with."""
        return [seat.start for seat in self.seats]

    @property
    def plans(self) -> list[Plan | None]:
        """Return each seat's pre-flight."""
        return [seat.plan for seat in self.seats]

    @property
    def native(self) -> Native:
        """Return the compiled steps of the first strategy, or of the first that has none: it says why."""
        return next((seat.native for seat in self.seats if not seat.native.addresses), self.seats[0].native)

    @property
    def equity_start(self) -> float:
        """Return the cash and what the coins held at the start were worth at their markets' first open, quote."""
        return self.cash + sum(h * one.first_open for h, one in zip(self.holdings, self.outlines, strict=True) if h)


def gather(
    strategies: Strategy | Use | Sequence[Strategy | Use],
    candles: Sequence[Candles],
    markets: Sequence[Market],
    *,
    cash: float | Mapping[str, float],
    detail: Sequence[Candles] | None = None,
    holdings: Mapping[str, float] | None = None,
    funding: Funding | Mapping[str, Funding] | None = None,
    mark: Candles | Mapping[str, Candles] | None = None,
    compiled: bool = True,
    check_causality: bool = True,
    refuse: bool = True,
    allocations: Sequence[float] | None = None,
    risk: RiskRules | None = None,
    account_rules: AccountRules | None = None,
) -> Inputs:
    """Check and lay out the inputs; errors are one sentence each, before anything runs.

    holdings: base coin in the account at the start, by a spot market's symbol. funding, mark: of contracts, by symbol
    where there are several. refuse=False lets a plan that forbids
    the start through, for those who only want to see it.
    """
    check_kinds(candles, markets, Candles)
    check_together(candles, markets, detail)
    for one, market in zip(candles, markets, strict=True):
        check_tick(market, float(one.low.min()))
    check_rules(risk, account_rules, markets)
    by_venue = cash_by_venue(cash, markets)
    uses = used(strategies, markets, allocations)
    programs = [checked_program(use, markets) for use in uses]
    if len(uses) > 1:
        check_netting(uses, markets)
    grid, rows_of = grid_of(candles)
    carried = carries(markets, candles, grid, funding, mark)
    begin = max(first_decision(use.strategy, len(grid)) for use in uses)
    held = holdings_of(holdings, markets)
    taking: list[Taken] = []
    for use, program in zip(uses, programs, strict=True):
        taken = Taken(use, program)
        left = taking_over(held, [t.use for t in taking])
        taken.prepare(markets, lambda i, exactly: price_at(grid[:, i], begin, exactly), left, sum(by_venue.values()))
        taking.append(taken)
    if refuse:
        for taken in taking:
            taken.refuse()
    for taken in taking:
        taken.compute(candles, grid, rows_of, check_causality)
    codes_of = [taken.code() for taken in taking]  # before compiling injects anything
    seats = [seat for taken in taking for seat in taken.seats(compiled)]
    series = {m.symbol: one.funding for m, one in zip(markets, carried, strict=True) if one.funding is not None}
    hashes = {
        "code": codes_of[0] if len(codes_of) == 1 else together(codes_of),
        "candles": digest_of(candles),
        "indicators": together(
            hashlib.sha256(np.ascontiguousarray(seat.indicators).view(np.uint8).data).hexdigest() for seat in seats
        ),
        **({"funding": together(one.content_hash() for one in series.values())} if series else {}),
    }
    if any(market.half_spread_file for market in markets):
        hashes["spreads"] = spreads_digest(markets)
    measured = any(one is not None and one.measured for one in (risk, *(use.risk for use in uses)))
    return Inputs(
        seats, list(markets), list(candles), list(detail) if detail else None, sum(by_venue.values()), by_venue,
        candles[0].timeframe_ms, grid, begin, held, carried, hashes, risk, account_rules,
        gauge_rows(candles, markets, grid["open_ms"][:, 0]) if measured else None,
    )  # fmt: skip


def grid_of(candles: Sequence[Candles]) -> tuple[Rows, list[Rows | slice]]:
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
