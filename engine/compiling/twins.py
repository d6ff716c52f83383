"""Library functions that give other last bits compiled than in numpy or Python: one implementation serves both.

A compiled method calls what numba makes of the function; an interpreted one calls the very same machine code. What
numba does not know it leaves to the library, and then the method is not compiled either.
"""

from __future__ import annotations

import functools
import math
import types
from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit
from numba.core.errors import NumbaError

METHODS = ("sum", "mean", "std", "var", "prod", "cumsum", "cumprod", "dot")

# Exact in every implementation: comparisons, choices, roundings to whole numbers, shapes.
_EXACT = {
    "abs", "absolute", "fabs", "sign", "floor", "ceil", "trunc", "rint", "isnan", "isinf", "isfinite", "copysign",
    "minimum", "maximum", "fmin", "fmax", "min", "max", "amin", "amax", "nanmin", "nanmax", "argmin", "argmax",
    "where", "zeros", "ones", "empty", "full", "zeros_like", "ones_like", "empty_like", "arange", "array", "roll",
    "any", "all", "count_nonzero", "diff", "sort", "flip", "searchsorted", "append", "concatenate", "float64",
    "int64", "bool_", "int32", "float32", "gcd", "factorial", "isqrt", "comb", "sum_",
}  # fmt: skip


def needs_twin(function: Any) -> bool:
    """Return whether a function of math, numpy or Python itself may differ between compiled and interpreted."""
    if function is sum:
        return True
    if not isinstance(function, types.BuiltinFunctionType | types.FunctionType | np.ufunc) and not callable(function):
        return False
    if isinstance(function, type):
        return False
    name = getattr(function, "__name__", "")
    known = getattr(np, name, None) is function or getattr(math, name, None) is function
    return known and name not in _EXACT


@functools.cache
def native_of(function: Callable[..., Any]) -> Any:
    """Return the function as numba compiles it, to be called from compiled code."""
    inner = njit(error_model="python")(function) if function in OF_METHOD.values() else function

    @njit(error_model="python")  # type: ignore[untyped-decorator]
    def native(*arguments: Any) -> Any:
        return inner(*arguments)

    return native


def interpreted_of(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function for interpreted code: the same machine code, where there is any."""
    native = native_of(function)

    @functools.wraps(function)
    def call(*arguments: Any, **named: Any) -> Any:
        if named:
            return function(*arguments, **named)
        try:
            return native(*arguments)
        except NumbaError:
            return function(*arguments, **named)

    return call


def _of_method(name: str) -> Callable[..., Any]:
    space: dict[str, Any] = {}
    exec(f"def {name}(array, *more):\n    return array.{name}(*more)\n", space)
    return space[name]  # type: ignore[no-any-return]


OF_METHOD = {name: _of_method(name) for name in METHODS}
