"""Every parameter of the grid in a case where it matters, and every refusal by its code."""

from __future__ import annotations

from typing import Any

import pytest

from engine import ConfigError, Market, Result, Start
from strategies._grid_parameters import GridParameters
from strategies.grid import DONE, Grid
from tests.core.scripted import candles, fills, play

LINES = {"lower": 80.0, "upper": 120.0, "levels": 5, "spacing": "arithmetic", "order_base": 1.0}  # 80 90 100 110 120
FLAT = (101.0,) * 4


def spot(**fields: Any) -> Market:
    plain = {"tick": 0.1, "lot": 0.01, "maker_fee_rate": 0.0, "taker_fee_rate": 0.0}
    return Market(symbol="BTC/USDT", **(plain | fields))


def linear(**fields: Any) -> Market:
    return spot(kind="linear", **fields)


def ran(*rows: Any, on: Market | None = None, cash: float = 10_000.0, holding: float = 0.0, **given: Any) -> Result:
    held = {"BTC/USDT": holding} if holding else None
    options = {name: given.pop(name) for name in ("path", "participation") if name in given}
    parameters = {name: value for name, value in (LINES | given).items() if value is not ...}
    return play(Grid(**parameters), [FLAT, *rows], on or spot(), cash=cash, holdings=held, **options)


def prices(result: Result) -> list[tuple[str, float]]:
    return [(side, price) for _, side, _, price in fills(result)]


def lines(result: Result) -> list[float]:
    return [level.price for level in result.inputs.plans[0].levels if "line" in level.label]  # type: ignore[union-attr]


RANGES = {
    "lower": ({"lower": 60.0}, [60.0, 75.0, 90.0, 105.0, 120.0]),
    "upper": ({"upper": 140.0}, [80.0, 95.0, 110.0, 125.0, 140.0]),
    "levels": ({"levels": 3}, [80.0, 100.0, 120.0]),
    "spacing": ({"spacing": "geometric"}, [80.0, 88.5, 98.0, 108.4, 120.0]),
}
CENTERED = {"lower": ..., "upper": ..., "levels": ..., "spacing": ...}
CENTERS = {
    "center": ({"center": 100.0, "step": 10.0, "buy_levels": 1, "sell_levels": 2}, [90.0, 100.0, 110.0, 120.0]),
    "center market": ({"center": "market", "step": 5.0, "buy_levels": 1, "sell_levels": 1}, [96.0, 101.0, 106.0]),
    "step_rate": ({"center": 100.0, "step_rate": 0.1, "buy_levels": 1, "sell_levels": 1}, [90.9, 100.0, 110.0]),
}


@pytest.mark.parametrize("name", RANGES)
def test_a_range_has_its_lines(name: str) -> None:
    given, expected = RANGES[name]
    assert lines(ran(**given)) == expected


@pytest.mark.parametrize("name", CENTERS)
def test_a_range_is_built_outward_from_its_center(name: str) -> None:
    given, expected = CENTERS[name]
    assert lines(ran(**CENTERED, **given)) == expected


@pytest.mark.parametrize(
    ("direction", "on", "holding", "base_in", "position"),
    [
        (None, spot(), 0.0, 0.0, 2.0),
        (None, linear(), 0.0, 0.0, 0.0),
        ("long", linear(), 0.0, 0.0, 2.0),
        ("neutral", linear(), 0.0, 0.0, 0.0),
        ("short", linear(), 0.0, 0.0, -2.0),
        ("neutral", spot(), 2.0, 2.0, 2.0),
        ("short", spot(), 5.0, 4.0, 3.0),
        ("long", spot(), 1.5, 1.5, 2.0),
    ],
)
def test_direction_and_investment_base_decide_the_starting_position(
    direction: str | None, on: Market, holding: float, base_in: float, position: float
) -> None:
    result = ran(FLAT, on=on, holding=holding, direction=direction, investment_base=base_in)
    assert result.run.books["position"][0] == position
    assert result.run.books["open_orders"][0] == 4


