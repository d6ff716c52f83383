"""Rules F1 to F7: at what price, how much, and when not at all."""

from __future__ import annotations

from typing import Any

import pytest

from tests.core.scripted import fills, market, order, play, scripted, whats

FLAT = (100.0, 101.0, 99.0, 100.0)
BUY_10 = order("buy", 0, quantity=10.0)

# (what, orders, candles after the first, market, rules, expected fills)
TABLE: list[Any] = [
    ("F1 a market order fills at the next open", [BUY_10], [(102, 103, 101, 102)], {}, {}, [(1, "buy", 10.0, 102.0)]),
    ("F1 worsened by half the spread and slippage, on the tick",
     [BUY_10], [(102, 103, 101, 102)], {"half_spread": 0.001, "slippage": 0.001}, {}, [(1, "buy", 10.0, 102.3)]),
    ("F1 a sale is worsened downwards",
     [order("sell", 0, quantity=10.0)], [(102, 103, 101, 102)], {"half_spread": 0.001}, {}, [(1, "sell", 10.0, 101.8)]),
    ("F2 a touched limit does not fill",
     [order("limit", 0, quantity=1.0, price=99.0)], [(100, 101, 99, 100)], {}, {}, []),
    ("F2 with touch_fills it does",
     [order("limit", 0, quantity=1.0, price=99.0)], [(100, 101, 99, 100)], {}, {"touch_fills": True}, [(1, "buy", 1.0, 99.0)]),
    ("F2 traded through by a tick it fills at its price",
     [order("limit", 0, quantity=1.0, price=99.0)], [(100, 101, 98.9, 100)], {}, {}, [(1, "buy", 1.0, 99.0)]),
    ("F2 a sell limit likewise",
     [order("limit", 0, quantity=1.0, side=-1, price=101.0)], [(100, 101.1, 99, 100)], {}, {}, [(1, "sell", 1.0, 101.0)]),
    ("F2 a gap past a resting limit fills at the better open",
     [order("limit", 0, quantity=1.0, price=99.0)], [(100, 101, 99.5, 100), (97, 98, 96, 97)], {}, {}, [(2, "buy", 1.0, 97.0)]),
    ("F2 marketable on arrival fills at the open",
     [order("limit", 0, quantity=1.0, price=105.0)], [(100, 101, 99.5, 100)], {}, {}, [(1, "buy", 1.0, 100.0)]),
    ("F2 marketable on arrival is never worse than its limit",
     [order("limit", 0, quantity=1.0, price=100.1)], [(100, 101, 99.5, 100)], {"slippage": 0.01}, {}, [(1, "buy", 1.0, 100.1)]),
    ("F3 a stop triggers on the way and fills there",
     [order("stop", 0, quantity=1.0, trigger=103.0)], [(100, 104, 99, 102)], {}, {}, [(1, "buy", 1.0, 103.0)]),
    ("F3 a stop that the open jumps past fills at the open",
     [order("stop", 0, quantity=1.0, trigger=103.0)], [(100, 101, 99, 100), (106, 107, 105, 106)], {}, {}, [(2, "buy", 1.0, 106.0)]),
    ("F3 a stop is worsened as a market order",
     [order("stop", 0, quantity=1.0, side=-1, trigger=97.0)], [(100, 101, 96, 98)], {"slippage": 0.001}, {}, [(1, "sell", 1.0, 96.9)]),
    ("a stop-limit waits at its limit after the trigger",
     [order("stop_limit", 0, quantity=1.0, trigger=103.0, price=102.0)], [(102, 104, 101.5, 103)], {}, {"path": "high_first"}, [(1, "buy", 1.0, 102.0)]),
    ("a trailing stop follows the best price",
     [order("sell", 0, quantity=1.0), order("trailing_stop", 0, quantity=1.0, side=1, distance=0.1, reduce_only=1)],
     [(100, 101, 90, 92), (92, 99.5, 91, 98)], {}, {"path": "high_first"}, [(1, "sell", 1.0, 100.0), (2, "buy", 1.0, 99.0)]),
    ("a trailing stop sleeps until its activation",
     [order("sell", 0, quantity=1.0), order("trailing_stop", 0, quantity=1.0, side=1, distance=0.05, activation=90.0, reduce_only=1)],
     [(100, 106, 91, 92), (92, 94, 80, 83), (83, 84.5, 82, 84)], {}, {"path": "high_first"}, [(1, "sell", 1.0, 100.0), (3, "buy", 1.0, 84.0)]),
    ("F4 reduce-only shrinks to the position",
     [BUY_10, order("limit", 0, quantity=50.0, side=-1, price=103.0, reduce_only=1)], [(100, 101, 99, 100), (100, 104, 99, 103)], {}, {},
     [(1, "buy", 10.0, 100.0), (2, "sell", 10.0, 103.0)]),
    ("F4 reduce-only without a position is denied", [order("limit", 0, quantity=5.0, side=-1, price=103.0, reduce_only=1)],
     [(100, 104, 99, 103)], {}, {}, []),
    ("F4 one cancels the other",
     [BUY_10, order("limit", 0, quantity=10.0, side=-1, price=103.0, oco=7), order("stop", 0, quantity=10.0, side=-1, trigger=95.0, oco=7)],
     [(100, 104, 99, 102), (100, 101, 94, 95)], {}, {}, [(1, "buy", 10.0, 100.0), (1, "sell", 10.0, 103.0)]),
    ("F5 fills take at most a share of the volume, and the rest goes on",
     [order("buy", 0, quantity=10.0)], [(100, 101, 99, 100, 40.0), (101, 102, 100, 101, 40.0), (102, 103, 101, 102, 40.0)], {}, {"participation": 0.1},
     [(1, "buy", 4.0, 100.0), (2, "buy", 4.0, 101.0), (3, "buy", 2.0, 102.0)]),
    ("F5 a candle without volume fills nothing",
     [order("buy", 0, quantity=1.0)], [(100, 101, 99, 100, 0.0), (101, 102, 100, 101, 40.0)], {}, {"participation": 0.5}, [(2, "buy", 1.0, 101.0)]),
    ("F5 a stop that finds no volume fills at the next open",
     [order("stop", 0, quantity=1.0, trigger=103.0)], [(100, 104, 99, 100, 0.0), (101, 102, 100, 101, 40.0)], {}, {"participation": 0.5}, [(2, "buy", 1.0, 101.0)]),
    ("F5 without a cap too a candle without volume fills nothing",
     [order("buy", 0, quantity=1.0)], [(100, 101, 99, 100, 0.0), (101, 102, 100, 101, 40.0)], {}, {}, [(2, "buy", 1.0, 101.0)]),
    ("F5 a resting limit does not fill in a candle without volume",
     [order("limit", 0, quantity=1.0, price=99.0)], [(100, 101, 98, 100, 0.0), (100, 101, 98.5, 100, 40.0)], {}, {}, [(2, "buy", 1.0, 99.0)]),
    ("F5 a stop that a gap jumps past without volume is triggered all the same",
     [order("stop", 0, quantity=1.0, trigger=103.0)], [FLAT, (106, 107, 105, 106, 0.0), (100, 101, 99, 100)], {}, {}, [(3, "buy", 1.0, 100.0)]),
    ("F5 a stop-limit triggered without volume waits at its limit",
     [order("stop_limit", 0, quantity=1.0, trigger=103.0, price=102.0)], [(102, 104, 101.5, 103, 0.0), (103, 104, 101.5, 103, 9.0)], {}, {}, [(2, "buy", 1.0, 102.0)]),
    ("F5 a limit order takes its share candle by candle",
     [order("limit", 0, quantity=10.0, price=99.0)], [(100, 101, 98, 100, 40.0), (100, 101, 98, 100, 100.0)], {}, {"participation": 0.1}, [(1, "buy", 4.0, 99.0), (2, "buy", 6.0, 99.0)]),
    ("F5 so does a stop, which goes on as a market order",
     [order("stop", 0, quantity=6.0, trigger=103.0)], [(100, 104, 99, 102, 40.0), (105, 106, 104, 105, 40.0)], {}, {"participation": 0.1}, [(1, "buy", 4.0, 103.0), (2, "buy", 2.0, 105.0)]),
    ("F5 so does a trailing stop",
     [order("sell", 0, quantity=6.0), order("trailing_stop", 0, quantity=6.0, side=1, distance=0.05, reduce_only=1)],
     [(100, 101, 99, 100, 900.0), (100, 106, 99, 105, 40.0), (104, 105, 103, 104, 40.0)], {}, {"participation": 0.1, "path": "low_first"},
     [(1, "sell", 6.0, 100.0), (2, "buy", 4.0, 104.0), (3, "buy", 2.0, 104.0)]),
    ("F6 quantity rounds down to the lot", [order("buy", 0, quantity=1.2399)], [FLAT], {}, {}, [(1, "buy", 1.23, 100.0)]),
    ("F6 an exact quantity loses no lot to binary noise", [order("buy", 0, quantity=0.29)], [FLAT], {}, {}, [(1, "buy", 0.29, 100.0)]),
    ("F6 a price rounds to the nearest tick",
     [order("limit", 0, quantity=1.0, price=98.97)], [(100, 101, 98.9, 100)], {}, {}, [(1, "buy", 1.0, 99.0)]),
    ("F6 below the minimum notional is denied", [order("buy", 0, quantity=0.04)], [FLAT], {"min_notional": 5.0}, {}, []),
    ("F6 below the minimum quantity is denied", [order("buy", 0, quantity=0.04)], [FLAT], {"min_quantity": 0.05}, {}, []),
    ("F7 a quantity that funds do not cover is denied", [order("buy", 0, quantity=101.0)], [FLAT], {}, {}, []),
    ("F7 a quote size that a gap makes too large is reduced",
     [order("buy", 0, quote=10_000.0)], [(125, 126, 124, 125)], {}, {}, [(1, "buy", 80.0, 125.0)]),
    ("F7 a fraction is net of the fee", [order("buy", 0, fraction=1.0)], [FLAT], {"taker_fee_rate": 0.1}, {}, [(1, "buy", 90.9, 100.0)]),
]  # fmt: skip


