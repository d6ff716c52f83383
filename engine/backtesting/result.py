"""What a backtest found: metrics, fills, trades, equity; its bounds over the paths; what a reader must be told."""

from __future__ import annotations

import platform
from collections.abc import Callable
from dataclasses import asdict
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from engine.backtesting.blame import guarded
from engine.backtesting.describing import described
from engine.backtesting.outlines import Outline
from engine.backtesting.run import Run
from engine.backtesting.shares import (
    Holding,
    StrategyShare,
    exposure_of,
    holdings_of,
    positions_over_time,
    shares_of,
    told_shares,
)
from engine.backtesting.states import idle_rules, rules_summary, state_warnings
from engine.backtesting.universe import survivors
from engine.backtesting.worth import floating_of, notional_of
from engine.candles.timeframes import MINUTE_MS, counted, iso
from engine.core import codes
from engine.errors import ConfigError, EngineError, did_you_mean
from engine.metrics import Folded, Metrics, PnlTerms, buy_and_hold, compute, fold
from engine.plans import Outcome, Review
from engine.trades import round_trips

if TYPE_CHECKING:
    import pandas as pd


TRADED_AS = {
    "margin": "a margin market",
    "linear": "a linear contract",
    "inverse": "an inverse contract",
    "future": "a dated future",
}
COUNTING_PATHS = ("adverse", "favourable")  # they play both orders of the extremes


