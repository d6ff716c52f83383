"""The command as a process of its own: what it imports, and how it ends when someone hangs up."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from .running import SHORT

COMMAND = [sys.executable, "-c", "from engine.cli import main; main()"]
LOADED = (
    "import sys; from engine.cli import run; code = run({words}); print(code, *sorted(sys.modules), file=sys.stderr)"
)


def modules_after(*words: str, folder: Path) -> tuple[int, set[str]]:
    """Return the exit code and what the command had imported in the end."""
    code = LOADED.format(words=list(words))
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True)
    number, *names = done.stderr.split()
    return int(number), set(names)


def test_help_imports_nothing_heavy(tmp_path: Path) -> None:
    code, loaded = modules_after("--help", folder=tmp_path)
    assert code == 0
    assert not loaded & {"numpy", "numba", "pandas", "pyarrow", "pydantic", "rich"}


def test_a_backtest_never_imports_pandas(tmp_path: Path) -> None:
    (tmp_path / "short.toml").write_text(SHORT)
    code, loaded = modules_after("backtest", "short.toml", folder=tmp_path)
    assert code == 0
    assert not loaded & {"pandas", "pydantic_settings"}
    assert "numba" in loaded


def test_the_version_is_told() -> None:
    done = subprocess.run([*COMMAND, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("tradewind ")


def test_a_reader_who_hangs_up_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "short.toml").write_text(SHORT)
    words = [*COMMAND, "backtest", "short.toml", "--no-save", "--json"]
    with subprocess.Popen(words, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


def test_an_error_of_ours_has_no_traceback_and_a_fault_of_ours_has_one(tmp_path: Path) -> None:
    done = subprocess.run([*COMMAND, "backtest", "no.toml"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: no.toml: there is no such definition")
    fault = "import engine.plugins, engine.cli; engine.plugins.all_strategies = None; engine.cli.run(['strategies'])"
    broken = subprocess.run([sys.executable, "-c", fault], capture_output=True, text=True, check=False)
    assert broken.returncode == 1
    assert "Traceback" in broken.stderr
    assert "'NoneType' object is not callable" in broken.stderr


SLOW = """
from engine import Strategy, state

class Slow(Strategy):
    n: int = state(0)

    def on_candle(self, candle, ind, account):
        if candle.open_ms == 1704070800000:
            print("running")
            while True:
                self.n += 1
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")
@pytest.mark.parametrize("how", ["--interpreted", "--no-bounds"], ids=["interpreted", "compiled"])
def test_ctrl_c_ends_a_run_with_one_sentence_and_keeps_what_there_is(tmp_path: Path, how: str) -> None:
    (tmp_path / "strategies").mkdir()
    (tmp_path / "strategies/slow.py").write_text(SLOW)
    (tmp_path / "slow.toml").write_text(SHORT.replace("moving_average_short", "slow").partition("[parameters]")[0])
    words = [*COMMAND, "backtest", "slow.toml", how, "--out", "kept"]
    with subprocess.Popen(
        words, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "running\n"
        process.send_signal(signal.SIGINT)
        said = process.stderr.read()
    assert said == "error: stopped before the end; the results of 2 of 1,440 candles are in kept\n"
    assert process.returncode == 130
    assert (tmp_path / "kept" / "metrics.json").exists()
