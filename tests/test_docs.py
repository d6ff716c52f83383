"""What the pages of docs/ show works as it stands there.

A page's ```python blocks run in order, in one namespace. `tradewind ...` lines of its ```sh blocks, and `$ tradewind ...`
lines of ```text blocks, are commands: each must be one that the command line knows, and is run where that is cheap or an
```output block follows. An ```output block is what the block before it prints. A command with the comment "# refused"
must end with exit code 2. A ```toml block that begins with "# backtests/NAME.toml" is that file.
"""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from engine.cli import run

ROOT = Path(__file__).parent.parent
PAGES = sorted((ROOT / "docs").glob("*.md"))
CHEAP = ("markets", "new", "plan", "strategies")
PLACEHOLDER = re.compile(r"[A-Z][A-Z_]+(\.\w+)?")


@dataclass(frozen=True)
class Block:
    """A fenced block of a page: its language, its text, the number of its first line."""

    language: str
    text: str
    line: int

    @property
    def commands(self) -> list[str]:
        mark = {"sh": r"(?:\$ )?", "text": r"\$ "}.get(self.language)
        return re.findall(rf"^{mark}(tradewind .+)$", self.text, re.MULTILINE) if mark is not None else []


def blocks(page: Path) -> list[Block]:
    text = page.read_text("utf-8")
    found = re.finditer(r"^```(\w*)[^\n]*\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [Block(one[1], one[2], text.count("\n", 0, one.start(2))) for one in found]


def played(page: Path, folder: Path) -> Iterator[tuple[Block, Block | None, str]]:
    """Do what each block says, in `folder`; yield it, the output block that follows it, and what it printed."""
    shutil.copytree(ROOT / "backtests", folder / "backtests", ignore=shutil.ignore_patterns("runs"))
    told = blocks(page)
    source = folder / f"{page.stem}.py"  # strategies are compiled from their source, so it lies in a file, at its lines
    lines = [""] * len(page.read_text("utf-8").splitlines())
    for block in told:
        if block.language == "python":
            inside = block.text.splitlines()
            lines[block.line : block.line + len(inside)] = inside
    source.write_text("\n".join(lines) + "\n", "utf-8")
    space: dict[str, Any] = {"__name__": f"docs_{page.stem}"}
    for block, after in zip(told, [*told[1:], None], strict=True):
        expected = after if after is not None and after.language == "output" else None
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            if block.language == "python":
                exec(compile("\n" * block.line + block.text, str(source), "exec"), space)
            if named := re.match(r"# (backtests/\w+\.toml)", block.text):
                (folder / named[1]).write_text(block.text, "utf-8")
            for command in block.commands:
                obey(command, must=expected is not None)
        yield block, expected, printed.getvalue()


def obey(command: str, must: bool) -> None:
    """Run a command of a page, or see that there is such a command with such options."""
    words = shlex.split(command, comments=True)[1:]
    if not must and (words[0] not in CHEAP or any(PLACEHOLDER.fullmatch(word) for word in words)):
        with contextlib.redirect_stdout(io.StringIO()):
            assert run([*words, "--help"]) == 0, command
        return
    assert run(words) == (2 if "# refused" in command else 0), command


def tidy(text: str) -> list[str]:
    return [line.rstrip() for line in text.strip("\n").splitlines()]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_runs_and_prints_what_it_says(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    for block, expected, printed in played(page, tmp_path):
        if expected is not None:
            assert tidy(printed) == tidy(expected.text), f"{page.name}:{block.line}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_each_page_is_linked_from_the_readme_and_its_own_links_lead_somewhere(page: Path) -> None:
    assert f"(docs/{page.name})" in (ROOT / "README.md").read_text("utf-8")
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text("utf-8")):
        assert (page.parent / target).exists(), target
