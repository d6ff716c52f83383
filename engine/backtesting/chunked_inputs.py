"""Inputs of a run in chunks: checked as any, but laid out one chunk at a time.

Owns what a run in chunks takes and what it refuses, each refusal one sentence before anything runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import Any

import numpy as np

from engine.backtesting.carrying import carries
from engine.backtesting.checking import (
    cash_by_venue,
    check_kinds,
    check_rules,
    check_tick,
    check_together,
    holdings_of,
)
from engine.backtesting.chunks import Chunk, chunks, timestamps
from engine.backtesting.inputs import Inputs
from engine.backtesting.outlines import Outline, outline_of
from engine.backtesting.seating import Taken, checked_program, first_decision
from engine.backtesting.seats import Rows
from engine.backtesting.using import Use, Used, used
from engine.backtesting.warming import Warming, warmings
from engine.candles import Candles, Funding, StoredCandles
from engine.candles.hashing import ContentHash, together
from engine.candles.streaming import Source, pieces_of
from engine.errors import ConfigError
from engine.market import Market
from engine.risk import AccountRules, RiskRules
from engine.strategy import Strategy

CELLS = 1 << 17  # candles of all markets that a chunk holds unless it is said
LEAST = 1 << 13  # timestamps: below it the work around a chunk outweighs the chunk


@dataclass
class ChunkedInputs(Inputs):
    """Hold inputs whose `grid` is one row long, whose indicators are empty: their types, and where time begins."""

    sources: list[Source] = field(default_factory=list)
    fine: list[Source] | None = None
    timestamp_count: int = 0
    walk: Walk | None = None

    @cached_property
    def outlines(self) -> list[Outline]:
        """Return what is known of each market's candles without holding them."""
        return [outline_of(one) for one in self.sources]

    @cached_property
    def detail_outlines(self) -> list[Outline]:
        """Return the same of the finer candles; none without them."""
        return [outline_of(one) for one in self.fine or ()]

    @property
    def count(self) -> int:
        """Return the number of timestamps of the whole run."""
        return self.timestamp_count

    @property
    def in_chunks(self) -> bool:
        """Return whether candles, indicators and curves are never there as a whole."""
        return True


class Walk:
    """Go through the chunks once, and give each with the rows of every seat."""

    def __init__(self, sources: Sequence[Source], fine: Sequence[Source] | None, rows: int, own: list[Warming]) -> None:
        self.warmings = own
        self._chunks = chunks(sources, fine, rows)
        self._contents = [ContentHash() for _ in sources]
        self._names = [(one.market, one.timeframe) for one in sources]
        self._first: tuple[Chunk, list[Rows]] | None = None
        self._kind: np.dtype[Any] | None = None

    def __iter__(self) -> Iterator[tuple[Chunk, list[Rows]]]:
        """Give what is still to come."""
        first = [] if self._first is None else [self._first]
        self._first = None
        return chain(first, ((chunk, self._rows(chunk)) for chunk in self._chunks))

    def first(self) -> tuple[Chunk, list[Rows]]:
        """Return the first chunk, which is then still to come."""
        if self._first is None:
            chunk = next(self._chunks)
            self._first = (chunk, self._rows(chunk))
        return self._first

    def hashes(self) -> dict[str, str]:
        """Return the hashes of the candles and of the indicators that have gone by."""
        contents = zip(self._contents, self._names, strict=True)
        return {
            "candles": together(content.of(market, timeframe) for content, (market, timeframe) in contents),
            "indicators": together(one.digest.hexdigest() for one in self.warmings),
        }

    def _rows(self, chunk: Chunk) -> list[Rows]:
        for content, one in zip(self._contents, chunk.candles, strict=True):
            content.add(one.columns)
        found = [one.rows(chunk, self._kind) for one in self.warmings]
        kinds = {rows.dtype for rows in found if rows is not None} | ({self._kind} if self._kind else set())
        if len(kinds) != 1:
            owner = type(self.warmings[0].strategy).__name__
            told = "the same names and types for all markets" if kinds else "a candle of its markets in the first chunk"
            raise ConfigError(f"{owner}.indicators(): expected {told}")
        self._kind = kinds.pop()
        pairs = zip(self.warmings, found, strict=True)
        return [own if own is not None else one.rows(chunk, self._kind) for one, own in pairs]  # type: ignore[misc]


