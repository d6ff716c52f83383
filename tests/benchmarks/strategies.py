"""The strategies that are measured; in a file of their own, for the engine reads their source."""

from engine import SELL, Strategy, param
from strategies.moving_average_short import MovingAverageShort


class Watcher(Strategy):
    """Look at every candle and do nothing."""

    never: float = param(1e300, help="close above which it would act")

    def on_candle(self, candle, ind, account):
        if candle.close > self.never:
            account.close()


class Trailer(Strategy):
    """Hold a long position under a far trailing stop: no candle is quiet, so path adverse plays each one both ways."""

    distance: float = param(0.95, low=0.5, high=0.99, help="of the stop, fraction of price")

    def on_start(self, candle, ind, account):
        account.buy(fraction=0.5)
        account.trailing_stop(SELL, fraction=0.4, distance=self.distance)

    def on_candle(self, candle, ind, account):
        pass


class BareShort(MovingAverageShort):
    """Decide as the moving-average short does, and leave the exits to rules."""

    def on_candle(self, candle, ind, account):
        if account.is_flat and ind.enter:
            account.short(fraction=self.size, reason="crossed below")
        elif ind.leave:
            account.close(reason="crossed above")
