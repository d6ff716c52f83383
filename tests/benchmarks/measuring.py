"""What a row is, and how to time: minimum of repeats, rivals interleaved, the machine's own pace beside them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from numba import njit

REPEATS = 7
REFERENCE_STEPS = 2_000_000


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
def _chains(steps: int) -> float:
    # Eight chains at once keep the processor's units busy, as an engine does: a neighbour on the same core shows here,
    # where a single chain, which mostly waits, would not feel it.
    a, b, c, d, e, f, g, h = 0.11, 0.22, 0.33, 0.44, 0.55, 0.66, 0.77, 0.88
    for _ in range(steps):
        a, b, c, d = 3.7 * a * (1.0 - a), 3.7 * b * (1.0 - b), 3.7 * c * (1.0 - c), 3.7 * d * (1.0 - d)
        e, f, g, h = 3.7 * e * (1.0 - e), 3.7 * f * (1.0 - f), 3.7 * g * (1.0 - g), 3.7 * h * (1.0 - h)
    return a + b + c + d + e + f + g + h


class Reference:
    """Time a fixed loop now and then: a row is worth as much as the machine was steady."""

    def __init__(self) -> None:
        """Compile the loop."""
        self.times: list[float] = []
        _chains(10)

    def take(self) -> None:
        """Time the loop a few times more."""
        for _ in range(20):
            started = perf_counter()
            _chains(REFERENCE_STEPS)
            self.times.append(perf_counter() - started)

    def row(self) -> Row:
        """Return the least time; the note tells how far the others were from it."""
        each = sorted(1e9 * seconds / REFERENCE_STEPS for seconds in self.times)
        middle, worst = each[len(each) // 2], each[-1]
        note = (
            f"fixed numba loop, {len(each)} times between the groups: median {middle:.2f}, worst {worst:.2f}; "
            "far apart: the machine was busy, and every row is an upper bound"
        )
        return Row("machine.reference", each[0], "ns/step", note=note)
