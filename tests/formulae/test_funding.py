from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from engine.errors import ConfigError
from engine.formulae.funding import funding_rate, inverse_payment, linear_payment, premium_index, weighted_premium

from .golden import agrees, by_name, golden

GOLDEN = golden("funding")
CASES = by_name(GOLDEN)


def rate(given: dict[str, float]) -> float:
    return funding_rate(given["P"], given["N"], given["I"])


def stamps(given: dict[str, Any]) -> dict[str, Any]:
    at = zip(given["marks"], given["rates"], strict=True)
    payments = [linear_payment(given["side"], given["qty"], mark, rate) for mark, rate in at]
    return {"payments": payments, "total": sum(payments)}


ANSWERS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "rate_inside_clamp": rate,
    "rate_high_premium": rate,
    "rate_high_premium_4h": rate,
    "rate_discount": rate,
    "premium_index": lambda given: premium_index(**given),
    "weighted_premium": lambda given: weighted_premium(given["P"]),
    "long_2btc_three_stamps": stamps,
    "inverse_short_coin": lambda given: inverse_payment(
        given["side"], given["contracts"], given["face_usd"], given["mark"], given["rate"]
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_funding_is_the_golden_one(name: str) -> None:
    assert agrees(ANSWERS[name](CASES[name]["inputs"]), CASES[name]["expected"], GOLDEN["tol"])


@pytest.mark.parametrize(
    ("side", "rate", "sign"), [(1, 0.0001, -1), (-1, 0.0001, 1), (1, -0.0001, 1), (-1, -0.0001, -1)]
)
def test_longs_pay_shorts_while_the_rate_is_positive_and_are_paid_while_it_is_negative(
    side: int, rate: float, sign: int
) -> None:
    assert linear_payment(side, 2.0, 50_000.0, rate) == pytest.approx(sign * 10.0)
    assert inverse_payment(side, 100.0, 100.0, 50_000.0, rate) == pytest.approx(sign * 0.00002)


def test_what_one_side_pays_the_other_receives() -> None:
    assert linear_payment(1, 3.0, 61_234.5, 0.0003) + linear_payment(-1, 3.0, 61_234.5, 0.0003) == 0.0


def test_a_book_around_the_index_has_no_premium_and_the_rate_is_the_interest() -> None:
    assert premium_index(59_990.0, 60_010.0, 60_000.0) == 0.0
    assert funding_rate(0.0) == pytest.approx(0.0001)
    assert funding_rate(0.0, hours=1.0) == pytest.approx(0.0001 / 8)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: linear_payment(0, 1.0, 60_000.0, 0.0001), "side: expected 1 for long or -1 for short, was 0"),
        (lambda: linear_payment(1, -1.0, 60_000.0, 0.0001), "quantity: expected a number, 0 or more, was -1.0"),
        (lambda: inverse_payment(1, 1.0, 0.0, 60_000.0, 0.0001), "face: expected a number above 0, was 0.0"),
        (lambda: funding_rate(0.0, hours=0.0), "hours: expected a number above 0, was 0.0"),
        (lambda: funding_rate(float("nan")), "premium: expected a finite number, was nan"),
        (lambda: weighted_premium([]), "premiums: expected one or more, were none"),
    ],
)
def test_an_argument_out_of_its_range_is_named(call: Callable[[], float], sentence: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(sentence)):
        call()
