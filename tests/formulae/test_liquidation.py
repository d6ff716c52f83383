from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import ConfigError
from engine.formulae import liquidation as at

from .golden import agrees, by_name, golden

GOLDEN = golden("liquidation")
CASES = by_name(GOLDEN)
TIERS = [(0.0, 0.004), (50_000.0, 0.005), (250_000.0, 0.01), (1_000_000.0, 0.025)]


def binance(case: dict[str, Any]) -> Any:
    side, quantity, entry, wallet = (case[name] for name in ("side", "q", "E", "WB"))
    if "tiers" in case:
        found = at.binance_tiered(side, quantity, entry, wallet, case["tiers"])
        return {"LP": found.price, "mmr": found.rate, "cum": found.cum, "cum_table": at.cum_table(case["tiers"])}
    others = {"other_maintenance": case.get("TMM", 0.0), "other_floating": case.get("UPNL", 0.0)}
    return at.binance(side, quantity, entry, wallet, case["mmr"], cum=case["cum"], **others)


def bybit(case: dict[str, Any], linear: Callable[..., float]) -> float:
    return linear(case["side"], case["q"], case["E"], case["L"], case["mmr"], extra=case.get("extra", 0.0))


def bybit_inverse(case: dict[str, Any]) -> dict[str, float]:
    values = (1, case["S"], case["E"], case["L"], case["mmr"])
    return {"formula_2024": at.bybit_inverse_2024(*values), "formula_2026": at.bybit_inverse_2026(*values)}


def okx(case: dict[str, Any]) -> float:
    return at.okx(case["side"], case["contracts"] * case["face"], case["E"], case["M"], case["mmr"], case["fee"])


def answer(name: str, case: dict[str, Any]) -> Any:
    if case["venue"] != "bybit":
        return (binance if case["venue"] == "binance" else okx)(case["inputs"])
    if name.startswith("inverse"):
        return bybit_inverse(case["inputs"])
    return bybit(case["inputs"], at.bybit_linear_2024 if "2024" in name else at.bybit_linear_2026)


@pytest.mark.parametrize("name", CASES)
def test_the_liquidation_price_is_the_golden_one(name: str) -> None:
    case = CASES[name]
    got = answer(name, case)
    assert agrees(got, case["expected"], GOLDEN["tol"])
    if "published" in case:
        assert round(got, 2) == case["published"]


def test_the_inverse_prices_of_both_texts_are_those_of_the_reference_to_the_cent() -> None:
    values = (1, 60_000.0, 50_000.0, 10.0, 0.005)  # formulae.md section 5
    assert round(at.bybit_inverse_2024(*values), 2) == 45_662.10
    assert round(at.bybit_inverse_2026(*values), 2) == 45_681.82


def test_the_tier_follows_the_notional_at_liquidation_and_not_at_entry() -> None:
    found = at.binance_tiered(-1, 4.0, 60_000.0, 48_000.0, TIERS)  # formulae.md section 5, Traps
    assert round(found.price, 6) == 71_608.910891
    assert (found.rate, found.cum) == (0.01, 1_300.0)
    wrong = at.binance(-1, 4.0, 60_000.0, 48_000.0, 0.005, cum=50.0)
    assert round(wrong, 6) == 71_654.228856


@pytest.mark.parametrize(
    ("what", "price"),
    [
        ("a long of leverage 1 on Binance", lambda: at.binance(1, 1.0, 60_000.0, 60_000.0, 0.004)),
        ("a tiered long with more than its notional", lambda: at.binance_tiered(1, 1.0, 6e4, 7e4, TIERS).price),
        ("a long of leverage 1 on Bybit, 2026", lambda: at.bybit_linear_2026(1, 1.0, 60_000.0, 1.0, 0.005)),
        ("a long with margin added on Bybit, 2024", lambda: at.bybit_linear_2024(1, 1.0, 6e4, 2.0, 0.005, extra=4e4)),
        ("an inverse short of leverage 1", lambda: at.bybit_inverse_2026(-1, 60_000.0, 50_000.0, 1.0, 0.005)),
        ("an inverse short of leverage 1, 2024", lambda: at.bybit_inverse_2024(-1, 60_000.0, 50_000.0, 1.0, 0.0)),
        ("a long of leverage 1 on OKX", lambda: at.okx(1, 1.0, 60_000.0, 60_000.0, 0.004, 0.0005)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_position_that_no_price_can_liquidate_has_none(what: str, price: Callable[[], float]) -> None:
    assert math.isnan(price()), what


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: at.binance(2, 1.0, 60_000.0, 1.0, 0.004), "side: expected 1 for long or -1 for short, was 2"),
        (lambda: at.binance(1, 0.0, 60_000.0, 1.0, 0.004), "quantity: expected a number above 0, was 0.0"),
        (lambda: at.okx(1, 1.0, 60_000.0, 1.0, 0.4, 1.0), "fee_rate: expected a fraction from 0 up to but not 1"),
        (lambda: at.okx(1, 1.0, 60_000.0, 1.0, 40.0, 0.1), "rate: expected a fraction from 0 up to but not 1"),
        (lambda: at.bybit_linear_2026(1, 1.0, 60_000.0, 0.0, 0.004), "leverage: expected a number above 0, was 0.0"),
        (lambda: at.cum_table([]), "tiers: expected floors that begin at 0 and rise, were []"),
        (lambda: at.cum_table([(0, 0.1), (0, 0.2)]), "tiers: expected floors that begin at 0 and rise, were [0, 0]"),
    ],
)
def test_an_argument_out_of_its_range_is_named(call: Callable[[], object], sentence: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(sentence)):
        call()


