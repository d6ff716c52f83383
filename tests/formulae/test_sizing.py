from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from engine.errors import ConfigError
from engine.formulae.sizing import (
    capped_quantity,
    kelly,
    kelly_binary,
    kelly_growth,
    kelly_several,
    kelly_share,
    risk_quantity,
)

from .golden import agrees, golden

GOLDEN = golden("sizing")
KELLY, RISK = GOLDEN["kelly"], GOLDEN["risk_sizing"]


def size(case: dict[str, float]) -> float:
    if "cap" in case:
        return capped_quantity(case["wanted_qty"], case["equity"], case["cap"], case["price"])
    return risk_quantity(case["equity"], case["risk"], case["entry"], case["stop"], case.get("fee", 0.0))


def fraction(case: dict[str, Any]) -> Any:
    if "p" in case:
        return kelly_binary(case["p"], case["b"])
    if "cov" in case:
        return kelly_several(case["mu"], case["cov"])
    if "half_kelly" in case:
        return {"growth_share": kelly_share(case["half_kelly"])}
    world = (case["mu"], case["sigma"], case["r"])
    best = kelly(*world)
    return {"f": best, "g_star": kelly_growth(best, *world), "g_at_1": kelly_growth(1.0, *world)}


@pytest.mark.parametrize("case", RISK["cases"], ids=lambda case: str(sorted(case["inputs"])))
def test_a_size_by_risk_or_cap_is_the_golden_one(case: dict[str, Any]) -> None:
    assert agrees(size(case["inputs"]), case["expected"], RISK["tol"])


@pytest.mark.parametrize("case", KELLY["cases"], ids=lambda case: str(case["inputs"]))
def test_kellys_fraction_is_the_golden_one(case: dict[str, Any]) -> None:
    got = fraction(case["inputs"])
    assert agrees(got, case["expected"], KELLY["tol"])
    if "published" in case:
        assert round(got["f"], 2) == case["published"]


def test_a_short_is_sized_by_the_same_distance() -> None:
    assert risk_quantity(10_000.0, 0.01, 60_000.0, 63_000.0) == risk_quantity(10_000.0, 0.01, 60_000.0, 57_000.0)


def test_a_size_within_the_cap_is_left_alone() -> None:
    assert capped_quantity(0.01, 10_000.0, 0.1, 60_000.0) == 0.01


def test_a_part_of_kelly_keeps_its_share_of_the_growth() -> None:
    world = (0.11, 0.15, 0.06)
    best = kelly(*world)
    for part in (0.25, 0.5, 1.0, 2.0):
        kept = (kelly_growth(part * best, *world) - 0.06) / (kelly_growth(best, *world) - 0.06)
        assert kept == pytest.approx(kelly_share(part), abs=1e-12)


def test_uncorrelated_assets_are_sized_each_by_itself() -> None:
    together = kelly_several([0.3, 0.25], [[0.36, 0.0], [0.0, 0.49]], rate=0.05)
    assert list(together) == pytest.approx([kelly(0.3, 0.6, 0.05), kelly(0.25, 0.7, 0.05)])


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: risk_quantity(1.0, 0.01, 5.0, 5.0), "stop: expected a price away from the entry at 5, was 5"),
        (lambda: risk_quantity(1.0, -0.01, 5.0, 4.0), "risk: expected a number, 0 or more, was -0.01"),
        (lambda: capped_quantity(1.0, 1.0, 0.1, 0.0), "price: expected a number above 0, was 0.0"),
        (lambda: kelly_binary(1.2, 1.0), "probability: expected 0 to 1, was 1.2"),
        (lambda: kelly(0.1, 0.0), "volatility: expected a number above 0, was 0.0"),
        (lambda: kelly_several([0.1], [[1.0, 0.0]]), "covariance: expected 1 x 1 for 1 means, was (1, 2)"),
        (lambda: kelly_several([0.1, 0.1], [[1.0, 1.0], [1.0, 1.0]]), "covariance: expected a symmetric, positive"),
    ],
)
def test_an_argument_out_of_its_range_is_named(call: Callable[[], object], sentence: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(sentence)):
        call()
