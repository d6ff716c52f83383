"""`tradewind plan`: the pre-flight of a definition, without running it.

Must not compute: every number is the strategy's own. Heavy modules are imported inside the command.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from engine.market import Market
    from engine.plans import Plan

REFUSED = 2


def plan(
    definition: Annotated[Path, typer.Argument(help="A definition, such as backtests/grid.toml.")],
    market: Annotated[
        list[str] | None, typer.Option("--market", help="Venue and symbol, such as binance:BTC/USDT; repeat for more.")
    ] = None,
    since: Annotated[str | None, typer.Option("--from", help="First candle, such as 2024-01-01 (UTC).")] = None,
    until: Annotated[str | None, typer.Option("--to", help="Candles open before this, such as 2025-01-01.")] = None,
    timeframe: Annotated[str | None, typer.Option("--timeframe", help="Length of one candle, such as 1h.")] = None,
    param: Annotated[
        list[str] | None,
        typer.Option(
            "--param", help="A parameter, such as levels=20 (of several strategies NAME.levels=20); repeat for more."
        ),
    ] = None,
    cash: Annotated[float | None, typer.Option("--cash", help="Starting cash in quote currency.")] = None,
    root: Annotated[Path | None, typer.Option("--root", help="Folder of the candle store.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of the tables.")] = False,
) -> None:
    """Print what a strategy would place, what it takes and what its worst case costs; nothing is run.

    The exit code is 0 when it may start, 2 when the plan forbids it.
    """
    from engine.backtesting.inputs import gather
    from engine.candles import Candles
    from engine.definition import Flags, inputs_of, read_definition
    from engine.settings import load_settings

    settings = load_settings()
    flags = Flags(
        markets=tuple(market or ()), since=since, until=until, timeframe=timeframe, parameters=tuple(param or ()),
        cash=cash,
    )  # fmt: skip
    defined = flags.over(read_definition(definition, settings))
    inputs = inputs_of(defined, str(root or settings.data_root))
    candles = [one for one in inputs.candles if isinstance(one, Candles)]  # all of them: none was left in the store
    with defined.named():
        gathered = gather(
            inputs.trading, candles, inputs.markets, cash=inputs.cash, holdings=inputs.holdings, compiled=False,
            funding=inputs.series.funding, mark=inputs.series.mark, check_causality=False, refuse=False,
        )  # fmt: skip
    found = [
        (seat.name if gathered.several else defined.strategy, seat.start.market, seat.plan)
        for seat in gathered.seats
        if seat.plan is not None
    ]
    refused = any(one.refusals for _, _, one in found)
    if as_json:
        _print_json(found, gathered.several)
    else:
        _print(defined.name, defined.strategy, found, inputs.notes)
    if refused:
        raise typer.Exit(REFUSED)


def _print_json(found: list[tuple[str, Market, Plan]], several: bool) -> None:
    import json
    from dataclasses import asdict

    plans = [
        {**({"strategy": name} if several else {}), "market": market.symbol, **asdict(one)}
        for name, market, one in found
    ]
    typer.echo(json.dumps(plans, indent=2, ensure_ascii=False, allow_nan=False))


def _print(name: str, strategies: str, found: list[tuple[str, Market, Plan]], notes: list[str]) -> None:
    from rich.console import Console
    from rich.markup import escape

    from engine.cli.facts import print_facts, print_table

    console = Console(highlight=False)
    if not found:
        console.print(f"{escape(name)}: {escape(strategies)} has no pre-flight; tradewind backtest runs it")
        return
    for note in notes:
        console.print(f"[dim]· {escape(note)}[/dim]", soft_wrap=True)
    for strategy, market, one in found:
        console.print(f"[bold]{escape(name)}[/bold]: {escape(strategy)} on {escape(market.symbol)}, {market.kind}\n")
        units = market_units(market)
        if one.facts:
            print_facts(console, one.facts, units)
            console.print()
        for table in one.tables:
            print_table(console, table, units)
            console.print()
        for warning in one.warnings:
            console.print(f"[yellow]! {escape(warning)}[/yellow]", soft_wrap=True)
        for refusal in one.refusals:
            console.print(f"[red]{refusal.code}[/red]: {escape(refusal.sentence)}", soft_wrap=True)
        verdict = "[red]refused[/red]" if one.refusals else "[green]OK[/green]"
        console.print(f"verdict: {verdict}")


def market_units(market: Market) -> dict[str, Any]:
    """Return what a market's numbers are printed with."""
    from engine.cli.facts import units_of

    return units_of(market.as_dict())
