"""The moving-average short as one numba loop for this one strategy: the least that its backtest can cost.

The same signals, the same rules for path low_first: entry and cover at the next open, stop and target from the
instant of the entry, low before high, a gap fills at the open, prices on the tick, quantities on the lot, fees,
equity a candle.
It knows nothing else: no other order, no log of fills, no second market.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from engine.backtesting.inputs import Inputs


def by_hand(inputs: Inputs) -> np.ndarray:
    """Return the equity curve of the inputs' only market."""
    strategy, market, candles = inputs.strategy, inputs.markets[0].record(0, -1), inputs.candles[0]
    signals = inputs.indicators[0]
    return _loop(
        candles.open, candles.high, candles.low, candles.close, candles.volume, signals["enter"], signals["leave"], inputs.start,
        inputs.cash, strategy.size, strategy.stop_loss, strategy.take_profit,
        market["maker_fee_rate"], market["taker_fee_rate"], market["tick_units"], market["tick_scale"],
        market["lot_units"], market["lot_scale"],
    )  # fmt: skip


@njit(error_model="numpy")
def _loop(
    opens, highs, lows, closes, volumes, enter, leave, start, cash, size, stop_loss, take_profit,
    maker, taker, tick, ticks, lot, lots,
):  # type: ignore[no-untyped-def]  # fmt: skip
    equity = np.empty(len(opens))
    quantity, entry, stop, target, touched = 0.0, 0.0, np.inf, -np.inf, -np.inf
    wanted, cover = 0.0, False
    for k in range(len(opens)):
        traded = volumes[k] > 0.0  # in a candle without volume nothing fills, and what waits goes on waiting
        if wanted > 0.0 and traded:
            quantity, entry, wanted = wanted, opens[k], 0.0
            cash -= quantity * entry * taker
            stop = np.rint(entry * (1.0 + stop_loss) * ticks / tick) * tick / ticks
            target = np.rint(entry * (1.0 - take_profit) * ticks / tick) * tick / ticks
            touched = (np.rint(target * ticks / tick) - 1.0) * tick / ticks  # a limit fills when traded through
        if quantity > 0.0 and traded:
            price, rate = 0.0, taker
            if opens[k] >= stop:
                price = opens[k]
            elif opens[k] <= touched:
                price, rate = opens[k], maker
            elif cover:
                price = opens[k]
            elif lows[k] <= touched:
                price, rate = target, maker
            elif highs[k] >= stop:
                price = stop
            if price > 0.0:
                cash += quantity * (entry - price) - quantity * price * rate
                quantity = 0.0
        cover = cover and not traded
        worth = cash + quantity * (entry - closes[k])
        equity[k] = worth
        if k >= start:
            if quantity == 0.0 and enter[k]:
                raw = size * worth / (closes[k] * (1.0 + taker)) * lots / lot
                whole = np.rint(raw)
                if abs(raw - whole) > max(1e-9, 1e-15 * abs(raw)):
                    whole = np.floor(raw)
                wanted = whole * lot / lots
            elif leave[k]:
                cover = cover or quantity > 0.0
    return equity
