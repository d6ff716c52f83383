"""Rules P1 to P3 and T1 to T4: the way a price takes inside a candle, and when orders live."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine import BUY, SELL, Strategy, state
from tests.core.scripted import START_MS, candles, fills, market, order, play, scripted

GOLDEN = json.loads((Path(__file__).parent.parent / "golden" / "intrabar.json").read_text())
AMBIGUITY = {case["name"]: case for case in GOLDEN["intrabar_ambiguity"]["cases"]}
FLAT = (100.0, 100.0, 100.0, 100.0)


def bracketed(name: str, path: str) -> Any:
    case = AMBIGUITY[name]["inputs"]
    verb = "sell" if case.get("side") == -1 else "buy"
    entry = order(verb, 0, quantity=1.0, stop_loss=0.05, take_profit=0.05)
    # Filled in a candle that moves nowhere, so that the golden candle starts with both exits resting.
    return play(scripted(entry), [FLAT, FLAT, tuple(case["bar"])], path=path)


KEYS = {"adverse": "pessimistic", "favourable": "optimistic", "low_first": "olhc", "high_first": "ohlc"}


@pytest.mark.parametrize(
    ("name", "path", "key"),
    [
        (name, path, key)
        for name in ("both_touched_long", "both_touched_short")
        for path, key in KEYS.items()
        if key in AMBIGUITY[name]["expected"]
    ],
)
def test_p2_stop_and_target_in_one_candle_end_as_the_golden_case_says(name: str, path: str, key: str) -> None:
    expected = AMBIGUITY[name]["expected"]
    result = bracketed(name, path)
    assert result.equity_curve[-1] - 10_000.0 == expected[key]
    if path in ("adverse", "favourable"):
        assert result.path_dependent == int(expected["ambiguous"])


@pytest.mark.parametrize("name", ["gap_through_stop_long", "gap_through_target_long"])
@pytest.mark.parametrize("path", ["adverse", "favourable"])
def test_p2_a_gap_past_stop_or_target_fills_at_the_open_and_is_not_ambiguous(name: str, path: str) -> None:
    result = bracketed(name, path)
    expected = AMBIGUITY[name]["expected"]
    assert result.fill_rows["price"][-1] == expected["fill"]
    assert result.equity_curve[-1] - 10_000.0 == expected["pnl"]
    assert result.path_dependent == 0


@pytest.mark.parametrize(("touch", "key"), [(False, "strict_fill"), (True, "lenient_fill")])
def test_f2_a_limit_touched_but_not_traded_through(touch: bool, key: str) -> None:
    case = AMBIGUITY["limit_touch_not_through"]
    told = scripted(order("limit", 0, quantity=1.0, price=case["inputs"]["buy_limit"]))
    result = play(told, [FLAT, tuple(case["inputs"]["bar"])], touch_fills=touch)
    assert (len(result.fill_rows) == 1) == case["expected"][key]


class LineGrid(Strategy):
    """One order a line; a sell puts a buy one line below, a buy a sell one line above."""

    max_orders = 16
    placed: bool = state(False)

    def on_candle(self, candle, ind, account):
        if not self.placed:
            account.limit(BUY, quantity=1.0, price=99.0)
            account.limit(BUY, quantity=1.0, price=100.0)
            account.limit(SELL, quantity=1.0, price=102.0)
            account.limit(SELL, quantity=1.0, price=103.0)
        self.placed = True

    def on_fill(self, fill, account):
        if fill.side == SELL:
            account.limit(BUY, quantity=1.0, price=fill.price - 1.0)
        else:
            account.limit(SELL, quantity=1.0, price=fill.price + 1.0)


@pytest.mark.parametrize(("path", "key"), [("high_first", "O_H_L_C"), ("low_first", "O_L_H_C")])
def test_t4_orders_placed_in_on_fill_live_for_the_rest_of_the_path(path: str, key: str) -> None:
    golden = GOLDEN["grid_intrabar_path"]
    expected = golden["expected"][key]
    result = play(LineGrid(), [(101.0,) * 4, tuple(golden["inputs"]["bar"])], path=path)
    assert [[side, price] for _, side, _, price in fills(result)] == expected["fills"]
    assert result.equity_curve[-1] - 10_000.0 == pytest.approx(expected["mark_to_close"], rel=1e-9)
    assert result.run.books["position"][0] == expected["net_inventory"]


def test_p2_adverse_keeps_the_worse_path_of_the_grid_and_counts_the_candle() -> None:
    bar = tuple(GOLDEN["grid_intrabar_path"]["inputs"]["bar"])
    worse = play(LineGrid(), [(101.0,) * 4, bar], path="adverse")
    better = play(LineGrid(), [(101.0,) * 4, bar], path="favourable")
    assert (len(worse.fill_rows), len(better.fill_rows)) == (3, 4)
    assert (worse.path_dependent, better.path_dependent) == (1, 1)


@pytest.mark.parametrize(
    ("bar", "first"),
    [((100, 101, 98, 100), "sell"), ((100, 102, 99, 100), "buy"), ((100, 101, 99, 100), "buy")],
    ids=["the high is nearer", "the low is nearer", "equally near: low first"],
)
def test_p2_nearest_goes_to_the_nearer_extreme_first(bar: Any, first: str) -> None:
    orders = [
        order("limit", 0, quantity=1.0, side=1, price=99.5),
        order("limit", 0, quantity=1.0, side=-1, price=100.5),
    ]
    result = play(scripted(*orders), [FLAT, bar], path="nearest")
    assert fills(result)[0][1] == first


def test_p1_orders_trigger_in_the_order_in_which_the_leg_meets_them_whatever_their_age() -> None:
    orders = [
        order("limit", 0, quantity=1.0, side=1, price=97.0),
        order("stop", 0, quantity=1.0, side=-1, trigger=98.0),
        order("limit", 0, quantity=1.0, side=1, price=99.0),
    ]
    result = play(scripted(*orders), [FLAT, (100, 100, 95, 96)], path="high_first")
    assert [price for *_, price in fills(result)] == [99.0, 98.0, 97.0]


def test_t3_orders_decided_on_a_candle_are_live_from_the_next_open_and_not_before() -> None:
    result = play(scripted(order("buy", 1, quantity=1.0)), [FLAT, (100, 110, 90, 105), (104, 106, 103, 105)])
    assert fills(result) == [(2, "buy", 1.0, 104.0)]
    assert int(result.fill_rows["ms"][0]) == START_MS + 120_000


@pytest.mark.parametrize(
    ("latency_ms", "expected"),
    [
        (0, (1, 100.0)),
        (10_000, (1, 105.0)),
        (20_000, (1, 110.0)),
        (30_000, (1, 100.0)),
        (60_000, (2, 96.0)),
        (90_000, (2, 96.0)),
    ],
)
def test_t3_latency_lets_an_order_arrive_where_the_path_is_by_then(
    latency_ms: int, expected: tuple[int, float]
) -> None:
    rows = [FLAT, (100, 110, 90, 95), (96, 96, 96, 96)]  # a third of the minute a leg
    result = play(scripted(order("buy", 0, quantity=1.0)), rows, path="high_first", latency_ms=latency_ms)
    candle, _, _, price = fills(result)[0]
    assert (candle, price) == expected
    assert int(result.fill_rows["ms"][0]) == START_MS + 60_000 + latency_ms


def test_fills_are_dated_by_the_third_of_the_candle_their_leg_takes() -> None:
    told = scripted(order("limit", 0, quantity=1.0, side=-1, price=104.9), order("limit", 0, quantity=1.0, price=95.1))
    result = play(told, [FLAT, (100, 110, 90, 95)], path="high_first")
    assert (result.fill_rows["ms"] - START_MS - 60_000).tolist() == [10_000, 35_000]


FINE = [(100, 101, 100, 101), (101, 104, 101, 103), (103, 103, 97, 98), (98, 99, 96, 97), (97, 98, 97, 98)]


def test_p3_finer_candles_decide_which_exit_came_first() -> None:
    flat_fine = [(100.0,) * 4] * 10
    detail = candles(*flat_fine, *FINE)
    coarse = candles((100,) * 4, (100,) * 4, (100, 104, 96, 98), timeframe="5m")
    entry = scripted(order("buy", 0, quantity=1.0, stop_loss=0.03, take_profit=0.03))
    plain = play(entry, coarse, path="adverse")
    fine = play(entry, coarse, path="adverse", detail=detail)
    assert (fills(plain)[-1][3], plain.path_dependent) == (97.0, 1)
    assert (fills(fine)[-1][3], fine.path_dependent) == (103.0, 0)
    assert int(fine.run.run[0]["detail_short"]) == 0


def test_p3_the_strategy_still_sees_only_its_own_timeframe() -> None:
    coarse = candles((100,) * 4, (100,) * 4, (100, 104, 96, 98), timeframe="5m")
    result = play(scripted(order("buy", 0, quantity=1.0)), coarse, detail=candles(*[(100.0,) * 4] * 10, *FINE))
    assert int(result.run.states[0]["seen"][0]) == 3


def test_p3_finer_candles_that_tell_another_story_are_not_used_and_counted() -> None:
    coarse = candles((100,) * 4, (100,) * 4, (100, 105, 96, 98), timeframe="5m")
    entry = scripted(order("buy", 0, quantity=1.0, stop_loss=0.03, take_profit=0.03))
    result = play(entry, coarse, path="adverse", detail=candles(*[(100.0,) * 4] * 10, *FINE))
    assert fills(result)[-1][3] == 97.0
    assert int(result.run.run[0]["detail_short"]) == 1
    assert any("finer candles" in warning for warning in result.warnings)


def test_t1_equity_is_marked_at_each_close() -> None:
    result = play(scripted(order("buy", 0, quantity=10.0)), [FLAT, (100, 120, 90, 110), (110, 111, 80, 85)], market())
    assert result.equity_curve.tolist() == [10_000.0, 10_100.0, 9_850.0]
    assert result.equity.index[0].isoformat() == "2024-01-01T00:01:00+00:00"


def test_trades_carry_the_extremes_the_path_reached_while_they_were_open() -> None:
    orders = [order("buy", 0, quantity=1.0), order("close", 2)]
    result = play(scripted(*orders), [FLAT, (100, 120, 90, 110), (110, 111, 80, 85), (86, 99, 70, 90)])
    trade = result.trades.iloc[0]
    assert (trade.run_up, trade.run_down, trade.pnl) == (20.0, -20.0, -14.0)
    assert trade.exit_reason == "told to"
    assert np.isclose(trade.run_up_fraction, 0.2)
