"""The command line as a person meets it: whole processes, from the first instruction to the exit.

The rivals bring scipy along, ccxt brings cffi, and numba imports both wherever they are installed, which takes a third of a
second and 30 ms. Who installs Tradewind alone has neither, so they are hidden from these processes; what they cost is a row
of its own. Python may keep its bytecode, as it does by itself.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter

from tests.benchmarks.measuring import Row, interleaved, least

ROOT = Path(__file__).parents[2]
BACKTEST = ("backtest", "backtests/moving_average_short.toml", "--no-save")


def command() -> list[str]:
    """Return the installed command, as a person's shell finds it, or the module behind it."""
    script = Path(sys.executable).with_name("tradewind")
    return [str(script)] if script.exists() else [sys.executable, "-m", "engine.cli"]


@contextmanager
def _alone() -> Iterator[dict[str, str]]:
    with tempfile.TemporaryDirectory() as folder:
        for name in ("scipy", "cffi"):
            Path(folder, f"{name}.py").write_text('raise ImportError("hidden by tests/benchmarks/cli.py")\n', "utf-8")
        paths = [folder, *filter(None, [os.environ.get("PYTHONPATH")])]
        yield {**_here(), "PYTHONPATH": os.pathsep.join(paths)}


def _here() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def _call(arguments: tuple[str, ...], surroundings: dict[str, str]) -> None:
    done = subprocess.run([*command(), *arguments], cwd=ROOT, capture_output=True, text=True, env=surroundings)
    if done.returncode != 0:
        told = (done.stderr or done.stdout).strip().splitlines()
        raise RuntimeError(f"tradewind {' '.join(arguments)}: exit code {done.returncode}: {told[-1] if told else ''}")


def rows() -> Iterator[Row]:
    """Measure every row of the group."""
    with _alone() as alone:
        help_time = least(lambda: _call(("--help",), alone), repeats=7)
        yield Row("cli.help", help_time, "s", 0.25, note="tradewind --help; whole process")
        here = _here()  # the run before the measured ones warms the caches
        seconds, with_scipy = interleaved(lambda: _call(BACKTEST, alone), lambda: _call(BACKTEST, here), repeats=7)
        note = f"tradewind {' '.join(BACKTEST)}; a year of minutes, all four paths; whole process, neither scipy nor cffi installed"
        yield Row("cli.backtest", seconds, "s", 1.8, note=note)
        if find_spec("scipy") is not None:
            note = "the same in this environment, where numba imports scipy and cffi if it finds them"
            yield Row("cli.backtest.with_scipy", with_scipy, "s", note=note)
        yield _first_run(alone)


def _first_run(alone: dict[str, str]) -> Row:
    times = []
    for _ in range(5):
        with tempfile.TemporaryDirectory() as cache:
            started = perf_counter()
            _call(BACKTEST, {**alone, "TRADEWIND_CACHE": cache})
            times.append(perf_counter() - started)
    note = f"cli.backtest with an empty TRADEWIND_CACHE: everything compiled; worst of 5 {max(times):.1f} s"
    return Row("cli.first_run", min(times), "s", 20.0, note=note)
