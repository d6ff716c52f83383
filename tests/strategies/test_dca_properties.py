"""What holds for any market and any ladder, on every path; each example runs compiled and interpreted (rule D2)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine import Market, Result
from engine.core.codes import PATHS
from strategies._dca_review import deals_of
from strategies.dca import Dca
from tests.core.scripted import market, play
from tests.strategies.dealing import fact

MARKETS = {
    "spot": market(kind="spot", maker_fee_rate=0.001, taker_fee_rate=0.002),
    "spot, fees in coins": market(kind="spot", fee_in="base", maker_fee_rate=0.001, taker_fee_rate=0.002),
    "contract": market(maker_fee_rate=0.0002, taker_fee_rate=0.0005),
    "contract with costs": market(taker_fee_rate=0.0005, half_spread=0.0005, slippage=0.0005),
}
SIZES = {"base_order_quote": 300.0, "safety_order_quote": 200.0}


@st.composite
def rows(draw: st.DrawFn) -> list[tuple[float, ...]]:
    """Draw candles that jump about a price near 100, some with gaps."""
    seed = draw(st.integers(0, 2**32 - 1))
    width = draw(st.sampled_from([0.2, 1.0, 3.0]))
    rng = np.random.default_rng(seed)
    found, close = [], 100.0
    for _ in range(60):
        opened = max(5.0, close + rng.normal(0.0, width) * (rng.random() < 0.3))
        close = max(5.0, opened + rng.normal(0.0, width))
        high = max(opened, close) + abs(rng.normal(0.0, width))
        low = max(4.0, min(opened, close) - abs(rng.normal(0.0, width)))
        found.append((*(round(x, 1) for x in (opened, high, low, close)), float(rng.integers(1, 40))))
        close = found[-1][3]
    return found


ladders = st.fixed_dictionaries(
    {
        "max_safety_orders": st.integers(1, 4),
        "safety_step_rate": st.sampled_from([0.005, 0.02]),
        "step_scale": st.sampled_from([1.0, 1.5]),
        "volume_scale": st.sampled_from([0.5, 1.0, 1.5]),
        "take_profit_rate": st.sampled_from([0.003, 0.02]),
        "take_profit_from": st.sampled_from(["average", "entry"]),
        "take_profit_net": st.booleans(),
        "take_profit_order": st.sampled_from(["limit", "market"]),
        "trailing_take_profit_rate": st.sampled_from([0.0, 0.0, 0.01]),
        "stop_loss_rate": st.sampled_from([None, 0.3]),
        "reserve_funds": st.sampled_from(["all", "active", "none"]),
        "active_safety_orders": st.sampled_from([None, 1]),
    }
)


def played(drawn: dict[str, Any], history: Any, on: Market, **options: Any) -> Result:
    return play(Dca(kind="ladder", **SIZES, **drawn), history, on, cash=3_000.0, **options)


def anything(test: Any) -> Any:
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large]
    wrapped = given(drawn=ladders, history=rows())(test)
    return settings(max_examples=12, deadline=None, suppress_health_check=slow, derandomize=True)(wrapped)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("name", MARKETS)
@anything
def test_a_deal_never_takes_more_than_its_plan(
    name: str, path: str, drawn: dict[str, Any], history: list[tuple[float, ...]]
) -> None:
    result = played(drawn, history, MARKETS[name], path=path)
    planned = fact(result.inputs.plans[0], "Funds if every safety order fills")
    lots = (drawn["max_safety_orders"] + 1) * 0.01 * max(row[1] for row in history)  # sizes are rounded down to one
    assert all(deal.invested <= planned + lots for deal in deals_of(result.fill_rows))
    assert (result.run.balances["amount"] > -1e-6).all()


@pytest.mark.parametrize("path", ["adverse", "low_first"])
@anything
def test_the_average_is_the_total_cost_over_the_quantity(
    path: str, drawn: dict[str, Any], history: list[tuple[float, ...]]
) -> None:
    cost = held = 0.0
    for fill in played(drawn, history, MARKETS["spot"], path=path).fill_rows:
        if fill["tag"] < 0:
            cost, held = cost * fill["position"] / held if fill["position"] else 0.0, float(fill["position"])
            continue
        cost, held = cost + float(fill["quantity"] * fill["price"]), held + float(fill["quantity"])
        assert math.isclose(fill["entry"], cost / held, rel_tol=1e-9)


@pytest.mark.parametrize("participation", [None, 0.2])
@pytest.mark.parametrize("name", MARKETS)
@anything
def test_the_review_adds_up_to_what_was_realised_less_fees(
    name: str, participation: float | None, drawn: dict[str, Any], history: list[tuple[float, ...]]
) -> None:
    result = played(drawn, history, MARKETS[name], participation=participation)
    review, terms = result.reviews[0], result.terms
    told = fact(review, "Realised net of closed deals") + fact(review, "Realised net of open deals")
    assert math.isclose(told, terms.realised - terms.fees, abs_tol=0.005)
    assert sum(row[2] for row in review.tables[0].rows) == pytest.approx(fact(review, "Realised net of closed deals"))


@pytest.mark.parametrize("path", ["adverse", "low_first"])
@anything
def test_exits_are_there_from_the_instant_of_the_entry(
    path: str, drawn: dict[str, Any], history: list[tuple[float, ...]]
) -> None:
    result = played(drawn | {"stop_loss_rate": 0.3}, history, MARKETS["contract"], path=path)
    book = result.run.books[0]
    orders = result.run.orders[0][: book["used"]]
    resting = orders[(orders["state"] != 0) & (orders["reduce_only"] == 1)]
    stops = resting[resting["trigger"] > 0.0]
    assert (book["position"] == 0.0) == (len(resting) == 0)
    assert book["position"] == 0.0 or (stops["quantity"] >= book["position"]).any()
