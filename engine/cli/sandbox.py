"""`tradewind sandbox`: a practice exchange on this machine, until Ctrl-C.

Owns the sentences around it. Heavy modules are imported inside the command: `--help` must stay quick.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.errors import ConfigError, InterruptedRunError

if TYPE_CHECKING:
    from engine.venues.sandbox import Server
    from engine.venues.sandbox.opening import Opening

DEFAULT_MARKET = "simulated:BTC/USDT"
MOST_SPEED = 10_000.0


def sandbox(
    market: Annotated[
        list[str] | None,
        typer.Option(
            "--market",
            help=f"Venue and symbol (BTC/USDT:USDT: a perpetual); repeatable (default: {DEFAULT_MARKET}).",
        ),
    ] = None,
    scenario: Annotated[str, typer.Option("--scenario", help="Scenario of simulated markets.")] = "mixed",
    seed: Annotated[int, typer.Option("--seed", help="Seed of simulated markets, keys and faults.")] = 1,
    timeframe: Annotated[str, typer.Option("--timeframe", help="Length of the driving candles.")] = "1m",
    since: Annotated[
        str, typer.Option("--from", help="When the market begins (default: now; stored candles: after the first 500).")
    ] = "",
    root: Annotated[Path, typer.Option("--root", help="Folder of the candle store.")] = Path("data"),
    speed: Annotated[
        float, typer.Option("--speed", help="Market seconds per second; 0: it moves by POST /sandbox/step only.")
    ] = 1.0,
    port: Annotated[int, typer.Option("--port", help="Port on 127.0.0.1; 0: any free one.")] = 8787,
    cash: Annotated[float, typer.Option("--cash", help="What the account begins with, of each quote.")] = 10_000.0,
    participation: Annotated[
        float, typer.Option("--participation", help="Share of a candle's volume that fills may take.")
    ] = 0.1,
    max_orders: Annotated[int, typer.Option("--max-orders", help="Open orders a market may have of an account.")] = 200,
    persist: Annotated[
        Path | None,
        typer.Option("--persist", help="File that keeps all that happens; where it is there, the exchange goes on."),
    ] = None,
) -> None:
    """Run a practice exchange that speaks Binance's REST dialects, spot and USD-M, on this machine, until Ctrl-C."""
    for name, value, low, high in (
        ("--speed", speed, 0.0, MOST_SPEED), ("--port", port, 0, 65_535), ("--cash", cash, 0.0, 1e12),
        ("--participation", participation, 1e-9, 1.0), ("--max-orders", max_orders, 1, 1_000_000),
    ):  # fmt: skip
        if not low <= value <= high:
            raise ConfigError(f"{name}: expected {low:g} to {high:g}, was {value:g}")
    try:
        from engine.venues.sandbox.opening import Opening
    except ImportError as error:
        raise ConfigError(f"the practice exchange needs {error.name}: pip install 'tradewind[live]'") from None
    opening = Opening(
        markets=tuple(market or [DEFAULT_MARKET]), timeframe=timeframe, scenario=scenario, seed=seed, since=since,
        root=root, participation=participation, max_orders=max_orders, cash=cash,
    )  # fmt: skip
    import asyncio

    try:
        asyncio.run(_serve(opening, speed, port, persist))
    except KeyboardInterrupt:
        raise InterruptedRunError("stopped before the practice exchange was ready") from None
    typer.echo("\nThe practice exchange has ended.")


async def _serve(opening: Opening, speed: float, port: int, persist: Path | None) -> None:
    import asyncio
    import signal
    from contextlib import suppress

    from engine.venues.sandbox.keeping.opened import opened

    with opened(opening, speed, port, persist, typer.echo) as made:
        async with made as server:
            ended = asyncio.Event()
            for one in (signal.SIGINT, signal.SIGTERM):  # the ways in which it is meant to end
                with suppress(NotImplementedError):  # Windows has none; there Ctrl-C interrupts as it does everywhere
                    asyncio.get_running_loop().add_signal_handler(one, ended.set)
            typer.echo(_greeting(server, opening, persist))
            await server.serve_until(ended)


def _greeting(server: Server, opening: Opening, persist: Path | None) -> str:
    from engine.candles.timeframes import iso

    key = next(iter(server.exchange.ring.keys.values()))

    client = "binance" if "spot" in server.exchange.floors else "binanceusdm"
    pace = f"{server.clock.speed:g} times real time" if server.clock.speed else "only by POST /sandbox/step"
    now = "" if server.exchange.now_ms == server.exchange.start_ms else f", now at {iso(server.exchange.now_ms)}"
    return f"""Practice exchange at http://{server.address}; nothing here is real money. Ctrl-C ends it.

  markets   {", ".join(opening.markets)} {opening.timeframe}, from {iso(server.exchange.start_ms)} on{now}
  pace      {pace}
  page      http://{server.address}/
  account   {opening.cash:,.2f} of each quote
  key       {key.id}
  secret    {key.secret}
  kept in   {persist or "nothing; --persist FILE would keep it"}

In Python:
  import ccxt.async_support as ccxt
  from engine.venues.sandbox import point_at
  client = ccxt.{client}({{"apiKey": KEY, "secret": SECRET}})
  point_at(client, "{server.address}")

Truth and audit: curl http://{server.address}/sandbox/truth"""
