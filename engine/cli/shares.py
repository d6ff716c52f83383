"""Several strategies on one account, on a terminal: what each made of it, a line each.

Must not compute: every number is one of `Result.summary()`.
"""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.markup import escape

from engine.cli.words import money, percent


def print_shares(console: Console, summary: dict[str, Any], currency: str) -> None:
    """Print contribution, PnL, fees, trades and win rate by strategy; nothing where there is one."""
    from rich.table import Table as Grid

    told = summary.get("strategies", [])
    if not told:
        return
    grid = Grid(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    grid.add_column("[bold]By strategy[/bold]", no_wrap=True)
    for name in ("Contribution", f"PnL {currency}", f"Fees {currency}", "Trades", "Win rate"):
        grid.add_column(name, justify="right", no_wrap=True)
    for one in told:
        cells = (
            percent(one["contribution"], sign=True), money(one["pnl"], "", sign=True).strip(),
            money(one["terms"]["fees"], "").strip(), f"{one['trades']:,}", percent(one["win_rate"]),
        )  # fmt: skip
        grid.add_row(f"  {escape(one['name'])}", *cells)
    console.print(grid)
    console.print()
