"""What a taker pays beside the fee: half the spread, fixed slippage, and the market's answer to the order's size (F1).

Impact, a fraction of price; formulae.md section 1:

    square root    2/3 * Y * sigma_day * sqrt(Q / V_day)     Q: quantity of the whole parent order, base
    volume share   c * (q / v)^2                             q: what we take of this candle, v: its volume, base

The first is the mean cost of a parent order that rides the square-root law (Toth et al., PRX 1, 021006, 2011), so
every partial fill pays the same; child by child it would be overstated. The second is the model of zipline's
VolumeShareSlippage (c = 0.1 there): each fill pays by what has been taken of its candle so far, itself included.
"""

import numpy as np

from engine.core import codes
from engine.core.jit import inner
from engine.core.memory import gauge_of
from engine.core.rounding import worse_tick

MOST = 0.9  # fraction of price; no law was measured where it asks for more, and a price must stay above zero


def square_root_peak(y, sigma_day, quantity, volume_day):
    """Return the impact at the end of a parent order, a fraction of price; y is of order one."""
    return y * sigma_day * np.sqrt(quantity / volume_day)


def square_root_mean(y, sigma_day, quantity, volume_day):
    """Return the mean cost of a whole parent order, a fraction of price."""
    return y * sigma_day * np.sqrt(quantity / volume_day) * 2.0 / 3.0


_mean = inner(square_root_mean)  # the same for fills; Python calls it as it stands, without waiting for a compiler


@inner
def half_spread(run, market):
    """Return half the spread as it is now, fraction of price."""
    if market.spread_multiple == 0.0:
        return market.half_spread
    return market.spread_multiple * gauge_of(run, market).half_spread


@inner
def _impact(run, book, market, parent, quantity):
    if market.slippage_model == codes.SQUARE_ROOT:
        gauge = gauge_of(run, market)
        if gauge.sigma_day > 0.0 and gauge.volume_day > 0.0:  # never so for NaN: too little history
            return _mean(market.impact, gauge.sigma_day, parent, gauge.volume_day)
    elif market.slippage_model == codes.VOLUME_SHARE and book.volume > 0.0:
        share = (book.taken + quantity) / book.volume
        return market.impact * share * share
    return 0.0


@inner
def taker_cost(run, book, market, parent, quantity):
    """Return what a taker pays on top of the path price, fraction of it; quantity: this fill's, parent: its order's."""
    cost = market.half_spread + market.slippage
    if market.costs_vary:
        cost = half_spread(run, market) + market.slippage + _impact(run, book, market, parent, quantity)
        cost = min(cost, MOST)
    return cost


@inner
def taker_price(run, book, market, price, side, parent, quantity):
    """Return a path price worsened by what a taker pays (rule F1)."""
    cost = taker_cost(run, book, market, parent, quantity)
    if cost == 0.0:
        return price
    return worse_tick(price * (1.0 + side * cost), side, market)
