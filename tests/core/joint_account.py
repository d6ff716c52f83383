"""An account on cross margin worked out by hand, to hold the core against: positions held from the first close on.

Nothing of the engine is in it. Prices walk open, first extreme, second extreme, close in equal thirds; equity is
balance + sum(q * (P - entry)), the requirement sum(rate * |q| * P); where the first falls to the second, the position
with the largest loss goes at that instant's price, rounded to the tick against it; last of all the venue bears a
balance below zero.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

Row = tuple[float, float, float, float]


@dataclass
class Account:
    """Hold the balance and the open positions; `gone` is (candle, market, price) of each liquidation."""

    balance: float
    sizes: list[float]
    entries: list[float]
    rate: float
    tick: float
    gone: list[tuple[int, int, float]] = field(default_factory=list)

    def spare(self, prices: list[float]) -> float:
        """Return equity less the requirement; +inf without positions."""
        if not any(self.sizes):
            return math.inf
        return self.equity(prices) - sum(self.rate * abs(q) * p for q, p in zip(self.sizes, prices, strict=True))

    def equity(self, prices: list[float]) -> float:
        """Return balance and floating PnL."""
        return self.balance + sum(q * (p - e) for q, p, e in zip(self.sizes, prices, self.entries, strict=True))

    def settle(self, k: int, prices: list[float]) -> None:
        """Liquidate, the largest loss first, until nothing more has to go."""
        while self.spare(prices) <= 0.0:
            losses = [q * (p - e) if q else math.inf for q, p, e in zip(self.sizes, prices, self.entries, strict=True)]
            worst = losses.index(min(losses))
            steps = prices[worst] / self.tick
            near = round(steps)
            if abs(steps - near) > 1e-9 * max(1.0, abs(steps)):
                near = math.floor(steps) if self.sizes[worst] > 0 else math.ceil(steps)
            price = near * self.tick
            self.balance += self.sizes[worst] * (price - self.entries[worst])
            self.sizes[worst] = 0.0
            self.gone.append((k, worst, price))
        if not any(self.sizes):
            self.balance = max(0.0, self.balance)

    def walk(self, k: int, start: list[float], end: list[float]) -> None:
        """Walk one leg: the first zero of `spare` by looking at many points and halving between two."""

        def at(share: float) -> list[float]:
            return [s + (e - s) * share for s, e in zip(start, end, strict=True)]

        reached = 0.0
        while any(self.sizes):
            called = next((i for i in range(201) if self.spare(at(reached + (1.0 - reached) * i / 200)) <= 0.0), None)
            if called is None:
                return
            low = reached + (1.0 - reached) * max(0, called - 1) / 200
            high = reached + (1.0 - reached) * called / 200
            for _ in range(80):
                middle = 0.5 * (low + high)
                low, high = (middle, high) if self.spare(at(middle)) > 0.0 else (low, middle)
            self.settle(k, at(high))
            reached = high


def held(
    columns: list[list[Row]], sizes: list[float], cash: float, rate: float, tick: float, low_first: bool
) -> tuple[list[float], list[tuple[int, int, float]]]:
    """Return equity at every close, and the liquidations, of positions that fill at the second candle's open."""
    account = Account(cash, [0.0] * len(sizes), [0.0] * len(sizes), rate, tick)
    equity = []
    for k in range(len(columns[0])):
        rows = [column[k] for column in columns]
        if k == 1:
            account.sizes, account.entries = list(sizes), [row[0] for row in rows]
        opens, highs, lows, closes = (list(prices) for prices in zip(*rows, strict=True))
        account.settle(k, opens)
        first, second = (lows, highs) if low_first else (highs, lows)
        for start, end in ((opens, first), (first, second), (second, closes)):
            account.walk(k, start, end)
        equity.append(account.equity(closes))
    return equity, account.gone
