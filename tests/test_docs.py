"""What the pages in docs/ show works as it stands there: Python runs, commands and their flags exist."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.main import get_command

from engine.cli import app

ROOT = Path(__file__).parent.parent
PAGES = sorted((ROOT / "docs").glob("*.md"))
PYTHON = [
    pytest.param(page, code, id=f"{page.stem}-{number}")
    for page in PAGES
    for number, code in enumerate(re.findall(r"```python\n(.*?)```", page.read_text("utf-8"), re.DOTALL), 1)
]
COMMANDS = [
    pytest.param(line.partition("#")[0].strip(), id=f"{page.stem}: {line.partition('#')[0].strip()}")
    for page in PAGES
    for line in re.findall(r"^    (tradewind .*)$", page.read_text("utf-8"), re.MULTILINE)
]


@pytest.mark.parametrize(("page", "code"), PYTHON)
def test_the_python_of_a_page_runs(page: Path, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    exec(compile(code, page.name, "exec"), {"__name__": "docs"})


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_of_a_page_exists_with_its_flags(line: str) -> None:
    command, words = get_command(app), shlex.split(line)[1:]
    while words and words[0] in getattr(command, "commands", {}):
        command = command.commands[words.pop(0)]  # type: ignore[attr-defined]
    assert not hasattr(command, "commands") or getattr(command, "invoke_without_command", False), line
    known = {flag for option in command.params for flag in (*option.opts, *option.secondary_opts)}
    assert {word.partition("=")[0] for word in words if word.startswith("--")} <= known


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_definition_that_a_page_names_is_there(page: Path) -> None:
    named = set(re.findall(r"backtests/\w+\.toml", page.read_text("utf-8")))
    assert {name for name in named if not (ROOT / name).is_file()} == set()
