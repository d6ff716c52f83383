"""`tradewind data fetch` and `repair`: candles from a venue, several markets side by side, resumable anywhere.

Owns the bars, the sentences and the exit code. Heavy modules are imported inside the commands.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.errors import ConfigError, DataError, EngineError, InterruptedRunError

if TYPE_CHECKING:
    from engine.venues.fetching import Client, Done, Job, Progress

SIDE_BY_SIDE = 4
TIMELESS = ("funding", "trades")
KINDS = ("candles", "mark", "index", *TIMELESS)
Root = Annotated[Path, typer.Option("--root", help="Folder of the candle store.")]
At = Annotated[str, typer.Option("--at", help="Address of a practice exchange, instead of the live venue.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of sentences.")]


def fetch(
    venue: Annotated[str, typer.Argument(help="The venue as ccxt names it, such as binance.")],
    symbols: Annotated[str, typer.Argument(help="Markets such as BTC/USDT,ETH/USDT.")],
    timeframe: Annotated[str, typer.Argument(help="Length of one candle, such as 1m; none of funding or trades.")] = "",
    kind: Annotated[str, typer.Option("--kind", help=f"One of {', '.join(KINDS)}.")] = "candles",
    since: Annotated[str, typer.Option("--since", help="First day or time, UTC (default: go on from the store).")] = "",
    until: Annotated[str, typer.Option("--until", help="Day or time before which to end, UTC.")] = "",
    root: Root = Path("data"),
    at: At = "",
    as_json: AsJson = False,
) -> None:
    """Fetch closed candles into the store; what was fetched before is not asked for again."""
    from engine.candles.timeframes import parse_time, timeframe_ms

    if kind not in KINDS:
        raise ConfigError(f'--kind: expected one of {", ".join(KINDS)}, was "{kind}"')
    if kind in TIMELESS and timeframe:
        raise ConfigError(f"--kind {kind} has no timeframe; leave {timeframe} away")
    if kind not in TIMELESS:
        if not timeframe:
            raise ConfigError("timeframe: expected the length of one candle, such as 1m")
        timeframe_ms(timeframe)
    from_ms, until_ms = (parse_time(one) if one else None for one in (since, until))
    if from_ms is not None and until_ms is not None and from_ms >= until_ms:
        raise ConfigError(f"--until: expected a time after --since {since}, was {until}")
    names = list(dict.fromkeys(one.strip() for one in symbols.split(",") if one.strip()))
    if not names:
        raise ConfigError(f'symbols: expected markets such as BTC/USDT,ETH/USDT, was "{symbols}"')

    def jobs(client: Client) -> list[Job]:
        from engine.candles import Store
        from engine.venues.fetching import Job

        store = Store(root, kind if kind not in TIMELESS else "candles")
        return [Job(client, store, name, timeframe or kind, from_ms, until_ms) for name in names]

    _run(venue, at, jobs, as_json)


def repair(
    market: Annotated[str, typer.Argument(help="Venue and symbol, such as binance:BTC/USDT.")],
    timeframe: Annotated[str, typer.Argument(help="Length of one candle, such as 1h.")],
    fill: Annotated[
        str, typer.Option("--fill", help="flat: fill holes with the last close and no volume, asking nobody.")
    ] = "",
    root: Root = Path("data"),
    at: At = "",
    as_json: AsJson = False,
) -> None:
    """Ask the venue again for the holes in stored candles. No price is invented unless --fill says how."""
    from engine.candles import Store
    from engine.candles.timeframes import counted, parse_market

    store = Store(root)
    venue, symbol = parse_market(market)
    before = store.load(market, timeframe)
    if fill:
        from engine.candles.filling import filled

        written = store.write(filled(before, fill))
        typer.echo(f"{market} {timeframe}: {counted(written.added, 'candle')} filled, {fill}; their volume is 0.")
        return
    from engine.venues.fetching import Job
    from engine.venues.fetching.client import PRACTICE

    if (venue == PRACTICE) != bool(at):
        raise ConfigError(f"--at: {'needed for' if venue == PRACTICE else 'only for'} candles of a practice exchange")
    _run(
        "binance" if at else venue, at, lambda client: [Job(client, store, symbol, timeframe, only_holes=True)], as_json
    )


@dataclass
class _Ended:
    """How one dataset's fetch ended; error: why, where it did not end well."""

    done: Done
    error: EngineError | None = None


