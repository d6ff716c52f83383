"""The DCA against a recomputation in plain Python, written from the execution rules and sharing no code with it.

Path low_first, a spot market without spread: prices in cents, quantities in lots of 0.00001, whole numbers both.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from engine import Candles, Market, backtest, simulate
from strategies.dca import Dca

LOT, MAKER, TAKER = 100_000, 0.0008, 0.001
MARKET = Market(symbol="BTC/USDT", tick=0.01, lot=0.00001, maker_fee_rate=MAKER, taker_fee_rate=TAKER)


@dataclass
class Order:
    number: int
    what: str  # "base", "safety", "target", "stop"
    cents: int
    lots: int = 0

    def met(self, at: int) -> bool:
        """Return whether the price `at` has reached it: limits a tick beyond (F2), stops at once (F3)."""
        if self.what == "target":
            return at >= self.cents + 1
        return at <= (self.cents if self.what == "stop" else self.cents - 1)

    @property
    def trigger(self) -> int:
        return self.cents + {"target": 1, "stop": 0}.get(self.what, -1)


class ByHand:
    """Play deals over candles; fills are (candle, signed lots, cents)."""

    def __init__(self, *, base: float, safety: float, count: int, step: float, steps: float, volumes: float,
                 profit: float, stop: float, active: int) -> None:  # fmt: skip
        self.base, self.safety, self.count, self.step, self.steps = base, safety, count, step, steps
        self.volumes, self.profit, self.stop, self.active = volumes, profit, stop, active
        self.cash, self.held, self.spent = 10_000.0, 0, 0.0
        self.entry = 0.0
        self.placed = self.last = 0
        self.resting: list[Order] = []
        self.arriving: list[Order] = []
        self.waits_since: int | None = None
        self.fills: list[tuple[int, int, int]] = []
        self.k = self.at = 0

    def ladder(self, entry: float, number: int) -> tuple[int, int]:
        away, step = 0.0, self.step
        for _ in range(number):
            away, step = away + step, step * self.steps
        cents = round(entry * (1.0 - away) * 100)
        return cents, lots_of(self.safety * self.volumes ** (number - 1) / (cents / 100))

    def order(self, what: str, cents: int, lots: int = 0) -> None:
        self.last += 1
        self.arriving.append(Order(self.last, what, cents, lots))

    def fill(self, order: Order, cents: int, rate: float) -> None:
        lots = order.lots if order.what in ("base", "safety") else -self.held
        value = abs(lots) / LOT * cents / 100
        self.fills.append((self.k, lots, cents))
        self.resting = [o for o in self.resting if o is not order]
        if lots < 0:
            self.cash += value * (1.0 - rate)
            self.held, self.spent, self.placed = 0, 0.0, 0
            self.resting, self.arriving = [], []
            return
        self.cash -= value * (1.0 + rate)
        self.spent += value * (1.0 + rate)
        self.held += lots
        self.resting = [o for o in self.resting if o.what != "target"]
        goal = self.spent * (1.0 + self.profit) / (self.held / LOT * (1.0 - MAKER)) * 100
        self.order("target", math.ceil(goal * (1.0 - 1e-9)))  # a tick is reached when it is within 1e-9 of it
        if order.what == "base":
            self.entry = cents / 100
            self.order("stop", round(self.entry * (1.0 - self.stop) * 100))
            self.waits_since = None
        while self.placed < self.count and sum(o.what == "safety" for o in self.resting + self.arriving) < self.active:
            self.placed += 1
            self.order("safety", *self.ladder(self.entry, self.placed))

    def arrive(self) -> None:
        order = self.arriving.pop(0)
        if order.what != "target" and order.cents >= self.at:  # a limit that would trade at once, a stop met already
            self.fill(order, self.at, TAKER)
        else:
            self.resting.append(order)

    def leg(self, end: int) -> None:
        """Walk from the price reached to `end`."""
        while True:
            ahead = [o for o in self.resting if o.met(end) and (o.what == "target") == (end > self.at)]
            nearest = min(ahead, key=lambda o: (abs(o.trigger - self.at), o.number), default=None)
            if self.arriving and (nearest is None or nearest.trigger != self.at):
                self.arrive()
            elif nearest is None:
                break
            else:
                self.at = nearest.trigger
                taken = nearest.what == "stop"
                self.fill(nearest, nearest.cents, TAKER if taken else MAKER)
        self.at = end

    def open(self, at: int) -> None:
        """Deal with what the open has crossed, by number, then with what arrives."""
        self.at = at
        while True:
            crossed = min((o for o in self.resting if o.met(at)), key=lambda o: o.number, default=None)
            if crossed is not None:
                self.fill(crossed, at, TAKER if crossed.what == "stop" else MAKER)
            elif self.arriving:
                self.arrive()
            else:
                return

    def decide(self, close: int, now_ms: int) -> None:
        if self.waits_since is not None and now_ms - self.waits_since >= 300_000:
            self.resting, self.waits_since = [], None
        if self.held or self.waits_since is not None:
            return
        lots = lots_of(self.base / (close / 100))
        needed = lots / LOT * close / 100
        for number in range(1, self.count + 1):
            cents, safety = self.ladder(close / 100, number)
            needed += safety / LOT * cents / 100
        if needed * (1.0 + TAKER) <= self.cash:
            self.order("base", close, lots)
            self.waits_since = now_ms

    def play(self, candles: Candles) -> None:
        opened, high, low, close = (
            np.rint(column * 100).astype(int).tolist()
            for column in (candles.open, candles.high, candles.low, candles.close)
        )
        self.equity = []
        for self.k in range(len(candles)):
            self.open(opened[self.k])
            for end in (low[self.k], high[self.k], close[self.k]):
                self.leg(end)
            self.equity.append(self.cash + self.held / LOT * close[self.k] / 100)
            self.decide(close[self.k], int(candles.open_ms[self.k]) + candles.timeframe_ms)


def lots_of(quantity: float) -> int:
    lots = quantity * LOT
    return round(lots) if abs(lots - round(lots)) < 1e-9 else math.floor(lots)


def held_equal(candles: Candles, at_least: int, **changed: Any) -> None:
    by_hand = {"base": 300.0, "safety": 300.0, "count": 5, "step": 0.005, "steps": 1.2, "volumes": 1.5, "profit": 0.004,
               "stop": 0.06, "active": 5} | changed  # fmt: skip
    strategy = Dca(
        kind="ladder", base_order_quote=by_hand["base"], safety_order_quote=by_hand["safety"],
        max_safety_orders=by_hand["count"], safety_step_rate=by_hand["step"], step_scale=by_hand["steps"],
        volume_scale=by_hand["volumes"], take_profit_rate=by_hand["profit"], stop_loss_rate=by_hand["stop"],
        active_safety_orders=by_hand["active"],
    )  # fmt: skip
    result = backtest(strategy, candles, MARKET, path="low_first", bounds=False)
    again = ByHand(**by_hand)
    again.play(candles)
    mine = [
        (int(f["candle"]), round(float(f["side"] * f["quantity"]) * LOT), round(float(f["price"]) * 100))
        for f in result.fill_rows
    ]
    assert len(mine) >= at_least
    assert mine == again.fills
    assert np.allclose(result.equity_curve, again.equity, rtol=1e-9, atol=0.0)


@pytest.mark.parametrize("scenario", ["mixed", "crash_and_rebound"])
@pytest.mark.parametrize("active", [1, 5])
def test_it_deals_as_the_rules_say_on_simulated_candles(scenario: str, active: int) -> None:
    held_equal(simulate(timeframe="5m", scenario=scenario), at_least=100, active=active)


@pytest.mark.parametrize("active", [1, 2, 5])
def test_it_deals_as_the_rules_say_on_real_candles_of_may_2021(real_data: Path, active: int) -> None:
    frame = pd.read_parquet(real_data / "BINANCE_BTC-USDT_5m_2021.parquet")
    month = Candles.from_frame(frame, market="binance:BTC/USDT", timeframe="5m")
    month = month.between(1_619_827_200_000, 1_622_505_600_000)
    held_equal(month, at_least=500, active=active)


def test_it_deals_as_the_rules_say_on_real_minutes_of_2025(real_data: Path) -> None:
    frame = pd.read_parquet(real_data / "BINANCE_BTC-USDT_1m_2025.parquet")
    held_equal(Candles.from_frame(frame, market="binance:BTC/USDT", timeframe="1m"), at_least=500)
