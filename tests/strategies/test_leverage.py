"""Grids and DCAs on margin: the liquidation that the plan foretells is the core's, and one too near is refused.

Lines 80, 90, 100, 110, 120 at a price of 101, and ladders of 100, 90, 80, 70; one base each, maintenance 0.4 %.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine import Market, Plan, Result, Start, backtest
from strategies.grid import Grid
from tests.core.scripted import candles, market, play, whats
from tests.strategies.dealing import codes, dealt, fact, ladder, planned, told

LINES = {"lower": 80.0, "upper": 120.0, "levels": 5, "spacing": "arithmetic", "order_base": 1.0}
AT = (101.0,) * 4
DOWN, UP = (101.0, 101.0, 79.0, 79.0), (101.0, 121.0, 101.0, 121.0)
DOWN_AND_UP = [DOWN, (79.0, 121.0, 79.0, 121.0)]
UP_AND_DOWN = [UP, (121.0, 121.0, 79.0, 79.0)]
FEES = {"maker_fee_rate": 0.001, "taker_fee_rate": 0.002}


def on(leverage: float = 3.0, **fields: Any) -> Market:
    return market(**({"leverage": leverage, "margin_mode": "isolated", "maintenance": [(0, 0.004, 125)]} | fields))


def grid_plan(on: Market, cash: float = 10_000.0, **given: Any) -> Plan:
    return Grid(**(LINES | given)).plan(Start((on,), (101.0,), (0.0,), cash))


def foretold(result: Result, label: str) -> Any:
    return fact(result.inputs.plans[0], label)


# (direction, margin mode, cash, candles that fill all orders of one side, line of the plan, what the core sets)
SIDES: list[tuple[str, str, float, list[Any], str, str]] = [
    ("neutral", "isolated", 1_000.0, [DOWN], "liquidation below", "liquidated_below"),
    ("neutral", "isolated", 1_000.0, [UP], "liquidation above", "liquidated_above"),
    ("neutral", "cross", 120.0, [DOWN], "liquidation below", "liquidated_below"),
    ("neutral", "cross", 120.0, [UP], "liquidation above", "liquidated_above"),
    ("long", "cross", 150.0, [DOWN], "liquidation below", "liquidated_below"),
    ("short", "cross", 180.0, [UP], "liquidation above", "liquidated_above"),
    # An isolated one is worst after its starting position was closed at the lines, and taken again at them.
    ("long", "isolated", 1_000.0, UP_AND_DOWN, "liquidation below", "liquidated_below"),
    ("short", "isolated", 1_000.0, DOWN_AND_UP, "liquidation above", "liquidated_above"),
]


@pytest.mark.parametrize(("direction", "mode", "cash", "rows", "label", "field"), SIDES)
def test_a_grids_worst_liquidation_is_the_cores_once_its_orders_have_filled(
    direction: str, mode: str, cash: float, rows: list[Any], label: str, field: str
) -> None:
    one = on(margin_mode=mode, **FEES)
    result = play(Grid(**LINES, direction=direction), [AT, AT, *rows], one, cash=cash, path="nearest")
    book = result.run.books[0]
    assert abs(book["position"]) == (2.0 if direction == "neutral" else 4.0)
    assert foretold(result, label) == pytest.approx(float(book[field]), rel=1e-12)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("size", [{"order_base": 1.0}, {"order_base": None, "order_quote": 90.0}])
@pytest.mark.parametrize("direction", ["long", "neutral", "short"])
def test_no_walk_through_the_lines_brings_a_full_side_nearer_to_its_liquidation_than_foretold(
    direction: str, size: Any, seed: int
) -> None:
    chance = np.random.default_rng(seed)
    closes = 100.0 + 21.0 * np.sin(np.cumsum(chance.normal(0.0, 0.4, 600)))
    rows = [(a, max(a, b), min(a, b), b) for a, b in zip(closes[:-1].round(1), closes[1:].round(1), strict=True)]
    one = on(**FEES)
    result = backtest(Grid(**(LINES | size), direction=direction), candles(AT, AT, *rows), one, cash=1e4, bounds=False)
    assert len(result.fill_rows) > 50
    for side, label in ((1, "liquidation below"), (-1, "liquidation above")):
        if direction == ("short" if side > 0 else "long"):
            continue
        held = [(side * float(row["position"]), float(row["entry"])) for row in result.fill_rows]
        whole = max(held)[0]
        full = {entry for quantity, entry in held if quantity > whole * (1.0 - 1e-9)}
        met = [one.liquidation_price(side, whole, entry, whole * entry / one.leverage) for entry in full]
        assert max(side * price for price in met if price) <= side * foretold(result, label) * (1.0 + side * 1e-9)


@pytest.mark.parametrize(
    ("direction", "labels"), [("long", ["below"]), ("short", ["above"]), ("neutral", ["below", "above"])]
)
def test_a_grid_tells_the_liquidation_of_the_sides_it_may_hold(direction: str, labels: list[str]) -> None:
    facts = [one.label for one in grid_plan(on(), direction=direction).facts]
    assert [label for label in facts if "liquidation" in label] == [f"liquidation {one}" for one in labels]


# Sells of 110 and 120 are the larger side: notional 230. A long one holds 2 at 101 and buys at 80 and 90: 372.
@pytest.mark.parametrize(
    ("leverage", "direction", "label", "expected"),
    [
        (1.0, "neutral", "reserved", 230.0 * (1.0 + 0.002)),
        (4.0, "neutral", "reserved", 230.0 * (0.25 + 0.002)),
        (4.0, "neutral", "notional, most", 230.0),
        (4.0, "neutral", "margin for it", 57.5),
        (4.0, "neutral", "margin spare", 10_000.0 - 230.0 * 0.252),
        (2.0, "long", "investment, this plan", 372.0 * 0.5 + (202.0 + 230.0) * 0.002),
        (2.0, "short", "investment, this plan", (202.0 + 230.0) * 0.502),
    ],
)
def test_a_grids_funds_are_margin_and_fees(leverage: float, direction: str, label: str, expected: float) -> None:
    plan = grid_plan(on(leverage, **FEES), direction=direction)
    assert fact(plan, label) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("direction", ["long", "neutral", "short"])
def test_the_margin_that_the_plan_reserves_is_enough_for_every_order_of_the_grid(direction: str) -> None:
    given = LINES | {"direction": direction, "order_base": 1.0}
    needed = fact(grid_plan(on(3.0, **FEES), direction=direction), "reserved")
    result = play(Grid(**given), [AT, AT, *DOWN_AND_UP], on(3.0, **FEES), cash=needed * 1.0001, path="nearest")
    assert whats(result) == []
    assert len(codes(grid_plan(on(3.0, **FEES), cash=needed * 0.999, direction=direction))) == 1


def test_an_investment_is_margin_so_leverage_makes_its_orders_larger() -> None:
    plain = {"order_base": ..., "investment_quote": 1_000.0}
    given = {name: value for name, value in (LINES | plain).items() if value is not ...}
    notional = [fact(Grid(**given).plan(Start((on(x),), (101.0,), (0.0,), 1e4)), "notional, most") for x in (1.0, 3.0)]
    assert notional[1] == pytest.approx(3.0 * notional[0], rel=1e-3)


# Isolated at leverage 5: one buy at 90 is liquidated at 72.29, both buys (85 on average) at 68.27;
# one sell at 110 at 131.47, both (115 on average) at 137.45.
DISTANCES: list[tuple[dict[str, Any], float, list[str]]] = [
    ({}, 5.0, []),
    ({"liquidation_distance_rate": 0.14}, 5.0, []),  # 80 - 14 % = 68.8, 120 + 14 % = 136.8
    ({"liquidation_distance_rate": 0.147}, 5.0, ["liquidation_too_near"] * 2),  # 68.24 and 137.64
    ({"stop_loss_low": 72.3, "liquidation_distance_rate": 0.055}, 5.0, []),  # 68.32
    ({"stop_loss_low": 72.3, "liquidation_distance_rate": 0.056}, 5.0, ["liquidation_too_near"]),  # 68.25
    ({"stop_loss_low": 72.2}, 5.0, ["stop_beyond_liquidation"]),
    ({"stop_loss_high": 131.4, "liquidation_distance_rate": 0.046}, 5.0, []),  # 137.44
    ({"stop_loss_high": 131.4, "liquidation_distance_rate": 0.047}, 5.0, ["liquidation_too_near"]),  # 137.58
    ({"stop_loss_high": 131.5}, 5.0, ["stop_beyond_liquidation"]),
    ({}, 9.0, ["liquidation_too_near"]),  # 90 / 1.12 = 80.3: before the buy at 80
]


@pytest.mark.parametrize(("given", "leverage", "expected"), DISTANCES)
def test_a_grid_is_refused_when_a_liquidation_is_too_near(given: Any, leverage: float, expected: list[str]) -> None:
    assert codes(grid_plan(on(leverage), **given)) == expected


# (market, changed parameters, words with both numbers)
SAID: list[tuple[Market, dict[str, Any], str]] = [
    (on(5.0), {"stop_loss_low": 72.0}, "the stop at 72 would never be reached: the position is liquidated at 72.28916"),
    (on(5.0), {"liquidation_distance_rate": 0.2}, "liquidated at 68.27309 with all 2 orders filled: expected 64 or below, 20.00% beyond the edge at 80"),
    (on(9.0), {}, "with 1 of 2 orders filled the position is liquidated at 80.32129, before the next at 80"),
    (on(5.0, maintenance=[(0, 0.004, 20), (200, 0.01, 4)]), {}, "a notional of 230.00 USDT at leverage 5: the venue grants that up to 200.00"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "given", "said"), SAID)
def test_a_refusal_names_both_prices(one: Market, given: dict[str, Any], said: str) -> None:
    assert said in grid_plan(one, **given).refusals[0].sentence


def test_a_liquidated_grid_has_ended_and_places_nothing_more() -> None:
    result = play(Grid(**LINES), [AT, AT, DOWN, (79.0, 79.0, 50.0, 50.0), AT, AT], on(), cash=1_000.0)
    state = {one.label: one for one in result.reviews[0].facts}["state"]
    assert (state.value, state.remark) == ("ended", "liquidated")
    assert result.run.books["open_orders"][0] == 0
    assert result.run.books["position"][0] == 0.0


def test_the_split_of_a_grids_result_holds_its_funding() -> None:
    one = on(funding_rate=0.001, funding_hours=1.0, **FEES)
    rows = candles(AT, AT, *DOWN_AND_UP, AT, AT, timeframe="1h")
    result = play(Grid(**LINES), rows, one, cash=1_000.0)
    assert result.metrics.funding != 0.0
    assert fact(result.reviews[0], "funding") == pytest.approx(result.metrics.funding)
    assert fact(result.reviews[0], "total") == pytest.approx(result.metrics.equity_end - 1_000.0)


# One base each at 100, 90, 80, 70; short at 100, 110, 120, 130.
FALL = [(100.0,) * 4] * 2 + [(91.0, 91.0, 69.0, 69.0)]
RISE = [(100.0,) * 4] * 2 + [(109.0, 131.0, 109.0, 131.0)]


@pytest.mark.parametrize(("mode", "cash"), [("isolated", 1_000.0), ("cross", 150.0)])
@pytest.mark.parametrize(
    ("side", "rows", "field"), [("long", FALL, "liquidated_below"), ("short", RISE, "liquidated_above")]
)
@pytest.mark.parametrize("kind", ["linear", "margin"])
def test_a_deals_worst_liquidation_is_the_cores_once_every_safety_order_has_filled(
    kind: str, side: str, rows: Any, field: str, mode: str, cash: float
) -> None:
    if kind == "margin" and side == "long":
        return  # coins that are owned outright
    one = on(kind=kind, margin_mode=mode, maintenance=[(0, 0.004)], **FEES)
    result = dealt(ladder(side=side), rows, one, cash=cash + (100.0 if side == "short" else 0.0), path="nearest")
    book = result.run.books[0]
    assert abs(book["position"]) == 4.0
    assert foretold(result, "Liquidation, every order filled") == pytest.approx(float(book[field]), rel=1e-12)


# At leverage 4 the base order is liquidated at 75.30, three orders (90 on average) at 67.77, all (85) at 64.01.
DEALS: list[tuple[float, dict[str, Any], list[str]]] = [
    (4.0, {}, []),
    (4.0, {"liquidation_distance_rate": 0.085}, []),  # 64.05
    (4.0, {"liquidation_distance_rate": 0.086}, ["liquidation_too_near"]),  # 63.98
    (4.4, {}, []),  # three orders: 69.82, before the last at 70
    (4.5, {}, ["liquidation_too_near"]),  # 70.28
    (2.8, {"stop_loss_rate": 0.35}, []),  # the base order alone: 64.54, the stop at 65
    (2.9, {"stop_loss_rate": 0.35}, ["stop_beyond_liquidation"]),  # 65.78
]


@pytest.mark.parametrize(("leverage", "changed", "expected"), DEALS)
def test_a_ladder_is_refused_when_it_would_be_liquidated(leverage: float, changed: Any, expected: list[str]) -> None:
    assert codes(planned(ladder(**changed), on(leverage))) == expected


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("notional, most", 340.0),
        ("margin for it", 85.0),
        ("margin spare", 1_000.0 - 340.0 * (0.25 + 0.002)),
        ("Worst case", -85.0 - 0.44),
    ],
)
def test_a_deals_funds_are_margin_and_fees(label: str, expected: float) -> None:
    plan = planned(ladder(), on(4.0, **FEES), cash=1_000.0)
    assert fact(plan, label) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("cash", "expected"), [(85.7, []), (85.6, ["insufficient_funds"])])
def test_a_deal_needs_the_margin_of_its_whole_ladder_and_its_fees(cash: float, expected: list[str]) -> None:
    assert codes(planned(ladder(), on(4.0, **FEES), cash=cash)) == expected  # 340 · (1/4 + 0.002) = 85.68


def test_a_deal_opens_on_margin_that_its_whole_value_would_not_fit() -> None:
    assert len(told(dealt(ladder(), FALL, on(4.0), cash=90.0, path="nearest"))) == 4


def test_a_liquidated_deal_ends_as_such_and_the_next_one_may_begin() -> None:
    rows = [*FALL, (69.0, 69.0, 60.0, 60.0), (60.0,) * 4, (60.0,) * 4]
    result = dealt(ladder(), rows, on(4.0), cash=1_000.0, path="nearest")
    table = result.reviews[0].tables[0]
    assert [(row[0], row[1]) for row in table.rows] == [("liquidated", 1)]
    assert told(result)[-1] == "4 buy 1 @ 60 base order"


def test_a_short_deal_on_borrowed_coins_ends_without_debt() -> None:
    one = on(kind="margin", maintenance=[(0, 0.1)], borrow_rate=0.0001)
    rows = candles(*FALL[:2], (100.0, 111.0, 100.0, 111.0), (111.0, 111.0, 90.0, 90.0), timeframe="1h")
    result = dealt(ladder(side="short", max_deals=1), rows, one, cash=500.0)
    assert result.run.books["position"][0] == 0.0
    assert fact(result.reviews[0], "Funding") == pytest.approx(-result.metrics.interest)
    assert result.metrics.interest > 0.0