@pytest.mark.parametrize(("what", "orders", "later", "on", "rules", "expected"), TABLE, ids=[t[0] for t in TABLE])
def test_fills(what: str, orders: Any, later: Any, on: Any, rules: Any, expected: Any) -> None:
    result = play(scripted(*orders), [FLAT, *later], market(**on), **rules)
    assert fills(result) == expected


def test_f2_a_resting_limit_pays_the_maker_fee_and_a_marketable_one_the_taker_fee() -> None:
    on = market(maker_fee_rate=0.001, taker_fee_rate=0.002)
    resting = play(scripted(order("limit", 0, quantity=1.0, price=99.0)), [FLAT, (100, 101, 98, 100)], on)
    taking = play(scripted(order("limit", 0, quantity=1.0, price=105.0)), [FLAT, FLAT], on)
    assert (bool(resting.fill_rows["maker"][0]), float(resting.fill_rows["fee"][0])) == (True, 99.0 * 0.001)
    assert (bool(taking.fill_rows["maker"][0]), float(taking.fill_rows["fee"][0])) == (False, 100.0 * 0.002)


@pytest.mark.parametrize(
    ("orders", "on", "expected"),
    [
        ([order("limit", 0, quantity=1.0, price=105.0, post_only=1)], {}, "denied: post-only, but 105 would trade at once against 100"),
        ([order("buy", 0, quantity=101.0)], {}, "denied: needs 10100, free are 10000"),
        ([order("buy", 0, quantity=0.04)], {"min_notional": 5.0}, "denied: 4 is below the market's minimum 5"),
        ([order("buy", 0, quantity=0.004)], {}, "denied: 0 is below the market's minimum 0.01"),
        ([order("buy", 0, quote=10_000.0)], {}, "reduced: from 100 to the 80 that funds cover"),
        ([order("sell", 0, quantity=1.0)], {"kind": "spot"}, "denied: a spot market cannot go short (sell 1, held 0)"),
        ([order("limit", 0, quantity=1.0, side=-1, price=105.0, reduce_only=1)], {}, "denied: reduce-only, but there is no position on the other side"),
        ([order("limit", 0, quantity=1.0)], {}, "denied: a price is missing, not positive or not a number (was nan)"),
        ([order("buy", 0)], {}, "denied: the size is not a positive number (was nan)"),
    ],
)  # fmt: skip
def test_f7_nothing_is_denied_or_reduced_without_a_record_that_gives_the_numbers(
    orders: Any, on: Any, expected: str
) -> None:
    opens = 125.0 if "reduced" in expected else 100.0
    result = play(scripted(*orders), [FLAT, (opens, opens + 1, opens - 1, opens)], market(**on))
    assert list(result.orders["what"]) == [expected]


