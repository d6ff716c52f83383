"""Candles from the simulated market; those of files and of the store are the group "data". No limits."""

from __future__ import annotations

from collections.abc import Iterator

from engine import simulate
from tests.benchmarks.measuring import Row, least


def rows() -> Iterator[Row]:
    """Measure every row of the group."""
    year = simulate()
    yield Row("candles.simulate", least(simulate, repeats=5), "s", note=f"a year, {len(year):,} minutes")
