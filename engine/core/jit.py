"""The ways to compile: no GIL, no reordering of arithmetic, and a disk cache keyed by source."""

from collections.abc import Callable
from typing import Any, TypeVar

from numba import njit, types
from numba.core.ccallback import CFunc

from engine.codecache import bounds_checked, core_digest, digest_of, disk_cache, file_bytes, interrupts_wait

OPTIONS: dict[str, Any] = {
    "nogil": True,
    "error_model": "numpy",
    "boundscheck": bounds_checked(),
    "no_cfunc_wrapper": True,
}
Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """Compile on first use, or take the code from disk; callable from Python and from compiled code.

    The digest covers the whole core and the function's own file; code that calls compiled functions of further files
    must not use this decorator.
    """
    dispatcher = njit(**OPTIONS)(function)
    digest = digest_of([core_digest().encode(), file_bytes(function.__code__.co_filename)])
    dispatcher._cache = disk_cache(function, digest)
    return dispatcher


def inner(function: Function) -> Function:
    """Compile a function that only compiled code calls, into its callers.

    Not kept on disk: what comes from there is object code, which LLVM cannot inline.
    """
    return njit(**OPTIONS, no_cpython_wrapper=True)(function)


def inlined(function: Function) -> Function:
    """Compile a small or hot function and always inline it."""
    return njit(**OPTIONS, no_cpython_wrapper=True, forceinline=True)(function)


class Step:
    """A compiled function that others call through its address, so that they need not be compiled together with it.

    LLVM works a function's callees over again with every caller; cutting the core in four at rare calls took its
    first compilation from 22 s to a third, for 2 ns at each such call.
    """

    def __init__(self, function: Callable[..., Any], parameters: str) -> None:
        self._function = function
        self._parameters = parameters
        self._compiled: Any = None

    @property
    def address(self) -> int:
        """Return the address of int64 f(parameters); compiles on first use."""
        if self._compiled is None:
            path = self._function.__code__.co_filename
            digest = digest_of([core_digest().encode(), file_bytes(path)])
            self._compiled = c_function(self._function, self._parameters, digest, bounds_checked(), "numpy")
        return int(self._compiled.address)


def c_function(function: Callable[..., Any], parameters: str, digest: str, bounds: bool, error_model: str) -> Any:
    """Compile to a C function that returns int64; parameters: one letter each, i for int64 and f for float64."""
    kinds = {"i": types.int64, "f": types.float64}
    signature = types.int64(*(kinds[letter] for letter in parameters))
    options = {"nogil": True, "error_model": error_model, "boundscheck": bounds}
    made: Any = CFunc(function, (signature.args, signature.return_type), locals={}, options=options)
    made._cache = disk_cache(function, digest)
    with interrupts_wait():
        made.compile()
    return made
