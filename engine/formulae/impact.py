"""What a large order costs by moving the market: the square-root law.

Sources: Toth et al., Physical Review X 1, 021006 (2011); for bitcoin Donier and Bonart, arXiv:1412.4503 (2015). The
share of the mean in the peak is our own integral of the law over the fills. The law is for a whole parent order: adding
it up over its children overstates the cost. prefactor is of order one; no trustworthy figure for crypto is known, so
calibrate it from own fills, and show 0.5 to 1.5 beside a result.
"""

from __future__ import annotations

from engine.formulae.ranges import check_not_negative, check_positive

PREFACTOR = 1.0
EXPONENT = 0.5


def peak_impact(
    quantity: float,
    daily_volume: float,
    daily_volatility: float,
    prefactor: float = PREFACTOR,
    exponent: float = EXPONENT,
) -> float:
    """Return how far the price stands off at the end of a parent order, as a fraction of it.

    quantity, daily_volume: base, of the venue traded at. daily_volatility: fraction per square root of the same day.
    """
    check_not_negative(quantity=quantity, daily_volatility=daily_volatility, prefactor=prefactor)
    check_positive(daily_volume=daily_volume, exponent=exponent)
    return float(prefactor * daily_volatility * (quantity / daily_volume) ** exponent)


def mean_impact(
    quantity: float,
    daily_volume: float,
    daily_volatility: float,
    prefactor: float = PREFACTOR,
    exponent: float = EXPONENT,
) -> float:
    """Return the average cost of a parent order that rides the law, a fraction of price: two thirds of its peak.

    Arguments as in `peak_impact`; with another exponent the share is 1 / (1 + exponent).
    """
    return peak_impact(quantity, daily_volume, daily_volatility, prefactor, exponent) / (1.0 + exponent)
