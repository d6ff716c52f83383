from __future__ import annotations

import sys
from pathlib import Path

import pytest

import engine.plugins
from engine.errors import ConfigError, StrategyError
from engine.plugins import all_strategies, strategy_class

GOOD = """
from engine import Strategy, param
class Mine(Strategy):
    size: float = param({size}, low=0.0, high=1.0)
    def on_candle(self, candle, ind, account):
        account.close()
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand beside an empty strategies/ folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "strategies").mkdir()
    return tmp_path / "strategies"


def test_the_shipped_strategies_are_found_by_their_files_names(folder: Path) -> None:
    from strategies.moving_average_short import MovingAverageShort

    assert strategy_class("moving_average_short") is MovingAverageShort
    assert {one.name for one in all_strategies()} >= {"momentum_rotation", "moving_average_short"}


def test_the_same_folder_is_listed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(engine.plugins.__file__).parent.parent)
    names = [one.name for one in all_strategies()]
    assert len(names) == len(set(names))
    assert {one.origin for one in all_strategies()} == {"shipped"}


def test_a_file_in_the_current_folder_is_found_and_named_alike_in_every_process(folder: Path) -> None:
    (folder / "mine.py").write_text(GOOD.format(size=0.5))
    found = strategy_class("mine")
    assert found.__name__ == "Mine"
    assert sys.modules[found.__module__].Mine is found
    del sys.modules[found.__module__]
    assert strategy_class("mine").__module__ == found.__module__


def test_an_edited_file_is_read_again_even_within_the_same_second_and_of_the_same_size(folder: Path) -> None:
    file = folder / "mine.py"
    file.write_text(GOOD.format(size=0.5))
    first = strategy_class("mine")
    assert strategy_class("mine") is first
    file.write_text(GOOD.format(size=0.7))
    assert strategy_class("mine").params["size"].default == 0.7


def test_the_folder_may_be_named_instead_of_stood_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "mine.py").write_text(GOOD.format(size=0.5))
    monkeypatch.chdir(folder)
    assert strategy_class("mine", folder.parent).__name__ == "Mine"


def test_a_derived_class_sets_the_default_of_what_it_inherits_and_keeps_its_range(folder: Path) -> None:
    derived = GOOD.format(size=0.5) + "\nclass Derived(Mine):\n    size = 1\n"
    (folder / "pair.py").write_text(derived)
    size = strategy_class("derived").params["size"]
    assert (size.default, size.kind, size.high) == (1.0, "float", 1.0)
    (folder / "pair.py").write_text(derived.replace("size = 1\n", "size = 2\n"))
    with pytest.raises(StrategyError, match="Derived: size: expected a number from 0 to 1, was 2"):
        strategy_class("pair")


def test_several_classes_in_a_file_are_named_in_snake_case_and_bases_are_none(folder: Path) -> None:
    text = GOOD.format(size=0.5) + "\nclass RSIBand2Long(Mine):\n    pass\n\nclass Base(Strategy):\n    pass\n"
    (folder / "pair.py").write_text(text)
    assert {one.name for one in all_strategies() if one.origin == "strategies/"} == {"mine", "rsi_band2_long"}
    assert strategy_class("rsi_band2_long").__name__ == "RSIBand2Long"


def test_an_unknown_name_is_answered_with_the_nearest_one(folder: Path) -> None:
    with pytest.raises(ConfigError, match='unknown "moving_averge"; did you mean "moving_average_short"'):
        strategy_class("moving_averge")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import nothing_of_this_name\n", "strategies/mine.py:1: ModuleNotFoundError: No module named"),
        ("x = 1\ndef (:\n", "strategies/mine.py:2: invalid syntax"),
        (GOOD.format(size=2.0), "strategies/mine.py:3: Mine: size: expected a number from 0 to 1, was 2.0"),
        (GOOD.format(size=0.5).replace("ind, ", ""), "strategies/mine.py:5: on_candle: expected \\(self, candle, ind"),
        ("x = 1\n", "strategies/mine.py: expected a class derived from Strategy, found none"),
    ],
)
def test_a_broken_file_is_listed_with_its_reason_and_an_error_only_when_asked_for(
    folder: Path, text: str, said: str
) -> None:
    (folder / "mine.py").write_text(text)
    strategy_class("moving_average_short")
    (broken,) = [one for one in all_strategies() if one.strategy is None]
    assert broken.name == "mine"
    with pytest.raises(StrategyError, match=said) as caught:
        strategy_class("mine")
    assert str(caught.value) == broken.problem
    with pytest.raises(ConfigError, match=r"not read: strategies/mine\.py"):
        strategy_class("mien")


def test_of_two_with_one_name_the_users_own_runs_and_the_other_is_shown_hidden(folder: Path) -> None:
    (folder / "moving_average_short.py").write_text(GOOD.format(size=0.5))
    assert strategy_class("moving_average_short").__name__ == "Mine"
    (hidden,) = [one for one in all_strategies() if one.problem]
    assert hidden.problem == "hidden: strategies/moving_average_short.py has the same name"


def test_files_that_begin_with_an_underscore_are_no_plugins(folder: Path) -> None:
    (folder / "_helper.py").write_text("raise RuntimeError\n")
    assert all(one.strategy for one in all_strategies())


def test_strategies_of_installed_packages_are_found(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = tmp_path / "others_kit-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: others-kit\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[tradewind.strategies]\nfrom_a_package = others_kit:Mine\nbroken_one = others_kit:Missing\n"
    )
    (tmp_path / "others_kit.py").write_text(GOOD.format(size=0.5))
    monkeypatch.syspath_prepend(tmp_path)
    assert strategy_class("from_a_package").__name__ == "Mine"
    origins = {one.name: one.origin for one in all_strategies()}
    assert origins["from_a_package"] == "package others-kit"
    with pytest.raises(StrategyError, match="package others-kit: AttributeError"):
        strategy_class("broken_one")
