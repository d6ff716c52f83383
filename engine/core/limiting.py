"""The account's limits on exposure: gross, net, by market, by risk class, by group of correlated markets.

`first_broken` looks at the figures of exposure.py with an order already in them. A limit that is passed by drift alone
stops what would add to it, and sells nothing.
"""

import numpy as np

from engine.core import rule_codes
from engine.core.exposure import PAIR, long_of, most_of, short_of
from engine.core.jit import inner
from engine.core.memory import book_of
from engine.core.rule_records import CAP_SIZE, cap_at, float_at, whole_at

SLACK = 1e-9  # a limit that is met exactly is kept


@inner
def add_order(guard, b, side, value):
    """Add an order's notional to its book's figures; returns what the book's exposure grows by."""
    before = most_of(guard, b)
    float_at(guard.exposures + b * PAIR + (0 if side > 0 else 8)).value += value
    return most_of(guard, b) - before


@inner
def _sum_of_market(run, guard, market):
    total = 0.0
    for i in range(run.book_count):
        if book_of(run, i).market == market:
            total += most_of(guard, i)
    return total


@inner
def first_broken(run, guard, b, side, equity):
    """Return (event code, figure, limit) of the first limit that is broken, figures over the equity; code 0: none."""
    for i in range(guard.cap_count):
        cap = cap_at(guard.caps + i * CAP_SIZE)
        if whole_at(cap.members + b * 8).value != 0:
            total = 0.0
            for other in range(run.book_count):
                if whole_at(cap.members + other * 8).value != 0:
                    total += most_of(guard, other)
            if not total <= cap.limit * equity * (1.0 + SLACK):
                return cap.code, total / equity, cap.limit
    if not np.isnan(guard.max_weight):
        total = _sum_of_market(run, guard, book_of(run, b).market)
        if not total <= guard.max_weight * equity * (1.0 + SLACK):
            return rule_codes.DENIED_WEIGHT, total / equity, guard.max_weight
    if not np.isnan(guard.max_gross):
        total = 0.0
        for i in range(run.book_count):
            total += most_of(guard, i)
        if not total <= guard.max_gross * equity * (1.0 + SLACK):
            return rule_codes.DENIED_GROSS, total / equity, guard.max_gross
    if not np.isnan(guard.max_net):
        total = 0.0
        for i in range(run.book_count):
            total += long_of(guard, i) if side > 0 else short_of(guard, i)
        if not total <= guard.max_net * equity * (1.0 + SLACK):
            return rule_codes.DENIED_NET, total / equity, guard.max_net
    return 0, 0.0, 0.0
