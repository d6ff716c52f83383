"""Decimals on a grid, and how the dialect writes them. Owns rounding; must not know what the numbers mean."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal, localcontext

ZERO = Decimal(0)
UNIT = Decimal("0.00000001")  # the smallest amount of any asset


def on_grid(value: Decimal, step: Decimal, rounding: str) -> Decimal:
    """Return the multiple of a step that a value rounds to, in the step's decimals."""
    with localcontext() as context:
        context.prec = 50  # a price times a quantity must never lose a digit on the way
        return ((value / step).quantize(Decimal(1), rounding) * step).quantize(step)


def down(value: Decimal, step: Decimal) -> Decimal:
    """Return the next multiple towards zero."""
    return on_grid(value, step, ROUND_DOWN)


def nearest(value: Decimal, step: Decimal) -> Decimal:
    """Return the nearest multiple, the even one of two."""
    return on_grid(value, step, ROUND_HALF_EVEN)


def against(value: Decimal, step: Decimal, side: int) -> Decimal:
    """Return the multiple that is worse for a taker: up for a buy (+1), down for a sell (-1)."""
    return on_grid(value, step, ROUND_CEILING if side > 0 else ROUND_FLOOR)


def text(value: Decimal) -> str:
    """Return a number as the dialect writes it: eight decimals or more, never an exponent."""
    return f"{value:.8f}" if value == value.quantize(UNIT) else f"{value:f}"
