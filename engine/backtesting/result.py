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
from engine.backtesting.run import Run
from engine.candles import Candles, holes
from engine.candles.timeframes import iso
from engine.core import codes
from engine.errors import EngineError
from engine.metrics import Metrics, PnlTerms, buy_and_hold, compute
from engine.plans import Outcome, Review
from engine.strategy import check_value
from engine.trades import round_trips

if TYPE_CHECKING:
    import pandas as pd


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
        self.fill_rows = run.fills[: int(run.run[0]["fill_count"])]
        self.event_rows = run.events[: int(run.run[0]["event_count"])]
        self.equity_curve = run.equity[:done]
        self.close_ms = self.inputs.grid["open_ms"][:done, 0] + self.inputs.timeframe_ms

    @cached_property
    def trade_rows(self) -> np.ndarray[Any, Any]:
        """Return the round trips as rows, open ones last."""
        return round_trips(np.concatenate([self._held_rows(), self.fill_rows]))

    @cached_property
    def reviews(self) -> list[Review]:
        """Return what each strategy instance says of its own result, such as a grid's matched pairs."""
        inputs, books = self.inputs, self.run.books
        found = []
        width = len(books) // len(inputs.strategies)
        for slot, strategy in enumerate(inputs.strategies):
            own = slice(slot * width, (slot + 1) * width)
            terms = self._terms_of(own)
            rows = self.fill_rows
            outcome = Outcome(
                start=inputs.starts[slot],
                fills=rows[(rows["book"] >= own.start) & (rows["book"] < own.stop)],
                prices=tuple(books["price"][own].tolist()),
                positions=tuple(books["position"][own].tolist()),
                entries=tuple(books["entry"][own].tolist()),
                realised=terms.realised,
                floating_change=terms.floating_change,
                fees=terms.fees,
                state=self.run.states[slot],
            )
            review = guarded(strategy.review, "review", outcome)
            if review is not None:
                found.append(review)
        return found

    def _held_rows(self) -> np.ndarray[Any, Any]:
        """Return the coins held at the start as if they had been bought, free of cost, at their market's first open."""
        inputs = self.inputs
        books = [book for book, quantity in enumerate(inputs.holdings) if quantity]
        rows = np.zeros(len(books), self.fill_rows.dtype)
        for row, book in zip(rows, books, strict=True):
            price = float(inputs.candles[book].open[0])
            row["ms"], row["book"], row["side"], row["reason"] = (
                inputs.candles[book].first_ms,
                book,
                1,
                codes.REASON_HELD,
            )
            row["quantity"] = row["position"] = inputs.holdings[book]
            row["price"] = row["planned"] = row["entry"] = row["high"] = row["low"] = price
        return rows

    @cached_property
    def terms(self) -> PnlTerms:
        """Return the right side of the PnL identity (rule A1), added up from fills."""
        return self._terms_of(slice(None))

    def _terms_of(self, own: slice) -> PnlTerms:
        books = self.run.books[own]
        floating = (
            books["position"] * (books["price"] - books["entry"]) + books["dust"] * books["price"] - books["dust_cost"]
        )
        return PnlTerms(float(books["realised"].sum()), float(floating.sum()), float(books["fees"].sum()))

    @cached_property
    def metrics(self) -> Metrics:
        """Return every metric of the shown path (docs/metrics in metrics.py's own words)."""
        inputs = self.inputs
        if not len(self.equity_curve):
            raise EngineError("metrics: the run ended before its first candle; there is nothing to measure")
        benchmark = None
        if len(inputs.markets) == 1:
            market, candles = inputs.markets[0], inputs.candles[0]
            lot = float(market.lot)
            benchmark = buy_and_hold(
                inputs.equity_start,
                float(candles.open[0]),
                float(candles.close[len(self.equity_curve) - 1]),
                market.taker_fee_rate,
                lot,
            )
        found = compute(
            start_ms=int(inputs.grid["open_ms"][0, 0]),
            cash=inputs.equity_start,
            close_ms=self.close_ms,
            equity=self.equity_curve,
            gross_notional=self.run.exposure[: len(self.equity_curve)],
            fills=self.fill_rows,
            trades=self.trade_rows,
            terms=self.terms,
            benchmark=benchmark,
        )
        if abs(found.unexplained) > 1e-6 * max(abs(found.equity_end), inputs.equity_start):
            raise EngineError(
                f"ledger: {found.unexplained} of equity is unexplained by fills; this is a fault of the engine"
            )
        return found

    @property
    def complete(self) -> bool:
        """Return whether the run reached its last candle."""
        return len(self.equity_curve) == len(self.inputs.grid)

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
        for market, candles in zip(inputs.markets, inputs.candles, strict=True):
            if candles.simulated:
                said.append(
                    f"{candles.symbol}: the market is simulated ({candles.source}); it says nothing about a real one"
                )
            if market.kind != "spot":
                of = "" if candles.simulated else f" on the candles of {candles.market}"
                said.append(f"{market.symbol}: traded as a {market.kind} contract{of}; no funding, no liquidation")
            if market.symbol != candles.symbol:
                said.append(f"{market.symbol}: driven by candles of another symbol, {candles.market}")
            if not candles.volume.any():
                said.append(f"{candles.market}: its candles have no volume, so nothing limits what fills")
            found = holes(candles)
            if found:
                said.append(f"{candles.market}: {found.line()}")
        ruined = np.flatnonzero(self.equity_curve <= 0.0)
        if ruined.size:
            when = iso(int(self.close_ms[ruined[0]]))
            said.insert(0, f"equity fell to zero or below at {when}: a venue would have liquidated the position before")
        if self.complete is False:
            said.append(
                f"the run stopped after {len(self.equity_curve):,} of {len(inputs.grid):,} candles; "
                "these are partial results"
            )
        if not self.run.compiled:
            said.append(f"interpreted, about 100 times slower: {inputs.native.reason}")
        if not self.has_headline:
            said.append("the result changes its sign with the path inside candles: no single number stands for it")
        short = int(self.run.run[0]["detail_short"])
        if short:
            said.append(f"{short:,} candles were replayed without their finer candles, which were missing or disagreed")
        return said

    def reason_text(self, number: int) -> str:
        """Return the reason tag of a number in fills and trades."""
        reasons = self.inputs.program.reasons
        return reasons[number] if 0 <= number < len(reasons) else ""

    def columns(self, what: str) -> dict[str, Any]:
        """Return "fills", "trades", "orders" or "equity" as plain columns with words in place of numbers."""
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
            "strategy": type(inputs.strategy).__name__,
            "parameters": {name: _plain(value) for name, value in inputs.strategy.values().items()},
            "defaults": {
                name: _plain(check_value("", name, one, one.default)) for name, one in inputs.strategy.params.items()
            },
            "markets": [market.as_dict() for market in inputs.markets],
            "candles": [_described(candles) for candles in inputs.candles],
            "cash": inputs.cash,
            "holdings": {m.symbol: h for m, h in zip(inputs.markets, inputs.holdings, strict=True) if h},
            "rules": asdict(self.run.rules),
            "complete": self.complete,
            "compiled": self.run.compiled,
            "warnings": self.warnings,
            "total_return_range": list(bounds) if bounds else None,
            "final_equity_by_path": self.ends,
            "path_dependent_candles": self.path_dependent,
            "metrics": self.metrics.as_dict(),
            "plans": [asdict(plan) for plan in inputs.plans if plan is not None],
            "reviews": [asdict(review) for review in self.reviews],
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
        return f"Result({self.inputs.strategy!r}: {total} on path {self.run.rules.path}, {m.trades} trades)"


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | float | str | list) else str(value)


def _described(candles: Candles) -> dict[str, Any]:
    return {
        "market": candles.market,
        "timeframe": candles.timeframe,
        "source": candles.source,
        "count": len(candles),
        "from_ms": candles.first_ms,
        "until_ms": candles.end_ms,
    }
