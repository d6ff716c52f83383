"""Sell short when the fast average falls below the slow one; cover when it rises back above."""

from engine import Strategy, param
from engine.indicators import crossed_above, crossed_below, sma


class MovingAverageShort(Strategy):
    """Sell short when the fast average falls below the slow one; cover when it rises back above."""

    fast: int = param(20, low=2, high=200, help="candles in the fast average")
    slow: int = param(100, low=5, high=500, help="candles in the slow average")
    size: float = param(0.95, low=0.01, high=1.0, help="fraction of equity put into a position")
    stop_loss: float = param(0.02, low=0.0001, high=1.0, help="fraction above the entry price")
    take_profit: float = param(0.04, low=0.0001, high=0.99, help="fraction below the entry price")

    def indicators(self, candles):
        fast, slow = sma(candles.close, self.fast), sma(candles.close, self.slow)
        return {"enter": crossed_below(fast, slow), "leave": crossed_above(fast, slow)}

    def warmup(self):
        return max(self.fast, self.slow)

    def on_candle(self, candle, ind, account):
        if account.is_flat and ind.enter:
            account.short(
                fraction=self.size, stop_loss=self.stop_loss, take_profit=self.take_profit, reason="crossed below"
            )
        elif ind.leave:
            account.close(reason="crossed above")
