"""`tradewind report` and `tradewind runs`: a saved run as a page, and which runs there are.

Must not draw or compute. Heavy modules are imported inside the commands.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from engine.report.runs import Saved

Runs = Annotated[Path | None, typer.Option("--runs", help="Folder of the runs (default: runs_root of the settings).")]


def report(
    run: Annotated[
        str | None,
        typer.Argument(
            help="A run's folder, its name or the beginning of it, or a definition's name; else the newest."
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Write here instead of report.html in the run.")] = None,
    root: Annotated[Path | None, typer.Option("--root", help="Folder of the candle store.")] = None,
    runs: Runs = None,
) -> None:
    """Write a run as one HTML page that opens offline, and print where it is."""
    from engine.errors import ConfigError
    from engine.report import write_folder
    from engine.report.runs import find_run
    from engine.settings import load_settings

    if out is not None and out.is_dir():
        raise ConfigError(f"--out: {out} is a folder; name a file such as {out / 'report.html'}")
    folder = find_run(run, runs or Path(load_settings().runs_root))
    typer.echo(str(write_folder(folder, out, str(root) if root is not None else None)))


def runs(
    runs: Runs = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """List the saved runs, newest first."""
    from engine.report.runs import saved_runs
    from engine.settings import load_settings

    root = runs or Path(load_settings().runs_root)
    listing = saved_runs(root)
    if as_json:
        import json

        typer.echo(json.dumps([one.as_dict() for one in listing], indent=2, ensure_ascii=False))
        return
    if not listing:
        typer.echo(f"No runs in {root} yet. Make one:")
        typer.echo("  tradewind backtest backtests/moving_average_short.toml")
        return
    _print(listing, root)


def _print(listing: list[Saved], root: Path) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name, right in (
        ("when (UTC)", False), ("name", False), ("strategy", False), ("market", False), ("timeframe", False),
        ("total return", True), ("over the paths", False), ("trades", True),
    ):  # fmt: skip
        table.add_column(name, justify="right" if right else "left", overflow="fold", no_wrap=name == "when (UTC)")
    for one in listing:
        when = f"{one.when:%Y-%m-%d %H:%M}"
        if one.problem:
            table.add_row(when, escape(one.name), f"[red]{escape(one.problem)}[/red]")
        else:
            table.add_row(when, *map(escape, _cells(one)))
    console = Console(highlight=False)
    console.print(table)
    console.print(f"\n{escape(str(root))}. A page of one: tradewind report NAME", soft_wrap=True)


def _cells(one: Saved) -> list[str]:
    from engine.cli.words import UNDEFINED, percent

    told = one.as_dict()
    bounds = told["total_return_range"]
    over = UNDEFINED if not bounds else f"{percent(bounds[0], sign=True)} to {percent(bounds[1], sign=True)}"
    # No one number where the range crosses zero (rule P2).
    crosses = bool(bounds) and bounds[0] < 0.0 < bounds[1]
    return [
        one.name if told["complete"] else f"{one.name} (partial)", told["strategy"], ", ".join(told["markets"]),
        told["timeframe"], UNDEFINED if crosses else percent(told["total_return"], sign=True), over,
        f"{told['trades']:,}",
    ]  # fmt: skip
