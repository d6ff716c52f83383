"""`tradewind data`: real candles brought into the store, and what is there.

Owns the sentences around an import. Heavy modules are imported inside the commands: `--help` must stay quick.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.cli import data_change, data_fetch, data_list, data_verify

if TYPE_CHECKING:
    from engine.candles.importing import ImportReport

app = typer.Typer(
    help="Fetch or import real candles; list, verify, repair, resample and export them.", no_args_is_help=True
)
app.command("fetch")(data_fetch.fetch)
app.command("list")(data_list.list_)
app.command("verify")(data_verify.verify)
app.command("repair")(data_fetch.repair)
app.command("resample")(data_change.resample)
app.command("export")(data_change.export)

Root = Annotated[Path, typer.Option("--root", help="Folder of the candle store.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of sentences.")]


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="A .csv or .parquet file: timestamp, open, high, low, close, volume.")],
    market: Annotated[str, typer.Option("--market", help="Venue and symbol, such as binance:BTC/USDT.")],
    timeframe: Annotated[str, typer.Option("--timeframe", help="Length of one candle, such as 1h.")],
    root: Root = Path("data"),
    replace: Annotated[
        bool, typer.Option("--replace", help="Where candles disagree with stored ones, keep these.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Read a file of candles into the store, after checking every row."""
    from engine.candles.importing import import_file
    from engine.candles.store import Store

    report = import_file(file, market, timeframe, Store(root), replace=replace)
    if as_json:
        _print_json(_as_dict(report))
        return
    _print_report(report, root)


def _print_report(report: ImportReport, root: Path) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from engine.candles.timeframes import counted, iso

    found, done = report.findings, report.written
    table = Table(title=escape(f"{report.path.name} as {report.market} {report.timeframe}"), title_justify="left")
    table.add_column("found")
    table.add_column("", overflow="fold")
    if found.first_ms is not None and found.last_ms is not None:
        table.add_row("span", f"{iso(found.first_ms)} to {iso(found.last_ms)}")
    table.add_row("rows", f"{found.rows:,}")
    table.add_row("holes", found.holes.line())
    table.add_row("duplicates", counted(found.identical, "identical row") if found.identical else "none")
    table.add_row("out of order", counted(found.out_of_order, "row") if found.out_of_order else "none")
    table.add_row("impossible rows", "none")  # with any, the import was refused
    table.add_row("without volume", counted(found.zero_volume, "row") if found.zero_volume else "none")
    console = Console(highlight=False)
    console.print(table)
    for note in report.notes:
        console.print(f"Note: {escape(note)}.")
    changes = report.lines()[-1]
    if done.files:
        first, last = done.files[0], done.files[-1]
        where = str(first) if first == last else f"{first} to {last.name} ({counted(len(done.files), 'file')})"
        console.print(f"{changes[0].upper()}{changes[1:]}. Written to {escape(where)}.", soft_wrap=True)
    else:
        console.print(f"{changes[0].upper()}{changes[1:]}. Nothing to write.")
    elsewhere = "" if root == Path("data") else f" --root {root}"
    console.print("Next:")
    console.print(
        f"  tradewind backtest backtests/moving_average_short.toml --market {report.market} "
        f"--timeframe {report.timeframe}{escape(elsewhere)}",
        soft_wrap=True,
    )


def _as_dict(report: ImportReport) -> dict[str, Any]:
    found, done = report.findings, report.written
    return {
        "file": str(report.path),
        "market": report.market,
        "timeframe": report.timeframe,
        "rows": found.rows,
        "first_ms": found.first_ms,
        "last_ms": found.last_ms,
        "holes": found.holes.holes,
        "missing_candles": found.holes.missing,
        "longest_hole": found.holes.longest,
        "identical_duplicates": found.identical,
        "conflicting_duplicates": 0,  # with any, or with impossible rows, the import was refused
        "impossible_rows": 0,
        "out_of_order": found.out_of_order,
        "zero_volume": found.zero_volume,
        "notes": list(report.notes),
        "candles": report.candles,
        "added": done.added,
        "replaced": done.replaced,
        "unchanged": done.unchanged,
        "written": [str(path) for path in done.files],
    }


def _print_json(value: object) -> None:
    import json

    typer.echo(json.dumps(value, indent=2))