def test_cells_whose_position_is_not_taken_sleep_until_the_price_has_passed_them() -> None:
    rows = [FLAT, (101.0, 111.0, 101.0, 105.0), FLAT]
    result = ran(*rows, open_initial_position=False)
    assert result.run.books["open_orders"][0] == 3  # the buys at 80 and 90, and the cell from 100 that woke up
    assert result.run.books["position"][0] == 0.0


@pytest.mark.parametrize(("kind", "paid"), [("limit", []), ("market", [("buy", 105.0)])])
def test_start_order_type_and_its_slippage_decide_whether_a_gap_is_paid(kind: str, paid: list[Any]) -> None:
    result = ran((105.0,) * 4, start_order_type=kind, open_slippage_rate=0.01)
    assert prices(result) == paid
    assert prices(ran((105.0,) * 4, start_order_type=kind, open_slippage_rate=0.05)) == [("buy", 105.0)]


@pytest.mark.parametrize(
    ("given", "quantities"),
    [
        ({"order_base": 2.0}, [2.0, 2.0, 2.0, 2.0]),
        ({"order_base": ..., "order_quote": 200.0}, [2.5, 2.22, 2.0, 1.81]),
        ({"order_base": ..., "investment_quote": 400.0}, [1.27, 1.13, 1.01, 0.92]),
        ({"order_base": ..., "investment_quote": 400.0, "order_unit": "base"}, [1.07, 1.07, 1.07, 1.07]),
    ],
)
def test_each_way_to_state_the_size(given: dict[str, Any], quantities: list[float]) -> None:
    result = ran(FLAT, **given)
    assert result.inputs.strategies[0].quantity[:4].tolist() == quantities


@pytest.mark.parametrize(("buffer", "sold"), [(0.0, 1.99), (0.01, 2.0), (None, 2.0)])
def test_a_fee_buffer_keeps_the_sells_whole_where_fees_are_taken_in_base(buffer: float | None, sold: float) -> None:
    on = spot(fee_in="base", taker_fee_rate=0.001, maker_fee_rate=0.001)
    result = ran(FLAT, (101.0, 121.0, 101.0, 121.0), on=on, fee_buffer_rate=buffer, path="low_first")
    assert sum(q for _, side, q, _ in fills(result) if side == "sell") == pytest.approx(sold)


@pytest.mark.parametrize(
    ("price", "direction", "rows", "opens"),
    [
        (105.0, None, [(101.0, 104.0, 101.0, 104.0)], False),
        (105.0, None, [(101.0, 106.0, 101.0, 104.0)], True),
        (97.0, None, [(101.0, 101.0, 96.0, 98.0)], True),
        (97.0, "up", [(101.0, 101.0, 96.0, 96.0)], True),
        (105.0, "down", [(102.0, 104.0, 100.0, 103.0)], False),
        (105.0, "down", [(106.0, 106.0, 106.0, 106.0)], True),
    ],
)
def test_a_trigger_is_waited_for(price: float, direction: str | None, rows: Any, opens: bool) -> None:
    result = ran(*rows, FLAT, trigger_price=price, trigger_direction=direction)
    assert (result.run.books["open_orders"][0] > 0) == opens


def test_a_post_only_line_that_would_cross_is_placed_a_tick_off() -> None:
    rows = [(89.0, 89.5, 88.8, 89.0), (89.0, 89.0, 88.5, 88.6)]
    makers = ran(*rows, open_initial_position=False)
    takers = ran(*rows, open_initial_position=False, post_only=False)
    assert prices(takers) == [("buy", 89.0)]
    assert prices(makers) == [("buy", 88.9)]
    assert makers.fill_rows["maker"].all()
    assert "denied: post-only" in " ".join(makers.orders["what"])


