"""What docs/dca.md shows is what the plugin does."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from engine import Result, backtest, simulate
from engine.definition import inputs_of, read_definition
from engine.settings import load_settings
from strategies.dca import Dca
from tests.core.scripted import market
from tests.strategies.dealing import codes, planned

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "dca.md").read_text("utf-8")
LADDER, GEARED, SCHEDULE = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)
(PYTHON,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
SPOT = market(kind="spot", tick=0.01, lot=0.00001, min_notional=5.0, maker_fee_rate=0.001, taker_fee_rate=0.001)


def run_of(definition: str, folder: Path) -> Result:
    file = folder / "shown.toml"
    file.write_text(definition, "utf-8")
    inputs = inputs_of(read_definition(file, load_settings()), str(folder))
    return backtest(inputs.strategy, inputs.candles, inputs.markets, cash=inputs.cash, bounds=False)


@pytest.mark.parametrize("definition", [LADDER, GEARED, SCHEDULE], ids=["ladder", "leverage", "schedule"])
def test_a_shown_definition_runs_and_trades(definition: str, tmp_path: Path) -> None:
    assert len(run_of(definition, tmp_path).fill_rows) > 5


def test_the_shown_table_is_the_plan_at_60000() -> None:
    plan = planned(Dca(**tomllib.loads(LADDER)["parameters"]), SPOT, price=60_000.0)
    made = [
        f"| {order} | {away:.3%} | {price:.2f} | {size:.5f} | {value:.2f} | {held:.5f} | {cost:.2f} | {average:.2f} | {target:.2f} |"
        for order, away, price, size, value, held, cost, average, target, _ in plan.tables[0].rows
    ]
    assert [line.replace("%", " %") for line in made] == re.findall(r"^\| (?:base|safety) order.*$", TEXT, re.MULTILINE)


def test_the_shown_signal_opens_deals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from engine.plugins import strategy_class

    (tmp_path / "strategies").mkdir()
    (tmp_path / "strategies" / "dca_above_average.py").write_text(PYTHON, "utf-8")
    monkeypatch.chdir(tmp_path)
    given = tomllib.loads(LADDER)["parameters"] | {"start_condition": "signal"}
    strategy = strategy_class("dca_above_average")(**given)
    candles = simulate("BTC/USDT", "1h", 1_704_067_200_000, 1_709_251_200_000)
    result = backtest(strategy, candles, SPOT, bounds=False)
    assert result.run.compiled
    assert len(result.fill_rows) > 5


@pytest.mark.parametrize("code", re.findall(r"`(\w+)`", TEXT.split("refused with a code:")[1].split("\n\n")[0]))
def test_a_code_that_the_page_names_is_one_that_plans_give(code: str) -> None:
    files = [*(ROOT / "strategies").glob("_dca_*.py"), ROOT / "strategies" / "_margin.py"]
    source = "".join(path.read_text() for path in files)
    assert f'"{code}"' in source


def test_the_shipped_definition_passes_its_own_plan() -> None:
    shipped = tomllib.loads((ROOT / "backtests" / "dca.toml").read_text("utf-8"))
    assert codes(planned(Dca(**shipped["parameters"]), SPOT, price=60_000.0, cash=shipped["cash"])) == []
