"""Compiles the pieces of a strategy to C functions of one signature, found on disk by the next process."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numba import njit
from numba.core.errors import NumbaWarning

from engine.codecache import bounds_checked, core_digest, digest_of, disk_cache, file_bytes
from engine.compiling.checked import BY_NAME
from engine.compiling.frozen import described
from engine.compiling.program import Program
from engine.compiling.twins import OF_METHOD
from engine.core.account_type import account_at, portfolio_at
from engine.core.jit import c_function
from engine.core.memory import book_of, candle_at, record_reader, run_at, slot_at
from engine.core.records import CANDLE, CANDLE_SIZE, FILL
from engine.core.rows_type import rows_reader

# The author's array bounds are always checked: a wrong index there is an error with a line, not a silent overwrite.
BOUNDS = True


@dataclass(frozen=True, slots=True)
class Native:
    """Hold the compiled steps, or the one line that says why they are not."""

    addresses: dict[str, int]
    reason: str = ""
    keep: tuple[Any, ...] = ()  # whatever must outlive the addresses


_MADE: dict[str, Native] = {}  # of this process, by digest

_CALLS = {
    "on_start": "strategy_at(strategy), candle_at(candle), ind_at(ind), account_at(account)",
    "on_candle": "strategy_at(strategy), candle_at(candle), ind_at(ind), account_at(account)",
    "on_fill": "strategy_at(strategy), fill_at(candle), account_at(account)",
    "on_timestamp": "strategy_at(strategy), candles_at(candle, account), inds_at(ind, account), portfolio_at(account)",
}
_PORTFOLIO_START = "strategy_at(strategy), candles_at(candle, account), inds_at(ind, account), portfolio_at(account)"
_SOURCE = """
def {step}(strategy, candle, ind, account):
    try:
        method({call})
    except Exception:
        return 1
    return 0
"""
_READERS = """
def candles_at(address, account):
    slot = slot_at(account)
    first = book_of(run_at(slot.run), slot.first_book).market
    return candle_rows_at(address + first * CANDLE_SIZE, slot.book_count)
def inds_at(address, account):
    return ind_rows_at(address, slot_at(account).book_count)
