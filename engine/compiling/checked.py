"""Mathematics that fails alike compiled and interpreted: a wrong argument is an error, never a quiet NaN."""

from __future__ import annotations

import math

import numpy as np

MAX_WHOLE_POWER = 64


def log(x):
    """Return the natural logarithm of a positive number."""
    if x <= 0.0:
        raise ValueError("log: expected a positive number")
    return math.log(x)


def log2(x):
    """Return the logarithm to base 2 of a positive number."""
    if x <= 0.0:
        raise ValueError("log2: expected a positive number")
    return math.log2(x)


def log10(x):
    """Return the logarithm to base 10 of a positive number."""
    if x <= 0.0:
        raise ValueError("log10: expected a positive number")
    return math.log10(x)


def log1p(x):
    """Return log(1 + x) for x above -1."""
    if x <= -1.0:
        raise ValueError("log1p: expected a number above -1")
    return math.log1p(x)


def sqrt(x):
    """Return the square root of a number that is not negative."""
    if x < 0.0:
        raise ValueError("sqrt: expected a number that is not negative")
    return math.sqrt(x)


def exp(x):
    """Return e to the x, for x that does not overflow."""
    if x > 709.782712893384 and x < math.inf:
        raise OverflowError("exp: the result is too large")
    return math.exp(x)


def whole(x):
    """Return a number as the whole number it is; a state declared as whole takes no fraction."""
    result = int(x)
    if result != x:
        raise ValueError("a whole-number state cannot take a fraction; declare it as state(0.0)")
    return result


def integer(x):
    """Return a number cut to the whole number that 64 bits hold."""
    if not -9.223372036854775e18 < x < 9.223372036854775e18:
        raise ValueError("int: expected a number that 64 bits hold")
    return int(x)


def rounded(x, decimals):
    """Return a number rounded to so many decimals, halves to even, as scaled whole numbers."""
    scale = 1.0
    for _ in range(abs(decimals)):
        scale *= 10.0
    return np.rint(x * scale) / scale if decimals >= 0 else np.rint(x / scale) * scale


def power(x, y):
    """Return x to the y; small whole powers by multiplication, in one order everywhere."""
    base = float(x)
    exponent = float(y)
    if exponent == math.floor(exponent) and abs(exponent) <= MAX_WHOLE_POWER:
        result = 1.0
        for _ in range(int(abs(exponent))):
            result *= base
        if exponent < 0.0:
            if result == 0.0:
                raise ZeroDivisionError("zero to a negative power")
            return 1.0 / result
        return result
    if base < 0.0:
        raise ValueError("power: a negative number to a broken power")
    if base == 0.0 and exponent < 0.0:
        raise ZeroDivisionError("zero to a negative power")
    return math.pow(base, exponent)


CHECKED = {
    math.log: log,
    math.log2: log2,
    math.log10: log10,
    math.log1p: log1p,
    math.sqrt: sqrt,
    math.exp: exp,
    math.pow: power,
    np.log: log,
    np.log2: log2,
    np.log10: log10,
    np.log1p: log1p,
    np.sqrt: sqrt,
    np.exp: exp,
    np.power: power,
    pow: power,
    int: integer,
}
BY_NAME = {
    function.__name__: function for function in (log, log2, log10, log1p, sqrt, exp, power, whole, integer, rounded)
}
_OF_ARRAYS = {"log": np.log, "log2": np.log2, "log10": np.log10, "log1p": np.log1p, "sqrt": np.sqrt, "exp": np.exp,
              "power": np.power}  # fmt: skip


def interpreted(name):
    """Return a checked function for interpreted code: there it takes whole arrays too."""
    function, of_arrays = BY_NAME[name], _OF_ARRAYS.get(name)

    def call(*arguments):
        if of_arrays is not None and any(isinstance(one, np.ndarray) for one in arguments):
            return of_arrays(*arguments)
        return function(*arguments)

    return call
