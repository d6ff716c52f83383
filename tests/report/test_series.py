"""Candles merged, series thinned, fills joined, numbers encoded: nothing that a reader would miss is lost."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from engine import load_candles
from engine.report.charting import equity_chart
from engine.report.coarse import coarse, step_words
from engine.report.encoding import exactly, in_page, scaled
from engine.report.markers import markers
from engine.report.material import of_result
from engine.report.thinning import kept

from .making import KINDS, candles, flat


def undone(told: dict[str, Any]) -> np.ndarray[Any, Any]:
    """Return the values as the page's script reads them."""
    return np.cumsum(told["deltas"]) / 10.0 ** told["decimals"]


def test_merged_candles_keep_open_high_low_and_close_exactly() -> None:
    fine = load_candles("simulated:BTC/USDT", "1m", "2024-01-01", "2024-01-08")
    merged, hourly = coarse(fine, 200), fine.resample("1h")
    assert merged.step_ms == 3_600_000
    assert merged.merged == 60
    for name in ("open", "high", "low", "close"):
        np.testing.assert_array_equal(getattr(merged, name), getattr(hourly, name))


@pytest.mark.parametrize(
    ("limit", "words"), [(10_080, "1 minute"), (9_999, "2 minutes"), (500, "30 minutes"), (10, "1 day")]
)
def test_candles_become_as_coarse_as_they_must_and_no_coarser(limit: int, words: str) -> None:
    merged = coarse(load_candles("simulated:BTC/USDT", "1m", "2024-01-01", "2024-01-08"), limit)
    assert step_words(merged.step_ms) == words
    assert merged.bucket[-1] - merged.bucket[0] < limit


def test_candles_of_an_odd_length_are_merged_in_multiples_of_their_own() -> None:
    weekly = load_candles("simulated:BTC/USDT", "1w", "2024-01-01", "2025-01-01")
    merged = coarse(weekly, 20)
    assert merged.step_ms % weekly.timeframe_ms == 0
    assert len(merged.bucket) <= 20


def test_a_long_hole_counts_towards_the_limit() -> None:
    holed = candles(flat(5_000), missing=range(10, 4_990))
    assert len(holed) == 20
    merged = coarse(holed, 1_000)
    assert merged.bucket[-1] - merged.bucket[0] < 1_000


def test_thinning_keeps_ends_and_extremes_of_every_series() -> None:
    random = np.random.default_rng(1)
    series = [np.cumsum(random.standard_normal(123_457)) for _ in range(3)]
    at = kept(series, 10_000)
    assert len(at) <= 10_000
    assert (np.diff(at) > 0).all()
    assert {0, 123_456} <= set(at.tolist())
    for values in series:
        assert {int(values.argmin()), int(values.argmax())} <= set(at.tolist())
    assert kept([series[0][:50]], 100).tolist() == list(range(50))


def test_values_come_back_exactly_on_the_tick() -> None:
    prices = np.rint(np.random.default_rng(2).uniform(0.01, 90_000.0, 5_000) * 100.0) / 100.0
    np.testing.assert_array_equal(undone(exactly(prices, 2)), prices)


@pytest.mark.parametrize("size", [1e-9, 0.5, 12_345.678, 9.9e14])
def test_values_of_any_size_keep_seven_digits(size: float) -> None:
    values = size * np.random.default_rng(3).uniform(-1.0, 1.0, 100)
    np.testing.assert_allclose(undone(scaled(values)), values, atol=1e-6 * size)


def test_json_in_a_page_cannot_end_its_element() -> None:
    told = {"a": "</script><!-- \u2028"}
    text = in_page(told)
    assert "<" not in text
    assert json.loads(text) == told
    with pytest.raises(ValueError, match="not JSON compliant"):
        in_page(float("nan"))


def _fills(count: int) -> dict[str, Any]:
    random = np.random.default_rng(4)
    times = np.sort(random.integers(0, 1_000, count)) * 3_600_000 + 1_704_067_200_000
    return {
        "time": times, "market": ["BTC/USDT"] * count, "side": random.choice(["buy", "sell"], count).tolist(),
        "price": random.uniform(90.0, 110.0, count), "quantity": random.uniform(0.1, 1.0, count),
        "reason": [""] * count,
    }  # fmt: skip


@pytest.mark.parametrize(("count", "limit"), [(0, 10), (10, 10), (500, 100), (5_000, 100), (5_000, 2_000)])
def test_no_fill_is_left_out_however_few_arrows_there_may_be(count: int, limit: int) -> None:
    fills, drawn = _fills(count), coarse(candles(flat(1_000)), 10_000)
    made = markers(fills, "BTC/USDT", drawn, limit)
    assert len(made.price) <= limit
    assert int(made.count.sum()) == count == made.fills
    assert made.quantity.sum() == pytest.approx(float(np.sum(fills["quantity"])))
    assert (made.price * made.quantity).sum() == pytest.approx(float(np.sum(fills["quantity"] * fills["price"])))
    assert (np.diff(made.candle) >= 0).all()
    assert (made.together == 0) == (count <= limit)
    if count <= limit:
        assert made.price.tolist() == fills["price"].tolist()


def test_fills_of_another_market_have_no_arrow_here() -> None:
    assert markers(_fills(10), "ETH/USDT", coarse(candles(flat(10)), 100)).fills == 0


@pytest.mark.parametrize("kind", KINDS)
def test_times_of_a_chart_are_seconds_that_increase_and_begin_with_the_run(results: Any, kind: str) -> None:
    material = of_result(results(kind))
    told = equity_chart(material)
    times = np.cumsum(told["times"])
    assert (np.diff(times) > 0).all()
    assert (times[0] * 1000, times[-1] * 1000) == (material.start_ms, material.close_ms[-1])
    assert undone(told["equity"])[-1] == pytest.approx(
        material.metrics["equity_end"], abs=1e-6 * float(material.equity.max())
    )
    assert undone(told["drawdown"]).min() == pytest.approx(min(0.0, material.metrics["candle_drawdown"]), abs=1e-6)
