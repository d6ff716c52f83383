"""Step methods, compiled as written and interpreted with identical results; an author's error names the author's line."""

from __future__ import annotations

import inspect
import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine import ConfigError, Strategy, StrategyError, backtest, param, state
from engine.compiling import checked, read_program
from tests.compiling import plugins
from tests.core.scripted import candles, market, play

ROWS = [
    (100.0, 101.0, 99.0, 100.0),
    (100.0, 103.0, 99.0, 102.0),
    (102.0, 104.0, 101.0, 103.0),
    (103.0, 104.0, 100.0, 101.0),
]


@pytest.mark.parametrize(
    "strategy",
    [plugins.Helpers(), plugins.Helpers(mode="fast", limit=3.0), plugins.Hostile(), plugins.Brackets()],
    ids=repr,
)
def test_d2_compiled_equals_interpreted(strategy: Strategy) -> None:
    play(strategy, ROWS)


def test_helpers_constants_choices_lists_and_arrays_mean_what_they_say() -> None:
    kept = play(plugins.Helpers(mode="fast"), ROWS[:1]).run.states[0][0]
    value = 100.0
    assert kept["total"] == math.sqrt(value) + math.log(value) + value**3 - math.exp(-value) + 1.0 + 3 + 2
    assert kept["kept"].tolist() == [200.0 * 0.0625, 0.0, 0.0, 0.0]
    assert (kept["chosen"], kept["absent"]) == (11, True)


@pytest.mark.parametrize(("side", "size", "sold", "bought"), [(-1, 2.5, -2.5, 0.0), (1, 5, 0.0, 5.0)])
def test_choices_that_are_numbers_are_the_numbers_themselves(
    side: int, size: float, sold: float, bought: float
) -> None:
    kept = play(plugins.Numbers(side=side, size=size), ROWS[:1]).run.states[0][0]
    assert (kept["side"], kept["size"], kept["sold"], kept["bought"]) == (side, size, sold, bought)


def test_hostile_field_names_read_the_field() -> None:
    total = play(plugins.Hostile(), ROWS[:1]).run.states[0]["total"][0]
    assert total == 1.5 + 2.5 + 3.5 + 4.5 + 5 + 6.5 + 7.5 + 101.0 + 0 + 99.0 + 100.0 + 1000.0


def test_a_derived_strategy_calls_what_it_overrides_by_super() -> None:
    kept = play(plugins.Derived(), ROWS).run.states[0][0]
    assert (kept["seen"], kept["counted"], kept["weighed"]) == (4, 4, 4 * (10 + 1))
    assert plugins.Derived().step == 10


def test_two_strategies_of_one_shape_never_run_each_others_code() -> None:
    for _ in range(2):
        assert play(plugins.First(), ROWS).run.states[0]["value"][0] == 4.0
        assert play(plugins.Second(), ROWS).run.states[0]["value"][0] == 400.0


def test_what_cannot_be_compiled_runs_interpreted_and_says_which_line_stopped_it() -> None:
    result = backtest(plugins.FallsBack(), candles(*ROWS), market())
    assert not result.run.compiled
    assert result.run.states[0]["count"][0] == 4
    said = next(text for text in result.warnings if text.startswith("interpreted"))
    line = inspect.getsourcelines(plugins.FallsBack.on_candle)[1] + 1
    assert f"plugins.py:{line}: " in said
    assert "cannot be compiled" in said


FAULTS: list[Any] = [
    (plugins.DividesByZero, "ZeroDivisionError", "account.buy(quantity=1.0 / (self.seen - 2))", "00:02Z"),
    (plugins.LogOfZero, "ValueError", "self.zero = math.log(self.zero)", "00:00Z"),
    (plugins.RootOfMinusOne, "ValueError", "self.minus = np.sqrt(self.minus)", "00:00Z"),
    (plugins.BrokenPower, "ValueError", "self.minus = self.minus**0.5", "00:00Z"),
    (plugins.OutOfBounds, "IndexError", "self.lines[int(candle.close)] = 1.0", "00:00Z"),
    (plugins.RaisesInFill, "ValueError", 'raise ValueError("no")', "00:01Z"),
]


