"""What a perpetual's holders pay one another: premium, rate, payment.

Source: Binance, "Introduction to Funding Rates", with the divisor in force since 2025-09-18.
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.errors import ConfigError
from engine.formulae.ranges import check_finite, check_not_negative, check_positive, check_side

INTEREST = 0.0001  # per 8 hours
CLAMP = 0.0005
FULL_HOURS = 8.0


def premium_index(impact_bid: float, impact_ask: float, index: float) -> float:
    """Return how far the book lies above the index, as a fraction of it; below, it is negative.

    All three are prices above 0 in quote; the impact prices are what a set notional would sell and buy at.
    """
    check_positive(impact_bid=impact_bid, impact_ask=impact_ask, index=index)
    return (max(0.0, impact_bid - index) - max(0.0, index - impact_ask)) / index


def weighted_premium(premiums: Sequence[float]) -> float:
    """Return the mean of an interval's premiums, oldest first; the i-th weighs i, so later ones weigh more."""
    if not len(premiums):
        raise ConfigError("premiums: expected one or more, were none")
    total = sum(place * premium for place, premium in enumerate(premiums, start=1))
    return total / (len(premiums) * (len(premiums) + 1) / 2)


def funding_rate(premium: float, hours: float = 8.0, interest: float = INTEREST, clamp: float = CLAMP) -> float:
    """Return the fraction of notional for one settlement; above 0 longs pay shorts.

    premium: the weighted premium of the interval. hours: between settlements, above 0. interest: per 8 hours. clamp:
    how far interest may pull. A venue's own cap on the rate comes on top and is not applied here.
    """
    check_positive(hours=hours)
    check_finite(premium=premium, interest=interest)
    check_not_negative(clamp=clamp)
    return (premium + min(clamp, max(-clamp, interest - premium))) / (FULL_HOURS / hours)


def linear_payment(side: int, quantity: float, mark: float, rate: float) -> float:
    """Return what a linear position receives at a settlement, in quote; what it pays is negative.

    quantity: base, held just before the stamp. mark: the mark price, not the last one. rate: of that stamp.
    """
    check_side(side)
    check_not_negative(quantity=quantity)
    check_positive(mark=mark)
    return -side * quantity * mark * rate


def inverse_payment(side: int, contracts: float, face: float, mark: float, rate: float) -> float:
    """Return what an inverse position receives at a settlement, in coin; what it pays is negative.

    face: quote a contract stands for, above 0. The rest as in `linear_payment`.
    """
    check_side(side)
    check_not_negative(contracts=contracts)
    check_positive(face=face, mark=mark)
    return -side * contracts * face / mark * rate