@pytest.mark.parametrize(("limits", "count"), [({}, 4), ({"max_open_buys": 1}, 3), ({"max_open_sells": 1}, 3)])
def test_only_the_nearest_orders_rest(limits: dict[str, int], count: int) -> None:
    result = ran(FLAT, **limits)
    assert result.run.books["open_orders"][0] == count
    free = {"max_open_buys": {90.0}, "max_open_sells": {110.0}}
    resting = {float(o["price"]) for o in result.run.orders[0] if o["state"] == 2}
    assert all(prices_ <= resting for name, prices_ in free.items() if name in limits)


def test_a_start_outside_the_range_is_told() -> None:
    warnings = ran(lower=110.0, levels=2).inputs.plans[0].warnings  # type: ignore[union-attr]
    assert warnings == ("the price 101 lies outside the range 110 to 120: only one side of it can fill",)


def test_a_range_that_trails_keeps_to_the_nearest_orders() -> None:
    rows = [(p, p + 2.0, p - 1.0, p + 1.0) for p in range(101, 160, 2)]
    given = {"order_base": ..., "order_quote": 100.0, "trailing_up": True, "trailing_up_limit": "none"}
    result = ran(*rows, **given, max_open_buys=1)
    assert result.run.states[0]["shifts"][0] > 2
    assert result.run.books["open_orders"][0] == 1


def test_a_virtual_line_comes_up_when_the_nearest_has_filled() -> None:
    rows = [FLAT, (101.0, 101.0, 89.0, 95.0), (95.0, 95.0, 79.0, 81.0)]
    assert prices(ran(*rows, max_open_buys=1)) == prices(ran(*rows))


@pytest.mark.parametrize("ends", ["close", "keep", "cancel_only", "to_quote", "to_base"])
def test_what_a_stop_leaves_behind(ends: str) -> None:
    rows = [FLAT, (101.0, 101.0, 74.0, 74.5), (74.5,) * 4, (74.5,) * 4]
    result = ran(*rows, holding=1.0, stop_loss_low=75.0, on_stop_loss=ends, path="low_first")
    book, state = result.run.books[0], result.run.states[0]
    position = {"close": 1.0, "keep": 5.0, "cancel_only": 5.0, "to_quote": 0.0}.get(ends, 100.0)
    assert book["position"] == position if ends != "to_base" else book["position"] > position
    assert (book["open_orders"] > 0) == (ends == "keep")
    assert (state["phase"][0], state["ended_by"][0]) == (DONE, 1)


def test_a_stop_fills_inside_the_candle_at_its_price() -> None:
    result = ran(FLAT, (101.0, 101.0, 74.0, 101.0), stop_loss_low=75.0, path="low_first")
    assert prices(result)[-1] == ("sell", 75.0)
    assert result.reason_text(int(result.fill_rows["reason"][-1])) == "stop_loss_low"


def test_a_stop_above_ends_a_short_grid_inside_the_candle() -> None:
    result = ran(FLAT, (101.0, 126.0, 101.0, 101.0), on=linear(), direction="short", stop_loss_high=125.0)
    assert prices(result)[-1] == ("buy", 125.0)
    assert result.run.books["position"][0] == 0.0


def test_a_stop_above_ends_a_long_grid_that_holds_nothing() -> None:
    result = ran(FLAT, (101.0, 126.0, 101.0, 126.0), FLAT, stop_loss_high=125.0)
    assert result.run.states[0]["ended_by"][0] == 2
    assert result.run.books["open_orders"][0] == 0


