"""The DCA's pre-flight: what it tells, what it refuses by code, what is an error before it, what it warns of."""

from __future__ import annotations

from typing import Any

import pytest

from engine import ConfigError, Start, backtest
from strategies._dca_checks import LATER
from strategies.dca import Dca
from tests.core.scripted import candles, market
from tests.strategies.dealing import FLAT, codes, fact, ladder, planned, purchases

SPOT = market(kind="spot", min_notional=5.0, maker_fee_rate=0.001, taker_fee_rate=0.002)


def test_the_table_lists_each_order_with_what_the_deal_is_after_it() -> None:
    plan = planned(ladder(take_profit_net=False, stop_loss_rate=0.4))
    assert plan.tables[0].rows == (
        ("base order", 0.0, 100.0, 1.0, 100.0, 1.0, 100.0, 100.0, 105.0, 60.0),
        ("safety order 1", 0.1, 90.0, 1.0, 90.0, 2.0, 190.0, 95.0, 99.8, 60.0),
        ("safety order 2", 0.2, 80.0, 1.0, 80.0, 3.0, 270.0, 90.0, 94.5, 60.0),
        ("safety order 3", pytest.approx(0.3), 70.0, 1.0, 70.0, 4.0, 340.0, 85.0, 89.3, 60.0),
    )


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("Entry", 100.0),
        ("Safety orders", 3),
        ("Funds if every safety order fills", 340.0),
        ("Fees to enter", 100.0 * 0.002 + 240.0 * 0.001),
        ("Average with every order filled", 85.0),
        ("At the last safety order", 4 * 70.0 - 340.0 - 0.44),
        ("Worst case at the stop", 4 * 60.0 - 340.0 - 0.44 - 240.0 * 0.002),
        ("Break-even then", 340.44 / (4.0 * 0.999)),
    ],
)
def test_a_fact_of_the_plan(label: str, expected: float) -> None:
    assert fact(planned(ladder(stop_loss_rate=0.4), SPOT), label) == pytest.approx(expected, rel=1e-12)


def test_the_levels_are_those_of_the_chart() -> None:
    levels = planned(ladder(stop_loss_rate=0.4, take_profit_net=False)).levels
    assert [(level.role, level.price) for level in levels] == [
        ("entry", 100.0), ("ladder", 90.0), ("ladder", 80.0), ("ladder", 70.0), ("target", 105.0), ("stop", 60.0),
    ]  # fmt: skip


# (code, strategy, market, cash, words with the numbers)
REFUSED: list[tuple[str, Dca, Any, float, str]] = [
    ("ladder_past_zero", ladder(max_safety_orders=10), None, 1e4, "safety order 10 of 10 would lie 100.00% below"),
    ("ladder_past_zero", ladder(step_scale=3.0), None, 1e4, "safety order 3 of 3 would lie 130.00% below"),
    ("zero_levels", ladder(max_investment_quote=150.0), None, 1e4, "150.00, leaves no safety order"),
    ("above_max_investment", ladder(max_investment_quote=50.0), None, 1e4, "base order of 100.00 is above max_investment_quote, 50.00"),
    ("below_min_notional", ladder(base_order_base=0.04), SPOT, 1e4, "the base order of 0.04 BTC, 4.00 USDT"),
    ("below_min_notional", ladder(safety_order_base=0.07), SPOT, 1e4, "safety order 3 of 0.07 BTC, 4.90 USDT"),
    ("insufficient_funds", ladder(), None, 300.0, "340.00 USDT are needed for the base order and 3 safety orders with fees, the account has 300.00"),
    ("insufficient_funds", ladder(reserve_funds="active", active_safety_orders=1), None, 180.0, "190.00 USDT are needed for the base order and 1 safety orders"),
    ("insufficient_funds", ladder(reserve_funds="none"), None, 99.0, "100.00 USDT are needed for the base order with fees"),
    ("stop_inside_range", ladder(stop_loss_rate=0.3), None, 1e4, "stop at 70 lies before the last safety order at 70"),
    ("stop_inside_range", ladder(side="short", stop_loss_rate=0.25), None, 1e4, "stop at 125 lies before the last safety order at 130"),
    ("below_min_notional", purchases(purchase_quote=4.0), SPOT, 1e4, "a purchase of 3.99 USDT is below"),
    ("insufficient_funds", purchases(max_purchases=101), SPOT, 1e4, "take 10100.00 USDT, the account has 10000.00"),
    ("not_yet_supported", ladder(side="short"), SPOT, 1e4, "side: short on the spot market BTC/USDT"),
    ("not_yet_supported", purchases(side="short"), None, 1e4, "side: a short schedule"),
    ("market_differs", ladder(leverage=2.0), None, 1e4, "leverage: expected the market's, 1.0, was 2.0; set leverage = 2 in [market]"),
    ("market_differs", ladder(margin_mode="isolated"), None, 1e4, "margin_mode: expected the market's, cross, was isolated"),
    ("market_differs", ladder(leverage=2.0), SPOT, 1e4, 'BTC/USDT, spot, is paid for in full: remove it, or set kind = "linear"'),
    ("market_differs", ladder(liquidation_distance_rate=0.1), SPOT, 1e4, "BTC/USDT, spot, liquidates nothing here; remove it"),
    ("not_yet_supported", purchases(), market(leverage=2.0), 1e4, "schedule: with leverage 2 in [market] of BTC/USDT"),
    ("not_yet_supported", ladder(), market(kind="inverse", lot=1), 1e4, "the inverse contract BTC/USDT counts in contracts"),
    ("not_yet_supported", ladder(on_stop="keep"), None, 1e4, "on_stop: only finish"),
    ("not_yet_supported", ladder(start_condition="manual"), None, 1e4, "start_condition: manual"),
    ("not_yet_supported", ladder(step_from="average"), None, 1e4, "step_from: only entry"),
    ("not_yet_supported", purchases(missed_purchases="all"), None, 1e4, "missed_purchases: only once"),
]  # fmt: skip


