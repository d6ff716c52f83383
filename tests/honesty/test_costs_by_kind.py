"""What was paid adds up by kind, whatever the models, and to the last quote of the planned prices."""

from __future__ import annotations

from typing import Any

import pytest

from engine import Result
from engine.honesty import costs_by_kind, study_costs
from tests.honesty.edges import Resting, contract, played


def amounts(result: Result) -> dict[str, float]:
    return {one.kind: one.amount for one in costs_by_kind(result)}


MODELS: list[tuple[str, dict[str, Any], set[str]]] = [
    ("fees alone", {}, {"taker fees"}),
    ("a spread", {"half_spread": 0.0002}, {"taker fees", "spread"}),
    ("a spread and fixed slippage", {"half_spread": 0.0002, "slippage": 0.0001}, {"taker fees", "spread", "slippage"}),
    ("a spread by volatility", {"half_spread_volatility": 0.01}, {"taker fees", "spread"}),
    ("square-root impact", {"slippage_model": "square_root"}, {"taker fees", "impact"}),
    ("volume share", {"slippage_model": "volume_share"}, {"taker fees", "impact"}),
    ("everything", {"half_spread": 0.0002, "half_spread_volatility": 0.01, "slippage": 0.0001, "slippage_model": "square_root"},
     {"taker fees", "spread", "slippage", "impact"}),
]  # fmt: skip


@pytest.mark.parametrize(("what", "on", "kinds"), MODELS, ids=[one[0] for one in MODELS])
def test_costs_of_each_kind_add_up_to_what_fills_paid(what: str, on: dict[str, Any], kinds: set[str]) -> None:
    result = played(on=contract(**on))
    found, fills = amounts(result), result.fill_rows
    assert {kind for kind, amount in found.items() if amount > 1e-9} == kinds
    worse = (fills["side"] * (fills["price"] - fills["planned"]) * fills["quantity"]).sum()
    assert sum(found.values()) == pytest.approx(worse + fills["fee"].sum(), rel=1e-12)


def test_a_spread_by_volatility_costs_its_share_of_the_volatility_before_each_fill() -> None:
    result = played(on=contract(half_spread=0.0002, half_spread_volatility=0.01))
    fills = result.fill_rows
    gauge = result.inputs.gauged()[0][fills["candle"]]
    expected = ((0.0002 + 0.01 * gauge["sigma_day"]) * fills["planned"] * fills["quantity"]).sum()
    assert amounts(result)["spread"] == pytest.approx(expected, rel=1e-4)  # the tick rounds


def test_resting_orders_pay_makers_fees_and_nothing_else() -> None:
    found = amounts(played(Resting(), contract(half_spread=0.0001, slippage_model="square_root")))
    assert {kind for kind, amount in found.items() if amount} == {"maker fees"}


def test_a_rebate_is_a_negative_cost() -> None:
    assert amounts(played(Resting(), contract(maker_fee_rate=-0.0001)))["maker fees"] < 0.0


def test_what_was_made_before_costs_is_the_net_result_and_the_costs() -> None:
    result = played()
    told = study_costs(result)
    assert told["before_costs"] == pytest.approx(told["net"] + told["total"], rel=1e-12)
    assert result.summary()["costs"] is told
