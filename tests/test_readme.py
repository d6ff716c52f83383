"""What the README shows works as it stands there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from engine.cli import run

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "README.md").read_text("utf-8")
PYTHON = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)


def test_the_shown_strategy_is_the_shipped_one() -> None:
    shipped = ast.parse((ROOT / "strategies" / "moving_average_short.py").read_text())
    shown = ast.parse(PYTHON[0])
    shipped.body = shipped.body[1:]  # the module's docstring
    assert ast.dump(shown) == ast.dump(shipped)


def test_the_notebook_example_runs(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    exec(compile(PYTHON[1], "README.md", "exec"), {})
    assert (tmp_path / "report.html").is_file()
    assert "Result(MovingAverageShort(fast=10" in capsys.readouterr().out


@pytest.mark.parametrize("target", re.findall(r"^    make (\w+)", TEXT, re.MULTILINE))
def test_each_make_target_exists(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


def test_the_shown_result_is_what_the_grid_prints(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    assert run(["backtest", str(ROOT / "backtests" / "grid.toml"), "--no-save"]) == 0
    printed = {line.rstrip() for line in capsys.readouterr().out.splitlines()}
    shown = re.search(r"```text\n(.*?)```", TEXT, re.DOTALL)
    assert shown is not None
    assert not [line for line in shown[1].splitlines() if line.rstrip() not in printed]
