"""Touched limit orders that fill with a chance (F2): drawn once an order, the same compiled, interpreted, on every path."""

from __future__ import annotations

import math

import numpy as np
import pytest

from engine import ConfigError, Rules, Strategy, backtest, param
from tests.core.scripted import candles, fills, market, order, play, scripted

TOUCH = (100.0, 101.0, 99.0, 100.0)


class Touching(Strategy):
    """Rest one order a candle at the low that the next candle only touches."""

    max_orders = 4_000
    low: float = param(99.0)

    def on_candle(self, candle, ind, account):
        account.buy(quantity=0.01, price=self.low)


@pytest.mark.parametrize("chance", [0.05, 0.3, 0.5, 0.9])
@pytest.mark.parametrize("seed", [0, 1, 987_654_321])
def test_f2_the_share_of_touched_orders_that_fill_is_near_the_chance(chance: float, seed: int) -> None:
    count = 2_000
    history = candles(*[TOUCH] * (count + 1))
    result = backtest(
        Touching(), history, market(leverage=100.0), rules=Rules(touch_fills=chance, seed=seed), bounds=False
    )
    off = abs(len(result.fill_rows) / count - chance) / math.sqrt(chance * (1.0 - chance) / count)
    assert off < 4.0  # standard deviations; the draw is fixed, so this holds for ever or never


def test_d2_the_same_orders_are_lucky_compiled_and_interpreted_and_on_every_path() -> None:
    rows = [TOUCH] * 60
    lucky = [
        play(Touching(), rows, touch_fills=0.4, path=path).fill_rows["order_id"].tolist()
        for path in ("adverse", "favourable", "nearest", "low_first", "high_first")
    ]
    assert 0 < len(lucky[0]) < 59
    assert all(one == lucky[0] for one in lucky)


def test_another_seed_draws_other_orders() -> None:
    drawn = [
        play(Touching(), [TOUCH] * 60, touch_fills=0.4, seed=seed).fill_rows["order_id"].tolist() for seed in (0, 1)
    ]
    assert drawn[0] != drawn[1]


def test_f2_an_order_is_drawn_once_and_not_at_each_touch() -> None:
    ids = np.unique(play(Touching(), [TOUCH] * 400, touch_fills=0.3).fill_rows["order_id"])
    once = play(Touching(), [TOUCH] * 401, touch_fills=0.3).fill_rows["order_id"]
    assert np.array_equal(ids, np.unique(once)[: len(ids)])
    assert len(np.unique(once)) == len(once)


@pytest.mark.parametrize(("chance", "expected"), [(0.0, []), (False, []), (1.0, [99.0]), (True, [99.0])])
def test_f2_no_chance_and_certainty_are_false_and_true(chance: float, expected: list[float]) -> None:
    result = play(scripted(order("limit", 0, quantity=1.0, price=99.0)), [TOUCH, TOUCH], touch_fills=chance)
    assert result.fill_rows["price"].tolist() == expected


def test_f2_an_unlucky_order_fills_when_it_is_traded_through() -> None:
    told = scripted(order("limit", 0, quantity=1.0, price=99.0))
    result = play(told, [TOUCH, TOUCH, (100, 101, 98.9, 100)], touch_fills=1e-9)
    assert fills(result) == [(2, "buy", 1.0, 99.0)]


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ({"touch_fills": 1.5}, "touch_fills: expected true, false or a chance from 0 to 1, was 1.5"),
        ({"touch_fills": "often"}, "touch_fills: expected true, false or a chance from 0 to 1, was 'often'"),
        ({"seed": -1}, "seed: expected a whole number from 0 on, was -1"),
        ({"seed": 0.5}, "seed: expected a whole number from 0 on, was 0.5"),
    ],
)
def test_a_bad_chance_or_seed_is_one_sentence(rules: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Rules(**rules)  # type: ignore[arg-type]
    assert str(caught.value) == said