@pytest.mark.parametrize(
    ("given", "rows", "ended"),
    [
        ({"take_profit": 115.0}, [(101.0, 114.0, 101.0, 112.0)], 0),
        ({"take_profit": 115.0}, [(101.0, 116.0, 101.0, 112.0)], 3),
        ({"take_profit": 115.0}, [(117.0, 118.0, 117.0, 117.0)], 3),
        ({"take_profit": 15.0, "take_profit_type": "pnl_quote"}, [(101.0, 105.0, 101.0, 105.0)], 0),
        ({"take_profit": 15.0, "take_profit_type": "pnl_quote"}, [(101.0, 109.0, 101.0, 109.0)], 3),
        ({"take_profit": 0.02, "take_profit_type": "pnl_rate"}, [(101.0, 109.0, 101.0, 109.0)], 3),
        ({"take_profit": 0.20, "take_profit_type": "pnl_rate"}, [(101.0, 109.0, 101.0, 109.0)], 0),
    ],
)
def test_a_take_profit_measures_what_it_says(given: dict[str, Any], rows: Any, ended: int) -> None:
    assert ran(FLAT, *rows, FLAT, **given).run.states[0]["ended_by"][0] == ended


@pytest.mark.parametrize(("ends", "position"), [("close", 0.0), ("cancel_only", 2.0), ("keep", 2.0)])
def test_what_a_take_profit_leaves_behind(ends: str, position: float) -> None:
    rows = [FLAT, (101.0, 107.0, 101.0, 106.0), (106.0,) * 4]
    result = ran(*rows, take_profit=106.0, on_take_profit=ends)
    assert result.run.books["position"][0] == position


def test_a_closing_order_takes_no_worse_than_its_slippage_and_is_tried_again() -> None:
    rows = [FLAT, (101.0, 107.0, 101.0, 106.0), (90.1,) * 4, (90.1,) * 4]
    result = ran(*rows, take_profit=106.0, close_slippage_rate=0.01)
    assert prices(result)[-1] == ("sell", 90.1)  # the gap was beyond 1 %, so the next candle's order took it
    assert fills(result)[-1][0] == 4


def test_a_range_that_trails_up_loses_and_doubles_no_line() -> None:
    rows = [FLAT, (101.0, 121.0, 101.0, 121.0), (121.0, 146.0, 121.0, 145.0), (145.0,) * 4]
    result = ran(*rows, order_base=..., order_quote=100.0, trailing_up=True, trailing_up_limit="none")
    state = result.run.states[0]
    low, high = sorted(state["low_of"][0][:4]), sorted(state["high_of"][0][:4])
    assert (low, high) == ([100.0, 110.0, 120.0, 130.0], [110.0, 120.0, 130.0, 140.0])
    assert sorted(float(o["price"]) for o in result.run.orders[0] if o["state"] == 2) == low
    capped = ran(*rows, order_base=..., order_quote=100.0, trailing_up=True, trailing_up_limit=130.0)
    assert capped.run.states[0]["shifts"][0] == 1


def test_a_range_that_trails_down_takes_its_coins_along() -> None:
    rows = [FLAT, (101.0, 101.0, 79.0, 79.0), (79.0, 79.0, 59.0, 59.0), (59.0,) * 4]
    result = ran(*rows, trailing_down=True, trailing_down_limit="none")
    state = result.run.states[0]
    assert sorted(state["low_of"][0][:4]) == [60.0, 70.0, 80.0, 90.0]
    assert result.run.books["position"][0] == 4.0
    limited = ran(*rows, trailing_down=True, trailing_down_limit=70.0)
    assert limited.run.states[0]["shifts"][0] == 1


@pytest.mark.parametrize(("trails", "stop"), [(True, 95.0), (False, 75.0)])
def test_the_stop_left_behind_moves_with_the_range(trails: bool, stop: float) -> None:
    rows = [FLAT, (101.0, 121.0, 101.0, 121.0), (121.0, 146.0, 121.0, 145.0)]
    given = {"order_base": ..., "order_quote": 100.0, "trailing_up": True, "trailing_up_limit": "none"}
    result = ran(*rows, **given, stop_loss_low=75.0, trail_stops=trails)
    assert result.run.states[0]["stop_low"][0] == stop


