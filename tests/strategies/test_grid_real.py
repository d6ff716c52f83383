"""The grid on real candles against a recomputation in plain Python, written from the execution rules alone."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from engine import Candles, Market, Rules, backtest, simulate
from engine.candles.timeframes import parse_time
from strategies.grid import Grid

TICK, MAKER, TAKER = 0.01, 0.0002, 0.0005


@dataclass
class Order:
    number: int
    side: int
    price: float
    cell: int


@dataclass
class ByHand:
    """Hold a long spot grid: cell i buys at lines[i] and sells at lines[i + 1]; ids count the orders as placed."""

    lines: list[float]
    free: int
    size: float
    resting: list[Order] = field(default_factory=list)
    fills: list[tuple[int, int, float, float]] = field(default_factory=list)
    number: int = 0
    cash: float = 0.0
    held: float = 0.0

    def place(self, side: int, cell: int) -> None:
        self.number += 1
        price = self.lines[cell + 1] if side < 0 else self.lines[cell]
        self.resting.append(Order(self.number, side, price, cell))

    def point(self, order: Order) -> float:
        """Return the price at which the path has traded through the order by a tick (F2)."""
        return round(order.price - order.side * TICK, 2)

    def fill(self, k: int, order: Order, price: float) -> None:
        self.resting.remove(order)
        self.took(k, order.side, self.size, price, MAKER)
        self.place(-order.side, order.cell)

    def took(self, k: int, side: int, quantity: float, price: float, fee_rate: float) -> None:
        self.fills.append((k, side, quantity, price))
        self.held += side * quantity
        self.cash -= quantity * price * (side + fee_rate)

    def leg(self, k: int, begin: float, end: float) -> None:
        at = begin
        while True:
            falling = end < begin
            met = [
                order
                for order in self.resting
                if (order.side > 0) == falling and (self.point(order) >= end if falling else self.point(order) <= end)
            ]
            if not met:
                return
            nearest = min(met, key=lambda o: (-self.point(o) if falling else self.point(o), o.number))
            at = min(at, self.point(nearest)) if falling else max(at, self.point(nearest))
            self.fill(k, nearest, nearest.price)

    def opening(self, k: int, opened: float) -> None:
        while True:  # at the open everything crossed fills by number, at the better price
            crossed = [o for o in self.resting if o.side * (self.point(o) - opened) >= 0.0]
            if not crossed:
                break
            order = min(crossed, key=lambda o: o.number)
            better = opened if order.side * (order.price - opened) > 0.0 else order.price
            self.fill(k, order, better)

    def within(self, k: int, opened: float, first: float, second: float, close: float) -> None:
        self.leg(k, opened, first)
        self.leg(k, first, second)
        self.leg(k, second, close)

    def candle(self, k: int, opened: float, low: float, high: float, close: float, path: str) -> ByHand:
        """Play a candle; adverse plays both ways from a copy and keeps the poorer, low first where they are even."""
        self.opening(k, opened)
        if not any(low <= self.point(order) <= high for order in self.resting):
            return self
        other = deepcopy(self) if path == "adverse" else None
        self.within(k, opened, low, high, close)
        if other is None:
            return self
        other.within(k, opened, high, low, close)
        worse = other.cash + other.held * close < self.cash + self.held * close - 1e-7
        return other if worse else self


def rounded(price: float) -> float:
    return float(Decimal(repr(price)).quantize(Decimal("0.01"), ROUND_HALF_EVEN))


def by_hand(candles: Candles, lower: float, upper: float, cells: int, path: str) -> ByHand:
    lines = [rounded(lower * (upper / lower) ** (i / cells)) for i in range(cells + 1)]
    first, opened = float(candles.close[0]), float(candles.open[1])
    free = min(range(cells + 1), key=lambda i: (abs(lines[i] - first), i))
    grid = ByHand(lines, free, SIZE)
    assert opened <= first * 1.005
    grid.number = 1
    grid.took(1, 1, round(SIZE * (cells - free), 5), opened, TAKER)
    for cell in range(free):
        grid.place(1, cell)
    for cell in range(free, cells):
        grid.place(-1, cell)
    columns = (candles.open, candles.low, candles.high, candles.close)
    for k, (opened, low, high, close) in enumerate(zip(*(column.tolist() for column in columns), strict=True)):
        if k > 0:
            grid = grid.candle(k, opened, low, high, close, path)
    return grid


SIZE = 0.001
SPOT: dict[str, Any] = {"tick": TICK, "lot": 0.00001, "maker_fee_rate": MAKER, "taker_fee_rate": TAKER}


def held_equal(candles: Candles, lower: float, upper: float, cells: int, path: str) -> None:
    grid = Grid(lower=lower, upper=upper, levels=cells + 1, order_base=SIZE, fees_check="off")
    result = backtest(
        grid, candles, Market(symbol="BTC/USDT", **SPOT), cash=20_000.0, rules=Rules(path=path), bounds=False
    )
    hand = by_hand(candles, lower, upper, cells, path)
    told = [(int(f["candle"]), int(f["side"]), float(f["quantity"]), float(f["price"])) for f in result.fill_rows]
    assert len(told) > 100
    assert told == hand.fills
    assert result.equity_curve[-1] == pytest.approx(20_000.0 + hand.cash + hand.held * float(candles.close[-1]))


@pytest.mark.parametrize("path", ["low_first", "adverse"])
def test_the_grid_fills_as_a_recomputation_by_hand(path: str) -> None:
    candles = simulate(timeframe="15m", scenario="mixed")
    held_equal(candles, 20_000.0, 70_000.0, 60, path)


@pytest.mark.parametrize("path", ["low_first", "adverse"])
@pytest.mark.parametrize(
    ("file", "timeframe", "since", "until", "lower", "upper", "cells"),
    [
        ("BINANCE_BTC-USDT_5m_2021.parquet", "5m", "2021-05-01", "2021-06-01", 28_000.0, 62_000.0, 60),
        ("BINANCE_BTC-USDT_1m_2025.parquet", "1m", "2025-01-01", "2026-01-01", 70_000.0, 130_000.0, 80),
    ],
)
def test_the_grid_fills_as_a_recomputation_by_hand_on_real_candles(
    real_data: Path,
    file: str,
    timeframe: str,
    since: str,
    until: str,
    lower: float,
    upper: float,
    cells: int,
    path: str,
) -> None:
    frame = pd.read_parquet(real_data / file)
    candles = Candles.from_frame(frame, market="binance:BTC/USDT", timeframe=timeframe)
    candles = candles.between(parse_time(since), parse_time(until))
    if path == "adverse" and timeframe == "1m":  # copying at every candle that matters takes a while in plain Python
        candles = candles.between(None, int(candles.open_ms[120_000]))
    held_equal(candles, lower, upper, cells, path)
