"""`tradewind data import`: files of candles brought into the store, and what is said of it.

Owns the sentences around an import. Heavy modules are imported inside the command: `--help` must stay quick.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from engine.candles.importing import ImportReport

_IN_FULL = 3  # markets that are told of in a table each; of more there is a line each


def import_(
    path: Annotated[
        Path,
        typer.Argument(
            metavar="PATH", help="A file (.csv, .csv.gz, .zip, .parquet, .feather, .json), or a folder of them."
        ),
    ],
    market: Annotated[
        str, typer.Option("--market", help="Venue and symbol, such as binance:BTC/USDT (default: from the names).")
    ] = "",
    venue: Annotated[
        str, typer.Option("--venue", help="The venue alone, where the names tell the symbols, such as binance.")
    ] = "",
    timeframe: Annotated[
        str, typer.Option("--timeframe", help="Length of one candle, such as 1h (default: from names and times).")
    ] = "",
    kind: Annotated[
        str, typer.Option("--kind", help="candles, mark, index or funding (default: from names and columns).")
    ] = "",
    named_by: Annotated[
        str, typer.Option("--named-by", help="open or close: what the times are of (default: from the times).")
    ] = "",
    volume_in: Annotated[
        str, typer.Option("--volume-in", help="base or quote: what the volume counts (default: as the shape has it).")
    ] = "",
    root: Annotated[Path, typer.Option("--root", help="Folder of the candle store.")] = Path("data"),
    replace: Annotated[
        bool, typer.Option("--replace", help="Where candles disagree with stored ones, keep these.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of sentences.")] = False,
) -> None:
    """Read files of candles into the store, after checking every row; nothing is written if anything is wrong.

    Known shapes: archives of Binance and Kraken, CryptoDataDownload, MetaTrader, TradingView, Yahoo, freqtrade, and any
    table with named columns. docs/import_candles.md has them all.
    """
    from engine.candles.gathering import Wishes
    from engine.candles.importing import import_files
    from engine.candles.store import Store
    from engine.cli.progress import bar

    wishes = Wishes(market, venue, timeframe, kind, named_by, volume_in)
    with bar(as_json, first="reading") as report:
        reports = import_files(path, Store(root), wishes, replace=replace, report=report)
    if as_json:
        import json

        told = [_as_dict(one) for one in reports]
        several = path.is_dir() or path.suffix.lower() == ".zip"
        typer.echo(json.dumps(told if several else told[0], indent=2))
        return
    from rich.console import Console

    console = Console(highlight=False)
    for one in reports:
        if len(reports) <= _IN_FULL:
            _print_report(console, one)
        else:
            _print_line(console, one)
    _print_next(console, reports, root)


def _print_report(console: Console, report: ImportReport) -> None:
    from rich.markup import escape
    from rich.table import Table

    from engine.candles.timeframes import counted, iso

    title = f"{report.path.name or report.path} as {_what(report)}"
    table = Table(title=escape(title), title_justify="left")
    table.add_column("found")
    table.add_column("", overflow="fold")
    for said in report.recognised:
        table.add_row("recognised as", escape(said))
    if len(report.files) > 1:
        table.add_row("files", f"{len(report.files):,}, {escape(report.files[0])} to {escape(report.files[-1])}")
    table.add_row("span", f"{iso(report.first_ms)} to {iso(report.last_ms)}")
    found = report.findings
    if found is None:
        table.add_row("settlements", f"{report.candles:,}")
    else:
        table.add_row("rows", f"{found.rows:,}")
        table.add_row("holes", found.holes.line())
        table.add_row("duplicates", counted(found.identical, "identical row") if found.identical else "none")
        table.add_row("out of order", counted(found.out_of_order, "row") if found.out_of_order else "none")
        table.add_row("impossible rows", "none")  # with any, the import was refused
        table.add_row("without volume", counted(found.zero_volume, "row") if found.zero_volume else "none")
    console.print(table)
    for note in report.notes:
        console.print(f"Note: {escape(note)}.")
    changes, files = report.changes(), report.written.files
    if files:
        first, last = files[0], files[-1]
        where = str(first) if first == last else f"{first} to {last.name} ({counted(len(files), 'file')})"
        console.print(f"{changes[0].upper()}{changes[1:]}. Written to {escape(where)}.", soft_wrap=True)
    else:
        console.print(f"{changes[0].upper()}{changes[1:]}. Nothing to write.")


def _print_line(console: Console, report: ImportReport) -> None:
    from rich.markup import escape

    from engine.candles.timeframes import iso

    holes = f"; {report.findings.holes.line()}" if report.findings else ""
    console.print(
        f"[bold]{_what(report)}[/bold]  {report.changes()}, {iso(report.first_ms)} to {iso(report.last_ms)}{holes}",
        soft_wrap=True,
    )
    for told in (*report.recognised, *report.notes):
        console.print(f"  [dim]{escape(told)}[/dim]", soft_wrap=True)


def _print_next(console: Console, reports: list[ImportReport], root: Path) -> None:
    from rich.markup import escape

    traded = [one for one in reports if one.kind == "candles"]
    if not traded:
        return
    elsewhere = "" if root == Path("data") else f" --root {root}"
    console.print("Next:")
    console.print(
        f"  tradewind backtest backtests/moving_average_short.toml --market {traded[0].market} "
        f"--timeframe {traded[0].timeframe}{escape(elsewhere)}",
        soft_wrap=True,
    )


def _what(report: ImportReport) -> str:
    kind = {"candles": "", "funding": " funding"}.get(report.kind, f" {report.kind} prices")
    return f"{report.market}{f' {report.timeframe}' if report.timeframe else ''}{kind}"


def _as_dict(report: ImportReport) -> dict[str, Any]:
    found, done = report.findings, report.written
    told: dict[str, Any] = {
        "file": str(report.path),
        "files": list(report.files),
        "shape": report.shape,
        "recognised": list(report.recognised),
        "market": report.market,
        "timeframe": report.timeframe or None,
        "kind": report.kind,
        "rows": found.rows if found else report.candles,
        "first_ms": report.first_ms,
        "last_ms": report.last_ms,
    }
    if found:
        told |= {
            "holes": found.holes.holes,
            "missing_candles": found.holes.missing,
            "longest_hole": found.holes.longest,
            "identical_duplicates": found.identical,
            "conflicting_duplicates": 0,  # with any, or with impossible rows, the import was refused
            "impossible_rows": 0,
            "out_of_order": found.out_of_order,
            "zero_volume": found.zero_volume,
        }
    return told | {
        "notes": list(report.notes),
        "candles": report.candles,
        "added": done.added,
        "replaced": done.replaced,
        "unchanged": done.unchanged,
        "written": [str(path) for path in done.files],
    }
