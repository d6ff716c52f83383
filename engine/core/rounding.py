"""Prices on the tick, quantities on the lot (rule F6), each rounded by a single division.

rint(x * scale / units) * units / scale is the float nearest to the decimal, so equal prices are ==.
"""

import numpy as np

from engine.core.jit import inner


@inner
def to_tick(price, market):
    """Round a price to the nearest tick."""
    return np.rint(price * market.tick_scale / market.tick_units) * market.tick_units / market.tick_scale


@inner
def ticks_away(price, ticks, market):
    """Return the price a whole number of ticks from the one given, which is rounded first."""
    steps = np.rint(price * market.tick_scale / market.tick_units) + ticks
    return steps * market.tick_units / market.tick_scale


@inner
def worse_tick(price, side, market):
    """Round to the tick against the taker: up for a buy, down for a sell; a price on the tick stays."""
    steps = price * market.tick_scale / market.tick_units
    nearest = np.rint(steps)
    if abs(steps - nearest) > 1e-9 * max(1.0, abs(steps)):
        nearest = np.ceil(steps) if side > 0 else np.floor(steps)
    return nearest * market.tick_units / market.tick_scale


@inner
def to_lot(quantity, market):
    """Round down to the lot, or to the nearest when within 1e-9 of a whole lot (a plain floor loses exact ones)."""
    lots = quantity * market.lot_scale / market.lot_units
    nearest = np.rint(lots)
    if abs(lots - nearest) > max(1e-9, 1e-15 * abs(lots)):
        nearest = np.floor(lots)
    return nearest * market.lot_units / market.lot_scale


@inner
def nearest_lot(quantity, market):
    """Round to the nearest lot: takes the binary noise off a sum of lots, so that a closed position is 0.0."""
    return np.rint(quantity * market.lot_scale / market.lot_units) * market.lot_units / market.lot_scale


@inner
def without_noise(quantity, market):
    """Return a quantity as it is, but a whole number of lots where it is within a millionth of one; +inf stays.

    2.5 - 2.49 is a lot of 0.01, though as floats it is less.
    """
    if quantity == np.inf:
        return quantity
    lots = quantity * market.lot_scale / market.lot_units
    nearest = np.rint(lots)
    return nearest * market.lot_units / market.lot_scale if abs(lots - nearest) < 1e-6 else quantity
