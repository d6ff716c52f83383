"""The grid over random markets: never more than the pre-flight said, buys and sells in turn, the split adds up."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import Candles, Market, Rules, backtest
from engine.backtesting.inputs import gather
from engine.backtesting.run import Run
from strategies._grid_layout import lay_out
from strategies.grid import Grid
from tests.core.scripted import same_outcome
from tests.core.test_ledger import RELAXED, histories

SPOT = Market(symbol="BTC/USDT", tick=0.1, lot=0.001, maker_fee_rate=0.001, taker_fee_rate=0.001)
IN_BASE = Market(
    symbol="BTC/USDT", tick=0.1, lot=0.001, maker_fee_rate=0.001, taker_fee_rate=0.001, fee_in="base"
)  # fmt: skip
LINEAR = Market(symbol="BTC/USDT", kind="linear", tick=0.1, lot=0.001, maker_fee_rate=0.0, taker_fee_rate=0.0005)
PATHS = st.sampled_from(["adverse", "favourable", "low_first", "high_first"])
CASH = 10_000.0


@st.composite
def grids(draw: Any, direction: str | None = None) -> Grid:
    given_: dict[str, Any] = {
        "lower": draw(st.integers(70, 95)),
        "upper": draw(st.integers(102, 130)),
        "levels": draw(st.integers(2, 12)),
        "spacing": draw(st.sampled_from(["geometric", "arithmetic"])),
        "investment_quote": 9_000.0,
        "fees_check": "off",
        "direction": direction,
    }
    if draw(st.booleans()):
        given_["max_open_buys"] = draw(st.integers(1, 4))
    if draw(st.booleans()):
        given_["stop_loss_low"] = draw(st.integers(50, 69))
    return Grid(**given_)


@st.composite
def trailing(draw: Any) -> Grid:
    return Grid(
        lower=95.0, upper=105.0, levels=draw(st.integers(3, 8)), investment_quote=9_000.0, fees_check="off",
        spacing=draw(st.sampled_from(["geometric", "arithmetic"])), trailing_up=True, trailing_down=True,
        trailing_up_limit="none", trailing_down_limit=50.0,
    )  # fmt: skip


def run_of(grid: Grid, history: Candles, on: Market, path: str) -> Run:
    return Run(gather(grid, [history], [on], cash=CASH), Rules(path=path))


@RELAXED
@given(grids(), histories(), st.sampled_from([SPOT, IN_BASE]), PATHS)
def test_funds_and_inventory_never_exceed_the_worst_case(grid: Grid, history: Candles, on: Market, path: str) -> None:
    run = run_of(grid, history, on, path)
    made = lay_out(grid, run.inputs.starts[0])
    most = sum(made.quantity) + max(0.0, made.opening - sum(made.quantity[made.free :]))
    for k in range(1, len(history) + 1):
        run.advance(k)
        spent = CASH - run.balances["amount"][0]
        assert spent <= made.funds + 1e-6
        assert run.books["position"][0] <= most + 1e-9


@RELAXED
@given(grids(), histories(), PATHS)
def test_every_cell_buys_and_sells_in_turn(grid: Grid, history: Candles, path: str) -> None:
    run = run_of(grid, history, SPOT, path)
    run.advance()
    fills = run.fills[: int(run.run[0]["fill_count"])]
    for tag in range(1, 13):
        sides = fills["side"][fills["tag"] == tag]
        assert (sides[1:] == -sides[:-1]).all()


@RELAXED
@given(grids(), histories(), st.sampled_from([SPOT, IN_BASE, LINEAR]), PATHS)
def test_the_profit_split_adds_up_to_the_equity_change(grid: Grid, history: Candles, on: Market, path: str) -> None:
    result = backtest(grid, history, on, cash=CASH, path=path, bounds=False)
    facts = {fact.label: fact.value for fact in result.reviews[0].facts}
    split = [facts["grid profit"], facts["inventory"], facts["other fees"]]
    assert all(isinstance(value, float) for value in split)
    assert sum(split) == pytest.approx(result.equity_curve[-1] - CASH, abs=1e-6)  # type: ignore[arg-type]
    assert facts["total"] == pytest.approx(sum(split))  # type: ignore[arg-type]


@RELAXED
@given(trailing(), histories(), PATHS)
def test_a_trailing_range_never_loses_or_doubles_a_line(grid: Grid, history: Candles, path: str) -> None:
    run = run_of(grid, history, SPOT, path)
    for k in range(1, len(history) + 1):
        run.advance(k)
        state = run.states[0]
        cells = int(state["cells"][0])
        order = np.argsort(state["low_of"][0][:cells])
        low, high = state["low_of"][0][:cells][order], state["high_of"][0][:cells][order]
        assert (low[1:] == high[:-1]).all()
        assert (low < high).all()
    prices = [float(o["price"]) for o in run.orders[0] if o["state"] == 2 and o["kind"] == 1]
    assert len(prices) == len(set(prices))


@settings(RELAXED, max_examples=25)
@given(trailing(), histories(), PATHS)
def test_d2_a_trailing_grid_runs_the_same_compiled_and_interpreted(grid: Grid, history: Candles, path: str) -> None:
    options: dict[str, Any] = {"cash": CASH, "path": path, "bounds": False}
    same_outcome(backtest(grid, history, SPOT, **options), backtest(grid, history, SPOT, compiled=False, **options))


@given(st.floats(1.0, 1e5), st.floats(1.01, 5.0), st.integers(2, 200), st.sampled_from(["geometric", "arithmetic"]))
def test_lines_are_exact_to_the_tick(lower: float, ratio: float, levels: int, spacing: str) -> None:
    from decimal import Decimal

    from engine import Start

    grid = Grid(lower=lower, upper=lower * ratio, levels=levels, spacing=spacing, order_base=1.0)
    made = lay_out(grid, Start((SPOT,), (lower,), (0.0,), 1e12))
    cells = levels - 1
    for i, got in enumerate(made.lines):
        exact = lower * ratio ** (i / cells) if spacing == "geometric" else lower + lower * (ratio - 1.0) * i / cells
        assert abs(got - exact) <= 0.05 + 1e-9 * exact
        assert Decimal(repr(got)) % Decimal("0.1") == 0
