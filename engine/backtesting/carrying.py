"""What holding a position costs or brings over time, laid out for the core: funding stamps, mark prices, tiers.

Owns the alignment of these with the candles. Must not know how they are charged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from engine.candles import Candles, Funding
from engine.candles.streaming import Source, opened
from engine.candles.timeframes import counted, iso
from engine.core.records import CANDLE, STAMP
from engine.errors import ConfigError, DataError, did_you_mean
from engine.market import Market

Rows = np.ndarray[Any, Any]
HOUR_MS = 3_600_000


@dataclass
class Carry:
    """Hold one market's rows for the core, and what a reader must be told of them."""

    tiers: Rows
    stamps: Rows
    mark: Rows | None
    funding: Funding | None = None
    warnings: list[str] = field(default_factory=list)


def carries(
    markets: Sequence[Market],
    candles: Sequence[Source],
    grid: Rows,
    funding: Funding | Mapping[str, Funding] | None,
    mark: Candles | Mapping[str, Candles] | None,
) -> list[Carry]:
    """Return each market's carry; one series without a symbol is for the only market that takes one."""
    series = _by_symbol(funding, Funding, "funding", [m for m in markets if m.kind in ("linear", "inverse")])
    marks = _by_symbol(mark, Candles, "mark", [m for m in markets if m.kind != "spot"])
    made = []
    for column, (market, own) in enumerate(zip(markets, candles, strict=True)):
        one = Carry(market.tier_rows(), np.zeros(0, STAMP), None)
        if market.expiry is not None:
            _end(one, market, market.expiry, own)
        _fund(one, market, own, series.get(market.symbol))
        if market.symbol in marks:
            assert isinstance(own, Candles)  # a run in chunks takes none
            _mark(one, market, own, grid[:, column], marks[market.symbol])
        if market.kind != "spot" and not market.maintenance:
            one.warnings.append(
                f"{market.symbol}: maintenance margin {market.tiers[0].rate:.2%} of notional, assumed; "
                "give the venue's own table"
            )
        if market.kind == "margin" and market.borrow_rate is None:
            one.warnings.append(f"{market.symbol}: no borrow rate given: shorts pay no interest")
        made.append(one)
    return made


def _by_symbol(given: Any, kind: type, name: str, takers: Sequence[Market]) -> dict[str, Any]:
    if given is None:
        return {}
    symbols = [market.symbol for market in takers]
    if isinstance(given, kind):
        if len(symbols) != 1:
            raise ConfigError(
                f"{name}: expected one for each market by symbol, was one for {len(symbols)} that take it"
            )
        return {symbols[0]: given}
    if not isinstance(given, Mapping) or not all(isinstance(one, kind) for one in given.values()):
        raise ConfigError(f"{name}: expected {kind.__name__}, or one for each symbol, was {given!r:.80}")
    for symbol in given:
        if symbol not in symbols:
            raise ConfigError(f"{name}: no market of the run takes it for {symbol}{did_you_mean(symbol, symbols)}")
    return dict(given)


def _end(one: Carry, market: Market, expiry: int, candles: Source) -> None:
    if expiry <= candles.first_ms:
        raise ConfigError(
            f"{market.symbol}: expiry: expected after the first candle, {iso(candles.first_ms)}, was {iso(expiry)}; "
            "choose earlier candles or a contract that still trades then"
        )
    if expiry <= candles.end_ms - candles.timeframe_ms:
        one.warnings.append(
            f"{market.symbol}: the contract ends at {iso(expiry)}, inside the run: what is open is settled there, "
            "and no order is taken after it"
        )


def _fund(one: Carry, market: Market, candles: Source, series: Funding | None) -> None:
    if market.kind not in ("linear", "inverse"):
        return
    if series is None and market.funding_rate is not None:
        series = Funding.constant(market.funding_rate, market.funding_hours, candles.first_ms, candles.end_ms)
        one.warnings.append(f"{market.symbol}: funding {series.source}")
    if series is None:
        one.warnings.append(f"{market.symbol}: no funding series given: funding is left out of every number")
        return
    one.funding = series
    inside = series.ms[(series.ms >= candles.first_ms) & (series.ms < candles.end_ms)]
    if len(inside) == 0:
        raise DataError(
            f"{market.symbol}: funding: expected settlements between {iso(candles.first_ms)} and "
            f"{iso(candles.end_ms)}, found none in {series.source}"
        )
    step = int(np.median(np.diff(series.ms))) if len(series) > 1 else int(market.funding_hours * HOUR_MS)
    for begins, missing in ((True, inside[0] - candles.first_ms > step), (False, candles.end_ms - inside[-1] > step)):
        if missing:
            edge = f"begins at {iso(int(inside[0]))}" if begins else f"ends at {iso(int(inside[-1]))}"
            one.warnings.append(f"{market.symbol}: the funding series {edge}: none is charged outside of it")
    holes = int(np.count_nonzero(np.diff(inside) > 1.5 * step))
    if holes:
        one.warnings.append(
            f"{market.symbol}: {counted(holes, 'hole')} in the funding series: nothing is charged there"
        )
    within = int(np.count_nonzero(~opened(candles, inside)))
    if within:
        one.warnings.append(
            f"{market.symbol}: {counted(within, 'funding settlement')} inside a candle or a hole: "
            "each is taken at the next open, on the position then held"
        )
    one.stamps = np.zeros(len(inside), STAMP)
    chosen = (series.ms >= candles.first_ms) & (series.ms < candles.end_ms)
    one.stamps["ms"], one.stamps["rate"], one.stamps["mark"] = inside, series.rate[chosen], series.mark[chosen]


def _mark(one: Carry, market: Market, candles: Candles, own: Rows, mark: Candles) -> None:
    if mark.timeframe != candles.timeframe:
        raise DataError(
            f"{market.symbol}: mark: expected {candles.timeframe} candles like the market's, was {mark.timeframe}; "
            "resample one of them"
        )
    rows = np.ascontiguousarray(own).astype(CANDLE)
    at = np.searchsorted(mark.open_ms, rows["open_ms"])
    known = (at < len(mark)) & (mark.open_ms[np.minimum(at, len(mark) - 1)] == rows["open_ms"])
    for name in ("open", "high", "low", "close"):
        rows[name][known] = getattr(mark, name)[at[known]]
    missing = int(np.count_nonzero(~known & ~np.isnan(own["close"])))
    if missing == len(candles):
        raise DataError(f"{market.symbol}: mark: {mark!r} has no candle in common with {candles!r}")
    if missing:
        one.warnings.append(
            f"{market.symbol}: {counted(missing, 'candle')} without a mark price: the last price stands in"
        )
    one.mark = rows
