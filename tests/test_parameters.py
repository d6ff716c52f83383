"""Parameters as they are declared, given and laid out flat."""

from __future__ import annotations

import math
import sys
import sysconfig
from datetime import UTC, date, datetime
from types import ModuleType
from typing import Any

import pytest

from engine import ConfigError, Market, Strategy, StrategyError, backtest, param, simulate, state
from engine.compiling.frozen import claim, is_library
from engine.strategy import to_record
from tests.core.scripted import market, play

JUNE_MS = 1_717_200_000_000  # 2024-06-01


class Declared(Strategy):
    """One parameter of each kind that the shipped strategies do not show."""

    later = ("custom_steps",)
    count: int = param(None, low=1, optional=True)
    kind: str = param(None, choices=["ladder", "schedule"], optional=True)
    end_at = param(None, unit="time", optional=True)

    def on_candle(self, candle, ind, account):
        pass


@pytest.mark.parametrize(
    ("name", "given", "kept"),
    [
        ("count", "3", 3),
        ("count", "none", None),
        ("kind", "schedule", "schedule"),
        ("end_at", "2024-06-01", JUNE_MS),
        ("end_at", "2024-06-01T02:00+02:00", JUNE_MS),
        ("end_at", JUNE_MS, JUNE_MS),
        ("end_at", date(2024, 6, 1), JUNE_MS),
        ("end_at", datetime(2024, 6, 1, tzinfo=UTC), JUNE_MS),
        ("custom_steps", [{"deviation_rate": 0.01}], [{"deviation_rate": 0.01}]),
    ],
)
def test_a_value_is_kept_in_its_own_type(name: str, given: Any, kept: Any) -> None:
    assert getattr(Declared(**{name: given}), name) == kept


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("count", 2.5, "count: expected a whole number of at least 1, or none, was 2.5"),
        ("kind", "laddr", "was 'laddr'; did you mean \"ladder\"?"),
        ("end_at", "soon", "end_at: expected a time like \"2024-12-31\", or none, was 'soon'"),
        ("custom_step", 1, 'unknown parameter "custom_step"; did you mean "custom_steps"?'),
    ],
)
def test_a_wrong_value_is_refused_with_what_was_expected(name: str, given: Any, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Declared(**{name: given})
    assert said in str(caught.value)


def test_what_is_not_given_is_nan_in_the_record() -> None:
    record = to_record(Declared())[0]
    assert math.isnan(record["count"])
    assert math.isnan(record["kind"])
    assert math.isnan(record["end_at"])


def test_a_name_reserved_for_later_has_no_place_in_the_record() -> None:
    assert "custom_steps" not in (to_record(Declared(custom_steps=1)).dtype.names or ())


def test_a_name_reserved_for_later_is_told_only_where_it_was_given() -> None:
    assert "custom_steps" not in Declared().values()
    assert Declared(custom_steps=1).values()["custom_steps"] == 1


def test_helpers_of_an_installed_package_are_compiled_with_its_strategy(monkeypatch: pytest.MonkeyPatch) -> None:
    installed = sysconfig.get_paths()["purelib"]
    module = ModuleType("mine.mine")
    module.__file__, module.__package__ = f"{installed}/mine/mine.py", "mine"
    monkeypatch.setitem(sys.modules, "mine.mine", module)
    assert is_library(f"{installed}/mine/_helper.py")
    claim(type("Mine", (Declared,), {"__module__": "mine.mine"}))
    assert not is_library(f"{installed}/mine/_helper.py")
    assert is_library(f"{installed}/other/_helper.py")


class Cut(Strategy):
    """Keep as many numbers as `prepare` says."""

    by_price: bool = param(False)
    kept: float = state(array=200)

    def prepare(self, start):
        self.kept = self.kept[: int(start.price) if self.by_price else 2]

    def on_candle(self, candle, ind, account):
        self.kept[1] = candle.close


def test_prepare_may_cut_a_state_array_to_what_the_run_needs() -> None:
    result = play(Cut(), [(10.0, 10.0, 10.0, 10.0)])
    assert result.run.states[0]["kept"].tolist() == [[0.0, 10.0]]


def test_markets_whose_state_arrays_are_cut_to_different_lengths_are_refused() -> None:
    symbols = ("BTC/USDT", "SOL/USDT")
    candles = [simulate(symbol, "1h", JUNE_MS, JUNE_MS + 36_000_000) for symbol in symbols]
    with pytest.raises(StrategyError, match="state arrays of one length for all markets"):
        backtest(Cut(by_price=True), candles, [market(), Market(symbol="SOL/USDT", tick=0.1, lot=0.01, kind="linear")])
