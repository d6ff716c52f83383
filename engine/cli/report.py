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
    under = runs or Path(load_settings().runs_root)
    folder = find_run(run, under)
    if run is None:
        _tell_skipped(folder, under)
    typer.echo(str(write_folder(folder, out, str(root) if root is not None else None)))


def _tell_skipped(chosen: Path, under: Path) -> None:
    """Say which newer folders are no whole runs; standard output is the page's path alone."""
    from engine.report.runs import saved_runs

    for one in saved_runs(under):
        if one.folder == chosen:
            return
        typer.echo(f"skipped {one.folder}: {one.problem}", err=True)


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
    _print(listing)


def _print(listing: list[Saved]) -> None:
    from rich.console import Console
    from rich.markup import escape

    console = Console(highlight=False, soft_wrap=True)
    width = max(len(one.name) for one in listing)
    for one in listing:
        name = f"{one.when:%Y-%m-%d %H:%M}  [bold]{escape(one.name):<{width}}[/bold]"
        if one.problem:
            console.print(f"{name}  [red]{escape(one.problem)}[/red]")
        else:
            console.print(f"{name}  {_outcome(one)}")
            console.print(f"  [dim]{escape(_origin(one))}[/dim]")
        console.print(f"  [dim]{escape(str(one.folder))}[/dim]")
    console.print("\nTimes are UTC. A page of one: tradewind report NAME")


def _outcome(one: Saved) -> str:
    from engine.cli.words import percent

    told = one.as_dict()
    bounds, total = told["total_return_range"], percent(told["total_return"], sign=True)
    if not bounds:
        return total
    low, high = (percent(bound, sign=True) for bound in bounds)
    if bounds[0] < 0.0 < bounds[1]:  # no one number stands for it (rule P2)
        return f"{low} to {high}, by the path"
    return f"{total}, the same on all paths" if low == high else f"{total}, {low} to {high} over the paths"


def _origin(one: Saved) -> str:
    from engine.candles.timeframes import counted

    told = one.as_dict()
    partial = "" if told["complete"] else ", partial"
    markets = ", ".join(told["markets"])
    trades = counted(told["trades"], "trade")
    return f"{told['strategy']} on {markets} {told['timeframe']}, path {told['path']}, {trades}{partial}"