"""


def program_digest(program: Program, strategy: np.dtype[np.void], indicators: np.dtype[np.void]) -> str:
    """Return the digest of everything the compiled steps were made from: an edit in any of it compiles anew."""
    here = Path(__file__).parent
    files = sorted({piece.path for piece in program.pieces.values()})
    own = [file_bytes(str(path)) for path in sorted(here.glob("*.py"))]
    authors = [Path(path).read_bytes() if Path(path).exists() else path.encode() for path in files]
    pieces = [repr((name, piece.code.co_consts)).encode() for name, piece in program.pieces.items() if not authors]
    frozen = [part for piece in program.pieces.values() for part in described(piece.code, piece.namespace)]
    constants = [text.encode() for text in program.constants]
    owner = f"{program.owner.__module__}.{program.owner.__qualname__}"
    shape = f"{owner}|{strategy.descr}|{indicators.descr}|{program.reasons}|{bounds_checked()}"
    return digest_of([core_digest().encode(), *own, *authors, *pieces, *constants, *frozen, shape.encode()])


def compile_steps(program: Program, strategy: np.dtype[np.void], indicators: np.dtype[np.void]) -> Native:
    """Compile every step; where one cannot be, return the reason in one line and no address at all."""
    if program.obstacle:
        return Native({}, program.obstacle)
    digest = program_digest(program, strategy, indicators)
    if digest in _MADE:  # taking it from disk again would cost a linking, 10 to 80 ms
        return _MADE[digest]
    functions = program.functions()
    portfolio = "on_timestamp" in program.steps
    options: dict[str, Any] = {
        "nogil": True,
        "error_model": "python",
        "boundscheck": BOUNDS,
        "no_cpython_wrapper": True,
    }

    def named(function: Any) -> Any:
        # Symbols of two strategies must never be taken for one another: a cached function is found by its name.
        function.__qualname__ = f"{program.owner.__name__}_{digest}_{function.__name__}"
        function.__globals__["__name__"] = __name__  # a cached function's module is imported when it is loaded
        return function

    def native(function: Any) -> Any:
        made = njit(**options)(named(function))
        made._cache = disk_cache(function, digest)
        return made

    made = {name: native(function) for name, function in functions.items()}

    def twin(function: Any) -> Any:
        return njit(**options)(function) if function in OF_METHOD.values() else function

    checked = {name: njit(**options)(function) for name, function in BY_NAME.items()}
    for piece in program.pieces.values():  # the same functions, now calling compiled ones
        piece.link(made, checked.__getitem__, twin)
    readers: dict[str, Any] = {
        "slot_at": slot_at, "run_at": run_at, "book_of": book_of, "CANDLE_SIZE": CANDLE_SIZE, "__name__": __name__,
        "strategy_at": record_reader(strategy),
        "candle_rows_at": rows_reader(CANDLE), "ind_rows_at": rows_reader(indicators),
        "ind_at": record_reader(indicators), "candle_at": candle_at, "fill_at": record_reader(FILL),
    }  # fmt: skip
    exec(compile(_READERS, __file__, "exec"), readers)
    for name in ("candles_at", "inds_at"):
        readers[name] = njit(**options)(named(readers[name]))
    addresses, kept = {}, []
    for step in program.steps:
        call = _PORTFOLIO_START if portfolio and step == "on_start" else _CALLS[step]
        space = {**readers, "method": made[step], "account_at": account_at, "portfolio_at": portfolio_at}
        exec(compile(_SOURCE.format(step=step, call=call), __file__, "exec"), space)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", NumbaWarning)  # some code cannot be kept on disk; it runs all the same
                function = c_function(named(space[step]), "iiii", digest, BOUNDS, "python")
        except Exception as error:
            return Native({}, _in_one_line(error, program, step))
        kept.append(function)
        addresses[step] = int(function.address)
    _MADE[digest] = Native(addresses, "", (*kept, made, checked))
    return _MADE[digest]


def _in_one_line(error: Exception, program: Program, step: str) -> str:
    """Say which construct of the author's stopped the compiler."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", str(error))
    own = {piece.path for piece in program.pieces.values()}
    places = [(path, int(line)) for path, line in re.findall(r'File "([^"]+)", line (\d+)', text)]
    places += [(path, int(line)) for path, line in re.findall(r"(\S+\.py) \((\d+)\)", text)]
    places += [(path, int(line)) for path, line in re.findall(r"\(([^()\s]+\.py):(\d+)\)", text)]
    mine = [(path, line) for path, line in places if path in own or any(p.endswith(path) for p in own)]
    path, line = mine[-1] if mine else (program.pieces[step].path, program.pieces[step].line)
    whole = next((p for p in own if p == path or p.endswith(path)), path)
    source = ""
    if Path(whole).exists():
        lines = Path(whole).read_text("utf-8").splitlines()
        source = lines[line - 1].strip() if 0 < line <= len(lines) else ""
    skip = ("Failed in", "During:", "File ", "^", "-", "This error", "def ", "Invalid use", "There are")
    said = [
        part.strip().split(" Raised from ")[0]
        for part in text.splitlines()
        if part.strip() and not part.strip().startswith(skip)
    ]
    marks = ("nknown attribute", "cannot ", "annot be", "nsupported", "required")
    why = next(
        (part for part in said if any(mark in part for mark in marks)), said[0] if said else "not known to numba"
    )
    why = re.sub(r"Module\(<module '([\w.]+)'[^)]*\)", r"\1", why)
    why = re.sub(r"Type of variable '\$\S+'", "the type of a value", why)
    if "scipy" in text:
        why += "; pip install scipy"
    return f'{Path(whole).name}:{line}: "{source}" cannot be compiled ({why[:160].rstrip(".:")})'
