"""The figures of the page: label, value as printed, what it is a part of; and the number behind it, for machines.

Owns which figures stand where, and their words. Must not compute metrics: they are those of metrics.json.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from engine.report.material import Material
from engine.report.words import MINUS, counted, days, money, number, percent, whole


@dataclass(frozen=True, slots=True)
class Figure:
    """Hold one figure; metric is its name in metrics.json, value the number there."""

    label: str
    text: str
    remark: str = ""
    metric: str = ""
    value: float | None = None

    @property
    def tone(self) -> str:
        """Return "gain" or "loss" where the text has a sign, which is never told by colour alone."""
        return "gain" if self.text.startswith("+") else "loss" if self.text.startswith(MINUS) else ""


class Figures:
    """Make a run's figures."""

    def __init__(self, material: Material) -> None:
        """Take the run."""
        self.material, self.metrics, self.currency = material, material.metrics, material.currency

    def percent(self, label: str, metric: str, remark: str = "", *, sign: bool = False) -> Figure:
        """Return a fraction of metrics.json as percent."""
        return Figure(label, percent(self.metrics[metric], sign=sign), remark, metric, self.metrics[metric])

    def money(self, label: str, metric: str, remark: str = "", *, sign: bool = False, times: int = 1) -> Figure:
        """Return an amount of metrics.json in the account's currency; times -1 for what is taken off."""
        value = self.metrics[metric]
        text = money(None if value is None else times * value, self.currency, sign=sign)
        return Figure(label, text, remark, metric, value)

    def number(self, label: str, metric: str, remark: str = "", decimals: int = 2) -> Figure:
        """Return a plain number of metrics.json."""
        return Figure(label, number(self.metrics[metric], decimals), remark, metric, self.metrics[metric])

    @property
    def short(self) -> str:
        """Return the flag of annual figures that come of less than a year."""
        m = self.metrics
        if m["cagr"] is None:
            return f"; not defined for {days(m['elapsed_days'])}" if m["elapsed_days"] < 30 else ""
        return f"; from {days(m['elapsed_days'])} only" if m["under_a_year"] else ""

    def total(self) -> Figure:
        """Return the headline: one number, or the range where its sign depends on the path (rule P2)."""
        summary, bounds = self.material.summary, self.material.bounds
        count = summary["path_dependent_candles"]
        dependent = "an uncounted number of candles" if count is None else counted(count, "candle")
        path = summary["rules"]["path"]
        if bounds is None:
            return self.percent("Total return", "total_return", f"of start equity, on path {path} alone", sign=True)
        low, high = (percent(bound, sign=True) for bound in bounds)
        if not self.material.has_headline:
            remark = (
                f"of start equity. Its sign depends on the order of high and low inside {dependent}, "
                "so no one number stands for it"
            )
            return Figure("Total return, lowest to highest", f"{low} to {high}", remark)
        played = len(summary["final_equity_by_path"])
        remark = f"of start equity, on path {path}. "
        if bounds[0] == bounds[1]:
            remark += f"The same on all {played} paths played; {dependent} depended on them"
        else:
            remark += f"{low} to {high} over the {played} paths played; {dependent} depended on them"
        return self.percent("Total return", "total_return", remark, sign=True)

    def headline(self) -> Iterator[Figure]:
        """Yield what stands beside the total return."""
        m, path = self.metrics, f"path {self.material.summary['rules']['path']}"
        yield self.money("Final equity", "equity_end", f"from {money(m['equity_start'], self.currency)}, {path}")
        several = len(self.material.markets) > 1
        yield self.percent(
            "Buy and hold", "buy_and_hold",
            "several markets, so no one of them compares" if several else "of the same equity, one fee in", sign=True,
        )  # fmt: skip
        yield self.percent("CAGR", "cagr", f"a year, {path}{self.short}", sign=True)
        yield self.number("Sharpe", "sharpe", f"{m['sampling']}{self.short}")
        ongoing = ", not over yet" if m["max_drawdown_ongoing"] else ""
        longest = f"; longest {days(m['max_drawdown_days'])}{ongoing}" if m["max_drawdown_days"] else ""
        yield self.percent("Max drawdown", "max_drawdown", f"of peak equity, daily{longest}")
        won = "" if m["win_rate"] is None else f"; {percent(m['win_rate'])} won, net of fees"
        yield Figure("Trades", whole(m["trades"]), f"closed{won}", "trades", m["trades"])
        yield self.number("Profit factor", "profit_factor", "gains ÷ losses of closed trades")
        yield self.percent("Fee share", "fee_share", self._fee_share_words())

    def more(self) -> Iterator[Figure]:
        """Yield the rest of the metrics."""
        yield self.number("Sortino", "sortino", f"{self.metrics['sampling']}{self.short}")
        yield self.percent("Volatility", "volatility", f"a year, {self.metrics['sampling']}")
        yield self.number("Calmar", "calmar", "CAGR ÷ max drawdown")
        yield self.percent("Candle drawdown", "candle_drawdown", "of peak equity, at candle closes")
        yield self.money("Expectancy", "expectancy", "a closed trade, net of fees", sign=True)
        yield self.number("Payoff", "payoff", "mean gain ÷ mean loss")
        yield Figure(
            "Still open", whole(self.metrics["open_trades"]), "trades, neither won nor lost", "open_trades",
            self.metrics["open_trades"],
        )  # fmt: skip

    def identity(self) -> Iterator[Figure]:
        """Yield the terms of the PnL identity (rule A1), each with its sign."""
        yield self.money("Realised", "realised", "of closed quantity, before fees", sign=True)
        yield self.money("Change of floating", "floating_change", "of what is still open", sign=True)
        yield self.money("Fees", "fees", "what the venue took for fills", sign=True, times=-1)
        yield self.money("Funding", "funding", "+ received, − paid, at its settlements", sign=True)
        yield self.money("Interest", "interest", "on what was borrowed", sign=True, times=-1)
        if self.metrics.get("borne"):
            yield self.money("Borne by the venue", "borne", "losses beyond what answered for them", sign=True)

    def identity_total(self) -> Figure:
        """Return the change of equity that the terms add up to."""
        change = self.metrics["equity_end"] - self.metrics["equity_start"]
        return Figure("Change of equity", money(change, self.currency, sign=True), "measured from balances")

    def turned(self) -> Iterator[Figure]:
        """Yield what stands beside the ledger: the venue's part, and how much was turned over."""
        m = self.metrics
        yield self.money("Fees", "fees", f"{percent(m['fees'] / m['equity_start'])} of start equity")
        yield self.percent("Fee share", "fee_share", self._fee_share_words())
        yield self.number("Turnover", "turnover", f"× mean equity, both sides; {number(m['turnover_a_day'])} a day")
        yield self.percent("Maker share", "maker_share", "of notional; the rest paid the taker's fee")
        yield Figure("Fills", whole(m["fills"]), "executions", "fills", m["fills"])

    def exposure(self) -> Iterator[Figure]:
        """Yield how much was at stake and how long."""
        yield self.percent("Exposure", "exposure", "gross notional ÷ equity, mean over candles")
        yield self.percent("Time in market", "time_in_market", "of candles with any position")

    def _fee_share_words(self) -> str:
        return "of profit before fees" + ("" if self.metrics["fee_share"] is not None else " (nothing was made)")


def path_points(material: Material) -> list[dict[str, Any]]:
    """Return each path's total return and its place on a line from the lowest to the highest, zero always on it."""
    start = float(material.metrics["equity_start"])
    ends = material.summary["final_equity_by_path"]
    gains = {name: end / start - 1.0 for name, end in ends.items()}
    low, high = min([0.0, *gains.values()]), max([0.0, *gains.values()])
    width = (high - low) or 1.0
    shown = material.summary["rules"]["path"]
    zero = 100.0 * (0.0 - low) / width
    return [
        {"name": name, "text": percent(gain, sign=True), "at": 100.0 * (gain - low) / width, "shown": name == shown,
         "zero": zero}
        for name, gain in gains.items()
    ]  # fmt: skip
