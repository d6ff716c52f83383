"""Hold the strongest of several markets by past return; look again on a schedule."""

import math

import numpy as np

from engine import Strategy, param, state
from engine.indicators import roc


class MomentumRotation(Strategy):
    """Hold the strongest of several markets by past return; look again on a schedule.

    What has fallen behind is sold first. What has come up is bought one candle later, when that money is there.
    """

    hold: int = param(2, low=1, high=50, help="markets held at once")
    lookback: int = param(336, low=2, high=20_000, help="candles over which the return is measured")
    floor: float = param(0.0, low=-1.0, high=10.0, help="return a market needs to be held at all, a fraction")
    size: float = param(0.95, low=0.01, high=1.0, help="fraction of equity put into the markets together")
    rebalance = param("weekly mon 00:00", unit="schedule", help="when the ranks are looked at again (UTC)")

    buying: bool = state(False)  # true between the sales and the purchases

    def indicators(self, candles):
        strength = roc(candles.close, self.lookback)
        strength = np.where(strength > self.floor, strength, np.nan)
        rank = np.argsort(np.argsort(-strength, axis=1, kind="stable"), axis=1) + 1.0  # 1 is the strongest
        step_ms = candles.timeframe_ms
        return {
            "rank": np.where(np.isnan(strength), np.nan, rank),
            "due": self.rebalance.due(candles.open_ms, step_ms),
        }

    def warmup(self):
        return self.lookback + 1

    def on_timestamp(self, candles, ind, account):
        if self.buying:
            self.buying = False
            for market in range(len(account)):
                if account[market].is_flat and ind[market].rank <= self.hold:
                    account[market].buy(fraction=self.size / self.hold, reason="among the strongest")
        if ind[0].due:
            self.buying = True
            for market in range(len(account)):
                missing = math.isnan(candles[market].close)  # no candle, no price to sell at: it stays for now
                if not missing and not ind[market].rank <= self.hold:
                    account[market].close(reason="not among the strongest")
