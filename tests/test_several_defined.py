"""Several strategies in a definition, on the terminal, in a run's folder and on the report's page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from engine.cli import run
from engine.definition import Flags, as_toml, inputs_of, read_definition
from engine.errors import ConfigError
from engine.settings import Settings

TOML = """
cash = 10_000.0
[candles]
market = ["simulated:BTC/USDT", "simulated:ETH/USDT"]
timeframe = "1h"
from = "2024-01-01"
to = "2024-03-01"
[market]
kind = "linear"
tick = 0.01
lot = 0.001
hedge_mode = true
[[strategies]]
strategy = "moving_average_short"
name = "falls"
markets = ["BTC/USDT"]
allocation = 0.4
[strategies.parameters]
fast = 5
slow = 20
[[strategies]]
strategy = "dca"
[strategies.parameters]
kind = "ladder"
base_order_quote = 300.0
safety_order_quote = 300.0
max_safety_orders = 3
safety_step_rate = 0.02
take_profit_rate = 0.015
[[strategies]]
strategy = "moving_average_short"
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    path = tmp_path / "sides.toml"
    path.write_text(TOML)
    return path


def defined(file: Path, *parameters: str) -> Any:
    return Flags(parameters=parameters).over(read_definition(file, Settings()))


def test_each_table_is_a_strategy_with_its_markets_and_parameters(file: Path) -> None:
    uses: Any = inputs_of(defined(file), "data").trading
    assert [one.name for one in uses] == ["falls", "dca", "moving_average_short"]
    assert [one.markets for one in uses] == [("BTC/USDT",), None, None]
    assert [one.allocation for one in uses] == [0.4, None, None]
    assert (uses[0].strategy.fast, uses[2].strategy.fast) == (5, 20)


def test_a_flag_names_the_strategy_whose_parameter_it_is(file: Path) -> None:
    uses: Any = inputs_of(defined(file, "falls.fast=7", "moving_average_short.fast=9"), "data").trading
    assert (uses[0].strategy.fast, uses[2].strategy.fast) == (7, 9)


def test_what_is_written_out_reads_back_as_the_same_run(file: Path, tmp_path: Path) -> None:
    given = defined(file, "falls.fast=7")
    inputs = inputs_of(given, "data")
    copy = tmp_path / "copy.toml"
    copy.write_text(as_toml(given, inputs))
    again = inputs_of(read_definition(copy, Settings()), "data")
    told: Any = [(one.name, one.markets, one.allocation, one.strategy.values()) for one in inputs.trading]  # type: ignore[union-attr]
    assert [(one.name, one.markets, one.allocation, one.strategy.values()) for one in again.trading] == told  # type: ignore[union-attr]
    assert again.markets == inputs.markets


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("cash = 10_000.0", 'strategy = "dca"', "strategy: belongs to one strategy alone; beside [[strategies]] write each one's in its own table"),
        ("[market]", "[parameters]\n[market]", "parameters: belongs to one strategy alone"),
        ("allocation = 0.4", 'allocation = "0.4"', "[[strategies]] 1: allocation: expected a number, was '0.4'"),
        ("allocation = 0.4", "allocation = 1.4", "[[strategies]] 1: allocation: expected a fraction of equity"),
        ("allocation = 0.4", "alocation = 0.4", '[[strategies]] 1: unknown key "alocation"; did you mean "allocation"?'),
        ('["BTC/USDT"]', '"BTC/USDT"', "[[strategies]] 1: markets: expected a list of symbols"),
        ('"dca"', '"dac"', '[[strategies]] 2: strategy: unknown "dac"'),
        ('"dca"', '"dca"\nname = "falls"', '[[strategies]] 2: name: expected another for each strategy, found "falls" twice'),
        ('strategy = "dca"', 'name = "x"', "[[strategies]] 2: strategy is missing"),
        ("fast = 5", "fats = 5", '[[strategies]] 1: [strategies.parameters]: moving_average_short: unknown parameter "fats"'),
        ("fast = 5", "fast = 1", "[[strategies]] 1: [strategies.parameters]: fast: expected"),
        ("hedge_mode = true", "hedge_mode = 1", "[market]: hedge_mode: expected true or false, was 1"),
    ],
)  # fmt: skip
def test_a_mistake_names_file_table_and_key(file: Path, old: str, new: str, said: str) -> None:
    file.write_text(TOML.replace(old, new, 1))
    with pytest.raises(ConfigError) as caught:
        inputs_of(read_definition(file, Settings()), "data")
    assert str(caught.value).startswith(f"{file}: ")
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("flag", "said"),
    [
        ("fast=5", "--param: expected NAME.fast=5, with NAME one of falls, dca, moving_average_short"),
        ("fals.fast=5", '--param: fals.fast: unknown strategy "fals"; did you mean "falls"?'),
        ("falls.fats=5", '--param: falls: moving_average_short: unknown parameter "fats"; did you mean "fast"?'),
    ],
)
def test_a_flag_that_fits_no_strategy_is_refused(file: Path, flag: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        inputs_of(defined(file, flag), "data")
    assert said in str(caught.value)


def test_the_plan_of_each_is_printed(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["plan", str(file)]) == 0
    assert "sides: dca on BTC/USDT, linear" in capsys.readouterr().out
    assert run(["plan", str(file), "--json"]) == 0
    assert [one["strategy"] for one in json.loads(capsys.readouterr().out)] == ["dca"]


def test_terminal_folder_and_page_show_each_strategy(file: Path, tmp_path: Path, capsys: Any) -> None:
    assert run(["backtest", str(file), "--out", "out", "--no-bounds"]) == 0
    printed = capsys.readouterr().out
    assert "By strategy" in printed
    assert "dca: DCA deals" in printed
    told = json.loads((tmp_path / "out" / "metrics.json").read_text("utf-8"))
    assert [one["name"] for one in told["strategies"]] == ["falls", "dca", "moving_average_short"]
    gained = sum(one["contribution"] for one in told["strategies"])
    assert gained == pytest.approx(told["metrics"]["total_return"], abs=1e-12)
    assert [one["market"] for one in told["held"]] == ["BTC/USDT", "ETH/USDT"]
    assert set(pd.read_parquet(tmp_path / "out" / "fills.parquet")["strategy"]) == {
        one["name"] for one in told["strategies"]
    }
    assert "strategy" in pd.read_csv(tmp_path / "out" / "trades.csv")
    assert run(["report", "out"]) == 0
    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    for caption in ("By strategy", "Positions at the end, in base"):
        assert f"<caption>{caption}</caption>" in page
    assert '<th role="columnheader" scope="col">Strategy</th>' in page
    assert "dca: DCA deals" in page


def test_a_run_of_several_can_be_run_again_from_its_folder(file: Path, tmp_path: Path) -> None:
    assert run(["backtest", str(file), "--out", "one", "--no-bounds"]) == 0
    assert run(["backtest", "one/definition.toml", "--out", "two", "--no-bounds"]) == 0
    assert (tmp_path / "one" / "fills.csv").read_bytes() == (tmp_path / "two" / "fills.csv").read_bytes()
