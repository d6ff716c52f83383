"""`tradewind data verify`: what is wrong with stored candles, and what is to be looked at.

Owns the sentences and the exit code: 0 all is well, 1 there are faults, 2 nothing could be checked.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.errors import ConfigError, DataError, did_you_mean

if TYPE_CHECKING:
    from rich.console import Console

    from engine.candles.checking import Checked
    from engine.candles.store import Store

FAULTS = 1
MOST_SHOWN = 3


def verify(
    markets: Annotated[
        list[str] | None, typer.Argument(help="Markets such as binance:BTC/USDT or 'binance:*' (default: all).")
    ] = None,
    timeframe: Annotated[str, typer.Option("--timeframe", help="Check only candles of this length.")] = "",
    root: Annotated[Path, typer.Option("--root", help="Folder of the candle store.")] = Path("data"),
    kind: Annotated[str, typer.Option("--kind", help="candles, mark or index.")] = "candles",
    every_hole: Annotated[bool, typer.Option("--holes", help="List every hole.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of sentences.")] = False,
) -> None:
    """Check stored candles: damage, holes, outliers, silence, and whether the timeframes of a market agree."""
    from rich.console import Console

    from engine.candles.checking import check
    from engine.candles.store import Store

    store = Store(root, known(kind))
    names = chosen(store, markets or [], timeframe)
    console, found = Console(highlight=False, soft_wrap=True), []
    for one in check(store, names):
        found.append(one)
        if not as_json:
            _print(console, one, every_hole)
    faulty = sum(1 for one in found if one.faults)
    if as_json:
        typer.echo(json.dumps({"ok": not faulty, "datasets": [_told(one) for one in found]}, indent=2))
    elif faulty:
        console.print(f"[bold]{faulty} of {len(found)} with faults.[/bold] Holes: tradewind data repair --help")
    else:
        console.print(f"[bold]All is well with {len(found)}.[/bold]")
    if faulty:
        raise typer.Exit(FAULTS)


def known(kind: str) -> str:
    """Return a kind of candles; ConfigError: there is none of this name."""
    from engine.candles.store import KINDS

    if kind not in KINDS:
        raise ConfigError(f'--kind: expected {", ".join(KINDS[:-1])} or {KINDS[-1]}, was "{kind}"')
    return kind


def chosen(store: Store, markets: list[str], timeframe: str = "") -> list[tuple[str, str]]:
    """Return the datasets of some markets (names or patterns; none: all); DataError: there is none."""
    from engine.candles.timeframes import timeframe_ms

    if timeframe:
        timeframe_ms(timeframe)
    every = store.names()
    if not every:
        of = "" if store.kind == "candles" else f"{store.kind} "
        raise DataError(f"no {of}candles in {store.root}; import some: tradewind data import --help")
    for wanted in markets:
        if not any(fnmatchcase(market, wanted) for market, _ in every):
            raise DataError(f"no candles of {wanted} in {store.root}{did_you_mean(wanted, {one for one, _ in every})}")
    names = [
        (market, length) for market, length in every
        if (not markets or any(fnmatchcase(market, wanted) for wanted in markets)) and timeframe in ("", length)
    ]  # fmt: skip
    if not names:
        stored = sorted({length for market, length in every if not markets or market in markets})
        raise DataError(f"no {timeframe} candles there; stored: {', '.join(stored)}")
    return names


def _print(console: Console, one: Checked, every_hole: bool) -> None:
    from rich.markup import escape

    from engine.candles.timeframes import counted, iso

    light = "[red]faults[/red]" if one.faults else "[green]well[/green]"
    if one.damage:
        console.print(f"[bold]{one.market} {one.timeframe}[/bold]  {light}\n  damage    {escape(one.damage)}\n")
        return
    span = f"{counted(one.rows, 'candle')}, {iso(one.first_ms)} to {iso(one.last_ms)}"
    console.print(f"[bold]{one.market} {one.timeframe}[/bold]  {light}  [dim]{span}[/dim]")
    console.print(f"  holes     {one.holes.line()}")
    for first_ms, missing in one.runs if every_hole else []:
        console.print(f"            {iso(first_ms)}  {counted(missing, 'candle')}")
    if one.outliers:
        shown = "; ".join(
            f"{iso(odd.open_ms)} {odd.what} {odd.price:g}, {100 * odd.away:.1f} % beyond its neighbours"
            for odd in sorted(one.outliers, key=lambda odd: -odd.away)[:MOST_SHOWN]
        )
        console.print(f"  outliers  {len(one.outliers):,} to look at: {shown}")
    if one.never_traded:
        console.print("  volume    none throughout, as it is of a mark or index price")
    elif one.without_volume:
        told = counted(one.without_volume, "candle")
        if one.stretches:
            longest = max(one.stretches, key=lambda run: run.candles)
            told += f", longest stretch {longest.candles:,} from {iso(longest.first_ms)}"
        console.print(f"  volume    {told} without any")
    for pair in one.agreements:
        if not pair.differing:
            console.print(f"  vs {pair.fine:<5}  agrees in {counted(pair.compared, 'candle')}")
            continue
        beside = f", {pair.beside_holes:,} of them where {pair.fine} candles are missing" if pair.beside_holes else ""
        console.print(
            f"  vs {pair.fine:<5}  {pair.differing:,} of {pair.compared:,} differ ({pair.prices:,} in price{beside}); "
            f"first {pair.example}"
        )
    console.print()


def _told(one: Checked) -> dict[str, Any]:
    told = asdict(one)
    told["holes"] = {
        "holes": one.holes.holes, "missing_candles": one.holes.missing, "longest": one.holes.longest,
        "runs": [{"first_ms": first_ms, "candles": missing} for first_ms, missing in told.pop("runs")],
    }  # fmt: skip
    return told | {"ok": not one.faults, "faults": one.faults}
