"""A digest of everything that compiling freezes into code: global values, functions with all they use, array contents.

numba copies the values of global names into machine code. Code found on disk under a name that does not cover all of
them would run with old ones.
"""

from __future__ import annotations

import hashlib
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np

HOUSE = str(Path(__file__).parents[1])
LIBRARIES = (*set(sysconfig.get_paths().values()), HOUSE)
_OWN: set[str] = set()  # files and folders of strategies that lie among the libraries: installed plugins


def claim(owner: type) -> None:
    """Count a strategy's own package, or its lone file, as an author's, wherever it is installed."""
    module = sys.modules.get(owner.__module__)
    path = getattr(module, "__file__", None)
    if path is not None and _in_library(path):
        _OWN.add(str(Path(path).parent) if getattr(module, "__package__", "") else path)


def _in_library(path: str) -> bool:
    return path.startswith(LIBRARIES)


def is_library(path: str | None) -> bool:
    """Return whether a file belongs to Python, an installed package or the house, whose versions are digested apart."""
    if path is None or path.startswith("<frozen"):
        return True
    return _in_library(path) and not path.startswith(tuple(_OWN))


def names_of(code: CodeType) -> set[str]:
    """Return every global and attribute name that code uses, nested functions included."""
    names = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            names |= names_of(constant)
    return names


def described(code: CodeType, namespace: Mapping[str, Any], seen: set[int] | None = None) -> Iterator[bytes]:
    """Give the parts of a digest for the global values that code refers to, and for what those refer to."""
    seen = set() if seen is None else seen
    names = names_of(code)
    for name in sorted(names):
        if name in namespace:
            yield name.encode()
            yield from _value(namespace[name], names, seen)


def _value(value: Any, names: set[str], seen: set[int]) -> Iterator[bytes]:
    if value is None or isinstance(value, bool | int | float | complex | str | bytes):
        yield repr(value).encode()
        return
    if isinstance(value, np.ndarray | np.generic):
        array = np.asarray(value)
        yield f"{array.dtype.descr}{array.shape}".encode() + hashlib.sha256(array.tobytes()).digest()
        return
    if id(value) in seen:
        return
    seen.add(id(value))
    if isinstance(value, ModuleType):
        if not is_library(getattr(value, "__file__", None)):
            for name in sorted(names & vars(value).keys()):
                yield name.encode()
                yield from _value(getattr(value, name), names, seen)
    elif isinstance(value, FunctionType):
        yield from _function(value, seen)
    elif isinstance(getattr(value, "py_func", None), FunctionType):  # what numba's decorators make
        yield from _function(value.py_func, seen)
    elif isinstance(value, type):
        if not is_library(getattr(_module_of(value), "__file__", None)):
            for name, inner in sorted(vars(value).items()):
                if not name.startswith("__"):
                    yield name.encode()
                    yield from _value(inner, names, seen)
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield repr(key).encode()
            yield from _value(inner, names, seen)
    elif isinstance(value, list | tuple | set | frozenset):
        for inner in value if isinstance(value, list | tuple) else sorted(value, key=repr):
            yield from _value(inner, names, seen)
    else:
        yield repr(getattr(value, "value", type(value))).encode()  # an enum's member, or something numba cannot take


def _module_of(owner: type) -> Any:
    return sys.modules.get(owner.__module__)


def _function(function: FunctionType, seen: set[int]) -> Iterator[bytes]:
    if is_library(function.__code__.co_filename):
        return
    code = function.__code__
    yield code.co_code + repr([c for c in code.co_consts if not isinstance(c, CodeType)]).encode()
    for nested in (c for c in code.co_consts if isinstance(c, CodeType)):
        yield nested.co_code + repr([c for c in nested.co_consts if not isinstance(c, CodeType)]).encode()
    yield repr(sorted(names_of(code))).encode()
    for default in (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()):
        yield from _value(default, names_of(code), seen)
    for cell in function.__closure__ or ():
        yield from _value(cell.cell_contents, names_of(code), seen)
    yield from described(code, function.__globals__, seen)
