"""The grid against golden numbers: lines, profit per cell, break-even, funds, and one candle along two paths."""

from __future__ import annotations

import itertools
import json
import math
from pathlib import Path
from typing import Any

import pytest

from engine import Market, Start
from strategies._grid_layout import lay_out
from strategies._grid_plan import break_even_rate, cell_profit_rate, worst_position
from strategies.grid import Grid
from tests.core.scripted import fills, market, play

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "grid.json").read_text())
BOT = {case["name"]: case for case in GOLDEN["grid_bot"]["cases"]}
PATH = GOLDEN["grid_intrabar_path"]
FEE = 0.001
EXACT = Market(symbol="BTC/USDT", tick="0.000000001", lot=0.00001, maker_fee_rate=FEE, taker_fee_rate=FEE)


def start(price: float, on: Market = EXACT, cash: float = 10_000.0, holding: float = 0.0) -> Start:
    return Start((on,), (price,), (holding,), cash)


@pytest.mark.parametrize("spacing", ["arithmetic", "geometric"])
def test_lines_and_profit_per_cell_are_the_golden_ones(spacing: str) -> None:
    expected, inputs = BOT[spacing]["expected"], BOT[spacing]["inputs"]
    grid = Grid(lower=inputs["L"], upper=inputs["U"], levels=inputs["n"] + 1, spacing=spacing, order_base=0.01)
    lines = lay_out(grid, start(54_500.0)).lines
    assert lines == pytest.approx(expected["levels"], rel=1e-9)
    rates = [cell_profit_rate(a, b, inputs["c"]) for a, b in itertools.pairwise(lines)]
    golden = expected["profit_per_grid"]
    assert rates == pytest.approx(golden if isinstance(golden, list) else [golden] * len(rates), rel=1e-9)
    if spacing == "arithmetic":
        assert (max(rates), min(rates)) == pytest.approx((expected["max"], expected["min"]), rel=1e-9)


def test_break_even_spacing_is_the_golden_one() -> None:
    case = BOT["break_even_spacing"]
    assert break_even_rate(case["inputs"]["c"]) == pytest.approx(case["expected"], rel=1e-9)


def example() -> tuple[Grid, Start]:
    """Return the worked example of the pre-flight: 50,000 to 60,000, five cells of 0.01 BTC, price 54,500."""
    spot = Market(symbol="BTC/USDT", tick=0.1, lot=0.00001, min_notional=5.0, maker_fee_rate=FEE, taker_fee_rate=FEE)
    grid = Grid(lower=50_000, upper=60_000, levels=6, spacing="arithmetic", order_base=0.01, stop_loss_low=47_500)
    return grid, start(54_500.0, spot, cash=9_410.0)


@pytest.mark.parametrize(
    ("label", "value"),
    [
        ("orders at rest", 5),
        ("profit per cell, least", 18.82),
        ("profit per cell, most", 18.98),
        ("investment, least", 26.58),
        ("investment, most", 9_410.0),
        ("investment, this plan", 2_657.66),
        ("opening", 0.03),
        ("worst case at the lower edge", -155.0),
        ("at the stop below", -285.03),
    ],
)
def test_the_pre_flight_prints_the_worked_example(label: str, value: float) -> None:
    grid, begin = example()
    plan = grid.plan(begin)
    assert not plan.refusals
    facts = {fact.label: fact.value for fact in plan.facts}
    assert facts[label] == pytest.approx(value, abs=0.0051)


def test_one_line_is_free_so_the_plan_needs_a_line_less_than_the_golden_lists() -> None:
    grid, begin = example()
    made = lay_out(grid, begin)
    case = BOT["capital_and_worst_case"]["expected"]
    assert made.lines[made.free] == 54_000.0
    buys = sum(q * p for q, p in zip(made.quantity[: made.free], made.lines, strict=False)) * (1.0 + FEE)
    assert buys == pytest.approx(case["quote_needed"] - 0.01 * 54_000.0 * (1.0 + FEE), rel=1e-9)
    assert sum(made.quantity[made.free :]) == pytest.approx(case["base_needed"])
    quantity, cost, _ = worst_position(made, 1.0)
    assert (quantity, cost / quantity) == pytest.approx((0.05, 53_100.0))


@pytest.mark.parametrize(("path", "key"), [("high_first", "O_H_L_C"), ("low_first", "O_L_H_C")])
def test_p2_one_candle_fills_along_each_path_as_the_golden_case_says(path: str, key: str) -> None:
    lines, expected = PATH["inputs"]["levels"], PATH["expected"][key]
    grid = Grid(
        lower=lines[0], upper=lines[-1], levels=len(lines), spacing="arithmetic", direction="neutral", order_base=1.0
    )
    at = PATH["inputs"]["bar"][0]
    result = play(grid, [(at,) * 4, (at,) * 4, tuple(PATH["inputs"]["bar"])], market(lot=1.0), path=path)
    told: list[Any] = [[side, price] for _, side, _, price in fills(result)]
    assert told == expected["fills"]
    assert result.run.books["position"][0] == expected["net_inventory"]
    assert math.isclose(result.equity_curve[-1] - 10_000.0, expected["mark_to_close"], rel_tol=1e-9)