@pytest.mark.parametrize("compiled", [True, False], ids=["compiled", "interpreted"])
@pytest.mark.parametrize(("owner", "error", "source", "when"), FAULTS, ids=[f[0].__name__ for f in FAULTS])
def test_an_authors_error_names_file_line_candle_and_source(
    owner: Any, error: str, source: str, when: str, compiled: bool
) -> None:
    lines = Path(plugins.__file__).read_text().splitlines()
    line = next(i for i, text in enumerate(lines, 1) if text.strip() == source)
    with pytest.raises(StrategyError) as caught:
        backtest(owner(), candles(*ROWS), market(), compiled=compiled)
    said = str(caught.value)
    assert said.startswith(
        f"{plugins.__file__}:{line}: {owner.__name__} at the candle of 2024-01-01T{when} raised {error}"
    )
    assert caught.value.exit_code == 1
    assert caught.value.partial.run.k < len(ROWS)  # type: ignore[attr-defined]


class Short(Strategy):
    def on_candle(self, candle, ind, account):
        account.short(fraction=0.5)


def test_a_short_on_a_spot_market_fails_before_anything_runs() -> None:
    with pytest.raises(
        ConfigError, match=r"test_compiling.py:\d+: the strategy goes short, but BTC/USDT is a spot market"
    ):
        backtest(Short(), candles(*ROWS), market(kind="spot"))


class NoSize(Strategy):
    def on_candle(self, candle, ind, account):
        account.buy(price=3.0)


class TwoSizes(Strategy):
    def on_candle(self, candle, ind, account):
        account.buy(quantity=1.0, quote=3.0)


class NoName(Strategy):
    def on_candle(self, candle, ind, account):
        account.buy(1.0)


class WrongWord(Strategy):
    def on_candle(self, candle, ind, account):
        account.buy(quantity=1.0, stoploss=0.1)


class NoTrigger(Strategy):
    def on_candle(self, candle, ind, account):
        account.stop(1, quantity=1.0)


class NoSide(Strategy):
    def on_candle(self, candle, ind, account):
        account.limit(quantity=1.0, price=3.0)


class NoPrice(Strategy):
    def on_candle(self, candle, ind, account):
        account.buy(quantity=1.0, post_only=True)


class WrongForce(Strategy):
    def on_candle(self, candle, ind, account):
        account.limit(1, quantity=1.0, price=3.0, time_in_force="day")


class LooseReason(Strategy):
    def on_candle(self, candle, ind, account):
        account.buy(quantity=1.0, reason=candle.close)


class Undeclared(Strategy):
    counter: int = state(0)

    def on_candle(self, candle, ind, account):
        self.countr = 1


class WritesParameter(Strategy):
    fast: int = param(3)

    def on_candle(self, candle, ind, account):
        self.fast = 4


class WrongChoice(Strategy):
    mode: str = param("long", choices=["long", "short"])

    def on_candle(self, candle, ind, account):
        if self.mode == "lang":
            account.close()


class SuperOfNothing(Short):
    def on_start(self, candle, ind, account):
        super().on_start(candle, ind, account)


class LooseSuper(Short):
    def on_candle(self, candle, ind, account):
        above = super()
        above.on_candle(candle, ind, account)


class WritesCandle(Strategy):
    def on_candle(self, candle, ind, account):
        candle.close = 1.0


class Nothing(Strategy):
    pass


