"""The shipped moving-average short against a recomputation in plain Python that shares no code with the engine."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from engine import Candles, Market, backtest, simulate
from strategies.moving_average_short import MovingAverageShort

TICK, LOT, MAKER, TAKER = 0.01, 0.001, 0.0002, 0.0005
MARKET = Market(symbol="BTC/USDT", kind="linear", tick=TICK, lot=LOT, maker_fee_rate=MAKER, taker_fee_rate=TAKER)


def recomputed(candles: Candles, fast: int = 20, slow: int = 100) -> tuple[list[tuple[int, float, float]], list[float]]:
    """Return fills (candle, signed quantity, price) and equity a candle, by the rules for path low_first."""
    close = pd.Series(candles.close)
    # Windows summed afresh, as the engine's: a running sum would cross elsewhere where the averages all but touch.
    means = {
        n: np.array([math.nan] * (n - 1) + [_mean(candles.close[i - n + 1 : i + 1]) for i in range(n - 1, len(close))])
        for n in (fast, slow)
    }
    below = means[fast] < means[slow]
    above = means[fast] > means[slow]
    cash, held, entry, stop, target = 10_000.0, 0.0, 0.0, math.inf, -math.inf
    wanted, leaving = 0.0, False
    fills: list[tuple[int, float, float]] = []
    equity: list[float] = []

    def fill(k: int, quantity: float, price: float, rate: float) -> None:
        nonlocal cash, held, entry
        if quantity > 0:
            cash += (entry - price) * quantity
        else:
            entry = price
        cash -= abs(quantity) * price * rate
        held = round(held + quantity, 3)
        fills.append((k, quantity, price))

    for k in range(len(close)):
        opened, high, low = candles.open[k], candles.high[k], candles.low[k]
        if held < 0.0 and opened >= stop:
            fill(k, -held, opened, TAKER)
        elif held < 0.0 and opened <= round(target - TICK, 2):
            fill(k, -held, opened, MAKER)
        if leaving and held < 0.0:
            fill(k, -held, opened, TAKER)
        if wanted > 0.0:
            free = cash
            quantity = (
                wanted if wanted * opened * (1 + TAKER) <= free * (1 + 1e-9) else _lots(free / (opened * (1 + TAKER)))
            )
            fill(k, -quantity, opened, TAKER)
            stop, target = round(opened * 1.02, 2), round(opened * 0.96, 2)
        if held < 0.0 and low <= round(target - TICK, 2):
            fill(k, -held, target, MAKER)
        if held < 0.0 and high >= stop:
            fill(k, -held, stop, TAKER)
        equity.append(cash + held * (candles.close[k] - entry))
        wanted, leaving = 0.0, False
        if k >= slow:
            crossed_below = below[k] and not below[k - 1] and not math.isnan(means[slow][k - 1])
            crossed_above = above[k] and not above[k - 1] and not math.isnan(means[slow][k - 1])
            if held == 0.0 and crossed_below:
                wanted = _lots(0.95 * equity[-1] / (candles.close[k] * (1 + TAKER)))
            elif crossed_above:
                leaving = held < 0.0
    return fills, equity


def _mean(window: Any) -> float:
    total = 0.0
    for value in window:
        total += value
    return total / len(window)


def _lots(quantity: float) -> float:
    lots = quantity * 1000
    return (round(lots) if abs(lots - round(lots)) < 1e-9 else math.floor(lots)) / 1000


def held_equal(candles: Candles, at_least: int) -> None:
    result = backtest(MovingAverageShort(), candles, MARKET, path="low_first", bounds=False)
    fills, equity = recomputed(candles)
    mine = [(int(f["candle"]), float(f["side"] * f["quantity"]), float(f["price"])) for f in result.fill_rows]
    assert len(fills) >= at_least
    assert mine == fills
    assert np.allclose(result.equity_curve, equity, rtol=1e-9, atol=0.0)


@pytest.mark.parametrize("scenario", ["mixed", "crash_and_rebound", "short_squeeze"])
def test_it_trades_as_the_rules_say_on_simulated_candles(scenario: str) -> None:
    held_equal(simulate(timeframe="15m", scenario=scenario), at_least=50)


def test_it_trades_as_the_rules_say_on_real_hourly_candles(real_data: Path) -> None:
    frame = pd.read_parquet(real_data / "BINANCE_BTC-USDT_1h.parquet")
    held_equal(Candles.from_frame(frame, market="binance:BTC/USDT", timeframe="1h"), at_least=1_000)


def test_it_trades_as_the_rules_say_on_real_minutes(real_data: Path) -> None:
    frame = pd.read_parquet(real_data / "BINANCE_BTC-USDT_1m_2025.parquet")
    held_equal(Candles.from_frame(frame, market="binance:BTC/USDT", timeframe="1m"), at_least=1_000)
