"""Runs the command line in this process, through the same handling of errors as the real one."""

from __future__ import annotations

import json
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from engine.cli import run

SHORT = """
strategy = "moving_average_short"
[candles]
market = "simulated:BTC/USDT"
timeframe = "1h"
from = "2024-01-01"
to = "2024-03-01"
[market]
kind = "linear"
tick = 0.01
lot = 0.001
[parameters]
fast = 5
slow = 20
"""


@dataclass(frozen=True)
class Said:
    """What a command printed and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Shell:
    """A folder to stand in, and the command."""

    def __init__(self, folder: Path, captured: pytest.CaptureFixture[str]) -> None:
        self.folder, self._captured = folder, captured

    def write(self, path: str, text: str) -> Path:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text), "utf-8")
        return file

    def __call__(self, *words: object) -> Said:
        self._captured.readouterr()
        code = run([str(word) for word in words])
        said = self._captured.readouterr()
        return Said(code, said.out, said.err)
