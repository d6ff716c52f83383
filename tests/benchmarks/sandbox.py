"""The practice exchange: an order's round trip through ccxt, and a full book."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from time import perf_counter

from tests.benchmarks import streaming
from tests.benchmarks.measuring import Row
from tests.venues.sandbox.test_truth import driven
from tests.venues.sandbox.trading import SYMBOL, desk

ROUND_TRIPS = 2_000
BOOK = 10_000


def rows() -> Iterator[Row]:
    """Measure every row of the group."""
    median, p99 = asyncio.run(_round_trips())
    note = f"{ROUND_TRIPS:,} limit orders placed and cancelled in turn; ccxt async, its limiter off, on the exchange's loop"
    yield Row("sandbox.order.median", median, "ms", 2.0, note=note)
    yield Row("sandbox.order.p99", p99, "ms", 5.0, note="the same")
    filling, last, stepping = asyncio.run(_full_book())
    note = f"{BOOK:,} orders placed through ccxt one after the other, all resting"
    yield Row("sandbox.book.orders", filling, "orders/s", 500.0, at_least=True, note=note)
    yield Row("sandbox.book.last", last, "orders/s", 500.0, at_least=True, note="the last 1,000 of them")
    yield Row(
        "sandbox.book.step", stepping, "ms", note=f"a step of one minute with {BOOK:,} orders resting; mean of 60"
    )

    told = streaming.measure()
    note = f"{streaming.MARKETS} markets' kline_1m at {streaming.SPEED:g} times real time, {streaming.SECONDS} s, the server's process"
    yield Row("sandbox.streams.share", told["share"], "% of a core", 100.0, note=note)
    note = f"of {told['candles']:,.0f}; {told['updates']:.0f} updates of developing candles a second beside them"
    yield Row("sandbox.streams.missed", told["missed"], "closed candles", 0.0, note=note)
    note = f"from a candle's close to its arrival in another process; median {told['median']:.0f} ms"
    yield Row("sandbox.streams.lag_p99", told["p99"], "ms", note=note)


async def _round_trips() -> tuple[float, float]:
    times = []
    async with desk(**driven(1)) as at:
        for _ in range(ROUND_TRIPS + 50):  # the first ones warm up
            started = perf_counter()
            order = await at.client.create_order(SYMBOL, "limit", "buy", 0.01, 30_000)
            times.append((perf_counter() - started) * 1e3)
            await at.client.cancel_order(order["id"], SYMBOL)
    times = sorted(times[50:])
    return times[len(times) // 2], times[len(times) * 99 // 100]


async def _full_book() -> tuple[float, float, float]:
    given = driven(1) | {"balances": {"USDT": "100000000", "BTC": "100000"}, "max_orders": BOOK + 1}
    async with desk(**given) as at:
        await at.client.create_order(SYMBOL, "limit", "buy", 0.01, 25_000)
        times = [perf_counter()]
        for number in range(BOOK - 1):
            if number % 2:
                await at.client.create_order(SYMBOL, "limit", "buy", 0.01, 30_000 + number % 997)
            else:
                await at.client.create_order(SYMBOL, "limit", "sell", 0.01, 80_000 - number % 997)
            times.append(perf_counter())
        started = perf_counter()
        for _ in range(60):
            await at.step()
        stepping = (perf_counter() - started) / 60 * 1e3
        if len(at.server.exchange.spot.open_orders("trader", "BTCUSDT")) != BOOK:
            raise AssertionError("expected every order of the book to rest")
        await at.audited()
    return BOOK / (times[-1] - times[0]), 1_000 / (times[-1] - times[-1_001]), stepping
