from __future__ import annotations

import numpy as np
import pytest

from engine.errors import ConfigError
from engine.formulae.impact import mean_impact, peak_impact

from .golden import agrees, golden

GOLDEN = golden("impact")


def test_the_square_root_law_is_the_golden_one() -> None:
    given = GOLDEN["inputs"]
    values = (given["Q"], given["V_daily"], given["sigma_daily"], given["Y"])
    peak, mean = peak_impact(*values), mean_impact(*values)
    got = {
        "peak_frac": peak,
        "peak_bps": peak * 1e4,
        "avg_cost_frac": mean,
        "avg_cost_bps": mean * 1e4,
        "avg_cost_quote": mean * given["Q"] * given["price"],
    }
    assert agrees(got, GOLDEN["expected"], GOLDEN["tol"])


@pytest.mark.parametrize("exponent", [0.4, 0.5, 0.6])
def test_the_mean_is_the_average_of_the_law_over_the_fills(exponent: float) -> None:
    done = (np.arange(100_000) + 0.5) / 100_000
    law = np.mean([peak_impact(500.0 * part, 20_000.0, 0.03, 1.0, exponent) for part in done[::50]])
    assert mean_impact(500.0, 20_000.0, 0.03, 1.0, exponent) == pytest.approx(law, rel=1e-3)


def test_ten_times_the_size_costs_root_ten_times_the_fraction_and_nothing_costs_nothing() -> None:
    assert peak_impact(1_000.0, 2e4, 0.03) == pytest.approx(10**0.5 * peak_impact(100.0, 2e4, 0.03))
    assert peak_impact(0.0, 2e4, 0.03) == 0.0


def test_a_day_without_volume_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"daily_volume: expected a number above 0, was 0\.0"):
        peak_impact(1.0, 0.0, 0.03)
