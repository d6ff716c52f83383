"""What each of several strategies made of one account, and what the venue held for all of them.

Owns `StrategyShare` and `Holding`. Each fill belongs to one book and each book to one strategy, so the shares add up to
the account whether the venue keeps the positions apart (hedge mode) or holds their sum.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.metrics import PnlTerms

if TYPE_CHECKING:
    from engine.backtesting.inputs import Inputs
    from engine.backtesting.result import Result

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class StrategyShare:
    """Hold one strategy's share of a result; money in quote."""

    name: str
    strategy: str  # its class
    allocation: float  # fraction of the account's equity that it counts as its own
    markets: tuple[str, ...]
    terms: PnlTerms
    contribution: float  # to the account's total return: the shares' sum is that return
    fills: int
    trades: int  # closed
    open_trades: int
    win_rate: float | None  # of closed trades, net of fees; None where there is none
    positions: dict[str, float]  # base at the end, signed, by market

    def as_dict(self) -> dict[str, Any]:
        """Return the share as plain values, for JSON."""
        return asdict(self) | {"markets": list(self.markets), "pnl": net_of(self.terms)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """Hold what the venue had of one market at the end, base: the long and the short side, and who held what."""

    market: str
    apart: bool  # in hedge mode long and short lie side by side; else the venue holds their sum
    long: float
    short: float  # <= 0
    net: float
    gross: float  # what the venue counts: both sides where they lie apart, else the size of the sum
    by_strategy: dict[str, float]


def net_of(terms: PnlTerms) -> float:
    """Return what the terms of rule A1 add up to, quote."""
    return terms.before_fees - terms.fees


def shares_of(result: Result) -> list[StrategyShare]:
    """Return one share a strategy, in the order in which they were given."""
    inputs, fills, trades = result.inputs, result.fill_rows["book"], result.trade_rows
    found = []
    for name, own in books_by_name(inputs).items():
        seat = inputs.seats[inputs.books[own[0]][0]]
        mine = trades[np.isin(trades["book"], own)]
        closed = mine[~mine["open"]]
        terms = result.terms_of(own)
        markets = [inputs.books[book][1] for book in own]
        found.append(
            StrategyShare(
                name=name,
                strategy=type(seat.given).__name__,
                allocation=sum(inputs.seats[s].allocation for s in sorted({inputs.books[book][0] for book in own})),
                markets=tuple(inputs.markets[market].symbol for market in markets),
                terms=terms,
                contribution=net_of(terms) / inputs.equity_start,
                fills=int(np.isin(fills, own).sum()),
                trades=len(closed),
                open_trades=len(mine) - len(closed),
                win_rate=float(np.count_nonzero(closed["pnl"] > 0.0)) / len(closed) if len(closed) else None,
                positions={
                    inputs.markets[market].symbol: float(result.run.books["position"][book])
                    for book, market in zip(own, markets, strict=True)
                },
            )
        )
    return found


def told_shares(result: Result) -> dict[str, Any]:
    """Return what a summary says of several strategies, ready for JSON."""
    return {
        "strategies": [one.as_dict() for one in result.by_strategy],
        "held": [asdict(one) for one in result.held],
    }


def holdings_of(result: Result) -> list[Holding]:
    """Return one holding a market."""
    inputs, found = result.inputs, []
    for index, market in enumerate(inputs.markets):
        own = [book for book, (_, m) in enumerate(inputs.books) if m == index]
        held = [float(result.run.books["position"][book]) for book in own]
        net = sum(held)
        net = 0.0 if abs(net) < 1e-6 * float(market.lot) else net  # what only rounding has left
        long, short = sum(one for one in held if one > 0.0), sum(one for one in held if one < 0.0)
        apart = not nets(inputs, index)
        names = [inputs.seats[inputs.books[book][0]].name for book in own]
        by_strategy = dict(zip(names, held, strict=True))
        gross = long - short if apart else abs(net)
        found.append(
            Holding(
                market=market.symbol, apart=apart, long=long, short=short, net=net, gross=gross, by_strategy=by_strategy
            )
        )
    return found


def nets(inputs: Inputs, market: int) -> bool:
    """Return whether the venue holds one sum of what several strategies have in a market."""
    sharing = sum(m == market for _, m in inputs.books)
    return sharing > 1 and inputs.markets[market].kind != "spot" and not inputs.markets[market].hedge_mode


def books_by_name(inputs: Inputs) -> dict[str, list[int]]:
    """Return each strategy's books."""
    found: dict[str, list[int]] = {}
    for book, (seat, _) in enumerate(inputs.books):
        found.setdefault(inputs.seats[seat].name, []).append(book)
    return found


def positions_over_time(result: Result, market: int) -> Array:
    """Return what each strategy on a market held at each close, base: shape (candles, its books)."""
    inputs, rows, done = result.inputs, result.fill_rows, len(result.equity_curve)
    own = [book for book, (_, m) in enumerate(inputs.books) if m == market]
    found = np.zeros((done, len(own)))
    for column, book in enumerate(own):
        mine = rows[rows["book"] == book]
        at = np.searchsorted(mine["candle"], np.arange(done), side="right")
        found[:, column] = np.append(inputs.held[book], mine["position"])[at]
    return found


def exposure_of(result: Result) -> Array:
    """Return the gross notional at each close, quote: of a netted market that of the sum."""
    inputs, done = result.inputs, len(result.equity_curve)
    exposure: Array = result.curves.exposure
    for market in range(len(inputs.markets)):
        if nets(inputs, market):
            held = positions_over_time(result, market)
            twice = np.abs(held).sum(axis=1) - np.abs(held.sum(axis=1))
            close = _known(inputs.grid["close"][:done, market])
            if inputs.markets[market].kind == "inverse":
                worth = np.divide(inputs.markets[market].contract_size, close, out=np.zeros(done), where=close > 0.0)
            else:
                worth = close
            exposure = exposure - twice * worth
    return exposure


def _known(closes: Array) -> Array:
    """Return the last known close at each candle; 0 before the first."""
    at = np.maximum.accumulate(np.where(np.isnan(closes), -1, np.arange(len(closes))))
    return np.where(at >= 0, closes[at], 0.0)
