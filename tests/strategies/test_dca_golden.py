"""The ladder's arithmetic against the golden group dca_bot."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine import Market
from strategies._dca_ladder import target_of
from strategies.dca import Dca
from tests.core.scripted import candles
from tests.strategies.dealing import dealt, fact, planned, purchases

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "dca_bot.json").read_text())
PLAIN, SAFETY = GOLDEN["cases"]
TOLERANCE = GOLDEN["tol"]
FINE = Market(symbol="BTC/USDT", tick="0.000000001", lot="0.00000000000001", maker_fee_rate=0.0, taker_fee_rate=0.0)


def golden_ladder(**changed: float) -> Dca:
    given = SAFETY["inputs"]
    return Dca(
        kind="ladder", base_order_quote=given["base"], safety_order_quote=given["so"], max_safety_orders=given["n"],
        safety_step_rate=given["dev"], step_scale=given["step_scale"], volume_scale=given["volume_scale"],
        take_profit_rate=0.015, **changed,
    )  # fmt: skip


@pytest.mark.parametrize("row", SAFETY["expected"]["orders"], ids=lambda row: f"safety order {row['n']}")
def test_each_safety_order_of_the_plan_is_the_golden_one(row: dict[str, float]) -> None:
    plan = planned(golden_ladder(), FINE, price=SAFETY["inputs"]["entry"])
    _, away, price, _, value, held, cost, average, _, _ = plan.tables[0].rows[int(row["n"])]
    found = {"deviation": away, "price": price, "volume": value, "avg": average, "qty": held, "cost": cost}
    assert found == pytest.approx({name: row[name] for name in found}, rel=TOLERANCE)


def test_the_target_is_the_golden_one_before_fees() -> None:
    plan = planned(golden_ladder(take_profit_net=False), FINE, price=SAFETY["inputs"]["entry"])
    assert fact(plan, "Target then") == pytest.approx(SAFETY["expected"]["tp_1_5pct"], rel=TOLERANCE)


def test_the_target_net_of_fees_is_the_golden_one() -> None:
    last = SAFETY["expected"]["orders"][-1]
    found = target_of(1, last["cost"], last["cost"] * 0.001, last["qty"], 0.015, True, 0.001)
    assert found == pytest.approx(SAFETY["expected"]["tp_1_5pct_net_of_fees_0_1pct"], rel=TOLERANCE)


def test_equal_purchases_average_to_the_harmonic_mean() -> None:
    closes = [float(price) for price in PLAIN["inputs"]["prices"]]
    opens = closes[:1] + closes  # each purchase is at the open that its size was reckoned at
    rows = [(at, at, close, close) for at, close in zip(opens, [*closes, closes[-1]], strict=True)]
    strategy = purchases(purchase_quote=float(PLAIN["inputs"]["quote_each"]))
    result = dealt(strategy, candles(*rows), FINE)
    _, _, bought, _, average, mean, _ = result.reviews[0].tables[0].rows[0]
    expected = PLAIN["expected"]
    assert (average, bought, mean) == pytest.approx(
        (expected["avg_entry"], expected["qty"], expected["arith_mean"]), rel=TOLERANCE
    )
