"""What a row is, and how to time: minimum of repeats, rivals interleaved, the machine's own pace beside them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from numba import njit

REPEATS = 7
REFERENCE_STEPS = 20_000_000


@dataclass(frozen=True, slots=True)
class Row:
    """Hold one figure; ok is None where there is no limit, or nothing was measured."""

    name: str
    value: float | None
    unit: str
    limit: float | None = None
    at_least: bool = False  # the limit is a floor, not a ceiling
    rival: str = ""
    note: str = ""

    @property
    def ok(self) -> bool | None:
        """Return whether the value keeps its limit."""
        if self.value is None or self.limit is None:
            return None
        return self.value >= self.limit if self.at_least else self.value <= self.limit

    def as_dict(self) -> dict[str, Any]:
        """Return the five fields of bench.json."""
        return {"name": self.name, "value": self.value, "unit": self.unit, "limit": self.limit, "ok": self.ok}


def interleaved(*functions: Callable[[], object], repeats: int = REPEATS) -> list[float]:
    """Return the least seconds of each function; every repeat runs all of them in turn, after one run unmeasured."""
    best = [float("inf")] * len(functions)
    for function in functions:
        function()
    for _ in range(repeats):
        for index, function in enumerate(functions):
            started = perf_counter()
            kept = function()
            best[index] = min(best[index], perf_counter() - started)
            del kept  # freed outside the measured time
    return best


def least(function: Callable[[], object], repeats: int = REPEATS) -> float:
    """Return the least seconds of a function."""
    return interleaved(function, repeats=repeats)[0]


def say(text: str) -> None:
    """Tell what is being measured; standard output is the table's."""
    print(text, file=sys.stderr, flush=True)


@njit
def _chain(steps: int) -> float:
    value = 0.5
    for _ in range(steps):
        value = 3.7 * value * (1.0 - value)
    return value


class Reference:
    """Time a fixed chain of multiplications now and then: a row is worth as much as the machine was steady."""

    def __init__(self) -> None:
        """Compile the loop."""
        self.times: list[float] = []
        _chain(10)

    def take(self) -> None:
        """Time the loop once more."""
        for _ in range(3):
            started = perf_counter()
            _chain(REFERENCE_STEPS)
            self.times.append(perf_counter() - started)

    def row(self) -> Row:
        """Return the least time; the note tells the worst."""
        each = sorted(1e9 * seconds / REFERENCE_STEPS for seconds in self.times)
        middle, worst = each[len(each) // 2], each[-1]
        note = f"fixed numba loop, {len(each)} times between the groups: median {middle:.2f}, worst {worst:.2f}"
        return Row("machine.reference", each[0], "ns/step", note=note)
