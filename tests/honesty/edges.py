"""A market with an edge that never changes, and strategies that take it: what capacity and break-even are tested on."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine import Candles, Market, Result, Rules, Strategy, backtest, param

START_MS = 1_704_067_200_000  # 2024-01-01
HOUR_MS = 3_600_000
GAIN = 0.004  # of price, from the open of an odd candle to the open of the next even one


class Edge(Strategy):
    """Hold the market in every odd candle, with a fraction of the equity or a fixed quote."""

    fraction: float = param(0.5)
    quote: float = param(0.0)
    warmed: int = param(48)

    def warmup(self):
        return self.warmed

    def on_candle(self, candle, ind, account):
        if account.is_flat:
            if self.quote > 0.0:
                account.buy(quote=self.quote)
            else:
                account.buy(fraction=self.fraction)
        else:
            account.close()


class Resting(Strategy):
    """Buy at a limit below, sell at one above: it pays the maker's fee only."""

    def on_candle(self, candle, ind, account):
        account.cancel_all()
        if account.is_flat:
            account.buy(fraction=0.5, price=candle.close * 0.999)
        else:
            account.take_profit(price=candle.close * 1.001)


def waves(count: int = 600, gain: float = GAIN, volume: float = 1_000.0) -> Candles:
    """Return candles that rise by `gain` in every second one and give it back in the others."""
    begin = 100.0 * np.where(np.arange(count) % 2, 1.0, 1.0 + gain)
    end = 100.0 * np.where(np.arange(count) % 2, 1.0 + gain, 1.0)
    high, low = np.maximum(begin, end) * 1.002, np.minimum(begin, end) * 0.998
    times = START_MS + HOUR_MS * np.arange(count, dtype=np.int64)
    return Candles(times, begin, high, low, end, np.full(count, volume), "1h", "BTC/USDT", "test", "a test")


def contract(**fields: Any) -> Market:
    """Return a contract with a fine tick and lot, so that steps hide nothing."""
    plain: dict[str, Any] = {
        "kind": "linear",
        "tick": 1e-6,
        "lot": 1e-8,
        "maker_fee_rate": 0.0001,
        "taker_fee_rate": 0.0003,
    }
    return Market(symbol="BTC/USDT", **(plain | fields))


def played(
    strategy: Strategy | None = None, on: Market | None = None, candles: Candles | None = None, **told: Any
) -> Result:
    """Run a strategy on the waves."""
    rules = Rules(**told.pop("rules", {}))
    return backtest(strategy or Edge(), candles or waves(), on or contract(), bounds=False, rules=rules, **told)
