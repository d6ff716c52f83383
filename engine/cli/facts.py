"""Facts and tables of a strategy's plan and review on a terminal, each number in its market's own decimals.

Owns their formats. Must not compute.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.markup import escape

from engine.cli.words import UNDEFINED, money, number
from engine.plans import Fact, Table

MOST_ROWS = 60
WIDEST = 1_000  # characters: a number is never cut, a narrow terminal wraps the line


def units_of(market: Mapping[str, Any]) -> dict[str, Any]:
    """Return currencies and decimals of a market, described as `Market.as_dict()` does."""
    symbol = str(market["symbol"])
    base, _, rest = symbol.partition("/")
    decimals = {
        name: max(0, -int(Decimal(str(market[name])).normalize().as_tuple().exponent)) for name in ("tick", "lot")
    }
    return {"base": base, "quote": rest.partition(":")[0], "tick": decimals["tick"], "lot": decimals["lot"]}


def shown(value: float | int | str | None, unit: str, units: Mapping[str, Any], *, bare: bool = False) -> str:
    """Return a value in its unit; bare: without the currency, which a column's heading names."""
    if value is None:
        return UNDEFINED
    if isinstance(value, str):
        return value
    if unit == "quote":
        return number(value) if bare else money(value, units["quote"])
    if unit == "base":
        text = number(value, units["lot"])
        return text if bare else f"{text} {units['base']}"
    if unit == "price":
        return number(value, units["tick"])
    if unit == "%":
        return f"{number(100.0 * value, 4)} %"
    if isinstance(value, int):
        return f"{value:,}"
    return number(value).rstrip("0").rstrip(".") if abs(value) >= 1.0 else f"{value:.4g}"


def print_facts(console: Console, facts: Sequence[Fact], units: Mapping[str, Any], width: int = 0) -> None:
    """Print facts, a line each: label, value, remark."""
    values = [shown(fact.value, fact.unit, units) for fact in facts]
    labels = max([18, *(len(fact.label) for fact in facts)])
    width = max([width, *map(len, values)])
    for fact, value in zip(facts, values, strict=True):
        remark = f"  [dim]{escape(fact.remark)}[/dim]" if fact.remark else ""
        console.print(f"  {escape(fact.label):<{labels}} {escape(value):>{width}}{remark}", soft_wrap=True)


def print_table(console: Console, table: Table, units: Mapping[str, Any]) -> None:
    """Print a table; of a long one the first and the last rows."""
    from rich.table import Table as Grid

    grid = Grid(title=escape(table.title), title_justify="left", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name, unit in table.columns:
        currency = f" {units[unit]}" if unit in ("base", "quote") else ""
        grid.add_column(escape(name) + currency, justify="left" if unit == "" else "right", no_wrap=True)
    rows = list(table.rows)
    left_out = len(rows) - MOST_ROWS
    half = MOST_ROWS // 2
    for index, row in enumerate(rows):
        if left_out > 0 and index == half:
            grid.add_row(*("…" for _ in table.columns))
        if left_out > 0 and half <= index < half + left_out:
            continue
        cells = zip(row, table.columns, strict=True)
        grid.add_row(*(escape(shown(value, unit, units, bare=True)) for value, (_, unit) in cells))
    whole = console.measure(grid, options=console.options.update(width=WIDEST)).maximum
    own, console.width = console.width, max(console.width, whole)
    console.print(grid)
    console.width = own
    if left_out > 0:
        console.print(f"[dim]{left_out:,} more rows between them; --json has all[/dim]")