def test_f4_bracket_exits_exist_from_the_instant_of_the_entry_and_within_the_same_candle() -> None:
    result = play(
        scripted(order("buy", 0, quantity=10.0, stop_loss=0.02, take_profit=0.04)),
        [FLAT, (100, 101, 97, 98)],
        path="high_first",
    )
    assert fills(result) == [(1, "buy", 10.0, 100.0), (1, "sell", 10.0, 98.0)]
    assert whats(result) == ["cancelled"]
    assert result.trades["exit_reason"].tolist() == ["stop_loss"]


def test_f4_bracket_exits_are_sized_by_what_has_filled() -> None:
    rows = [FLAT, (100, 101, 99, 100, 40.0), (100, 101, 99, 100, 40.0), (100, 101, 97, 98, 400.0)]
    entry = scripted(order("buy", 0, quantity=6.0, stop_loss=0.02))
    result = play(entry, rows, participation=0.1)
    assert fills(result) == [(1, "buy", 4.0, 100.0), (2, "buy", 2.0, 100.0), (3, "sell", 6.0, 98.0)]


def test_f4_a_flip_cancels_exits_that_would_now_increase_the_position() -> None:
    orders = [order("buy", 0, quantity=1.0, stop_loss=0.05), order("sell", 1, quantity=3.0)]
    result = play(scripted(*orders), [FLAT, FLAT, FLAT, (100, 101, 90, 95)])
    assert fills(result) == [(1, "buy", 1.0, 100.0), (2, "sell", 3.0, 100.0)]
    assert whats(result) == ["cancelled"]


