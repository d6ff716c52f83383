"""Every parameter of the DCA in a case where it matters; fills by the rules, along path low_first.

Deals of 1.0 base at market at 100, safety orders of 1.0 at 90, 80, 70, target 5 %; no fees unless a case says so. The
base order is placed at the close of candle 0 and filled at the open of candle 1. A limit fills when it is traded
through by a tick (F2), 0.1.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from engine import Candles, ConfigError, Market
from tests.core.scripted import candles, market
from tests.strategies.dealing import FLAT, dealt, kept, ladder, purchases, told

# Fills the base order, then one safety order, then the others; never back up to a target.
DOWN = [FLAT, FLAT, (91.0, 91.0, 89.0, 89.0), (82.0, 82.0, 69.0, 69.0)]
BASE, FIRST, SECOND, THIRD = (
    "1 buy 1 @ 100 base order", "2 buy 1 @ 90 safety order", "3 buy 1 @ 80 safety order", "3 buy 1 @ 70 safety order",
)  # fmt: skip
COLUMNS = ("open_ms", "open", "high", "low", "close", "volume")
TAXED = {"maker_fee_rate": 0.01, "taker_fee_rate": 0.02}

# (case, changed parameters, candles, fills)
LADDER: list[tuple[str, dict[str, Any], list[tuple[float, ...]], list[str]]] = [
    ("the base order is followed by the ladder", {}, DOWN, [BASE, FIRST, SECOND, THIRD]),
    ("start_order_type limit rests at the close", {"start_order_type": "limit"}, [FLAT, (101, 101, 99.9, 100)], ["1 buy 1 @ 100 base order"]),
    ("entry_offset_rate lowers that limit", {"start_order_type": "limit", "entry_offset_rate": 0.02}, [FLAT, (101, 101, 97.9, 100)], ["1 buy 1 @ 98 base order"]),
    ("entry_timeout gives an unfilled limit up and asks again", {"start_order_type": "limit", "entry_offset_rate": 0.02, "entry_timeout": "2m"}, [FLAT, (110, 110, 110, 110), (110, 110, 110, 110), (108, 108, 107, 107)], ["3 buy 1 @ 107.8 base order"]),
    ("base_order_quote is a value", {"base_order_base": ..., "base_order_quote": 250.0, "max_safety_orders": 0, "safety_order_base": ...}, [FLAT, FLAT], ["1 buy 2.5 @ 100 base order"]),
    ("base_order_rate is a share of equity", {"base_order_base": ..., "base_order_rate": 0.1, "max_safety_orders": 0, "safety_order_base": ...}, [FLAT, FLAT], ["1 buy 10 @ 100 base order"]),
    ("safety_order_quote is a value at the order's own price", {"base_order_base": ..., "base_order_quote": 100.0, "safety_order_base": ..., "safety_order_quote": 180.0}, DOWN[:3], [BASE, "2 buy 2 @ 90 safety order"]),
    ("safety_order_rate is a share of the equity at the deal's start", {"base_order_base": ..., "base_order_rate": 0.01, "safety_order_base": ..., "safety_order_rate": 0.018}, DOWN[:3], [BASE, "2 buy 2 @ 90 safety order"]),
    ("max_safety_orders ends the ladder", {"max_safety_orders": 1}, DOWN, [BASE, FIRST]),
    ("active_safety_orders places the next as one fills", {"active_safety_orders": 1}, DOWN, [BASE, FIRST, SECOND, THIRD]),
    ("safety_step_rate is the first distance", {"safety_step_rate": 0.05, "max_safety_orders": 1}, [FLAT, FLAT, (99, 99, 94, 94)], [BASE, "2 buy 1 @ 95 safety order"]),
    ("step_scale widens each further step", {"step_scale": 2.0}, DOWN, [BASE, FIRST, "3 buy 1 @ 70 safety order"]),
    ("volume_scale enlarges each further order", {"volume_scale": 2.0}, DOWN, [BASE, FIRST, "3 buy 2 @ 80 safety order", "3 buy 4 @ 70 safety order"]),
    ("take_profit_from average counts from what was paid on average", {}, [*DOWN[:3], (89, 99.9, 89, 89)], [BASE, FIRST, "3 sell 2 @ 99.8 take_profit"]),
    ("take_profit_from entry counts from the base order", {"take_profit_from": "entry"}, [*DOWN[:3], (89, 105.1, 89, 105)], [BASE, FIRST, "3 sell 2 @ 105 take_profit"]),
    ("the target needs a trade through it", {}, [FLAT, (100, 105.0, 100, 104)], [BASE]),
    ("take_profit_order market leaves at the open after the touch", {"take_profit_order": "market"}, [FLAT, FLAT, (100, 105, 100, 104), (103, 103, 103, 103)], [BASE, "3 sell 1 @ 103 take_profit"]),
    ("take_profit_order market does not count a high before the entry", {"take_profit_order": "market"}, [FLAT, (100, 106, 100, 104), (103, 103, 103, 103)], [BASE]),
    ("trailing_take_profit_rate waits for a fall back from the best", {"trailing_take_profit_rate": 0.1}, [FLAT, (100, 120, 100, 115), (115, 115, 107, 107)], [BASE, "2 sell 1 @ 108 trailing_take_profit"]),
    ("trailing_take_profit_rate does nothing before the target", {"trailing_take_profit_rate": 0.04}, [FLAT, (100, 104, 100, 104), (104, 104, 96, 96)], [BASE]),
    ("stop_loss_rate counts from the entry", {"stop_loss_rate": 0.35}, [*DOWN, (69, 69, 60, 60)], [BASE, FIRST, SECOND, THIRD, "4 sell 4 @ 65 stop_loss"]),
    ("stop_loss_from average moves down with each fill", {"stop_loss_rate": 0.15, "stop_loss_from": "average", "max_safety_orders": 1}, [*DOWN[:3], (89, 89, 80, 80)], [BASE, FIRST, "3 sell 2 @ 80.8 stop_loss"]),
    ("the stop covers a ladder that is partly filled", {"stop_loss_rate": 0.35}, [*DOWN[:3], (60, 60, 60, 60)], [BASE, FIRST, "3 sell 2 @ 60 stop_loss"]),
    ("max_price keeps a deal from opening above it", {"max_price": 95.0}, [*DOWN[:3], FLAT], ["3 buy 1 @ 100 base order"]),
    ("min_price keeps a deal from opening below it", {"min_price": 95.0}, [(90, 90, 90, 90), (90, 100, 90, 100), FLAT], ["2 buy 1 @ 100 base order"]),
    ("start_condition price waits until the close comes within", {"start_condition": "price", "max_price": 100.0}, [FLAT, FLAT, (110, 110, 110, 110), FLAT, FLAT], ["4 buy 1 @ 100 base order"]),
    ("start_condition signal waits for a flag", {"start_condition": "signal", "start_signal": "crossed_below_average", "signal_length": 2}, [FLAT, FLAT, FLAT, FLAT, (100, 100, 98, 98), FLAT], ["5 buy 1 @ 100 base order"]),
    ("max_investment_quote cuts the ladder", {"max_investment_quote": 270.0}, DOWN, [BASE, FIRST, SECOND]),
    ("side short sells into a rise and buys back below", {"side": "short"}, [FLAT, (100, 111, 100, 111), (111, 111, 99, 99)], ["1 sell 1 @ 100 base order", "1 sell 1 @ 110 safety order", "2 buy 2 @ 99.7 take_profit"]),
    ("a short's stop lies above", {"side": "short", "stop_loss_rate": 0.35}, [FLAT, (100, 140, 100, 140)], ["1 sell 1 @ 100 base order", "1 sell 1 @ 110 safety order", "1 sell 1 @ 120 safety order", "1 sell 1 @ 130 safety order", "1 buy 4 @ 135 stop_loss"]),
]  # fmt: skip


@pytest.mark.parametrize(("changed", "rows", "expected"), [c[1:] for c in LADDER], ids=[c[0] for c in LADDER])
def test_a_deal(changed: dict[str, Any], rows: Any, expected: list[str]) -> None:
    assert told(dealt(ladder(**changed), rows)) == expected


DONE = [FLAT, FLAT, (100, 105.1, 100, 100), FLAT, FLAT, FLAT]  # a deal is done within candle 2
STOPPED = [FLAT, (100, 100, 60, 60), *[(60, 60, 60, 60)] * 3]


@pytest.mark.parametrize(
    ("changed", "rows", "opened_on"),
    [
        ({}, DONE, [1, 3]),
        ({"cooldown": "1m"}, DONE, [1, 4]),
        ({"cooldown": "2m"}, DONE, [1, 5]),
        ({"max_deals": 1}, DONE, [1]),
        ({"stop_loss_rate": 0.35}, STOPPED, [1, 2]),
        ({"stop_loss_rate": 0.35, "on_stop_loss": "close_and_disable"}, STOPPED, [1]),
        ({"stop_loss_rate": 0.35, "on_stop_loss": "close_and_disable"}, DONE, [1, 3]),
    ],
    ids=["at once", "cooldown 1m", "cooldown 2m", "max_deals", "close", "close_and_disable", "disabled by stops only"],
)
def test_a_further_deal_opens_when_it_may(changed: dict[str, Any], rows: Any, opened_on: list[int]) -> None:
    fills = dealt(ladder(**changed), rows).fill_rows
    assert [int(f["candle"]) for f in fills if f["tag"] == 0] == opened_on


@pytest.mark.parametrize(("net", "expected"), [(True, 108.2), (False, 105.0)])
def test_take_profit_net_lifts_the_target_by_the_fees_in_and_out(net: bool, expected: float) -> None:
    # 100 × 1.02 (taker) × 1.05 ÷ 0.99 (maker) = 108.18, up to the tick
    result = dealt(ladder(take_profit_net=net), [FLAT, FLAT], market(**TAXED))
    assert kept(result, "target")[0] == expected


def test_a_fee_taken_in_coins_lifts_the_target_by_what_did_not_arrive() -> None:
    on = market(kind="spot", fee_in="base", **TAXED)
    result = dealt(ladder(max_safety_orders=0, safety_order_base=...), [FLAT, FLAT], on)
    assert kept(result, "target")[0] == 108.3  # 100 ÷ 0.98 × 1.05 ÷ 0.99 = 108.23


@pytest.mark.parametrize(("reserve", "opens"), [("all", False), ("active", False), ("none", True)])
def test_reserve_funds_says_what_an_opening_must_leave_funds_for(reserve: str, opens: bool) -> None:
    # At 50 a ladder takes 170, or 95 with one order at rest; at 100 it takes 340, or 190, and 152 are there.
    rows = [(50.0,) * 4, (50.0,) * 4, (50.0, 100.0, 50.0, 100.0), FLAT, FLAT]
    cash = {"all": 180.0, "active": 180.0, "none": 101.0}[reserve]
    result = dealt(ladder(reserve_funds=reserve, active_safety_orders=1), rows, cash=cash)
    assert any(f["tag"] == 0 and f["price"] == 100.0 for f in result.fill_rows) is opens


def test_reserve_funds_active_needs_less_than_all() -> None:
    rows = [(50.0,) * 4, (50.0,) * 4, (50.0, 100.0, 50.0, 100.0), FLAT, FLAT]
    result = dealt(ladder(reserve_funds="active", active_safety_orders=1), rows, cash=200.0)
    assert told(result)[-1] == "3 buy 1 @ 100 base order"


def test_a_deal_waits_until_its_whole_ladder_is_covered() -> None:
    # At 50 a ladder takes 170 and the first deal opens; at 100 the next one takes 340, and 229 are there.
    rows = [(50.0,) * 4, (50.0,) * 4, (50.0, 100.0, 50.0, 100.0), FLAT, FLAT]
    result = dealt(ladder(), rows, cash=200.0)
    assert told(result) == ["1 buy 1 @ 50 base order", "2 sell 1 @ 52.5 take_profit"]
    assert kept(result, "short_of_funds") == 3


def test_a_safety_order_without_funds_is_denied_and_counted() -> None:
    result = dealt(ladder(reserve_funds="none"), DOWN, cash=200.0)
    assert told(result) == [BASE, FIRST]
    assert kept(result, "denied") == 2


def pairs(*symbols: str) -> tuple[list[Candles], list[Market]]:
    one = candles(*[FLAT] * 4)
    markets = [
        Market(symbol=s, kind="linear", tick=0.1, lot=0.01, maker_fee_rate=0.0, taker_fee_rate=0.0) for s in symbols
    ]
    return [replace(one, symbol=symbol) for symbol in symbols], markets


@pytest.mark.parametrize("at_most", [1, 2, 3])
def test_max_active_deals_caps_the_deals_of_all_pairs(at_most: int) -> None:
    history, markets = pairs("AAA/USDT", "BBB/USDT", "CCC/USDT")
    result = dealt(ladder(max_active_deals=at_most), history, markets)
    assert sorted({int(f["book"]) for f in result.fill_rows}) == list(range(at_most))


def test_max_deals_counts_deals_that_are_still_entering() -> None:
    history, markets = pairs("AAA/USDT", "BBB/USDT", "CCC/USDT")
    result = dealt(ladder(max_active_deals=3, max_deals=2), history, markets)
    assert len(result.fill_rows) == 2


SCHEDULES: list[tuple[str, dict[str, Any], list[str]]] = [
    ("purchase_quote is spent, whatever the price", {}, ["1 buy 1 @ 100 scheduled purchase", "2 buy 1 @ 100 scheduled purchase", "3 buy 1 @ 100 scheduled purchase"]),
    ("purchase_base is a quantity", {"purchase_quote": ..., "purchase_base": 0.5, "max_purchases": 1}, ["1 buy 0.5 @ 100 scheduled purchase"]),
    ("purchase_rate is a share of what is free", {"purchase_quote": ..., "purchase_rate": 0.1, "max_purchases": 2}, ["1 buy 10 @ 100 scheduled purchase", "2 buy 9 @ 100 scheduled purchase"]),
    ("budget_quote cuts the last purchase", {"budget_quote": 150.0}, ["1 buy 1 @ 100 scheduled purchase", "2 buy 0.5 @ 100 scheduled purchase"]),
    ("max_purchases ends the schedule", {"max_purchases": 2}, ["1 buy 1 @ 100 scheduled purchase", "2 buy 1 @ 100 scheduled purchase"]),
    ("end_at ends the schedule", {"max_purchases": ..., "end_at": "2024-01-01 00:01"}, ["1 buy 1 @ 100 scheduled purchase"]),
    ("schedule says when", {"schedule": "cron 2,4 * * * *", "max_purchases": 9}, ["2 buy 1 @ 100 scheduled purchase", "4 buy 1 @ 100 scheduled purchase"]),
]  # fmt: skip


@pytest.mark.parametrize(("changed", "expected"), [c[1:] for c in SCHEDULES], ids=[c[0] for c in SCHEDULES])
def test_a_schedule(changed: dict[str, Any], expected: list[str]) -> None:
    assert told(dealt(purchases(**changed), [FLAT] * 6, market(kind="spot"))) == expected


def test_a_schedule_buys_each_pair() -> None:
    history, markets = pairs("AAA/USDT", "BBB/USDT")
    result = dealt(purchases(max_purchases=3), history, markets)
    assert [(int(f["candle"]), int(f["book"])) for f in result.fill_rows] == [(1, 0), (1, 1), (2, 0)]


def test_a_schedule_that_is_due_more_often_than_candles_close_is_an_error() -> None:
    hours = candles(*[FLAT] * 4, timeframe="1h")
    with pytest.raises(ConfigError, match='expected at most one purchase a candle of 1h, was "every 30 minutes"'):
        dealt(purchases(schedule="every 30 minutes"), hours)


def test_what_was_due_in_a_hole_is_bought_once_at_its_end() -> None:
    whole = candles(*[FLAT] * 8)
    history = replace(whole, **{n: np.delete(getattr(whole, n), [2, 3, 4]) for n in COLUMNS})
    assert len(dealt(purchases(max_purchases=9), history).fill_rows) == 4


def test_a_budget_holds_the_fees_of_its_purchases() -> None:
    on = market(kind="spot", **TAXED)
    result = dealt(purchases(budget_quote=250.0, max_purchases=9), [FLAT] * 6, on)
    assert 0.0 <= 250.0 - kept(result, "spent") < 1.02  # less than a lot, 0.01 at 100


def test_a_volume_too_small_for_the_base_order_arms_its_exits_for_what_has_filled() -> None:
    history = candles(FLAT, (100.0, 100.0, 100.0, 100.0, 1.0), (100.0, 106.0, 100.0, 100.0, 10.0))
    result = dealt(ladder(max_safety_orders=0, safety_order_base=...), history, participation=0.5)
    assert told(result)[:2] == ["1 buy 0.5 @ 100 base order", "2 buy 0.5 @ 100 base order"]
    assert told(result)[2] == "2 sell 1 @ 105 take_profit"


def test_a_volume_too_small_for_the_stop_leaves_the_rest_to_the_next_candles() -> None:
    history = candles(FLAT, FLAT, (60.0, 60.0, 60.0, 60.0, 1.0), (60.0, 60.0, 60.0, 60.0, 10.0))
    result = dealt(ladder(max_safety_orders=0, safety_order_base=..., stop_loss_rate=0.35), history, participation=0.5)
    assert told(result)[1:3] == ["2 sell 0.5 @ 60 stop_loss", "3 sell 0.5 @ 60 closing what is left"]


def test_an_author_may_bring_a_signal_of_his_own() -> None:
    from tests.strategies.own_signal import OnThirdCandle

    plain = {name: value for name, value in ladder().values().items() if value is not None}
    result = dealt(OnThirdCandle(**(plain | {"start_condition": "signal"})), [FLAT] * 5)
    assert np.array_equal(result.fill_rows["candle"], [3])
