"""An edit in anything that a step method uses runs new code in the next process, whatever way it is used."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine import backtest
from tests.compiling import plugins
from tests.core.scripted import candles, market

STRATEGY = """
from engine import Strategy, state
{imports}

class Edited(Strategy):
    total: float = state(0.0)

    def on_candle(self, candle, ind, account):
        self.total += {expression}
"""
DRIVER = """
import sys; sys.path.insert(0, {folder!r})
from edited import Edited
from engine import Market, backtest
from tests.core.scripted import candles
market = Market(symbol="BTC/USDT", kind="linear", tick=0.1, lot=0.01)
result = backtest(Edited(), candles((100.0,) * 4), market, bounds=False)
assert result.run.compiled, result.inputs.native.reason
print(result.run.states[0]["total"][0])
"""
JSON = "import json, pathlib\nK = json.loads(pathlib.Path(__file__).with_name('k.json').read_text())\n"
ARRAY = "import numpy as np\nK = np.arange(2000.0)\nK[1234] = {k}\n"
USES: dict[str, tuple[str, str, dict[str, str]]] = {
    "its own text": ("", "{k}", {}),
    "a constant": ("from helper import K", "K", {"helper.py": "K = {k}\n"}),
    "a function": ("from helper import f", "f(1.0)", {"helper.py": "def f(x):\n    return x * {k}\n"}),
    "a native function": (
        "from helper import f", "f(1.0)",
        {"helper.py": "from numba import njit\n@njit\ndef f(x):\n    return x * {k}\n"},
    ),
    "a module's constant from another module": (
        "import helper", "helper.K", {"helper.py": "from deeper import K\n", "deeper.py": "K = {k}\n"},
    ),
    "a function that uses another module's": (
        "import helper", "helper.f(1.0)",
        {"helper.py": "import deeper\ndef f(x):\n    return x * deeper.K\n", "deeper.py": "from k import *\n", "k.py": "K = {k}\n"},
    ),
    "a value read from a file": ("import helper", "helper.K", {"helper.py": JSON, "k.json": "{k}"}),
    "a default argument": (
        "from helper import f", "f(1.0)",
        {"helper.py": "from deeper import K\ndef f(x, k=K):\n    return x * k\n", "deeper.py": "K = {k}\n"},
    ),
    "one element of a long array": ("from helper import K", "K[1234]", {"helper.py": ARRAY}),
    "an enumeration": (
        "from helper import E", "E.A * 1", {"helper.py": "from enum import IntEnum\nclass E(IntEnum):\n    A = {k}\n"},
    ),
}  # fmt: skip


def total(folder: Path, use: str, k: int) -> float:
    imports, expression, files = USES[use]
    texts = {"edited.py": STRATEGY.replace("{imports}", imports).replace("{expression}", expression), **files}
    for name, text in texts.items():
        (folder / name).write_text(text.replace("{k}", str(k)))
        os.utime(folder / name, (1, 1))  # an editor that keeps the time must not fool the cache
    done = subprocess.run(
        [sys.executable, "-c", DRIVER.format(folder=str(folder))],
        capture_output=True, text=True, cwd=Path(__file__).parents[2], check=False,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return float(done.stdout)


@pytest.mark.parametrize("use", USES)
def test_an_edit_never_runs_old_code(tmp_path: Path, use: str) -> None:
    assert total(tmp_path, use, 3) == 3.0
    assert total(tmp_path, use, 7) == 7.0


def test_a_runs_code_hash_is_the_same_compiled_and_interpreted() -> None:
    history, on = candles((100.0,) * 4, (101.0,) * 4), market()
    hashes = {
        backtest(plugins.Helpers(), history, on, bounds=False, compiled=compiled).inputs.hashes["code"]
        for compiled in (True, False, True)
    }
    assert len(hashes) == 1