@pytest.mark.parametrize(("force", "expected"), [(1, [(1, "buy", 4.0, 100.0)]), (2, [])])
def test_immediate_or_cancel_takes_what_there_is_and_fill_or_kill_all_or_nothing(force: int, expected: Any) -> None:
    rows = [FLAT, (100, 101, 99, 100, 40.0), FLAT]
    told = scripted(order("limit", 0, quantity=6.0, price=105.0, force=force))
    result = play(told, rows, participation=0.1)
    assert fills(result) == expected
    assert whats(result) == ["cancelled"]


def test_orders_at_one_price_fill_in_order_of_id() -> None:
    orders = [
        order("limit", 0, quantity=1.0, price=99.0, order_tag=5),
        order("limit", 0, quantity=2.0, price=99.0, order_tag=6),
    ]
    result = play(scripted(*orders), [FLAT, (100, 101, 98, 100)])
    assert result.fill_rows["tag"].tolist() == [5, 6]


def test_a_gap_fills_everything_it_jumped_at_the_open_in_order_of_id() -> None:
    orders = [
        order("limit", 0, quantity=1.0, price=95.0, order_tag=5),
        order("limit", 0, quantity=1.0, price=97.0, order_tag=6),
    ]
    result = play(scripted(*orders), [FLAT, FLAT, (94, 95, 93, 94)])
    assert [(f["tag"], f["price"]) for f in result.fill_rows] == [(5, 94.0), (6, 94.0)]


def test_cancelled_orders_do_not_fill() -> None:
    orders = [
        order("limit", 0, quantity=1.0, price=99.0),
        order("limit", 0, quantity=1.0, price=98.0),
        order("cancel", 1, quantity=1),
    ]
    result = play(scripted(*orders), [FLAT, FLAT, (100, 101, 97, 100)])
    assert fills(result) == [(2, "buy", 1.0, 98.0)]
    everything = play(scripted(orders[0], orders[1], order("cancel_all", 1)), [FLAT, FLAT, (100, 101, 97, 100)])
    assert fills(everything) == []
