"""The arithmetic of a DCA ladder, written once: pre-flight and review use it in Python, the step methods compiled.

side is +1 long, -1 short. A step is given in whole numbers: 0.025 is 25 units of scale 1000 (as the engine rounds).
"""

import numpy as np

QUOTE, BASE, RATE = 0, 1, 2  # what the sizes of a ladder are sizes of


def nearest(value, units, scale):
    """Round to the nearest step."""
    return np.rint(value * scale / units) * units / scale


def down(value, units, scale):
    """Round down to the step, or to the nearest when within 1e-9 of it."""
    steps = value * scale / units
    whole = np.rint(steps)
    if abs(steps - whole) > max(1e-9, 1e-15 * abs(steps)):
        whole = np.floor(steps)
    return whole * units / scale


def beyond(price, side, units, scale):
    """Round a target to the tick away from the entry, so that its rate is reached: up when long, down when short."""
    steps = price * scale / units
    whole = np.rint(steps)
    if abs(steps - whole) > 1e-9 * max(1.0, abs(steps)):
        whole = np.ceil(steps) if side > 0 else np.floor(steps)
    return whole * units / scale


def deviation(step, scale, number):
    """Return how far safety order `number` lies from the entry: step · (scaleⁿ - 1) / (scale - 1), a fraction."""
    total, width = 0.0, step
    for _ in range(number):
        total += width
        width *= scale
    return total


def size_of(first, scale, number):
    """Return the size of safety order `number`, in the unit of the first: first · scaleⁿ⁻¹."""
    size = first
    for _ in range(number - 1):
        size *= scale
    return size


def quantity_of(size, unit, price, equity, fee_rate, lot_units, lot_scale):
    """Return the base quantity of a size; a share of equity has its fee within, a value of quote has not."""
    if unit == BASE:
        return down(size, lot_units, lot_scale)
    value = size
    if unit == RATE:
        value = size * equity / (1.0 + fee_rate)
    return down(value / price, lot_units, lot_scale)


def target_of(side, cost, fees, held, rate, net, exit_fee_rate):
    """Return the price at which `held` base earns the rate; net of the fees in and out, or on the bare average.

    Long: (cost + fees) (1 + rate) / (held (1 - fee)); short: (proceeds - fees) (1 - rate) / (held (1 + fee)).
    """
    if not net:
        return cost / held * (1.0 + side * rate)
    return (cost + side * fees) * (1.0 + side * rate) / (held * (1.0 - side * exit_fee_rate))
