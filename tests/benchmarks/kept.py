"""The practice exchange that keeps what happens: an order's round trip, and how long it takes to go on."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path
from random import Random
from time import perf_counter

import ccxt.async_support as ccxt

from engine.venues.sandbox import point_at
from engine.venues.sandbox.keeping.opened import opened
from engine.venues.sandbox.keeping.witness import digest
from tests.benchmarks.measuring import Row
from tests.venues.sandbox.repeating import STEPPED, control, first_key, signed

ROUND_TRIPS = 2_000
REQUESTS = 100_000
ANY = 10**9


def rows() -> Iterator[Row]:
    """Measure every row of the group."""
    with tempfile.TemporaryDirectory() as folder:
        median, p99 = asyncio.run(_round_trips(Path(folder) / "trips"))
        note = f"{ROUND_TRIPS:,} limit orders as in sandbox.order, with --persist"
        yield Row("sandbox.kept.median", median, "ms", 2.0, note=note)
        yield Row("sandbox.kept.p99", p99, "ms", 5.0, note="the same")
        took, size = asyncio.run(_repeated(Path(folder) / "many"))
        note = f"{REQUESTS:,} requests repeated, half of them orders; a file of {size / 1e6:.0f} MB"
        yield Row("sandbox.kept.repeat", took, "s", 60.0, note=note)


async def _round_trips(path: Path) -> tuple[float, float]:
    times = []
    with opened(STEPPED, 0.0, 0, path, str) as made:
        async with made as server:
            control(server, "POST", "limits", weight_1m=ANY, orders_10s=ANY, orders_1d=ANY)
            key = first_key(server)
            client = ccxt.binance({"apiKey": key.id, "secret": key.secret, "enableRateLimit": False})
            point_at(client, server.address)
            try:
                for _ in range(ROUND_TRIPS + 50):
                    started = perf_counter()
                    order = await client.create_order("BTC/USDT", "limit", "buy", 0.01, 20_000)
                    times.append((perf_counter() - started) * 1e3)
                    await client.cancel_order(order["id"], "BTC/USDT")
            finally:
                await client.close()
    times = sorted(times[50:])
    return times[len(times) // 2], times[len(times) * 99 // 100]


async def _repeated(path: Path) -> tuple[float, int]:
    random = Random(1)
    with opened(STEPPED, 0.0, 0, path, str) as server:
        control(server, "POST", "limits", weight_1m=ANY, orders_10s=ANY, orders_1d=ANY)
        key = first_key(server)
        for number in range(REQUESTS):
            price = f"{float(server.exchange.spot.pits['BTCUSDT'].price) * random.uniform(0.99, 1.01):.2f}"
            order = {"side": random.choice(("BUY", "SELL")), "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.001"}
            if number % 2:
                signed(server, key, "POST", "/api/v3/order", symbol="BTCUSDT", price=price, **order)
            else:
                method = "DELETE" if random.random() < 0.05 else "GET"
                signed(server, key, method, "/api/v3/openOrders", symbol="BTCUSDT")
            if number % 100 == 0:
                control(server, "POST", "step")
        held, size = digest(server.exchange), path.stat().st_size
    started = perf_counter()
    with opened(STEPPED, 0.0, 0, path, str) as server:
        took = perf_counter() - started
        if digest(server.exchange) != held:
            raise AssertionError("expected the exchange to hold what it held")
    return took, size
