"""The Kelly fraction of the equity: from a win rate and a payoff, from a mean and a deviation, for several assets.

Formulae: Kelly, Bell System Technical Journal 35, 1956; Thorp 2006. The estimate of the mean dominates the answer.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def by_trades(win_rate: float, payoff: float) -> float:
    """Return p - (1 - p) / b for a win of b per unit staked with probability p."""
    return win_rate - (1.0 - win_rate) / payoff


def by_returns(mean: float, rate: float, sigma: float) -> float:
    """Return (mu - r) / sigma^2; all a year, fractions."""
    return (mean - rate) / (sigma * sigma)


def of_several(means: Sequence[float], covariance: Sequence[Sequence[float]], rate: float = 0.0) -> list[float]:
    """Return Sigma^-1 (mu - r): one fraction for each asset."""
    excess = np.asarray(means, np.float64) - rate
    return [float(f) for f in np.linalg.solve(np.asarray(covariance, np.float64), excess)]


def growth(fraction: float, mean: float, rate: float, sigma: float) -> float:
    """Return the growth a year at a fraction: r + f (mu - r) - f^2 sigma^2 / 2."""
    return rate + fraction * (mean - rate) - fraction * fraction * sigma * sigma / 2.0


def growth_share(share: float) -> float:
    """Return what a share h of the Kelly fraction keeps of its excess growth: h (2 - h)."""
    return share * (2.0 - share)
