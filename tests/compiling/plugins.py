"""Strategies for the compiler's tests: what compiles, what does not, and what fails at which line."""

from __future__ import annotations

import math

import numpy as np

from engine import BUY, Strategy, param, state

LIMIT_OF_MODULE = 3


def doubled(x):
    return twice(x)


def twice(x):
    return 2 * x


class Helpers(Strategy):
    """Uses its own methods, module functions, module and class constants, choices, lists, arrays."""

    STEP = 2
    mode: str = param("slow", choices=["slow", "fast"])
    weights = param([0.5, 0.25])
    limit: float = param(None, optional=True)
    pause: int = param("2m", unit="duration")
    kept: float = state(array=4)
    total: float = state(0.0)
    chosen: int = state(0)
    absent: bool = state(False)

    def on_candle(self, candle, ind, account):
        self.total = self.total + self.step(candle.close) + LIMIT_OF_MODULE + self.STEP
        self.kept[int(self.chosen) % 4] = doubled(candle.close) * self.weights[1] ** 2
        if self.mode == "fast":
            self.chosen += 1
        if self.mode in ("slow", "fast"):
            self.chosen += 10
        self.absent = math.isnan(self.limit)
        if self.pause != 120_000:
            self.total = -1.0

    def step(self, x):
        return self.deeper(x) + 1.0

    def deeper(self, x):
        return math.sqrt(x) + np.log(x) + x**3 - math.exp(-x)


class Numbers(Strategy):
    """Choices that are numbers, to compute with and to compare."""

    side: int = param(-1, choices=(1, -1))
    size: float = param(2.5, choices=(1, 2.5, 5))
    sold: float = state(0.0)
    bought: float = state(0.0)

    def on_candle(self, candle, ind, account):
        if self.side == -1:
            self.sold += self.side * self.size
        elif self.side > 0:
            self.bought += self.side * self.size


class Hostile(Strategy):
    """Names that numpy's records answer themselves."""

    size: float = param(1.5)
    min: float = param(2.5)
    data: float = state(3.5)
    base: float = state(4.5)
    real: int = state(5)
    at: float = state(6.5)
    item: float = state(7.5)
    total: float = state(0.0)

    def indicators(self, candles):
        return {
            "size": candles.close + 1.0,
            "min": candles.close > 0.0,
            "shape": np.arange(len(candles)),
            "T": candles.low,
        }

    def on_candle(self, candle, ind, account):
        self.total += self.size + self.min + self.data + self.base + self.real + self.at + self.item
        self.total += ind.size + ind.shape + ind.T + candle.open
        if ind.min:
            self.total += 1000.0


class FallsBack(Strategy):
    """Runs, but not compiled: it writes a number as text."""

    count: int = state(0)

    def on_candle(self, candle, ind, account):
        text = f"{candle.close:.2f}"
        if len(text) > 0:
            self.count += 1


class DividesByZero(Strategy):
    seen: int = state(0)

    def on_candle(self, candle, ind, account):
        if self.seen == 2:
            account.buy(quantity=1.0 / (self.seen - 2))
        self.seen += 1


class LogOfZero(Strategy):
    zero: float = state(0.0)

    def on_candle(self, candle, ind, account):
        self.zero = math.log(self.zero)


class RootOfMinusOne(Strategy):
    minus: float = state(-1.0)

    def on_candle(self, candle, ind, account):
        self.minus = np.sqrt(self.minus)


class BrokenPower(Strategy):
    minus: float = state(-8.0)

    def on_candle(self, candle, ind, account):
        self.minus = self.minus**0.5


class OutOfBounds(Strategy):
    lines: float = state(array=3)

    def on_candle(self, candle, ind, account):
        self.lines[int(candle.close)] = 1.0


class RaisesInFill(Strategy):
    def on_candle(self, candle, ind, account):
        account.buy(quantity=1.0)

    def on_fill(self, fill, account):
        raise ValueError("no")


class First(Strategy):
    """Same record, same indicators, same method names as Second: only the code differs."""

    value: float = state(0.0)

    def on_candle(self, candle, ind, account):
        self.value += 1.0


class Second(Strategy):
    value: float = state(0.0)

    def on_candle(self, candle, ind, account):
        self.value += 100.0


class Brackets(Strategy):
    def on_candle(self, candle, ind, account):
        if account.is_flat and account.open_orders == 0 and account.cash > 0.0 and account.equity > 0.0:
            last = account.bracket(BUY, quantity=1.0, price=candle.close, stop_loss=0.01, take_profit=0.01, reason="in")
            if account.remaining(last) != 1.0 or not account.is_open(last):
                account.cancel(last)


class LooksAtRows(Strategy):
    """A portfolio: counts rows, reads the first and the last of them, the last one backwards too."""

    beyond: int = param(0)
    total: float = state(0.0)

    def indicators(self, candles):
        return {"twice": 2.0 * candles.close}

    def on_timestamp(self, candles, ind, account):
        self.total += len(candles) + self.sum(candles, ind)

    def sum(self, candles, ind):
        return candles[0].close + candles[-1].close + ind[len(ind) - 1].twice + ind[self.beyond].twice


class Base(Strategy):
    """Count, and weigh each candle."""

    step: int = param(1, low=1, high=10, help="weight of a candle")
    counted: int = state(0)
    weighed: int = state(0)

    def on_candle(self, candle, ind, account):
        self.counted += 1
        self.weighed += self.weight()

    def weight(self):
        return self.step


class Derived(Base):
    """Put own rules before and around those of the base."""

    step = 10
    seen: int = state(0)

    def on_candle(self, candle, ind, account):
        self.seen += 1
        super().on_candle(candle, ind, account)

    def weight(self):
        return super().weight() + 1
