"""The house keeps its own rules: sizes, public names, documented settings, nothing of one machine."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import engine

ROOT = Path(__file__).parent.parent
SOURCES = sorted(path for top in ("engine", "strategies", "tests") for path in (ROOT / top).rglob("*.py"))


def test_no_python_file_is_longer_than_500_lines() -> None:
    long = {str(path.relative_to(ROOT)): n for path in SOURCES if (n := len(path.read_text().splitlines())) > 500}
    assert not long


def test_the_median_file_is_short() -> None:
    lengths = sorted(len(path.read_text().splitlines()) for path in SOURCES if path.stat().st_size)
    assert lengths[len(lengths) // 2] <= 150


def test_the_public_names_are_exactly_those_promised() -> None:
    assert engine.__all__ == sorted(engine._PLACES, key=lambda name: (not name.isupper(), name))
    for name in engine.__all__:
        assert getattr(engine, name) is not None


def test_no_module_bears_the_name_of_a_public_function() -> None:
    modules = {path.stem for path in (ROOT / "engine").glob("*.py")} | {
        p.name for p in (ROOT / "engine").iterdir() if p.is_dir()
    }
    assert not modules & set(engine.__all__)


def test_an_unknown_public_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'backtst'"):
        engine.backtst  # noqa: B018


@pytest.mark.parametrize("module", ["pandas", "numba", "pyarrow", "pydantic"])
def test_importing_the_command_line_waits_for_nothing_heavy(module: str) -> None:
    code = f"import engine.cli, sys; sys.exit({module!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=ROOT).returncode == 0


def test_nothing_committed_names_a_path_of_one_machine() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
    if not tracked:
        pytest.skip("not a git checkout")
    pattern = re.compile(r"[\"'\s](/" + "work/|/" + "home/|/" + "root/)")
    texts = [
        ROOT / name
        for name in tracked
        if Path(name).suffix in (".py", ".toml", ".md", ".json", "") and (ROOT / name).is_file()
    ]
    assert not [str(path) for path in texts if pattern.search(path.read_text("utf-8", errors="ignore"))]
