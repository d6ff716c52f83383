"""Rule D2 where Python, numpy and compiled code differ: made the same, refused with the line, or run interpreted."""

from __future__ import annotations

import math
import random
from typing import Any

import numpy as np
import pytest

from engine import Strategy, StrategyError, backtest, param, state
from engine.compiling import read_program
from tests.core.scripted import candles, market, play

RNG = np.random.default_rng(5)
CLOSES = np.round(100.0 + np.cumsum(RNG.normal(0.0, 0.7, 300)), 1)
ROWS = [(c, c + 0.6, c - 0.6, c) for c in CLOSES.tolist()]


class Rounds(Strategy):
    kept = state(0.0, array=2)

    def on_candle(self, candle, ind, account):
        value = 1.115 + candle.close * 0.01
        self.kept[0] += round(value, 2)
        self.kept[1] += round(value * 7.0)


class Reduces(Strategy):
    window = state(0.0, array=60)
    seen: int = state(0)
    kept = state(0.0, array=8)

    def on_candle(self, candle, ind, account):
        self.window[self.seen % 60] = candle.close / 3.0
        self.seen += 1
        self.kept[0] += self.window.std()
        self.kept[1] += np.sum(self.window)
        self.kept[2] += np.percentile(self.window, 30.0)
        self.kept[3] += np.var(self.window)
        self.kept[4] += self.window.mean()
        self.kept[5] += sum(self.window)
        self.kept[6] += np.median(self.window)


class Transcends(Strategy):
    kept = state(0.0, array=8)

    def on_candle(self, candle, ind, account):
        x = candle.close / 17.0
        self.kept[0] += math.sin(x) + np.cos(x) + math.tanh(x)
        self.kept[1] += math.lgamma(x)
        self.kept[2] += math.log(x, 10) + math.log(x)
        self.kept[3] += math.erf(x / 10.0) + np.arctan2(x, 3.0)
        self.kept[4] += np.hypot(x, 1.0)


class Shifts(Strategy):
    window = state(0.0, array=5)

    def on_candle(self, candle, ind, account):
        self.window[:] = np.roll(self.window, 1)
        self.window[0] = candle.close


class Flags(Strategy):
    flags = state(False, array=4)
    count: int = state(0)

    def on_candle(self, candle, ind, account):
        self.flags[self.count % 4] = not self.flags[self.count % 4]
        if self.flags[0]:
            self.count += 1
        self.count += 1


@pytest.mark.parametrize("owner", [Rounds, Reduces, Transcends, Shifts, Flags])
def test_d2_mathematics_is_the_same_both_ways(owner: type[Strategy]) -> None:
    play(owner(), ROWS)


def test_a_logarithm_to_a_base_is_the_quotient() -> None:
    kept = play(Transcends(), ROWS[:1]).run.states[0]["kept"][0]
    x = ROWS[0][3] / 17.0
    assert kept[2] == math.log(x) / math.log(10) + math.log(x)


class NanToInt(Strategy):
    count: int = state(0)

    def on_candle(self, candle, ind, account):
        self.count = int(math.nan * candle.close)


class TooLarge(Strategy):
    count: int = state(0)

    def on_candle(self, candle, ind, account):
        self.count = int(candle.close * 1e30)


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize("owner", [NanToInt, TooLarge])
def test_a_number_that_64_bits_do_not_hold_is_an_error(owner: type[Strategy], compiled: bool) -> None:
    with pytest.raises(StrategyError, match="int: expected a number that 64 bits hold"):
        backtest(owner(), candles(*ROWS[:3]), market(), compiled=compiled)


class SetSometimes(Strategy):
    def on_candle(self, candle, ind, account):
        if candle.close > 1.0:
            z = 5.0
        if z > 1.0:
            account.close()


class ComparesText(Strategy):
    def on_candle(self, candle, ind, account):
        mode = "up" if candle.close > candle.open else "down"
        if mode == "up":
            account.close()


class RootOfArray(Strategy):
    window = state(4.0, array=3)
    total: float = state(0.0)

    def on_candle(self, candle, ind, account):
        self.total += np.sqrt(self.window)[1]


@pytest.mark.parametrize(
    ("owner", "why"),
    [
        (SetSometimes, "z may be read before it is set; set it first"),
        (ComparesText, '"up": text cannot be compared in compiled code'),
        (RootOfArray, "cannot be compiled"),
    ],
)
def test_what_compiled_code_would_do_otherwise_runs_interpreted_with_the_reason(owner: Any, why: str) -> None:
    result = backtest(owner(), candles(*ROWS[:3]), market())
    assert not result.run.compiled
    assert "test_same_both_ways.py:" in result.inputs.native.reason
    assert why in result.inputs.native.reason


class SetInEveryBranch(Strategy):
    total: float = state(0.0)

    def on_candle(self, candle, ind, account):
        if candle.close > 1.0:
            z = 5.0
        elif candle.close > 0.5:
            z = 4.0
        else:
            return
        for i in range(2):
            y = i + z
            self.total += y


def test_a_name_that_every_way_sets_is_compiled() -> None:
    assert read_program(SetInEveryBranch).obstacle == ""
    play(SetInEveryBranch(), ROWS[:3])


class Inverts(Strategy):
    def on_candle(self, candle, ind, account):
        if ~account.is_flat:
            account.close()


class Draws(Strategy):
    def on_candle(self, candle, ind, account):
        if np.random.random() > 0.5:
            account.close()


class DrawsToo(Strategy):
    def on_candle(self, candle, ind, account):
        if random.random() > 0.5:
            account.close()


COUNT = 0


class Leaks(Strategy):
    def on_candle(self, candle, ind, account):
        global COUNT
        COUNT += 1


class Unpacks(Strategy):
    a: int = state(0)
    x: float = state(0.0)

    def on_candle(self, candle, ind, account):
        self.a, self.x = candle.close / 3.0, candle.close


class Replaces(Strategy):
    w = state(0.0, array=4)
    n: int = param(1)

    def on_candle(self, candle, ind, account):
        self.w = np.roll(self.w, self.n)


@pytest.mark.parametrize(
    ("owner", "said"),
    [
        (Inverts, "~account.is_flat: write not account.is_flat; ~ counts bits"),
        (Draws, "np.random.random(): chance has no place in a step method (rule D1)"),
        (DrawsToo, "random.random(): chance has no place in a step method (rule D1)"),
        (Leaks, "global COUNT: declare a state() for what must be kept"),
        (Unpacks, "self.a: a whole-number state is set on a line of its own"),
        (Replaces, "self.w is an array: write self.w[:] = ..."),
    ],
)
def test_what_can_mean_no_one_thing_is_refused_at_load_with_its_line(owner: type[Strategy], said: str) -> None:
    with pytest.raises(StrategyError) as caught:
        read_program(owner)
    assert f"test_same_both_ways.py:{0}"[:-1] in str(caught.value)
    assert said in str(caught.value)