@pytest.mark.parametrize(("check", "refused"), [("refuse", True), ("warn", False), ("off", False)])
def test_a_cell_below_break_even_is_refused_unless_told_otherwise(check: str, refused: bool) -> None:
    on = spot(maker_fee_rate=0.06, taker_fee_rate=0.06)
    grid = Grid(**LINES, fees_check=check)
    if refused:
        with pytest.raises(ConfigError, match="step_below_fees"):
            play(grid, [FLAT], on)
    else:
        plan = play(grid, [FLAT], on).inputs.plans[0]
        assert bool(plan.warnings) == (check == "warn")  # type: ignore[union-attr]


def test_min_profit_rate_asks_for_more_than_break_even() -> None:
    with pytest.raises(ConfigError, match=r"step_below_fees: the cell 110 to 120 nets 9\.0909%"):
        ran(min_profit_rate=0.1)


REFUSED = [
    ({"lower": ...}, "range_invalid: expected lower, upper and levels, or center"),
    ({"lower": 130.0}, "range_invalid: expected 0 < lower < upper, were 130 and 120"),
    ({"step": 3.0}, "range_invalid: step belongs to center"),
    ({"center": 100.0, "step": 1.0}, "range_invalid: expected center, or lower, upper and levels; both were given"),
    ({**CENTERED, "center": 100.0}, "range_invalid: center needs exactly one of step and step_rate"),
    ({**CENTERED, "center": 100.0, "step": 1.0}, "zero_levels: expected at least one line besides center"),
    ({"lower": 100.0, "upper": 100.4, "levels": 9}, "lines_collide: two lines round to 100"),
    ({"order_quote": 3.0}, "below_min_investment: expected exactly one of investment_quote, order_quote, order_base"),
    ({"order_base": ...}, "was none"),
    ({"order_base": ..., "order_quote": 9.0, "order_unit": "base"}, "range_invalid: order_unit base contradicts"),
    ({"order_base": 0.001}, "below_min_notional: the cell 80 to 90 would hold 0"),
    ({"order_base": 50.0}, "insufficient_funds: needs"),
    ({"investment_base": 3.0}, "insufficient_funds: investment_base: expected at most the 0 BTC held, was 3"),
    ({"direction": "short"}, "venue_lacks: a spot market cannot go short: a short grid sells 4 BTC it must hold"),
    ({"stop_loss_low": 85.0}, "stop_inside_range: stop_loss_low: expected a price below the lowest line 80, was 85"),
    ({"stop_loss_high": 85.0}, "stop_inside_range: stop_loss_high: expected a price above the highest line 120"),
    ({"lower": 110.0, "stop_loss_low": 105.0}, "stop_inside_range: stop_loss_low: the price 101 is beyond 105 already"),
    ({"trigger_direction": "up"}, "range_invalid: trigger_direction belongs to trigger_price"),
    ({"take_profit_type": "pnl_rate"}, "range_invalid: take_profit_type pnl_rate without take_profit"),
    ({"trailing_up": True, "order_base": ..., "order_quote": 99.0}, "trailing_limit_missing: trailing_up_limit"),
    ({"trailing_up": True, "trailing_up_limit": "none"}, "trailing_needs_quote_size"),
    ({"trailing_down_limit": 9.0}, "range_invalid: trailing_down_limit belongs to trailing_down"),
    (
        {"trailing_up": True, "order_base": ..., "order_quote": 99.0, "trailing_up_limit": 120.0},
        "range_invalid: trailing_up_limit: expected a price above the highest line 120, was 120",
    ),
    (
        {"trailing_down": True, "trailing_down_limit": 90.0},
        "range_invalid: trailing_down_limit: expected a price below the lowest line 80, was 90",
    ),
    ({"trail_stops": False}, "range_invalid: trail_stops belongs to trailing_up and trailing_down"),
    (
        {"take_profit": 85.0},
        "range_invalid: take_profit: expected a price above the 101 at which a long grid opens, was 85",
    ),
    ({"on_take_profit": "keep"}, "range_invalid: on_take_profit belongs to take_profit"),
    ({"on_stop_loss": "keep"}, "range_invalid: on_stop_loss belongs to stop_loss_low and stop_loss_high"),
    (
        {"direction": "short", "order_base": ..., "investment_quote": 900.0},
        "venue_lacks: a spot market cannot go short: a short grid sells coins",
    ),
    (
        {"leverage": 2.0},
        "market_differs: leverage: expected the market's, 1.0, was 2.0; BTC/USDT, spot, is paid for in",
    ),
    ({"leverage": 2.0, "on": linear()}, "expected the market's, 1.0, was 2.0; set leverage = 2 in [market], where it"),
    ({"margin_mode": "isolated", "on": linear()}, "market_differs: margin_mode: expected the market's, cross, was iso"),
    (
        {"liquidation_distance_rate": 0.1},
        "market_differs: liquidation_distance_rate: BTC/USDT, spot, liquidates nothing",
    ),
    ({"on": spot(kind="inverse", lot=1)}, "not_yet_supported: a grid on the inverse contract BTC/USDT"),
    ({"on": spot(kind="margin"), "direction": "short"}, "not_yet_supported: a short grid with borrowed coins"),
    ({"price_source": "mark"}, 'not_yet_supported: price_source "mark"'),
    ({"stop_loss_type": "pnl_quote"}, 'not_yet_supported: stop_loss_type "pnl_quote"'),
    ({"catch_up": "net"}, "not_yet_supported: catch_up needs a live venue"),
    ({"on_stop": "close"}, "not_yet_supported: on_stop needs a live venue"),
    *(({name: 1}, f"not_yet_supported: {name}") for name in GridParameters.later),
]