class Result:
    """Hold the outcome of one backtest; pandas outward, flat records inside."""

    # Handed in by the public names of `engine`: this layer does not know reports.
    report_writer: ClassVar[Callable[[Result, Path], Path] | None] = None

    def __init__(
        self,
        run: Run,
        ends: dict[str, float],
        seconds: float,
        *,
        dependent: dict[str, int] | None = None,
        done: int | None = None,
    ) -> None:
        """Take over a run; ends and dependent: final equity and counted candles by path; done: whole candles."""
        self.run, self.inputs, self.ends, self.seconds = run, run.inputs, ends, seconds
        self._dependent = dependent or {}
        self.costs: dict[str, Any] | None = None  # of engine.honesty, once it was asked
        done = run.k if done is None else done
        self.fill_rows = self._in_order(run.fills, "fill_count")
        self.event_rows = self._in_order(run.events, "event_count")
        self.payment_rows = self._in_order(run.payments, "payment_count")
        self.curves = run.curves(done)
        self.equity_curve, self.close_ms = self.curves.equity, self.curves.close_ms

    def _in_order(self, rows: np.ndarray[Any, Any], count: str) -> np.ndarray[Any, Any]:
        """Return what a log holds, in order of time: within a candle each market has logged by itself."""
        rows = rows[: int(self.run.run[0][count])]
        return rows if len(self.run.books) == 1 else rows[np.argsort(rows["ms"], kind="stable")]

    @cached_property
    def trade_rows(self) -> np.ndarray[Any, Any]:
        """Return the round trips as rows, open ones last."""
        of = [self.inputs.markets[market] for _, market in self.inputs.books]
        sizes = np.array([one.contract_size if one.kind == "inverse" else np.nan for one in of])
        inverse = None if np.isnan(sizes).all() else sizes
        return round_trips(np.concatenate([self._held_rows(), self.fill_rows]), self.payment_rows, inverse)

    @property
    def reviews(self) -> list[Review]:
        """Return what each strategy instance says of its own result, such as a grid's matched pairs."""
        return [review for _, review in self._reviewed]

    def _of_seat(self, slot: int) -> dict[str, Any]:
        """Return whose and of which markets a plan or review is, where several strategies share the account."""
        seat = self.inputs.seats[slot]
        if not self.inputs.several:
            return {}
        return {"strategy": seat.name, "markets": [self.inputs.markets[one].symbol for one in seat.markets]}

    @cached_property
    def _reviewed(self) -> list[tuple[int, Review]]:
        inputs, books = self.inputs, self.run.books
        found = []
        for slot, seat in enumerate(inputs.seats):
            own = self._books_of(slot)
            terms = self.terms_of(own)
            review = guarded(
                seat.strategy.review,
                "review",
                Outcome(
                    start=seat.start,
                    fills=self._fills_of(own),
                    prices=tuple(books["price"][own].tolist()),
                    positions=tuple(books["position"][own].tolist()),
                    entries=tuple(books["entry"][own].tolist()),
                    realised=terms.realised,
                    floating_change=terms.floating_change,
                    fees=terms.fees,
                    carried=terms.funding - terms.interest,
                    borne=terms.borne,
                    state=self.run.states[slot],
                ),
            )
            if review is not None:
                found.append((slot, review))
        return found

    def _books_of(self, slot: int) -> slice:
        row = self.run.slots[slot]
        return slice(int(row["first_book"]), int(row["first_book"] + row["book_count"]))

    def _fills_of(self, own: slice) -> np.ndarray[Any, Any]:
        """Return the fills of some books, counted from the first of them, as the strategy counts its markets."""
        rows = self.fill_rows
        rows = np.array(rows[(rows["book"] >= own.start) & (rows["book"] < own.stop)])
        rows["book"] -= own.start
        return rows

    def _held_rows(self) -> np.ndarray[Any, Any]:
        """Return the coins held at the start as if they had been bought, free of cost, at their market's first open."""
        inputs = self.inputs
        books = [book for book, quantity in enumerate(inputs.held) if quantity]
        rows = np.zeros(len(books), self.fill_rows.dtype)
        for row, book in zip(rows, books, strict=True):
            candles = inputs.outlines[inputs.books[book][1]]
            row["ms"], row["book"], row["side"], row["reason"] = candles.first_ms, book, 1, codes.REASON_HELD
            row["quantity"] = row["position"] = inputs.held[book]
            price = candles.first_open
            row["price"] = row["planned"] = row["entry"] = row["high"] = row["low"] = price
        return rows

    @cached_property
    def by_strategy(self) -> list[StrategyShare]:
        """Return each strategy's share of the result; their terms add up to the account's."""
        return shares_of(self)

    @cached_property
    def held(self) -> list[Holding]:
        """Return what the venue held of each market at the end, and who held what of it."""
        return holdings_of(self)

    def positions(self, symbol: str) -> pd.DataFrame:
        """Return what each strategy held of a market at each close, base, and the sum of it as "net"."""
        import pandas as pd

        inputs = self.inputs
        if inputs.in_chunks:
            raise ConfigError("positions: a run in chunks keeps no value a candle; read `fills`, which have them all")
        known = [market.symbol for market in inputs.markets]
        if symbol not in known:
            raise ConfigError(f"positions: unknown market {symbol}{did_you_mean(symbol, known)}")
        index = known.index(symbol)
        names = [inputs.seats[seat].name for seat, market in inputs.books if market == index]
        held = positions_over_time(self, index)
        return pd.DataFrame(held, self.equity.index, names).assign(net=held.sum(axis=1))

    @cached_property
    def exposure_curve(self) -> np.ndarray[Any, Any]:
        """Return the gross notional at each close, quote, as the venue counts it."""
        return exposure_of(self)

    @cached_property
    def terms(self) -> PnlTerms:
        """Return the right side of the PnL identity (rule A1), added up from fills."""
        return self.terms_of(slice(None))

    def terms_of(self, own: slice | list[int]) -> PnlTerms:
        """Return the terms of some books alone."""
        books = self.run.books[own]
        sums = {name: float(books[name].sum()) for name in ("realised", "fees", "funding", "interest", "borne")}
        return PnlTerms(floating_change=float(floating_of(books, self.inputs.markets).sum()), **sums)

    @cached_property
    def metrics(self) -> Metrics:
        """Return every metric of the shown path (docs/metrics in metrics.py's own words)."""
        inputs = self.inputs
        if not self.curves.count:
            raise EngineError("metrics: the run ended before its first candle; there is nothing to measure")
        benchmark = None
        if len(inputs.markets) == 1 and inputs.markets[0].kind != "inverse":
            market = inputs.markets[0]
            lot = float(market.lot)
            benchmark = buy_and_hold(
                inputs.equity_start,
                inputs.outlines[0].first_open,
                self.curves.last_close,
                market.taker_fee_rate,
                lot,
            )
        found = compute(
            start_ms=int(inputs.grid["open_ms"][0, 0]),
            cash=inputs.equity_start,
            closes=self.closes,
            fills=self.fill_rows,
            trades=self.trade_rows,
            terms=self.terms,
            benchmark=benchmark,
            notional=notional_of(self.fill_rows, self.run.books, inputs.markets),
        )
        if abs(found.unexplained) > 1e-6 * max(abs(found.equity_end), inputs.equity_start):
            raise EngineError(
                f"ledger: {found.unexplained} of equity is unexplained by fills; this is a fault of the engine"
            )
        return found

    @cached_property
    def closes(self) -> Folded:
        """Return the fold of all candle closes, which metrics are made of."""
        curves = self.curves
        if curves.folded is not None:
            return curves.folded
        return fold(curves.close_ms, curves.equity, self.exposure_curve, self.inputs.equity_start, curves.dependent)

    @property
    def complete(self) -> bool:
        """Return whether the run reached its last candle."""
        return self.curves.count == self.inputs.count

    @property
    def range(self) -> tuple[float, float] | None:
        """Return the lowest and highest total return over the paths played: a minimum and maximum, not a proof."""
        if len(self.ends) < 2:
            return None
        returns = [end / self.inputs.equity_start - 1.0 for end in self.ends.values()]
        return min(returns), max(returns)

    @property
    def path_dependent(self) -> int | None:
        """Return on how many timestamps the outcome depended on the path; None where no path was played that counts."""
        if self.run.rules.path in COUNTING_PATHS:
            return int(self.run.run[0]["dependent_count"])
        return next((self._dependent[path] for path in COUNTING_PATHS if path in self._dependent), None)

    @property
    def has_headline(self) -> bool:
        """Return whether one number may stand for the run: not when its range crosses zero (rule P2)."""
        return self.range is None or not self.range[0] < 0.0 < self.range[1]

    @cached_property
    def warnings(self) -> list[str]:
        """Return what a reader must be told before any number."""
        inputs, said = self.inputs, []
        for market, outline in zip(inputs.markets, inputs.outlines, strict=True):
            candles = outline.of
            if candles.simulated:
                said.append(
                    f"{candles.symbol}: the market is simulated ({candles.source}); it says nothing about a real one"
                )
            if market.kind != "spot":
                of = "" if candles.simulated else f" on the candles of {candles.market}"
                said.append(f"{market.symbol}: traded as {TRADED_AS[market.kind]}{of}")
            if market.symbol != candles.symbol:
                said.append(f"{market.symbol}: driven by candles of another symbol, {candles.market}")
            if not outline.has_volume:
                said.append(f"{candles.market}: its candles have no volume, so nothing limits what fills")
            found = outline.holes
            if found:
                said.append(f"{candles.market}: {found.line()}")
        for carry in inputs.carries:
            said += carry.warnings
        said += idle_rules(inputs)
        forced = self.fill_rows["kind"] == codes.KINDS_OF_ORDER.index("liquidation")
        if forced.any():
            first = iso(int(self.fill_rows["ms"][forced][0]) // MINUTE_MS * MINUTE_MS)
            said.insert(0, f"{counted(int(forced.sum()), 'liquidation')}, the first at {first}")
        if self.closes.ruined_ms is not None:
            when = iso(self.closes.ruined_ms)
            said.insert(0, f"equity fell to zero or below at {when}: nothing was left to trade with")
        said[:0] = [*state_warnings(self), *survivors(inputs)]
        if self.complete is False:
            said.append(
                f"the run stopped after {self.curves.count:,} of {inputs.count:,} candles; these are partial results"
            )
        if not self.run.compiled:
            said.append(f"interpreted, about 100 times slower: {self._obstacle()}")
        if not self.has_headline:
            said.append("the result changes its sign with the path inside candles: no single number stands for it")
        short = int(self.run.run[0]["detail_short"])
        if short:
            said.append(f"{short:,} candles were replayed without their finer candles, which were missing or disagreed")
        return said

    def _obstacle(self) -> str:
        inputs = self.inputs
        seat = next((one for one in inputs.seats if one.native is inputs.native), inputs.seats[0])
        apart = inputs.several and seat.native.reason != "that was asked for"
        return f"{seat.name}: {seat.native.reason}" if apart else seat.native.reason

    def reason_text(self, number: int, book: int = 0) -> str:
        """Return the reason tag of a number in fills and trades; each strategy numbers its own."""
        reasons = self.inputs.seats[self.inputs.books[book][0]].program.reasons
        return reasons[number] if 0 <= number < len(reasons) else ""

    def columns(self, what: str) -> dict[str, Any]:
        """Return "fills", "trades", "orders", "payments" or "equity" as plain columns, words in place of numbers."""
        from engine.backtesting.columns import columns_of

        return columns_of(self, what)

    @cached_property
    def fills(self) -> pd.DataFrame:
        """Return one row a fill, in order of time."""
        return self._frame("fills")

    @cached_property
    def trades(self) -> pd.DataFrame:
        """Return one row a round trip, open ones last."""
        return self._frame("trades")

    @cached_property
    def orders(self) -> pd.DataFrame:
        """Return what happened to orders besides fills: denied, reduced, cancelled, each with its numbers."""
        return self._frame("orders")

    @cached_property
    def payments(self) -> pd.DataFrame:
        """Return one row a funding settlement, interest charge or loss that the venue bore; amount: + received."""
        return self._frame("payments")

    @cached_property
    def equity(self) -> pd.Series[float]:
        """Return equity at each candle's close, indexed by that time in UTC."""
        import pandas as pd

        index = pd.DatetimeIndex(self.close_ms.astype("datetime64[ms]"), name="time").tz_localize("UTC")
        return pd.Series(self.equity_curve, index, name="equity")

    def _frame(self, what: str) -> pd.DataFrame:
        import pandas as pd

        frame = pd.DataFrame(self.columns(what))
        for name in frame.columns:
            if frame[name].dtype.kind == "M":
                frame[name] = frame[name].dt.tz_localize("UTC")
        return frame

    def report(self, path: str | Path) -> Path:
        """Write the result as one self-contained HTML page and return its path."""
        if Result.report_writer is None:
            raise EngineError("report: no writer was handed in; import backtest from engine, not from a part of it")
        return Result.report_writer(self, Path(path))

    def summary(self) -> dict[str, Any]:
        """Return metrics, bounds, warnings and what the run was made of, ready for JSON."""
        inputs, bounds = self.inputs, self.range
        return {
            **described(inputs),
            "markets": [market.as_dict() for market in inputs.markets],
            "candles": [_described(one) for one in inputs.outlines],
            "currency": inputs.markets[0].settle,
            "cash": inputs.cash,
            "holdings": {m.symbol: h for m, h in zip(inputs.markets, inputs.holdings, strict=True) if h},
            "rules": asdict(self.run.rules),
            **rules_summary(self),
            "complete": self.complete,
            "in_chunks": inputs.in_chunks,
            "compiled": self.run.compiled,
            "warnings": self.warnings,
            "total_return_range": list(bounds) if bounds else None,
            "final_equity_by_path": self.ends,
            "path_dependent_candles": self.path_dependent,
            "metrics": self.metrics.as_dict(),
            "plans": [self._of_seat(slot) | asdict(plan) for slot, plan in enumerate(inputs.plans) if plan is not None],
            "reviews": [self._of_seat(slot) | asdict(review) for slot, review in self._reviewed],
            **(told_shares(self) if inputs.several else {}),
            "events": self.event_counts(),
            "costs": self.costs,
            "hashes": inputs.hashes,
            "versions": {"python": platform.python_version()}
            | {name: version(name) for name in ("tradewind", "numpy", "numba")},
            "seconds": round(self.seconds, 3),
        }

    def event_counts(self) -> dict[str, int]:
        """Return how often orders were denied, reduced and cancelled, by cause."""
        numbers, counts = np.unique(self.event_rows["code"], return_counts=True)
        return {codes.LABEL[int(n)]: int(c) for n, c in zip(numbers, counts, strict=True)}

    def __repr__(self) -> str:
        """Return the result in a line."""
        m = self.metrics
        total = "–" if m.total_return is None else f"{m.total_return:+.2%}"
        seats = {seat.name: seat.given for seat in self.inputs.seats}
        return (
            f"Result({', '.join(map(repr, seats.values()))}: {total} on path {self.run.rules.path}, {m.trades} trades)"
        )


def _described(outline: Outline) -> dict[str, Any]:
    candles = outline.of
    return {
        "market": candles.market,
        "timeframe": candles.timeframe,
        "source": candles.source,
        "count": outline.count,
        "from_ms": candles.first_ms,
        "until_ms": candles.end_ms,
    }
