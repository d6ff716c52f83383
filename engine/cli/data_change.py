"""`tradewind data resample` and `export`: candles made of stored ones, in the store and out of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from engine.errors import ConfigError

Root = Annotated[Path, typer.Option("--root", help="Folder of the candle store.")]
Kind = Annotated[str, typer.Option("--kind", help="candles, mark or index.")]
Market = Annotated[str, typer.Argument(help="Venue and symbol, such as binance:BTC/USDT.")]


def resample(
    market: Market,
    to: Annotated[str, typer.Option("--to", help="Timeframes to make, such as 5m,1h,1d.")],
    source: Annotated[str, typer.Option("--from", help="The stored timeframe to make them of.")] = "1m",
    kind: Kind = "candles",
    root: Root = Path("data"),
    replace: Annotated[
        bool, typer.Option("--replace", help="Where they disagree with stored ones, keep the new ones.")
    ] = False,
) -> None:
    """Make coarser candles of stored ones, on UTC boundaries (weeks from Monday), and store them."""
    from rich.console import Console

    from engine.candles.provenance import stamped
    from engine.candles.resampling import lacking
    from engine.candles.store import Store
    from engine.candles.timeframes import TIMEFRAMES, counted, iso, timeframe_ms
    from engine.cli.data_verify import known

    wanted = [one.strip() for one in to.split(",") if one.strip()]
    if not wanted:
        raise ConfigError(f'--to: expected timeframes such as 5m,1h, was "{to}"')
    for one in wanted:
        if timeframe_ms(one) <= timeframe_ms(source):
            coarser = ", ".join(name for name, ms in TIMEFRAMES.items() if ms > timeframe_ms(source))
            raise ConfigError(f"--to: expected timeframes coarser than {source} ({coarser}), was {one}")
    store, console = Store(root, known(kind)), Console(highlight=False, soft_wrap=True)
    fine = store.load(market, source)
    made = {one: fine.resample(one) for one in wanted}
    for one, candles in made.items():
        if not len(candles):
            raise ConfigError(
                f"--to: {counted(len(fine), 'candle')} of {source} make no whole one of {one}; leave it out"
            )
    for one, candles in made.items():
        done = store.write(candles.from_source(stamped(f"made of {source} candles")), replace=replace)
        short = lacking(fine, candles.open_ms, candles.timeframe_ms)
        console.print(
            f"{market} {one}: {counted(len(candles), 'candle')}, {done.added:,} added, {done.replaced:,} replaced, "
            f"{done.unchanged:,} in the store before."
        )
        if short.any():
            count, first_ms = int(short.sum()), int(candles.open_ms[short.argmax()])
            console.print(f"  Note: {counted(count, 'candle')} lack some {source} candles, first {iso(first_ms)}.")


def export(
    market: Market,
    timeframe: Annotated[str, typer.Argument(help="Length of one candle, such as 1h.")],
    file: Annotated[Path, typer.Argument(help="The file to write: .csv, .parquet or .feather.")],
    since: Annotated[str, typer.Option("--from", help="First day or time, UTC.")] = "",
    until: Annotated[str, typer.Option("--until", help="Day or time before which to end, UTC.")] = "",
    layout: Annotated[
        str, typer.Option("--layout", help="plain: timestamp in ms; freqtrade: its `date` column.")
    ] = "plain",
    kind: Kind = "candles",
    replace: Annotated[bool, typer.Option("--replace", help="Write over a file that is there.")] = False,
    root: Root = Path("data"),
) -> None:
    """Write stored candles to a file that other tools read."""
    from engine.candles.exporting import export as write
    from engine.candles.store import Store
    from engine.candles.timeframes import counted, iso, parse_time
    from engine.cli.data_verify import known

    from_ms, until_ms = (parse_time(one) if one else None for one in (since, until))
    candles = Store(root, known(kind)).load(market, timeframe, from_ms, until_ms)
    write(candles, file, layout, replace)
    typer.echo(
        f"{counted(len(candles), 'candle')} of {market} {timeframe}, {iso(candles.first_ms)} to "
        f"{iso(candles.end_ms)}, written to {file}."
    )