def _run(venue: str, at: str, jobs: Callable[[Client], list[Job]], as_json: bool) -> None:
    ended: list[_Ended] = []
    try:
        asyncio.run(_fetch_all(venue, at, jobs, ended, as_json))
    except KeyboardInterrupt:
        _tell(ended, as_json)
        kept = sum(one.done.added for one in ended)
        raise InterruptedRunError(
            f"stopped before the end; {kept:,} new candles are stored, and the same command goes on from there"
        ) from None
    _tell(ended, as_json)
    failed = [one.error for one in ended if one.error is not None]
    if failed:
        rest = f" (and {len(failed) - 1} more, above)" if len(failed) > 1 else ""
        raise type(failed[0])(f"{failed[0]}{rest}")


async def _fetch_all(
    venue: str, at: str, jobs: Callable[[Client], list[Job]], ended: list[_Ended], as_json: bool
) -> None:
    from engine.venues.fetching import Done, fetch, fetch_funding, fetch_prints, open_client

    ways = {"funding": fetch_funding, "trades": fetch_prints}

    async with open_client(venue, at, told=_whisper) as client:
        side_by_side = asyncio.Semaphore(SIDE_BY_SIDE)
        with _bars(as_json) as bar:

            async def one(job: Job) -> None:
                end = _Ended(Done(job.market, job.timeframe))
                ended.append(end)
                async with side_by_side:
                    try:
                        await ways.get(job.timeframe, fetch)(job, bar(f"{job.market} {job.timeframe}"), end.done)
                    except (ConfigError, DataError) as error:
                        end.error = error

            await asyncio.gather(*(one(job) for job in jobs(client)))


def _whisper(sentence: str) -> None:
    typer.echo(sentence, err=True)


@contextmanager
def _bars(hidden: bool) -> Iterator[Callable[[str], Progress]]:
    """Give a maker of bars, one a dataset, on stderr; they draw nothing where nobody watches."""
    import sys

    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[rows]:,} candles"),
        TimeRemainingColumn(),
    )
    shown = sys.stderr.isatty() and not hidden
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=not shown) as progress:

        def bar(name: str) -> Callable[[int, int, int], None]:
            task = progress.add_task(name, total=None, rows=0)
            return lambda done, whole, rows: progress.update(task, completed=done, total=whole, rows=rows)

        yield bar


def _tell(ended: list[_Ended], as_json: bool) -> None:
    if as_json:
        import json

        typer.echo(json.dumps([_told(one) for one in ended], indent=2))
        return
    from engine.candles.timeframes import counted

    for end in ended:
        done = end.done
        corrected = f", {done.replaced:,} corrected" if done.replaced else ""
        holes = f"; {done.holes.line()}" if done.holes else ""
        typer.echo(f"{done.market} {done.timeframe}: {counted(done.added, _noun(done))} added{corrected}{holes}.")
        for note in done.notes:
            typer.echo(f"  Note: {note}.")
        if end.error is not None:
            typer.echo(f"  Failed: {end.error}.")


def _noun(done: Done) -> str:
    return {"funding": "settlement", "trades": "trade"}.get(done.timeframe, "candle")


def _told(end: _Ended) -> dict[str, Any]:
    done = end.done
    return {
        "market": done.market, "timeframe": done.timeframe, "added": done.added, "replaced": done.replaced,
        "requests": done.requests, "holes": done.holes.holes, "missing_candles": done.holes.missing,
        "notes": done.notes, "error": None if end.error is None else str(end.error),
    }  # fmt: skip
