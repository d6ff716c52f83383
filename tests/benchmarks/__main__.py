"""`python -m tests.benchmarks [--only GROUP] [--out bench.json]`: one table, one file.

A row beyond its limit is told and nothing more; the exit code is 1 only when a benchmark itself fails.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tests.benchmarks.measuring import Reference, Row, say

GROUPS = ("core", "carry", "indicators", "candles", "data", "peer", "peer_grid", "report", "sandbox", "kept", "cli")


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--only", action="append", choices=GROUPS, help="this group alone (may be given again)")
    parser.add_argument("--out", type=Path, default=Path("bench.json"), help="where the rows go (default: bench.json)")
    options = parser.parse_args()
    rows: list[Row] = []
    failures: list[str] = []
    reference = Reference()
    reference.take()
    for group in options.only or GROUPS:
        say(f"{group} ...")
        try:
            module = import_module(f"tests.benchmarks.{group}")
            _collect(module.rows(), rows)
        except Exception as error:  # one group that fails must not take the others' figures along
            failures.append(f"{group}: {type(error).__name__}: {error}")
        reference.take()
    rows.append(reference.row())
    _print(rows, failures)
    options.out.write_text(json.dumps([row.as_dict() for row in rows], indent=1) + "\n", "utf-8")
    return 1 if failures else 0


def _collect(measured: Iterable[Row], rows: list[Row]) -> None:
    for row in measured:
        rows.append(row)
        say(f"  {row.name}: {_number(row.value)} {row.unit}")


def _print(rows: list[Row], failures: list[str]) -> None:
    console = Console(width=None if Console().is_terminal else 200)
    table = Table("name", title="Tradewind, measured", title_justify="left")
    for heading, side in (("value", "right"), ("unit", "left"), ("limit", "right"), ("ok", "left"), ("rival", "right")):
        table.add_column(heading, justify=side, no_wrap=True)  # type: ignore[arg-type]
    table.add_column("what was measured", ratio=1)
    words: dict[bool | None, str] = {True: "[green]yes[/]", False: "[bold red]NO[/]", None: "–"}
    for row in rows:
        limit = "" if row.limit is None else f"{'≥' if row.at_least else '≤'} {row.limit:g}"
        table.add_row(row.name, _number(row.value), row.unit, limit, words[row.ok], row.rival, escape(row.note))
    console.print(table)
    beyond = [row.name for row in rows if row.ok is False]
    console.print(f"{len(beyond)} beyond their limit: {', '.join(beyond)}" if beyond else "every limit is kept")
    for failure in failures:
        console.print(f"failed: {failure}", style="bold red", markup=False)


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}" if value < 10 else f"{value:.1f}"


if __name__ == "__main__":
    raise SystemExit(main())
