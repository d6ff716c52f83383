"""How much to trade: by the stop's distance, by a cap, by Kelly.

Sources: Kelly, Bell System Technical Journal 35 (1956); Thorp, "The Kelly Criterion in Blackjack, Sports Betting and
the Stock Market" (2006); risk size and cap are own definitions. Quantities come unrounded: round down to the lot, then
check the minimum notional. Kelly's fraction is only as good as the estimate of the mean: use a part of it, with a cap.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from engine.errors import ConfigError
from engine.formulae.ranges import check_fee_rate, check_finite, check_not_negative, check_positive


def risk_quantity(equity: float, risk: float, entry: float, stop: float, fee_rate: float = 0.0) -> float:
    """Return the base that loses `risk` of equity when its stop fills at its price, both fees counted.

    equity, entry, stop: quote, entry and stop not equal. risk: fraction of equity. A gap beyond the stop loses more.
    """
    check_not_negative(equity=equity, risk=risk)
    check_positive(entry=entry, stop=stop)
    check_fee_rate(fee_rate=fee_rate)
    lost = abs(entry - stop) + (entry + stop) * fee_rate
    if entry == stop or lost <= 0.0:
        raise ConfigError(
            f"stop: expected a price away from the entry at {entry:g}, was {stop:g}; it would risk nothing"
        )
    return equity * risk / lost


def capped_quantity(quantity: float, equity: float, cap: float, price: float) -> float:
    """Return the quantity, or the base that `cap` (a fraction of equity) buys at the price where that is less.

    An order over a cap is denied with the numbers, never clipped silently (rule F7): this is for planning a size.
    """
    check_not_negative(quantity=quantity, equity=equity, cap=cap)
    check_positive(price=price)
    return min(quantity, equity * cap / price)


def kelly_binary(probability: float, win: float) -> float:
    """Return the fraction of wealth to stake on a bet that wins `win` per unit, else loses it; below 0: do not bet."""
    if not 0.0 <= probability <= 1.0:
        raise ConfigError(f"probability: expected 0 to 1, was {probability!r}")
    check_positive(win=win)
    return probability - (1.0 - probability) / win


def kelly(mean: float, volatility: float, rate: float = 0.0) -> float:
    """Return the fraction of wealth to hold in one asset; all three of the same period, rate that of cash."""
    check_finite(mean=mean, rate=rate)
    check_positive(volatility=volatility)
    return (mean - rate) / volatility**2


def kelly_growth(fraction: float, mean: float, volatility: float, rate: float = 0.0) -> float:
    """Return the expected log growth of wealth for a fraction held, per the period of mean, volatility and rate."""
    check_finite(fraction=fraction, mean=mean, rate=rate)
    check_not_negative(volatility=volatility)
    return rate + fraction * (mean - rate) - fraction**2 * volatility**2 / 2.0


def kelly_several(
    means: Sequence[float], covariance: Sequence[Sequence[float]], rate: float = 0.0
) -> npt.NDArray[np.float64]:
    """Return the fractions of wealth to hold in n assets; covariance is n x n, symmetric and positive definite."""
    excess, matrix = np.asarray(means, np.float64) - rate, np.asarray(covariance, np.float64)
    if excess.ndim != 1 or matrix.shape != (excess.size, excess.size):
        raise ConfigError(
            f"covariance: expected {excess.size} x {excess.size} for {excess.size} means, was {matrix.shape}"
        )
    if not (np.isfinite(matrix).all() and np.allclose(matrix, matrix.T) and np.linalg.eigvalsh(matrix).min() > 0.0):
        raise ConfigError("covariance: expected a symmetric, positive definite matrix; are two of the assets the same?")
    return np.asarray(np.linalg.solve(matrix, excess), np.float64)


def kelly_share(part: float) -> float:
    """Return the share of the largest excess growth that a part of Kelly keeps: 0.5 keeps 0.75, 2 keeps nothing."""
    check_not_negative(part=part)
    return part * (2.0 - part)
