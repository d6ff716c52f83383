"""Shorts on borrowed coins (rule C3): interest by the clock, the buy-back of the whole debt, liquidation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine import Candles, Market
from tests.core.scripted import candles, fills, market, order, play, scripted

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "carrying.json").read_text())
START_0900 = 1_704_099_600_000  # 2024-01-01T09:00
FIVE_MS = 300_000


def lent(**fields: Any) -> Market:
    return market(**({"kind": "margin", "borrow_rate": 0.001, "maintenance": [[0, 0.1]]} | fields))


def at_0900(*rows: tuple[float, ...], timeframe: str = "5m") -> Candles:
    return candles(*rows, timeframe=timeframe, start_ms=START_0900)


def test_c3_the_golden_short_is_bought_back_whole_after_73_hours() -> None:
    golden = GOLDEN["buy_back"]
    on = lent(
        borrow_rate=golden["hourly"], taker_fee_rate=golden["taker"], fee_in="base", lot="0.0000000001", tick=0.01
    )  # fmt: skip
    until = 2 + (72 * 60 + 10) // 5
    rows = [(60_000.0,) * 4] * until + [(54_000.0,) * 4] * 2
    told = scripted(order("sell", 1, quantity=golden["quantity"]), order("close", until - 1))
    result = play(told, at_0900(*rows), on, cash=100_000.0)
    sold, bought = result.fill_rows
    assert (sold["ms"] - START_0900, (bought["ms"] - sold["ms"]) // FIVE_MS) == (2 * FIVE_MS, until - 2)
    assert bought["quantity"] == pytest.approx(golden["buy_quantity"], abs=2e-10)
    coins = -result.payment_rows["quantity"] * result.payment_rows["rate"]
    assert coins.sum() == pytest.approx(golden["interest"], rel=1e-9)
    assert len(result.payments) == golden["hours"]
    assert result.metrics.equity_end - 100_000.0 == pytest.approx(golden["pnl"], abs=2e-5)
    book = result.run.books[0]
    assert (book["position"], book["principal"]) == (0.0, 0.0)
    assert result.run.balances["amount"][1] == book["dust"] >= 0.0


@pytest.mark.parametrize(
    ("sell_at", "close_at", "hours"),
    [
        (10, 17, 2),  # 09:55 to 10:30: one at the borrow, one at 10:00
        (11, 17, 1),  # borrowed on the full hour, which is not charged twice
        (11, 23, 2),  # bought back on the full hour: that hour has passed
    ],
)
def test_c3_hours_are_one_at_the_borrow_and_one_for_each_full_hour_after_it(
    sell_at: int, close_at: int, hours: int
) -> None:
    told = scripted(order("sell", sell_at, quantity=1.0), order("close", close_at))
    result = play(told, at_0900(*[(100.0,) * 4] * 30), lent())
    assert len(result.payments) == hours


def test_c3_a_short_is_not_free_of_interest_at_a_target_or_a_stop_either() -> None:
    rows = [(100.0,) * 4] * 14 + [(100.0, 111.0, 100.0, 111.0)] + [(111.0,) * 4] * 2
    told = scripted(order("sell", 0, quantity=10.0, stop_loss=0.1, take_profit=0.2))
    result = play(told, at_0900(*rows), lent(lot=0.001))
    bought = result.fill_rows[1]
    assert result.fills["reason"].tolist() == ["", "stop_loss"]
    assert bought["quantity"] == pytest.approx(10.0 * 1.002, abs=0.001)
    assert bought["quantity"] >= 10.0 * 1.002 - 1e-12  # up to the lot: no debt is left
    assert result.run.books["position"][0] == 0.0
    assert result.metrics.unexplained == pytest.approx(0.0, abs=1e-9)
    assert result.trades["interest"][0] == pytest.approx(10.0 * 0.002 * 100.0)


def test_c3_buying_less_than_was_borrowed_leaves_that_much_owed() -> None:
    told = scripted(order("sell", 0, quantity=2.0), order("buy", 1, quantity=0.5))
    result = play(told, [(100.0,) * 4] * 4, lent(borrow_rate=0.0))
    assert result.run.books["position"][0] == pytest.approx(-1.5)
    assert result.run.books["principal"][0] == pytest.approx(1.5)


def test_c3_a_sale_of_coins_that_are_held_borrows_nothing() -> None:
    told = scripted(order("buy", 0, quantity=2.0), order("sell", 1, quantity=1.5))
    result = play(told, [(100.0,) * 4] * 4, lent())
    assert len(result.payments) == 0
    assert fills(result) == [(1, "buy", 2.0, 100.0), (2, "sell", 1.5, 100.0)]


def test_c3_what_the_sale_brought_cannot_be_spent() -> None:
    told = scripted(order("sell", 0, quantity=60.0), order("sell", 1, quantity=60.0))
    result = play(told, [(100.0,) * 4] * 4, lent(borrow_rate=0.0))
    assert list(result.orders["what"]) == ["denied: needs 6000, free are 4000"]


def test_c4_okxs_isolated_margin_short_is_liquidated_at_the_golden_price() -> None:
    golden = GOLDEN["margin_short"]
    on = lent(
        margin_mode="isolated", leverage=3.0, borrow_rate=0.0, borrow_open_rate=0.001, maintenance=[[0, golden["mmr"]]],
        taker_fee_rate=golden["taker"],
    )  # fmt: skip
    result = play(scripted(order("sell", 0, quantity=golden["liability"])), [(60_000.0,) * 4] * 3, on, cash=50_000.0)
    assert result.run.books["liquidated_above"][0] == pytest.approx(golden["price"], rel=1e-9)


def test_c4_a_margin_short_is_liquidated_and_owes_nothing_after_it() -> None:
    on = lent(margin_mode="isolated", leverage=2.0, liquidation_fee_rate=0.01)
    rows = [(100.0,) * 4, (100.0,) * 4, (100.0, 190.0, 100.0, 190.0), (190.0,) * 4]
    result = play(scripted(order("sell", 0, quantity=10.0)), rows, on)
    assert result.fills["kind"].tolist() == ["market", "liquidation"]
    assert 10_000.0 - result.metrics.equity_end <= 500.0 + 1e-9
    assert result.run.books["position"][0] == 0.0
    assert result.metrics.unexplained == pytest.approx(0.0, abs=1e-9)


def test_a_margin_market_without_a_borrow_rate_says_that_shorts_pay_nothing() -> None:
    result = play(scripted(order("sell", 0, quantity=1.0)), [(100.0,) * 4] * 3, lent(borrow_rate=None))
    assert "BTC/USDT: no borrow rate given: shorts pay no interest" in result.warnings
