"""A run in one piece beside the same in chunks: everything that a result is made of, byte for byte."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from functools import cache
from typing import Any

import numpy as np

from engine import Candles, Market, Result, Strategy, backtest, load_candles
from engine.metrics import daily_points

LINEAR = Market(symbol="BTC/USDT", tick=0.01, lot=0.00001, kind="linear", maker_fee_rate=0.0002, taker_fee_rate=0.0005)
SPOT = Market(symbol="BTC/USDT", tick=0.01, lot=0.00001, maker_fee_rate=0.001, taker_fee_rate=0.001)


@cache
def months(
    symbol: str = "BTC/USDT", timeframe: str = "1h", since: str = "2024-01-01", until: str = "2024-03-20", seed: int = 1
) -> Candles:
    """Return candles of the simulated market."""
    return load_candles(f"simulated:{symbol}", timeframe, since, until, seed=seed)


def with_holes(candles: Candles, *missing: slice) -> Candles:
    """Return the candles without some."""
    kept = np.ones(len(candles), np.bool_)
    for one in missing:
        kept[one] = False
    return Candles.of_checked(candles.columns.take(kept), candles.market, candles.timeframe, candles.source)


def both(strategy: Strategy, candles: Any, market: Any, chunk: int, **more: Any) -> tuple[Result, Result]:
    """Play one in one piece and one in chunks, and compare them; returns the two."""
    whole = backtest(strategy, candles, market, **more)
    cut = backtest(strategy, candles, market, chunk=chunk, **more)
    assert cut.inputs.in_chunks
    assert not whole.inputs.in_chunks
    same(whole, cut)
    return whole, cut


def same(whole: Result, cut: Result) -> None:
    """Compare fills, trades, orders, payments, daily equity, metrics, states, books, balances, bounds, hashes, words."""
    for name in ("fill_rows", "trade_rows", "event_rows", "payment_rows"):
        assert getattr(whole, name).tobytes() == getattr(cut, name).tobytes(), name
    for one, other in zip(whole.run.states, cut.run.states, strict=True):
        assert one.tobytes() == other.tobytes()
    for name in ("books", "balances", "orders"):
        assert _without_addresses(getattr(whole.run, name)) == _without_addresses(getattr(cut.run, name)), name
    assert daily(whole) == daily(cut)
    assert whole.metrics == cut.metrics
    told, also = whole.summary(), cut.summary()
    for name in ("seconds", "in_chunks"):
        del told[name], also[name]
    assert told == also
    assert [asdict(review) for review in whole.reviews] == [asdict(review) for review in cut.reviews]


def daily(result: Result) -> list[bytes]:
    """Return the daily series as bytes."""
    start, cash = int(result.inputs.grid["open_ms"][0, 0]), result.inputs.equity_start
    return [column.tobytes() for column in daily_points(result.close_ms, result.equity_curve, start, cash)]


def _without_addresses(rows: np.ndarray[Any, Any]) -> list[bytes]:
    return [rows[name].tobytes() for name in rows.dtype.names or () if name not in ("run", "orders")]


def lengths(candles: Sequence[Candles], seed: int, count: int = 3) -> list[int]:
    """Return chunk lengths: a day, a prime number of rows, some by chance."""
    day = 86_400_000 // candles[0].timeframe_ms
    drawn = np.random.default_rng(seed).integers(2, max(len(one) for one in candles), count)
    return [day, 97, *map(int, drawn)]
