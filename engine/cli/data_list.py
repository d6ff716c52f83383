"""`tradewind data list`: what is stored, and how much of each month of it is there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from engine.errors import DataError

if TYPE_CHECKING:
    from engine.candles.store import Stored

    Line: TypeAlias = tuple[str, str, Stored | None, list[tuple[int, str]], str]  # the last says why it is damaged

LEGEND = "█ all of the month   ▓ from 99 %   ▒ from 90 %   ░ less   · nothing"


def list_(
    markets: Annotated[
        list[str] | None, typer.Argument(help="Markets such as binance:BTC/USDT or 'binance:*' (default: all).")
    ] = None,
    root: Annotated[Path, typer.Option("--root", help="Folder of the candle store.")] = Path("data"),
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """List the stored markets, timeframes, spans, and how much of each month is there."""
    from engine.candles.coverage import months_of, strips
    from engine.candles.store import Store
    from engine.candles.timeframes import iso
    from engine.cli.data_verify import chosen

    store = Store(root)
    others = _others(root, markets or [])
    if not store.names() and (others or not markets):
        if others:
            _print_others(others, as_json)
            return
        if as_json:
            typer.echo("[]")
            return
        typer.echo(f"No candles in {root} yet. Import some:")
        typer.echo("  tradewind data import FILE --market binance:BTC/USDT --timeframe 1h")
        return
    lines: list[Line] = []
    for market, timeframe in chosen(store, markets or []):
        try:
            stored, months = store.stored(market, timeframe), months_of(store.times(market, timeframe))
        except DataError as error:
            lines.append((market, timeframe, None, [], str(error)))
            continue
        years = strips(months, timeframe, stored.first_ms, stored.last_ms)
        lines.append((market, timeframe, stored, years, ""))
    if as_json:
        _print_json(lines, others)
        return
    from rich.console import Console

    console = Console(highlight=False)
    console.print(f"[bold]Candles in {root}[/bold]\n[dim]{LEGEND}[/dim]\n")
    a_row = max(1, (console.width - 2) // 19)  # "2024 ████████████  "
    for market, timeframe, line, years, damage in lines:
        if line is None:
            console.print(f"[bold]{market} {timeframe}[/bold]  [red]damaged[/red]  {damage}\n", soft_wrap=True)
            continue
        console.print(
            f"[bold]{market} {timeframe}[/bold]  [dim]{line.rows:,} candles, {iso(line.first_ms)} to "
            f"{iso(line.last_ms)}[/dim]", soft_wrap=True,
        )  # fmt: skip
        for start in range(0, len(years), a_row):
            shown = (f"[dim]{year}[/dim] {strip}" for year, strip in years[start : start + a_row])
            console.print("  " + "  ".join(shown), soft_wrap=True)
        console.print()
    _print_others(others, as_json=False)


def _others(root: Path, wanted: list[str]) -> list[dict[str, object]]:
    """Return what lies beside the candles of trades: mark and index prices, funding."""
    from fnmatch import fnmatchcase

    from engine.candles.store import KINDS, Store

    def asked(market: str) -> bool:
        return not wanted or any(fnmatchcase(market, one) for one in wanted)

    found: list[dict[str, object]] = []
    for kind in KINDS[1:]:
        store = Store(root, kind)
        for market, timeframe in store.names():
            if asked(market):
                line = store.stored(market, timeframe)
                told = {"first_ms": line.first_ms, "last_ms": line.last_ms, "rows": line.rows}
                found.append({"market": market, "timeframe": timeframe, "kind": kind, **told})
    for market in Store(root).funded():
        if asked(market):
            ms = Store(root).load_funding(market).ms
            told = {"first_ms": int(ms[0]), "last_ms": int(ms[-1]), "rows": len(ms)}
            found.append({"market": market, "timeframe": None, "kind": "funding", **told})
    return found


def _print_others(others: list[dict[str, object]], as_json: bool) -> None:
    if as_json:
        _print_json([], others)
        return
    from rich.console import Console

    from engine.candles.timeframes import iso

    console = Console(highlight=False)
    for one in others:
        what = "funding" if one["kind"] == "funding" else f"{one['timeframe']} {one['kind']} prices"
        count = f"{one['rows']:,} {'settlements' if one['kind'] == 'funding' else 'candles'}"
        span = " to ".join(iso(int(str(one[name]))) for name in ("first_ms", "last_ms"))
        console.print(f"[bold]{one['market']} {what}[/bold]  [dim]{count}, {span}[/dim]", soft_wrap=True)


def _print_json(lines: list[Line], others: list[dict[str, object]]) -> None:
    import json

    told: list[dict[str, object]] = []
    for market, timeframe, line, _, damage in lines:
        one: dict[str, object] = {"market": market, "timeframe": timeframe}
        if line is None:
            told.append(one | {"damage": damage})
        else:
            told.append(one | {"first_ms": line.first_ms, "last_ms": line.last_ms, "rows": line.rows})
    typer.echo(json.dumps([*told, *others], indent=2))
