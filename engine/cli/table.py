"""The result of a backtest on a terminal: warnings first, one headline, then what it rests on.

Owns the order and the words of the page. Must not compute: every number is one of `Result.summary()`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.markup import escape

from engine.candles.timeframes import counted, iso
from engine.cli.facts import print_facts, units_of
from engine.cli.shares import print_shares
from engine.cli.words import UNDEFINED, days, money, number, percent
from engine.plans import Fact

MOST_PARAMETERS = 8
Row = tuple[str, str, str]  # label, value, what it is a part of


def print_result(console: Console, name: str, summary: dict[str, Any]) -> None:
    """Print a result's summary; name is the definition's."""
    print_warnings(console, summary)
    _print_heading(console, name, summary)
    metrics, currency = summary["metrics"], summary["currency"]
    groups = {
        "Result": list(_headline(summary)),
        "Trades": list(_trades(metrics, currency)),
        "Costs": [*_costs(metrics, currency), *_break_even(summary)],
        "Where the money went": list(_identity(metrics, currency)),
    }
    width = max(len(value) for rows in groups.values() for _, value, _ in rows)
    for title, rows in groups.items():
        console.print(f"[bold]{title}[/bold]")
        for label, value, base in rows:
            shown = f"{value:>{width}}"
            shown = f"[bold]{shown}[/bold]" if label == "Total return" else shown
            remark = f"  [dim]{escape(base)}[/dim]" if base else ""
            console.print(f"  {label:<18} {shown}{remark}", soft_wrap=True)
        console.print()
    print_shares(console, summary, currency)
    by_symbol = {market["symbol"]: market for market in summary["markets"]}
    for index, review in enumerate(summary["reviews"]):
        of = f"{review['strategy']}: " if "strategy" in review else ""
        market = by_symbol[review["markets"][0]] if of else summary["markets"][min(index, len(by_symbol) - 1)]
        console.print(f"[bold]{escape(of + review['title'])}[/bold]")
        print_facts(console, [Fact(**fact) for fact in review["facts"]], units_of(market), width)
        console.print()
    if summary["events"]:
        console.print("[bold]Orders that did not simply fill[/bold]")
        for what, count in summary["events"].items():
            console.print(f"  {count:>{18 + 1 + width},}  {escape(what)}", soft_wrap=True)
        console.print()


def print_warnings(console: Console, summary: dict[str, Any]) -> None:
    """Print what a reader must know before any number; what is said of several markets is said once."""
    together: dict[str, list[str]] = {}
    for warning in summary["warnings"]:
        subject, colon, said = warning.partition(": ")
        if colon and "/" in subject and " " not in subject:
            together.setdefault(said, []).append(subject)
        else:
            together[warning] = []
    for said, subjects in together.items():
        text = f"{', '.join(subjects)}: {said}" if subjects else said
        console.print(f"[yellow]! {escape(text)}[/yellow]", soft_wrap=True)
    for note in summary["notes"]:
        console.print(f"[dim]· {escape(note)}[/dim]", soft_wrap=True)
    if together or summary["notes"]:
        console.print()


def _print_heading(console: Console, name: str, summary: dict[str, Any]) -> None:
    candles, markets = summary["candles"], summary["markets"]
    listed = ", ".join(one["market"] for one in candles)
    kinds = sorted({one["kind"] for one in markets})
    rules = summary["rules"]
    since, until = min(one["from_ms"] for one in candles), max(one["until_ms"] for one in candles)
    count = sum(one["count"] for one in candles)
    parameters = _parameter_words(summary)
    console.print(f"[bold]{escape(name)}[/bold]: {escape(summary['strategy'])} ({escape(parameters)})", soft_wrap=True)
    console.print(
        f"{escape(listed)} {candles[0]['timeframe']}, {' and '.join(kinds)}, "
        f"{iso(since)[:10]} to {iso(until)[:10]} UTC, {counted(count, 'candle')}, path {rules['path']}\n",
        soft_wrap=True,
    )


def _parameter_words(summary: dict[str, Any]) -> str:
    """Return the parameters; of many only those that were set."""
    given, defaults = summary["parameters"], summary["defaults"]
    if len(given) > MOST_PARAMETERS:
        given = {key: value for key, value in given.items() if value != defaults[key]}
    return (
        ", ".join(f"{key} {value:g}" if isinstance(value, float) else f"{key} {value}" for key, value in given.items())
        or "all parameters by default"
    )


def _headline(summary: dict[str, Any]) -> Iterator[Row]:
    metrics, currency, bounds = summary["metrics"], summary["currency"], summary["total_return_range"]
    total = percent(metrics["total_return"], sign=True)
    base = f"of start equity on path {summary['rules']['path']}"
    if bounds is not None:
        low, high = (percent(bound, sign=True) for bound in bounds)
        count = summary["path_dependent_candles"]
        dependent = "an uncounted number of candles" if count is None else counted(count, "candle")
        if bounds[0] < 0.0 < bounds[1]:
            total = f"{low} to {high}"
            base = f"of start equity: its sign depends on the path inside {dependent}, so no one number stands for it"
        elif low == high:
            played = len(summary["final_equity_by_path"])
            base = f"of start equity; the same on all {played} paths played, {dependent} depended on them"
        else:
            base = f"of start equity; {low} to {high} over the paths, {dependent} depended on them"
    yield "Total return", total, base
    start, end = (money(metrics[name], currency) for name in ("equity_start", "equity_end"))
    yield "Final equity", end, f"from {start}"
    yield "Buy and hold", percent(metrics["buy_and_hold"], sign=True), _buy_and_hold_words(summary)
    yield "CAGR", percent(metrics["cagr"], sign=True), f"a year{_short(metrics)}"
    yield "Sharpe", number(metrics["sharpe"]), f"{metrics['sampling']}{_short(metrics)}"
    ongoing = ", not over yet" if metrics["max_drawdown_ongoing"] else ""
    longest = f"; longest {days(metrics['max_drawdown_days'])}{ongoing}" if metrics["max_drawdown_days"] else ""
    yield "Max drawdown", percent(metrics["max_drawdown"]), f"of peak equity, daily{longest}"
    yield "Candle drawdown", percent(metrics["candle_drawdown"]), "of peak equity, at candle closes"


def _trades(metrics: dict[str, Any], currency: str) -> Iterator[Row]:
    still = f"; {metrics['open_trades']:,} more still open" if metrics["open_trades"] else ""
    yield "Trades", f"{metrics['trades']:,}", f"from flat to flat, {counted(metrics['fills'], 'fill')}{still}"
    yield "Win rate", percent(metrics["win_rate"]), "of trades, net of fees"
    yield "Profit factor", number(metrics["profit_factor"]), "gains ÷ losses"
    yield "Expectancy", money(metrics["expectancy"], currency, sign=True), "a trade"
    yield "Exposure", percent(metrics["exposure"]), "of equity, mean over candles"
    yield "Time in market", percent(metrics["time_in_market"]), "of candles"


def _costs(metrics: dict[str, Any], currency: str) -> Iterator[Row]:
    a_day = number(metrics["turnover_a_day"])
    yield "Turnover", number(metrics["turnover"]), f"× mean equity, both sides; {a_day} a day"
    yield "Fees", money(metrics["fees"], currency), ""
    why = "" if metrics["fee_share"] is not None else " (nothing was made)"
    yield "Fee share", percent(metrics["fee_share"]), f"of profit before fees{why}"
    yield "Maker share", percent(metrics["maker_share"]), "of notional"


def _break_even(summary: dict[str, Any]) -> Iterator[Row]:
    costs = summary.get("costs")
    if costs is not None:
        found = costs["break_even"]
        multiple, reason = found["multiple"], found["reason"]
        if multiple is not None:
            reason = "the assumed costs: there the edge dies" + (f"; {reason}" if reason else "")
        yield "Break-even", UNDEFINED if multiple is None else f"{number(multiple)} ×", reason


def _identity(metrics: dict[str, Any], currency: str) -> Iterator[Row]:
    yield "Realised", money(metrics["realised"], currency, sign=True), "of closed quantity, before fees"
    yield "Change of floating", money(metrics["floating_change"], currency, sign=True), "of what is still open"
    yield "Fees", money(-metrics["fees"], currency, sign=True), ""
    for name in ("funding", "interest"):
        if metrics[name]:
            value = metrics[name] if name == "funding" else -metrics[name]
            yield name.capitalize(), money(value, currency, sign=True), ""
    if metrics.get("borne"):
        yield "Borne by the venue", money(metrics["borne"], currency, sign=True), "losses beyond what answered for them"
    change = metrics["equity_end"] - metrics["equity_start"]
    yield (
        "= Equity change",
        money(change, currency, sign=True),
        f"unexplained {number(metrics['unexplained'])} {currency}",
    )


def _buy_and_hold_words(summary: dict[str, Any]) -> str:
    several = len(summary["markets"]) > 1
    return "several markets, so no one of them compares" if several else "of the same cash, one fee in"


def _short(metrics: dict[str, Any]) -> str:
    if metrics["cagr"] is None:
        return f"; not defined for {days(metrics['elapsed_days'])}" if metrics["elapsed_days"] < 30 else ""
    return f"; from {days(metrics['elapsed_days'])} only" if metrics["under_a_year"] else ""
