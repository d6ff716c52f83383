"""The page put together: what the template is given, in the order of the page.

Owns the template's values. Must not compute metrics or write files.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.metrics import DAY_MS
from engine.report.charting import equity_chart, price_charts
from engine.report.costs import costs_section
from engine.report.encoding import in_page
from engine.report.figures import Figures, path_points
from engine.report.library import NOTICE, chart_library
from engine.report.material import Material
from engine.report.properties import properties
from engine.report.shares import shares
from engine.report.strategy import own_parts
from engine.report.tables import drawdowns, groups, months, trades
from engine.report.words import counted, day, days, minute, money, percent

if TYPE_CHECKING:
    from jinja2 import Environment

PAGE = Path(__file__).parent / "page"
BOUND_TO_ZERO = 1e-12


def page(material: Material) -> str:
    """Return the whole page as text."""
    figures, prices = Figures(material), price_charts(material)
    equity = equity_chart(material)
    data = {"equity": equity, "prices": prices}
    return (
        _templates()
        .get_template("report.html")
        .render(
            material=material,
            heading=_heading(material),
            warnings=_warnings(material),
            total=figures.total(),
            paths=path_points(material),
            headline=list(figures.headline()),
            more=list(figures.more()),
            identity=list(figures.identity()),
            identity_total=figures.identity_total(),
            unexplained=money(material.metrics["unexplained"], material.currency),
            turned=list(figures.turned()),
            costs=costs_section(material),
            shares=shares(material),
            exposure=list(figures.exposure()),
            equity_words=_equity_words(material),
            has_hold=equity["hold"] is not None,
            has_exposure=equity["exposure"] is not None,
            own=own_parts(material),
            prices=prices,
            others=[one for one in material.symbols if one not in {price["symbol"] for price in prices}],
            months=months(material),
            drawdowns=drawdowns(material),
            groups=groups(material),
            trades=trades(material),
            properties=properties(material),
            data=in_page(data),
            library=chart_library(),
            notice=NOTICE,
        )
    )


@cache
def _templates() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        loader=FileSystemLoader(PAGE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["style"] = (PAGE / "report.css").read_text("utf-8")
    made.globals["script"] = "".join(
        (PAGE / name).read_text("utf-8") for name in ("decode.js", "theme.js", "charts.js")
    )
    return made


def _heading(material: Material) -> dict[str, Any]:
    told = material.summary["candles"]
    markets = sorted({market["kind"] for market in material.markets})
    count, until_ms = sum(one["count"] for one in told), max(one["until_ms"] for one in told)
    when = day if until_ms - material.start_ms > 2 * DAY_MS else minute
    return {
        "simulated": any(one["market"].startswith("simulated:") for one in told),
        "partial": not material.summary["complete"],
        "lines": [
            *([] if material.name == material.summary["strategy"] else [material.summary["strategy"]]),
            ", ".join(one["market"] for one in told),
            f"{told[0]['timeframe']} candles, {' and '.join(markets)}",
            f"{when(material.start_ms)} to {when(until_ms)} UTC, {counted(count, 'candle')}",
        ],
    }


def _warnings(material: Material) -> list[str]:
    """Return what must be read first; what is said of several markets is said once."""
    said = list(material.summary["warnings"])
    m = material.metrics
    if m["elapsed_days"] < 30:
        said.append(f"only {days(m['elapsed_days'])}: too short to tell skill from luck, and nothing is annualised")
    if m["trades"] < 30:
        said.append(f"only {counted(m['trades'], 'closed trade')}: too few to tell skill from luck")
    for plan in material.summary["plans"]:
        said += [warning for warning in plan["warnings"] if warning not in said]
    if material.problem:
        said.append(f"no price chart: {material.problem}")
    together: dict[str, list[str]] = {}
    for warning in said:
        subject, colon, rest = warning.partition(": ")
        of_market = colon and "/" in subject and " " not in subject
        together.setdefault(rest if of_market else warning, []).extend([subject] if of_market else [])
    return [f"{', '.join(subjects)}: {text}" if subjects else text for text, subjects in together.items()]


def _equity_words(material: Material) -> str:
    m, currency = material.metrics, material.currency
    peak = max(float(material.equity.max()), m["equity_start"])
    below = m["equity_end"] / peak - 1.0
    where = "at its peak" if below > -BOUND_TO_ZERO else f"{percent(-below)} below its peak"
    words = (
        f"Equity {money(m['equity_end'], currency)} at the end, {percent(m['total_return'], sign=True)} "
        f"since {day(material.start_ms)}, {where}."
    )
    if not material.has_headline:
        words += " This is one of the paths played; another ends on the other side of zero."
    if m["buy_and_hold"] is not None:
        words += f" The same equity, bought at the first open and held: {percent(m['buy_and_hold'], sign=True)}."
    return words
