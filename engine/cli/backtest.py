"""`tradewind backtest`: a definition, the flags over it, the run, the table.

Owns the order of these steps. Must not compute or format numbers. Heavy modules are imported inside the command.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from engine.backtesting import Result
    from engine.definition import Definition, RunInputs


def backtest(
    definition: Annotated[Path, typer.Argument(help="A definition, such as backtests/moving_average_short.toml.")],
    market: Annotated[
        list[str] | None, typer.Option("--market", help="Venue and symbol, such as binance:BTC/USDT; repeat for more.")
    ] = None,
    since: Annotated[str | None, typer.Option("--from", help="First candle, such as 2024-01-01 (UTC).")] = None,
    until: Annotated[str | None, typer.Option("--to", help="Candles open before this, such as 2025-01-01.")] = None,
    timeframe: Annotated[str | None, typer.Option("--timeframe", help="Length of one candle, such as 1h.")] = None,
    param: Annotated[
        list[str] | None,
        typer.Option(
            "--param", help="A parameter, such as fast=10 (of several strategies NAME.fast=10); repeat for more."
        ),
    ] = None,
    cash: Annotated[float | None, typer.Option("--cash", help="Starting cash in quote currency.")] = None,
    path: Annotated[
        str | None, typer.Option("--path", help="adverse, favourable, nearest, low_first or high_first.")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Refuse candles with holes instead of warning.")] = False,
    bounds: Annotated[
        bool, typer.Option("--bounds/--no-bounds", help="Play the other paths too, for the range of the result.")
    ] = True,
    costs: Annotated[
        bool, typer.Option("--costs/--no-costs", help="Find the break-even cost multiple and the capacity curve.")
    ] = True,
    interpreted: Annotated[
        bool, typer.Option("--interpreted", help="Run the strategy in Python: breakpoints and print work, slowly.")
    ] = False,
    chunked: Annotated[
        bool | None,
        typer.Option(
            "--chunked/--whole",
            help="Read candles as the run goes, or load them all; without it, as [backtest] memory_mb allows.",
            show_default=False,
        ),
    ] = None,
    root: Annotated[Path | None, typer.Option("--root", help="Folder of the candle store.")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Save the run in this new folder.")] = None,
    save: Annotated[bool, typer.Option("--save/--no-save", help="Save the run, or only show it.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of the table.")] = False,
) -> None:
    """Run the backtest of a definition; flags win over the file."""
    from engine.cli.progress import bar
    from engine.definition import Flags, inputs_of, read_definition
    from engine.errors import ConfigError
    from engine.settings import load_settings

    if out is not None and out.exists():
        raise ConfigError(f"--out: {out} exists already; choose a new folder, or remove that one")
    settings = load_settings()
    flags = Flags(
        markets=tuple(market or ()),
        since=since,
        until=until,
        timeframe=timeframe,
        parameters=tuple(param or ()),
        cash=cash,
        path=path,
    )
    defined = flags.over(read_definition(definition, settings))
    with printed_to_stderr(as_json), bar(hidden=as_json) as progress:
        candles_root = str(root or settings.data_root)
        stored = _in_chunks(defined, candles_root, settings.backtest.memory_mb, chunked)
        inputs = inputs_of(defined, candles_root, strict, stored=stored)
        saving = _Saving(save, out, Path(settings.runs_root))
        result = _run(defined, inputs, saving, progress, bounds, interpreted, stored)
        _study(result, costs, progress)
    folder = _Saving(save, out, Path(settings.runs_root)).save(result, defined, inputs)
    _show(result, defined, inputs, folder, as_json)


@contextmanager
def printed_to_stderr(wanted: bool) -> Iterator[None]:
    """Send what a strategy prints, from compiled code too, to stderr: with --json stdout is one JSON object."""
    if not wanted:
        yield
        return
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def _in_chunks(definition: Definition, root: str, memory_mb: int, asked: bool | None) -> bool:
    """Return whether to run in chunks; says so where nobody asked for it."""
    if asked is not None:
        return asked
    from engine.definition import memory_of

    needed_mb = memory_of(definition, root) / 1e6
    if needed_mb <= memory_mb:
        return False
    typer.echo(
        f"in chunks: in one piece it would take about {needed_mb:,.0f} MB, and [backtest] memory_mb is {memory_mb:,}; "
        "--whole loads all candles nevertheless",
        err=True,
    )
    return True


class _Saving:
    """Where a run goes, if anywhere."""

    def __init__(self, wanted: bool, out: Path | None, runs_root: Path) -> None:
        self.wanted, self.out, self.runs_root = wanted, out, runs_root

    def save(self, result: Result, definition: Definition, inputs: RunInputs) -> Path | None:
        if not self.wanted:  # pyarrow is for those who save
            return None
        from engine.backtesting.export import run_folder, save
        from engine.definition import as_toml

        folder = self.out or run_folder(self.runs_root, definition.name)
        return save(result, folder, definition=as_toml(definition, inputs), notes=inputs.notes)


def _run(
    definition: Definition,
    inputs: RunInputs,
    saving: _Saving,
    progress: Any,
    bounds: bool,
    interpreted: bool,
    in_chunks: bool,
) -> Result:
    """Run; where the strategy fails, keep what there is and let its error through."""
    from engine.backtesting import backtest as run
    from engine.errors import InterruptedRunError, StrategyError

    try:
        with definition.named():
            return run(
                inputs.trading,
                inputs.candles,
                inputs.markets,
                cash=inputs.cash,
                holdings=inputs.holdings,
                rules=inputs.rules,
                risk=inputs.risk,
                account_rules=inputs.account_rules,
                detail=inputs.detail,
                funding=inputs.series.funding,
                mark=inputs.series.mark,
                bounds=bounds,
                compiled=not interpreted,
                chunk="auto" if in_chunks else None,
                progress=progress,
            )
    except (StrategyError, KeyboardInterrupt) as error:
        partial = getattr(error, "partial", None)
        if partial is None or not partial.curves.count:
            raise
        _study(partial, False, None)
        folder = saving.save(partial, definition, inputs)
        if folder is None:
            raise
        done, total = partial.curves.count, partial.inputs.count
        kept = f"the results of {done:,} of {total:,} candles are in {folder}"
        if isinstance(error, KeyboardInterrupt):
            raise InterruptedRunError(f"stopped before the end; {kept}") from None
        raise StrategyError(f"{error}; {kept}") from error


def _study(result: Result, wanted: bool, progress: Any) -> None:
    """Study the costs; Ctrl-C ends the study and keeps the run, which is whole by now."""
    from engine.honesty import study_costs

    try:
        study_costs(result, runs=wanted, progress=progress)
    except KeyboardInterrupt:
        typer.echo("stopped while the costs were studied; the run itself is whole and kept", err=True)


def _show(result: Result, definition: Definition, inputs: RunInputs, folder: Path | None, as_json: bool) -> None:
    summary = result.summary() | {"notes": inputs.notes}  # as metrics.json has them
    if as_json:
        import json

        typer.echo(json.dumps({**summary, "folder": str(folder) if folder else None}, indent=2, allow_nan=False))
        return
    from rich.console import Console

    from engine.candles.timeframes import counted
    from engine.cli.table import print_result

    console = Console(highlight=False)
    print_result(console, definition.name, summary)
    if definition.simulated:
        symbols = [one.symbol for one in inputs.candles]
        timeframe = f"--timeframe {definition.timeframe}"
        each = " (one file a market)" if len(symbols) > 1 else ""
        markets = " ".join(f"--market binance:{symbol}" for symbol in symbols)
        console.print(f"The market is simulated. To run on real candles, import them{each} and name the market:")
        for line in (
            f"data import FILE.csv --market binance:{symbols[0]} {timeframe}",
            f"backtest {definition.where} {markets} {timeframe}",
        ):
            console.print(f"  tradewind {line}", soft_wrap=True, markup=False)
        console.print()
    played = len(result.ends) * sum(len(one) for one in inputs.candles)
    speed = (
        f" in {result.seconds:.2f} s: {played / result.seconds:,.0f} candles a second" if result.seconds > 0.01 else ""
    )
    console.print(
        f"{f'Saved in {folder}' if folder else 'Not saved'}. {counted(len(result.ends), 'path')} played{speed}.",
        soft_wrap=True,
        markup=False,
    )