@pytest.mark.parametrize("case", REFUSED, ids=[f"{case[0]}: {case[4]}" for case in REFUSED])
def test_a_plan_refuses_with_a_code_and_the_numbers(case: tuple[str, Dca, Any, float, str]) -> None:
    code, strategy, on, cash, words = case
    refusal = planned(strategy, on, cash=cash).refusals[0]
    assert (refusal.code, words in refusal.sentence) == (code, True), refusal


@pytest.mark.parametrize("name", LATER)
def test_a_parameter_of_a_later_version_is_refused_by_its_name(name: str) -> None:
    refusal = planned(ladder(**{name: 1})).refusals[0]
    assert (refusal.code, refusal.sentence.split(":")[0]) == ("not_yet_supported", name)


def test_coins_at_the_start_are_refused_for_deals() -> None:
    assert codes(planned(ladder(), SPOT, holdings=(1.0,))) == ["not_yet_supported"]


def test_coins_at_the_start_are_let_be_by_a_schedule() -> None:
    assert codes(planned(purchases(), SPOT, holdings=(1.0,))) == []


def test_a_refusal_stops_the_run_before_its_first_candle() -> None:
    with pytest.raises(ConfigError, match=r"Dca: insufficient_funds: BTC/USDT: 340\.00 USDT are needed"):
        backtest(ladder(), candles(FLAT, FLAT), market(), cash=300.0)


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"kind": ...}, 'kind: expected "ladder" or "schedule"'),
    ({"base_order_base": ...}, "base_order: expected exactly one of base_order_quote, base_order_base, base_order_rate, was none"),
    ({"base_order_quote": 9.0}, "was quote and base"),
    ({"safety_order_base": ..., "safety_order_quote": 9.0}, "safety_order: expected the unit of the base order"),
    ({"safety_step_rate": ...}, "safety_step_rate: expected a fraction from 0.001 to 0.5"),
    ({"take_profit_rate": ...}, "take_profit_rate: expected a fraction above 0"),
    ({"side": "short", "take_profit_rate": 1.0}, "below 1 when short"),
    ({"active_safety_orders": 4}, "active_safety_orders: expected 1 to max_safety_orders, 3, was 4"),
    ({"min_price": 2.0, "max_price": 1.0}, "min_price: expected at most max_price, 1"),
    ({"start_condition": "price"}, "expected min_price or max_price beside it"),
    ({"purchase_quote": 5.0}, 'purchase_quote: it belongs to kind = "schedule"; remove it, was 5.0'),
    ({"entry_offset_rate": 0.1}, "entry_offset_rate: it does nothing without start_order_type = limit"),
    ({"entry_timeout": "1h"}, "entry_timeout: it does nothing without start_order_type = limit"),
    ({"signal_length": 20}, "signal_length: it does nothing without start_condition = signal"),
    ({"on_stop_loss": "close_and_disable"}, "on_stop_loss: it does nothing without stop_loss_rate"),
]  # fmt: skip


@pytest.mark.parametrize(("changed", "said"), WRONG, ids=[said for _, said in WRONG])
def test_parameters_that_do_not_go_together_are_an_error_that_names_one(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        planned(ladder(**changed))
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"schedule": ...}, 'schedule: expected a time such as "daily 08:00"'),
        ({"max_purchases": ...}, "expected at least one of budget_quote, max_purchases and end_at"),
        ({"purchase_base": 1.0}, "purchase: expected exactly one of purchase_quote"),
        ({"cooldown": "1h"}, 'cooldown: it belongs to kind = "ladder"'),
    ],
)
def test_a_schedule_that_lacks_something_is_an_error_that_names_it(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        planned(purchases(**changed))
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, "without a stop, a deal that does not recover holds 340.00 USDT for good"),
        ({"max_investment_quote": 280.0}, "max_investment_quote cuts the ladder from 3 to 2 safety orders"),
        ({"min_price": 120.0}, "the price 100 is beyond min_price 120: no deal opens until it comes back"),
        ({"max_price": 90.0}, "the price 100 is beyond max_price 90"),
        (
            {"take_profit_order": "market", "trailing_take_profit_rate": 0.5},
            "trailing_take_profit_rate 50.00% is wider",
        ),
        ({"stop_loss_rate": 0.15, "stop_loss_from": "average"}, "at 80.8 it ends the deal before safety order 2 at 80"),
    ],
)
def test_a_plan_warns_of(changed: dict[str, Any], said: str) -> None:
    assert any(said in warning for warning in planned(ladder(**changed)).warnings)


def test_more_than_200_pairs_are_an_error() -> None:
    with pytest.raises(ConfigError, match="expected 1 to 200 pairs, were 201"):
        ladder().prepare(Start((market(),) * 201, (100.0,) * 201, (0.0,) * 201, 1e4))