SIDE = st.sampled_from((1, -1))
QUANTITY = st.floats(0.001, 50.0)
ENTRY = st.floats(100.0, 100_000.0)
LEVERAGE = st.floats(1.0, 100.0)
RATE = st.floats(0.0, 0.1)
FEE = st.floats(0.0, 0.002)
PART = st.floats(0.0, 0.5)  # what comes on top, in parts of the initial margin


def balanced(balance: float, maintenance: float, notional: float) -> bool:
    return math.isclose(balance, maintenance, rel_tol=1e-9, abs_tol=1e-9 * notional)


@settings(max_examples=200, deadline=None)
@given(side=SIDE, q=QUANTITY, entry=ENTRY, leverage=LEVERAGE, others=PART)
def test_at_binances_price_the_margin_balance_is_the_maintenance_of_the_tier_it_lies_in(
    side: int, q: float, entry: float, leverage: float, others: float
) -> None:
    wallet = q * entry / leverage
    floating = others * wallet
    found = at.binance_tiered(side, q, entry, wallet, TIERS, other_maintenance=floating / 2, other_floating=floating)
    if math.isnan(found.price):
        return
    notional = q * found.price
    tier = max(number for number, (floor, _) in enumerate(TIERS) if floor <= notional * (1.0 + 1e-12))
    maintenance = notional * TIERS[tier][1] - at.cum_table(TIERS)[tier]
    balance = wallet + floating / 2 + side * q * (found.price - entry)
    assert balanced(balance, maintenance, max(notional, q * entry))


@settings(max_examples=200, deadline=None)
@given(side=SIDE, q=QUANTITY, entry=ENTRY, leverage=LEVERAGE, rate=RATE, part=PART, fee=FEE)
def test_at_the_price_of_bybit_and_okx_the_margin_balance_is_the_maintenance(
    side: int, q: float, entry: float, leverage: float, rate: float, part: float, fee: float
) -> None:
    margin = q * entry / leverage
    extra, deduction = part * margin, 0.1 * part * margin
    more = {"extra": extra, "deduction": deduction}
    for price, maintenance in (
        (at.bybit_linear_2024(side, q, entry, leverage, rate, **more), lambda _: q * entry * rate - deduction),
        (at.bybit_linear_2026(side, q, entry, leverage, rate, **more), lambda mark: q * mark * rate - deduction),
        (at.okx(side, q, entry, margin + extra, rate, fee), lambda mark: q * mark * (rate + fee)),
    ):
        if not math.isnan(price):
            balance = margin + extra + side * q * (price - entry)
            assert balanced(balance, maintenance(price), q * max(entry, price))


@settings(max_examples=200, deadline=None)
@given(side=SIDE, contracts=st.floats(100.0, 1e6), entry=ENTRY, leverage=LEVERAGE, rate=RATE, part=PART, fee=FEE)
def test_at_bybits_inverse_price_the_coin_balance_is_the_maintenance(
    side: int, contracts: float, entry: float, leverage: float, rate: float, part: float, fee: float
) -> None:
    coin = contracts / entry
    margin, extra, deduction = coin / leverage, part * coin / leverage, 0.1 * part * coin / leverage
    old = at.bybit_inverse_2024(side, contracts, entry, leverage, rate, deduction=deduction)
    new = at.bybit_inverse_2026(side, contracts, entry, leverage, rate, taker=fee, extra=extra, deduction=deduction)
    added = extra / (1.0 + side * fee)  # the closing fee is taken out of it
    for price, balance, owed in (
        (old, margin, coin * rate - deduction),
        (new, margin + added, contracts / new * rate - deduction),
    ):
        if not math.isnan(price):
            floating = side * (coin - contracts / price)
            assert balanced(balance + floating, owed, max(coin, contracts / price))
