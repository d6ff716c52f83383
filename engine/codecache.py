"""Where compiled code rests between processes, and under which name.

numba's own disk cache looks at the file of the function it compiles and at nothing that function calls, so an edit
elsewhere runs old code without a word. Here the folder's name is a digest of every source the code was made from:
an edit anywhere is another folder, and old code cannot be found. This module handles files; it knows no trading.
"""

from __future__ import annotations

import functools
import hashlib
import importlib
import importlib.util
import os
import platform
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import llvmlite
import numba
from numba.core.caching import CompileResultCacheImpl, FunctionCache, _CacheLocator
from numba.np import linalg


def _leave_scipy_asleep() -> None:
    """Let numba ask whether scipy is installed without importing it: half a second that linear algebra alone needs.

    Code that does use linear algebra imports it when it is compiled.
    """

    def installed() -> None:
        if importlib.util.find_spec("scipy") is None:
            raise ImportError("scipy is not installed")

    original, linalg.ensure_blas = linalg.ensure_blas, installed
    importlib.import_module("numba.np.arraymath")  # asks once, when it is first imported
    linalg.ensure_blas = original


_leave_scipy_asleep()

KEPT_SECONDS = 86_400.0
KEPT_FOLDERS = 64  # a folder is one state of the sources; a developer makes many in a day


def cache_root() -> Path:
    """Return the folder of all compiled code: $TRADEWIND_CACHE, or the user's cache folder."""
    chosen = os.environ.get("TRADEWIND_CACHE")
    if chosen:
        return Path(chosen)
    import platformdirs

    return Path(platformdirs.user_cache_dir("tradewind")) / "compiled"


def digest_of(parts: Iterable[bytes]) -> str:
    """Return a short digest of the given sources and of the compilers' versions."""
    made_by = f"{sys.version}|{numba.__version__}|{llvmlite.__version__}|{platform.machine()}"
    digest = hashlib.sha256(made_by.encode())
    for part in parts:
        digest.update(hashlib.sha256(part).digest())
    return digest.hexdigest()[:24]


@functools.cache
def file_bytes(path: str) -> bytes:
    """Return the bytes of a source file as they were when first asked for in this process."""
    return Path(path).read_bytes()


@functools.cache
def core_digest() -> str:
    """Return the digest of the whole compiled core: any edit in it makes all older code unreachable."""
    folder = Path(__file__).parent / "core"
    bounds = os.environ.get("TRADEWIND_BOUNDSCHECK", "0").encode()
    return digest_of([bounds, *(file_bytes(str(path)) for path in sorted(folder.glob("*.py")))])


def bounds_checked() -> bool:
    """Return whether the core is compiled with array bounds checks (the tests do, users do not pay for it)."""
    return os.environ.get("TRADEWIND_BOUNDSCHECK", "0") == "1"


class _Locator(_CacheLocator):  # type: ignore[misc]
    def __init__(self, function: Callable[..., Any], digest: str) -> None:
        self._py_file = function.__code__.co_filename
        self._line = function.__code__.co_firstlineno
        self._digest = digest
        self._folder = cache_root() / digest

    def get_cache_path(self) -> str:
        return str(self._folder)

    def get_source_stamp(self) -> str:
        return self._digest

    def get_disambiguator(self) -> str:
        return str(self._line)


def disk_cache(function: Callable[..., Any], digest: str) -> Any:
    """Return a numba function cache that lives under the digest's folder."""
    locator = _Locator(function, digest)

    class Bound:
        @staticmethod
        def from_function(_function: object, _file: object) -> _Locator:
            return locator

    class Located(CompileResultCacheImpl):  # type: ignore[misc]
        _locator_classes = (Bound,)

    class DigestCache(FunctionCache):  # type: ignore[misc]
        _impl_class = Located

    cache = DigestCache(function)
    _touch(locator.get_cache_path())
    return cache


@functools.cache
def _touch(folder: str) -> None:
    # The newest use keeps a folder alive; the oldest go when one is added, so that the cache does not grow with every
    # edit. Where nothing is added nothing is looked at: there may be thousands of them, and each costs time.
    path = Path(folder)
    with suppress(FileNotFoundError):
        os.utime(path)
        return
    path.mkdir(parents=True, exist_ok=True)
    ages: list[tuple[float, Path]] = []
    for other in path.parent.iterdir():
        with suppress(FileNotFoundError):  # another process may be tidying up as well
            ages.append((other.stat().st_mtime, other))
    too_old = time.time() - KEPT_SECONDS  # younger ones may belong to a process that runs
    for age, old in sorted(ages)[: max(0, len(ages) - KEPT_FOLDERS)]:
        if age < too_old and old != path:
            shutil.rmtree(old, ignore_errors=True)


@contextmanager
def interrupts_wait() -> Iterator[None]:
    """Hold Ctrl-C back while code is compiled: LLVM calls into Python, and would swallow it there."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    asked: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _frame: asked.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if asked:
        raise KeyboardInterrupt