@pytest.mark.parametrize(
    ("given", "said"), REFUSED, ids=[said.split(":")[0] + str(i) for i, (_, said) in enumerate(REFUSED)]
)
def test_what_cannot_be_is_refused_with_its_code_and_numbers(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        ran(**given)
    assert said in str(caught.value)


def test_a_gap_through_several_lines_fills_each_once_at_the_open() -> None:
    result = ran(FLAT, (79.0, 79.0, 78.0, 79.0))
    assert prices(result)[1:] == [("buy", 79.0), ("buy", 79.0)]


def test_a_part_of_an_order_does_not_flip_its_cell() -> None:
    history = candles((*FLAT, 100.0), (*FLAT, 100.0), (101.0, 101.0, 89.0, 95.0, 0.4), (95.0, 95.0, 89.0, 95.0, 2.0))
    result = play(Grid(**LINES), history, spot(), participation=1.0)
    state = result.run.states[0]
    assert [q for _, side, q, price in fills(result) if price == 90.0] == [0.4, 0.6]
    assert state["loaded"][0][1] == 1


@pytest.mark.parametrize("invested", [1.0, 300.0, 9_000.0])
def test_the_least_investment_is_the_same_whatever_is_put_in(invested: float) -> None:
    on = spot(min_notional=5.0)
    grid = Grid(**{name: value for name, value in LINES.items() if name != "order_base"}, investment_quote=invested)
    plan = grid.plan(Start((on,), (101.0,), (0.0,), 10_000.0))
    assert plan.facts[5].label == "investment, least"
    assert plan.facts[5].value == pytest.approx(21.1)  # 0.07 at 80, 0.06 at 90, and 0.05 twice bought at 101
    assert [one.code for one in plan.refusals] == (["below_min_notional"] if invested < 20.0 else [])


def test_a_short_grid_that_has_closed_is_flat_at_its_lower_edge() -> None:
    plan = ran(on=linear(), direction="short", order_base=0.1, lower=79.9).inputs.plans[0]
    lower = next(fact for fact in plan.facts if fact.label == "worst case at the lower edge")  # type: ignore[union-attr]
    assert lower.remark.endswith("flat")