def gather_chunked(
    strategies: Strategy | Use | Sequence[Strategy | Use],
    sources: Sequence[Source],
    markets: Sequence[Market],
    *,
    rows: int | None = None,
    cash: float | Mapping[str, float],
    detail: Sequence[Source] | None = None,
    holdings: Mapping[str, float] | None = None,
    funding: Funding | Mapping[str, Funding] | None = None,
    mark: Candles | Mapping[str, Candles] | None = None,
    compiled: bool = True,
    check_causality: bool = True,
    allocations: Sequence[float] | None = None,
    risk: RiskRules | None = None,
    account_rules: AccountRules | None = None,
) -> ChunkedInputs:
    """Check what `gather` checks and lay out the first chunk; rows: timestamps a chunk, None: as fits."""
    check_kinds(sources, markets, Candles, StoredCandles)
    check_together(sources, markets, detail)
    check_rules(risk, account_rules, markets)
    by_venue = cash_by_venue(cash, markets)
    uses = used(strategies, markets, allocations)
    _refuse(uses, markets, mark, compiled, risk)
    (use,) = uses
    taken = Taken(use, checked_program(use, markets))
    held = holdings_of(holdings, markets)
    rows = max(CELLS // len(sources), LEAST) if rows is None else rows
    if not isinstance(rows, int) or rows < 1:
        raise ConfigError(f"chunk: expected a whole number of timestamps of at least 1, was {rows!r}")
    warmup, count, begin_ms = guarded_warmup(use), 0, 0
    for times in timestamps(sources, max(rows, LEAST)):
        if count <= warmup < count + len(times):
            begin_ms = int(times[warmup - count])
        count += len(times)
    begin = first_decision(use.strategy, count)
    taken.prepare(markets, lambda i, exactly: _price_from(sources[i], begin_ms, exactly), held, sum(by_venue.values()))
    taken.refuse()
    walk = Walk(sources, detail, rows, warmings(taken, check_causality))
    chunk, own = walk.first()
    empty = chunk.grid[:1].copy()
    taken.indicators = [one[:0].copy() for one in own]
    code = taken.code()  # before compiling injects anything
    seats = taken.seats(compiled)
    native = seats[0].native
    if not native.addresses:
        raise ConfigError(f"{use.name}: a run in chunks must be compiled: {native.reason}; run it in one piece")
    carried = carries(markets, sources, empty, funding, None)
    funded = {m.symbol: one.funding for m, one in zip(markets, carried, strict=True) if one.funding is not None}
    hashes = {"code": code}
    if funded:
        hashes["funding"] = together(one.content_hash() for one in funded.values())
    return ChunkedInputs(
        seats, list(markets), [], [one.between(0, 0) for one in chunk.detail] if chunk.detail else None,
        sum(by_venue.values()), by_venue, sources[0].timeframe_ms, empty, begin, held, carried, hashes, risk,
        account_rules, None, list(sources), list(detail) if detail else None, count, walk,
    )  # fmt: skip


def guarded_warmup(use: Used) -> int:
    """Return the candles before the first decision; refuses what has no finite number of them."""
    from engine.backtesting.warming import finite_warmup

    return finite_warmup(use.strategy)


def _refuse(uses: Sequence[Used], markets: Sequence[Market], mark: Any, compiled: bool, risk: RiskRules | None) -> None:
    if len(uses) > 1:
        names = " and ".join(use.name for use in uses)
        raise ConfigError(f"chunk: expected one strategy, were {names}; run several strategies in one piece")
    if not compiled:
        raise ConfigError("chunk: a run in chunks must be compiled; run an interpreted one in one piece, on a few days")
    if mark:
        raise ConfigError("mark: a run in chunks takes no mark prices; leave them out, or run it in one piece")
    for market in markets:
        if market.record(0, -1)["costs_vary"]:
            raise ConfigError(
                f"{market.symbol}: costs that follow volatility, volume or a file are measured over all of history; "
                'use a fixed half_spread and slippage_model = "fixed", or run it in one piece'
            )
    if any(one is not None and one.measured for one in (risk, *(use.risk for use in uses))):
        raise ConfigError(
            "risk: rules in true ranges or volatility are measured over all of history; use fractions of price, or "
            "run it in one piece"
        )


def _price_from(source: Source, begin_ms: int, exactly: bool) -> float:
    """Return the close of the first candle at or after a time, or NaN; exactly: of the one at that time."""
    for piece in pieces_of(source):
        own = piece.between(begin_ms)
        if len(own):
            return float(own.close[0]) if not exactly or own.first_ms == begin_ms else float("nan")
    return float("nan")


def checked_chunk(inputs: ChunkedInputs, chunk: Chunk) -> None:
    """Refuse a chunk whose prices are below the market's step of price."""
    for market, one in zip(inputs.markets, chunk.candles, strict=True):
        if len(one):
            check_tick(market, float(one.low.min()))
