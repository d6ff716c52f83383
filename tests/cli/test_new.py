"""`tradewind new` in a stranger's folder: what it writes runs as it is, and it never harms what is there."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from engine.plugins import _snake
from engine.scaffolding import TEMPLATES, class_name

from .running import Shell


def files(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text("utf-8") for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("template", TEMPLATES)
def test_new_backtest_show_and_pytest_work_on_what_a_template_gives_without_an_edit(
    shell: Shell, template: str
) -> None:
    if template == "dca" and find_spec("strategies.dca") is None:
        pytest.skip("strategies.dca is not here yet")
    said = shell("new", "my_strategy", "--template", template)
    assert (said.code, said.err) == (0, "")
    assert "tradewind backtest backtests/my_strategy.toml\n  tradewind report\n" in said.out
    told = shell("backtest", "backtests/my_strategy.toml", "--json").json
    assert (told["strategy"], told["compiled"], told["complete"]) == ("MyStrategy", True, True)
    assert told["metrics"]["fills"] > 0
    page = shell("strategies", "show", "my_strategy").out
    assert page.startswith("my_strategy (MyStrategy), strategies/my_strategy.py")
    command = [sys.executable, "-m", "pytest", "-q", "-W", "error", "tests/test_my_strategy.py"]
    tested = subprocess.run(command, cwd=shell.folder, capture_output=True, text=True, check=False)
    assert tested.returncode == 0, tested.stdout


@pytest.mark.parametrize("template", TEMPLATES)
def test_what_is_written_is_formatted_as_the_house_is(
    shell: Shell, template: str, request: pytest.FixtureRequest
) -> None:
    shell("new", "my_strategy", "--template", template)
    config = request.config.rootpath / "pyproject.toml"
    ruff = [sys.executable, "-m", "ruff"]
    for words in (["format", "--check"], ["check", "--ignore", "I"]):  # the order of imports depends on whose engine is
        done = subprocess.run(
            [*ruff, *words, "--no-cache", "--config", str(config), "strategies", "tests"], cwd=shell.folder, capture_output=True, text=True, check=False
        )  # fmt: skip
        assert done.returncode == 0, done.stdout


def test_signal_is_what_a_new_strategy_begins_with(shell: Shell) -> None:
    shell("new", "one")
    shell("new", "two", "--template", "signal")
    written = files(shell.folder)
    assert written["strategies/one.py"] == written["strategies/two.py"].replace("two", "one").replace("Two", "One")


def test_the_test_finds_its_strategy_from_any_folder(shell: Shell) -> None:
    shell("new", "my_strategy")
    command = [sys.executable, "-m", "pytest", "-q", "--collect-only", "test_my_strategy.py"]
    collected = subprocess.run(command, cwd=shell.folder / "tests", capture_output=True, text=True, check=False)
    assert collected.returncode == 0, collected.stdout


def test_a_shipped_class_can_be_derived_from_where_the_own_folder_is_a_package_too(shell: Shell) -> None:
    shell("new", "my_grid", "--template", "grid")
    shell.write("strategies/__init__.py", "")
    command = [sys.executable, "-m", "pytest", "-q", "--collect-only", "tests/test_my_grid.py"]
    collected = subprocess.run(command, cwd=shell.folder, capture_output=True, text=True, check=False)
    assert collected.returncode == 0, collected.stdout


CASES = [
    (("my_strategy", "--template", "sginal"),
     '--template: expected one of signal, grid, dca, portfolio, was "sginal"; did you mean "signal"?'),
    (("MyStrategy",),
     "name: expected a name such as my_strategy, lower case, at most 50 letters, digits and _, a letter first, "
     'was "MyStrategy"; write my_strategy'),
    (("my-strategy",),
     "name: expected a name such as my_strategy, lower case, at most 50 letters, digits and _, a letter first, "
     'was "my-strategy"; write my_strategy'),
    (("2fast",),
     "name: expected a name such as my_strategy, lower case, at most 50 letters, digits and _, a letter first, "
     'was "2fast"; write fast'),
    (("../out",),
     "name: expected a name such as my_strategy, lower case, at most 50 letters, digits and _, a letter first, "
     'was "../out"; write out'),
    (("",),
     "name: expected a name such as my_strategy, lower case, at most 50 letters, digits and _, a letter first, "
     'was ""; write another'),
    (("lambda",),
     'name: expected a name such as my_strategy, lower case, was "lambda", a keyword of Python; write lambda_strategy'),
    (("grid",), 'name: there is a strategy "grid" already ({shipped}/grid.py); choose another name'),
    (("there",), "strategies/there.py is there already; choose another name, or remove it"),
    (("defined",), "backtests/defined.toml is there already; choose another name, or remove it"),
    (("dangling",), "tests/test_dangling.py is there already; choose another name, or remove it"),
    (("in_a_pair",), 'name: there is a strategy "in_a_pair" already (strategies/pair.py); choose another name'),
]  # fmt: skip


@pytest.mark.parametrize(("words", "sentence"), CASES, ids=[words[-1] or "empty" for words, _ in CASES])
def test_a_name_or_template_that_will_not_do_is_one_sentence_and_nothing_is_written(
    shell: Shell, words: tuple[str, ...], sentence: str, request: pytest.FixtureRequest
) -> None:
    plugin = "from engine import Strategy\nclass {}(Strategy):\n    def on_candle(self, candle, ind, account):\n        pass\n"
    shell.write("strategies/there.py", plugin.format("There"))
    shell.write("strategies/pair.py", plugin.format("InAPair") + plugin.format("Other"))
    shell.write("backtests/defined.toml", "mine = 1\n")
    (shell.folder / "tests").mkdir()
    (shell.folder / "tests" / "test_dangling.py").symlink_to("nowhere")
    before = files(shell.folder)
    said = shell("new", *words)
    expected = sentence.format(shipped=request.config.rootpath / "strategies")
    assert (said.code, said.out, said.err) == (2, "", f"error: {expected}\n")
    assert files(shell.folder) == before


def test_where_one_file_cannot_be_written_none_is(shell: Shell) -> None:
    shell.write("tests", "a file where a folder should be")
    before = files(shell.folder)
    said = shell("new", "my_strategy")
    assert (said.code, said.out) == (2, "")
    assert said.err == "error: cannot write tests/test_my_strategy.py: Not a directory; nothing was written\n"
    assert files(shell.folder) == before
    assert not (shell.folder / "strategies").exists()


@pytest.mark.parametrize(
    ("name", "expected"),
    [("my_strategy", "MyStrategy"), ("rsi2", "Rsi2"), ("strategy", "MyStrategy"), ("none", "MyNone"), ("a__b_", "AB")],
)
def test_the_class_is_named_after_the_strategy_and_hides_no_public_name(name: str, expected: str) -> None:
    assert class_name(name) == expected


def test_a_class_name_leads_back_to_the_strategys_name() -> None:
    assert _snake(class_name("my_own_strategy")) == "my_own_strategy"
