from __future__ import annotations

from pathlib import Path

import pytest

from .running import SHORT, Shell


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    """Stand in an empty folder with one definition, short.toml."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    made = Shell(tmp_path, capsys)
    made.write("short.toml", SHORT)
    return made
