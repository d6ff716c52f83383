from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import ConfigError
from engine.formulae.borrowing import (
    HOUR_MS,
    buy_back,
    cfd_pnl,
    interest,
    okx_long_liquidation,
    okx_short_liquidation,
    periods_charged,
    sale_proceeds,
    short_pnl,
)

from .golden import agrees, by_name, golden

GOLDEN = golden("borrowing")
MARGIN, CFD = GOLDEN["margin_borrow_short"], GOLDEN["cfd_short"]
CASES = by_name(MARGIN)


def ms(time: str) -> int:
    full = time if "T" in time else f"2024-01-01T{time}"
    return int(datetime.fromisoformat(full).replace(tzinfo=UTC).timestamp()) * 1000


def hourly(case: dict[str, Any]) -> dict[str, float]:
    hours = periods_charged(ms(case["borrow"]), ms(case["now"]))
    return {"hours": hours, "interest": interest(case["principal"], case["hourly"], hours)}


def round_trip(case: dict[str, Any]) -> dict[str, float]:
    hours = periods_charged(ms(case["borrow"]), ms(case["repay"]))
    owed = interest(case["qty"], case["hourly"], hours)
    bought = buy_back(case["qty"], owed, case["taker_fee"])
    return {
        "hours": hours,
        "interest_base": owed,
        "sell_proceeds": sale_proceeds(case["qty"], case["sell"], case["taker_fee"]),
        "buy_qty": bought,
        "buyback_cost": bought * case["buy"],
        "pnl": short_pnl(case["qty"], case["sell"], case["buy"], owed, case["taker_fee"]),
    }


ANSWERS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "binance_published": hourly,
    "binance_old_published": lambda case: interest(case["principal"], case["daily"] / 24, case["hours"]),
    "borrow_sell_buyback": round_trip,
    "okx_isolated_margin_short_liq": lambda case: okx_short_liquidation(
        case["position_assets_quote"], case["liability"], case["interest"], case["mmr"], case["taker"]
    ),
    "okx_isolated_margin_long_liq": lambda case: okx_long_liquidation(
        case["position_assets_base"], case["liability"], case["interest"], case["mmr"], case["taker"]
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_borrowing_is_the_golden_one(name: str) -> None:
    assert agrees(ANSWERS[name](CASES[name]["inputs"]), CASES[name]["expected"], MARGIN["tol"])


def test_a_contract_for_difference_is_the_golden_one() -> None:
    case = CFD["inputs"]
    values = (case["side"], case["qty"], case["entry"], case["exit"], case["annual_rate"], case["nights"])
    assert agrees(cfd_pnl(*values, day_count=case["day_count"]), CFD["expected"], CFD["tol"])
    assert cfd_pnl(*values, day_count=360.0, spread=5.0) == pytest.approx(3_000.0 - 60_000 * 0.08 / 36 - 5.0)


@pytest.mark.parametrize(
    ("borrowed", "now", "hours"),
    [
        ("13:55", "13:55", 1),
        ("13:55", "13:59", 1),
        ("13:55", "14:00", 2),
        ("13:55", "14:30", 2),  # published: one at the borrow, one at 14:00
        ("14:00", "14:00", 1),  # on the hour, and not charged twice for it
        ("14:00", "14:59", 1),
        ("14:00", "15:00", 2),
    ],
)
def test_an_hour_is_charged_at_the_borrow_and_at_each_full_hour_after_it(borrowed: str, now: str, hours: int) -> None:
    assert periods_charged(ms(borrowed), ms(now)) == hours


def test_the_period_belongs_to_the_market() -> None:
    assert periods_charged(ms("09:00"), ms("17:00"), 4 * HOUR_MS) == 3  # 09:00, 12:00, 16:00


@given(quantity=st.floats(1e-6, 1e6), owed=st.floats(0.0, 10.0), fee_rate=st.floats(0.0, 0.01))
def test_what_arrives_of_a_buy_back_pays_the_whole_debt(quantity: float, owed: float, fee_rate: float) -> None:
    arrived = buy_back(quantity, owed, fee_rate) * (1.0 - fee_rate)
    assert arrived == pytest.approx(quantity + owed, rel=1e-12)


@given(debt=st.floats(0.01, 1e3), owed=st.floats(0.0, 1.0), rate=st.floats(0.0, 0.1), fee=st.floats(0.0, 0.01))
def test_at_okxs_price_the_assets_are_worth_the_debt_its_maintenance_and_its_fee(
    debt: float, owed: float, rate: float, fee: float
) -> None:
    demanded = (1.0 + rate) * (1.0 + fee)
    short = okx_short_liquidation(80_000.0, debt, owed, rate, fee)
    assert pytest.approx(80_000.0) == (debt + owed) * short * demanded
    long = okx_long_liquidation(0.5, debt, owed, rate, fee)
    assert 0.5 * long == pytest.approx((debt + owed) * demanded)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: periods_charged(10, 9), "now_ms: expected a time not before the borrow at 10, was 9"),
        (lambda: periods_charged(0, 9, 0), "every_ms: expected a number of milliseconds above 0, was 0"),
        (lambda: interest(-1.0, 0.1, 1), "principal: expected a number, 0 or more, was -1.0"),
        (lambda: buy_back(1.0, 0.0, 1.0), "fee_rate: expected a fraction from 0 up to but not 1"),
        (lambda: okx_short_liquidation(1.0, 0.0, 0.0, 0.03, 0.001), "liability: expected a number above 0, was 0.0"),
        (lambda: cfd_pnl(1, 1.0, 1.0, 1.0, 0.1, 1, day_count=0), "day_count: expected a number above 0, was 0"),
    ],
)
def test_an_argument_out_of_its_range_is_named(call: Callable[[], object], sentence: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(sentence)):
        call()
