"""The command line as a person meets it: whole processes, from the first instruction to the exit."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

from tests.benchmarks.measuring import Row, least

ROOT = Path(__file__).parents[2]
BACKTEST = ("backtest", "backtests/moving_average_short.toml", "--no-save")


def command() -> list[str]:
    """Return the installed command, as a person's shell finds it, or the module behind it."""
    script = Path(sys.executable).with_name("tradewind")
    return [str(script)] if script.exists() else [sys.executable, "-m", "engine.cli"]


def _call(arguments: tuple[str, ...], cache: str | None = None) -> None:
    surroundings = {**os.environ, **({"TRADEWIND_CACHE": cache} if cache else {})}
    done = subprocess.run([*command(), *arguments], cwd=ROOT, capture_output=True, text=True, env=surroundings)
    if done.returncode != 0:
        told = (done.stderr or done.stdout).strip().splitlines()
        raise RuntimeError(f"tradewind {' '.join(arguments)}: exit code {done.returncode}: {told[-1] if told else ''}")


def rows() -> Iterator[Row]:
    """Measure every row of the group."""
    whole = "whole process, minimum of 5"
    yield Row("cli.help", least(lambda: _call(("--help",)), repeats=5), "s", 0.25, note=f"tradewind --help; {whole}")
    seconds = least(lambda: _call(BACKTEST), repeats=5)  # the run before the five warms the caches
    yield Row("cli.backtest", seconds, "s", 1.8, note=f"tradewind {' '.join(BACKTEST)}; a year of minutes; {whole}")
    yield _first_run()


def _first_run() -> Row:
    times = []
    for _ in range(5):
        with tempfile.TemporaryDirectory() as cache:
            started = perf_counter()
            _call(BACKTEST, cache)
            times.append(perf_counter() - started)
    note = f"cli.backtest with an empty TRADEWIND_CACHE: everything compiled; worst of 5 {max(times):.1f} s"
    return Row("cli.first_run", min(times), "s", 20.0, note=note)