@pytest.mark.parametrize(
    ("owner", "said"),
    [
        (NoSize, "expected exactly one of quantity=, quote=, fraction=, was none"),
        (TwoSizes, "expected exactly one of quantity=, quote=, fraction=, was quantity and quote"),
        (NoName, "expected keywords only, such as quantity=0.1, was 1 without a name"),
        (WrongWord, 'unknown keyword stoploss; did you mean "stop_loss"?'),
        (NoTrigger, "account.stop(): expected trigger=, was not given"),
        (NoSide, "expected BUY or SELL first"),
        (NoPrice, "post_only= needs a price="),
        (WrongForce, "time_in_force: expected one of gtc, ioc, fok in quotes"),
        (LooseReason, "reason: expected a text in quotes"),
        (Undeclared, 'self.countr is neither a param() nor a state() of Undeclared; did you mean "counter"?'),
        (WritesParameter, "self.fast is a parameter and stays as it is; declare a state() for this"),
        (WrongChoice, '"lang" is no choice; did you mean "long"?'),
        (SuperOfNothing, "super().on_start: there is no such method to call; remove it"),
        (LooseSuper, "super() has its place before a method's call"),
        (WritesCandle, "candle.close: only self may be written to, in what it declares as state()"),
        (Nothing, "expected on_candle or on_timestamp, found neither"),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else "",
)
def test_a_wrong_step_method_is_refused_at_load_with_its_line(owner: type[Strategy], said: str) -> None:
    with pytest.raises(StrategyError) as caught:
        read_program(owner)
    assert said in str(caught.value)
    assert owner is Nothing or "test_compiling.py:" in str(caught.value)


def test_a_step_with_the_wrong_arguments_is_refused_when_the_class_is_made() -> None:
    with pytest.raises(
        StrategyError, match=r"on_candle: expected \(self, candle, ind, account\), was \(self, candle\)"
    ):

        class _Wrong(Strategy):
            def on_candle(self, candle):
                pass


@pytest.mark.parametrize("x", [0.1, 1.0, 2.5, 100.0, 12345.678])
@pytest.mark.parametrize("y", [0, 1, 2, 3, 17, -2, 0.5, -1.5, 70])
def test_powers_are_close_to_pythons(x: float, y: float) -> None:
    assert checked.power(x, y) == pytest.approx(x**y, rel=1e-13)


def test_any_edit_of_the_core_makes_another_digest(tmp_path: Path) -> None:
    driver = "from engine.codecache import core_digest; print(core_digest())"
    root = Path(__file__).parents[2]
    copy = tmp_path / "engine"
    subprocess.run(["cp", "-r", str(root / "engine"), str(copy)], check=True)

    def digest() -> str:
        done = subprocess.run([sys.executable, "-c", driver], cwd=tmp_path, capture_output=True, text=True, check=True,
                              env={**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"})  # fmt: skip
        return done.stdout.strip()

    seen = {digest()}
    for name in ("rounding.py", "account.py", "advance.py"):
        path = copy / "core" / name
        path.write_text(path.read_text() + "\n# changed\n")
        seen.add(digest())
    assert len(seen) == 4


def test_indicators_that_look_ahead_are_found() -> None:
    class Ahead(Strategy):
        def indicators(self, candles):
            return {"tomorrow": np.roll(candles.close, -1)}

        def on_candle(self, candle, ind, account):
            pass

    rng = np.random.default_rng(3)
    close = np.round(100 + rng.random(50), 1)
    history = candles(*[(100.0, 102.0, 99.0, c) for c in close])
    with pytest.raises(StrategyError, match='"tomorrow" looks ahead: at candle 24 it changes'):
        backtest(Ahead(), history, market())


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([1], "expected a dict of arrays by name, was list"),
        ({"x": np.zeros(3)}, '"x": expected one value a candle, shape (4,), was shape (3,)'),
        ({"x": ["a"] * 4}, '"x": expected numbers or true/false'),
        ({"_x": np.zeros(4)}, "expected names like \"enter\", was '_x'"),
        ({"class": np.zeros(4)}, "expected names like \"enter\", was 'class'"),
    ],
)
def test_wrong_indicators_are_refused(given: Any, said: str) -> None:
    class Wrong(Strategy):
        def indicators(self, candles):
            return given

        def on_candle(self, candle, ind, account):
            pass

    with pytest.raises(StrategyError) as caught:
        backtest(Wrong(), candles(*ROWS), market())
    assert said in str(caught.value)


def test_an_error_in_indicators_names_the_line() -> None:
    class Fails(Strategy):
        def indicators(self, candles):
            return {"x": candles.nothing}

        def on_candle(self, candle, ind, account):
            pass

    with pytest.raises(StrategyError, match=r'test_compiling.py:\d+: indicators raised AttributeError.*"return'):
        backtest(Fails(), candles(*ROWS), market())
