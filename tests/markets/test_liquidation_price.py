"""A market tells the liquidation price that the core will set: asked before there is a book, held against one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine import Market
from tests.core.scripted import market, order, play, scripted

TIERS = [(0, 0.004, 125), (300, 0.01, 50), (800, 0.05, 10)]
FLAT = (100.0,) * 4


def on(**fields: Any) -> Market:
    plain = {"leverage": 5.0, "maintenance": TIERS, "taker_fee_rate": 0.001}
    return market(**(plain | fields))


MARKETS = {
    "isolated": on(margin_mode="isolated"),
    "cross": on(),
    "isolated with the closing fee": on(margin_mode="isolated", maintenance_fee=True),
    "dated": on(kind="future", expiry=2_000_000_000_000, margin_mode="isolated"),
    "inverse": on(kind="inverse", contract_size=100.0, lot=1, maintenance=[(0, 0.004), (3, 0.01)]),
    "inverse isolated": on(
        kind="inverse", contract_size=100.0, lot=1, margin_mode="isolated", maintenance=[(0, 0.004)]
    ),
    "borrowed coins": on(kind="margin", leverage=3.0, maintenance=[(0, 0.1)]),
    "borrowed coins isolated": on(kind="margin", leverage=3.0, margin_mode="isolated", maintenance=[(0, 0.1)]),
}


@pytest.mark.parametrize("quantity", [2.0, 5.0, 12.0])
@pytest.mark.parametrize("side", [1, -1])
@pytest.mark.parametrize("name", MARKETS)
def test_the_price_foretold_is_the_one_the_core_sets(name: str, side: int, quantity: float) -> None:
    one = MARKETS[name]
    cash = {"inverse": 20.0, "margin": 2_000.0}.get(one.kind, 400.0)
    result = play(scripted(order("buy" if side > 0 else "sell", 0, quantity=quantity)), [FLAT] * 3, one, cash=cash)
    book = result.run.books[0]
    assert book["position"] == side * quantity
    wallet = float(book["margin"] if one.margin_mode == "isolated" else result.run.balances["amount"][0])
    if one.kind == "margin" and side < 0 and one.margin_mode == "cross":
        wallet -= quantity * float(book["entry"])  # what the sale brought, which the market adds by itself
    told = one.liquidation_price(side, quantity, float(book["entry"]), wallet)
    below, above = float(book["liquidated_below"]), float(book["liquidated_above"])
    set_by_core = below if side > 0 else above
    if told is None:
        assert set_by_core <= 0.0 or set_by_core == np.inf
    else:
        assert told == pytest.approx(set_by_core, rel=1e-12)


def test_the_worked_example_of_a_neutral_grid_has_its_two_prices() -> None:
    # 2,000 USDT behind 0.2 BTC at 51,000 or 0.3 short at 58,000, rate 0.4 %: the pre-flight of the reference
    one = market(maintenance=[(0, 0.004)])
    assert one.liquidation_price(1, 0.2, 51_000.0, 2_000.0) == pytest.approx(41_164.66, abs=0.005)
    assert one.liquidation_price(-1, 0.3, 58_000.0, 2_000.0) == pytest.approx(64_409.03, abs=0.005)


@pytest.mark.parametrize(
    ("one", "side"), [(market(kind="spot"), 1), (market(kind="margin"), 1), (market(margin_mode="isolated"), 1)]
)
def test_coins_and_a_long_whose_margin_covers_it_have_none(one: Market, side: int) -> None:
    assert one.liquidation_price(side, 1.0, 100.0, 100.0) is None


@pytest.mark.parametrize(("leverage", "most"), [(10.0, np.inf), (11.0, 800.0), (60.0, 300.0)])
def test_the_largest_notional_is_where_the_venue_grants_the_leverage_no_more(leverage: float, most: float) -> None:
    assert on(leverage=leverage).largest_notional == most
