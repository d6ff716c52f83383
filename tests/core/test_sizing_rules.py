"""The size of an entry by rule, through the core; golden groups risk_sizing and kelly (tests/golden/risk.json)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine import Market, RiskRules, simulate
from engine.backtesting.gauging import gauge_rows
from engine.formulae.sizing import kelly_growth, kelly_several, kelly_share
from tests.core.scripted import fills, market, order, play, scripted, whats

GOLDEN = json.loads((Path(__file__).parent.parent / "golden" / "risk.json").read_text())
SIZING, KELLY = GOLDEN["risk_sizing"]["cases"], GOLDEN["kelly"]["cases"]
FINE = {"tick": 0.1, "lot": 1e-15, "kind": "linear", "maker_fee_rate": 0.0, "taker_fee_rate": 0.0}


def bought(rules: RiskRules, price: float = 60_000.0, on: Market | None = None, **fields: float) -> float:
    """Return the quantity of an entry at this price, filled at the same price."""
    flat = (price,) * 4
    asked = order("buy", 0, **{"quantity": 0.0001, **fields})
    return float(
        play(scripted(asked), [flat, flat], on or Market(symbol="BTC/USDT", **FINE), risk=rules).fill_rows["quantity"][
            0
        ]
    )


@pytest.mark.parametrize("case", SIZING[:2], ids=["without fees", "with fees"])
def test_golden_risk_per_trade(case: dict[str, Any]) -> None:
    given = case["inputs"]
    on = Market(symbol="BTC/USDT", **FINE | {"taker_fee_rate": given.get("fee", 0.0)})
    assert given["equity"] == 10_000
    rules = RiskRules(size_risk=given["risk"], stop_price=given["stop"])
    assert bought(rules, given["entry"], on) == pytest.approx(case["expected"], rel=1e-9)
    own = RiskRules(size_risk=given["risk"])  # the order's own stop: 5 % of 60,000 is 57,000
    assert bought(own, given["entry"], on, stop_loss=0.05) == pytest.approx(case["expected"], rel=1e-9)


def test_golden_allocation_cap() -> None:
    given, expected = SIZING[2]["inputs"], SIZING[2]["expected"]
    rules = RiskRules(size_risk=0.01, stop_price=57_000.0, size_cap=given["cap"])
    assert bought(rules, given["price"]) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("case", KELLY[:2], ids=["even payoff", "payoff 1.5"])
def test_golden_kelly_by_trades(case: dict[str, Any]) -> None:
    p, b = case["inputs"]["p"], case["inputs"]["b"]
    rules = RiskRules(size_kelly=1.0, kelly_win_rate=p, kelly_payoff=b, size_cap=10.0)
    assert bought(rules) * 60_000 / 10_000 == pytest.approx(case["expected"], rel=1e-9)


def test_golden_kelly_by_returns_and_its_growth() -> None:
    case = KELLY[2]
    mu, r, sigma = (case["inputs"][name] for name in ("mu", "r", "sigma"))
    rules = RiskRules(size_kelly=1.0, kelly_mean=mu, kelly_rate=r, kelly_sigma=sigma, size_cap=10.0)
    on = Market(symbol="BTC/USDT", **FINE | {"leverage": 10.0})
    f = bought(rules, on=on) * 60_000 / 10_000
    assert f == pytest.approx(case["expected"]["f"], rel=1e-9)
    assert kelly_growth(f, mu, sigma, r) == pytest.approx(case["expected"]["g_star"], rel=1e-9)
    assert kelly_growth(1.0, mu, sigma, r) == pytest.approx(case["expected"]["g_at_1"], rel=1e-9)


def test_golden_kelly_of_several_assets() -> None:
    given = KELLY[3]["inputs"]
    found = kelly_several(given["mu"], given["cov"])
    assert found == pytest.approx(KELLY[3]["expected"], rel=1e-9)
    assert [bought(RiskRules(size_fraction=f)) * 6 for f in found] == pytest.approx(KELLY[3]["expected"], rel=1e-9)


def test_golden_half_kelly_keeps_three_quarters_of_the_growth() -> None:
    half = KELLY[4]["inputs"]["half_kelly"]
    assert kelly_share(half) == KELLY[4]["expected"]["growth_share"]
    rules = RiskRules(size_kelly=half, kelly_win_rate=0.55, kelly_payoff=1.0, size_cap=10.0)
    assert bought(rules) * 6 == pytest.approx(0.05, rel=1e-9)


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        (RiskRules(size_quote=600.0), 0.01),
        (RiskRules(size_fraction=0.3), 0.05),
        (RiskRules(size_fraction=0.3, size_cap=0.12), 0.02),
        (RiskRules(size_risk=0.01, stop_loss=0.05), 0.0333333),
        (RiskRules(size_kelly=0.5, kelly_win_rate=0.55, kelly_payoff=1.0, size_cap=0.03), 0.005),
    ],
    ids=["quote", "fraction", "fraction to its cap", "risk by the rule's stop", "kelly to its cap"],
)
def test_a_rule_takes_the_place_of_the_orders_own_size(rules: RiskRules, expected: float) -> None:
    assert bought(rules) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize(("quantity", "passes"), [(10.0, True), (10.01, False)], ids=["10.00 %", "10.01 %"])
def test_an_order_of_its_own_size_above_the_cap_is_denied_with_the_numbers(quantity: float, passes: bool) -> None:
    flat = (100.0,) * 4
    result = play(scripted(order("buy", 0, quantity=quantity)), [flat, flat], risk=RiskRules(size_cap=0.1))
    assert len(fills(result)) == passes
    if not passes:
        assert result.orders["what"][0] == "denied: the order is 0.1001 of the equity, its cap is 0.1"


@pytest.mark.parametrize(
    ("rules", "fields", "said"),
    [
        (
            RiskRules(size_risk=0.01),
            {},
            "denied: sizing by risk needs a stop; give the order a stop_loss or declare one",
        ),
        (RiskRules(size_volatility=0.2), {}, "denied: too few candles before this one to measure range or volatility"),
        (RiskRules(stop_atr=2.0), {}, "denied: too few candles before this one to measure range or volatility"),
        (RiskRules(stop_price=101.0), {}, "denied: the rule's stop 101 is not on the losing side of the entry 100"),
    ],
    ids=["no stop", "no volatility", "no range", "wrong side"],
)
def test_an_entry_that_cannot_be_sized_or_protected_is_denied(rules: RiskRules, fields: Any, said: str) -> None:
    flat = (100.0,) * 4
    result = play(scripted(order("buy", 0, quantity=1.0, **fields)), [flat, flat], risk=rules)
    assert (fills(result), result.orders["what"].tolist()) == ([], [said])


def test_an_order_that_takes_away_keeps_its_own_size() -> None:
    flat = (100.0,) * 4
    told = scripted(order("buy", 0, quantity=1.0), order("sell", 1, quantity=2.0))
    result = play(told, [flat] * 3, risk=RiskRules(size_quote=1_000.0))
    assert fills(result) == [(1, "buy", 10.0, 100.0), (2, "sell", 2.0, 100.0)]


def test_the_volatility_target_divides_by_what_the_market_did_before() -> None:
    history = simulate("BTC/USDT", "1h", 1_704_067_200_000, 1_704_067_200_000 + 200 * 3_600_000)
    on = market(tick=0.01, lot=1e-9)
    result = play(scripted(order("buy", 150, quantity=1.0)), history, on, risk=RiskRules(size_volatility=0.1))
    sigma = gauge_rows([history], [on], history.open_ms)["sigma_day"][0][151] * np.sqrt(365)
    wanted = 10_000.0 * 0.1 / sigma / history.close[150]
    assert result.fill_rows["quantity"][0] == pytest.approx(wanted, rel=1e-6)


def test_a_rule_sized_order_that_funds_do_not_cover_is_reduced_and_recorded() -> None:
    flat = (100.0,) * 4
    result = play(scripted(order("buy", 0, quantity=1.0)), [flat, flat], risk=RiskRules(size_fraction=1.5))
    assert (fills(result)[0][2], whats(result)) == (100.0, ["reduced"])
