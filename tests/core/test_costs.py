"""What a taker pays: half the spread, fixed slippage, impact by size; and what leaves a post-only order outside (F1, F2)."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import Candles, ConfigError, DataError, Market, Rules, backtest
from engine.core.costs import MOST, square_root_mean, square_root_peak
from tests.core.scripted import START_MS, candles, fills, market, order, play, scripted

FLAT = (100.0, 101.0, 99.0, 100.0)
LAW: Any = json.loads((Path(__file__).parents[1] / "golden" / "impact.json").read_text("utf-8"))
FINE = {"tick": 1e-9, "leverage": 1000.0}


def wobbling(count: int = 40, volume: float = 50.0) -> list[tuple[float, ...]]:
    """Return candles with a volatility to measure, none of which opens elsewhere than its neighbour closed."""
    closes = 100.0 + np.where(np.arange(count + 1) % 2, 0.5, -0.5)
    return [(a, max(a, b) + 1.0, min(a, b) - 1.0, b, volume) for a, b in pairwise(closes)]


def gauge(result: Any, k: int) -> Any:
    return result.inputs.gauged()[0][k]


def test_the_square_root_law_is_the_golden_one() -> None:
    given_, expected = LAW["inputs"], LAW["expected"]
    law = (given_["Y"], given_["sigma_daily"], given_["Q"], given_["V_daily"])
    assert square_root_peak(*law) == pytest.approx(expected["peak_frac"], rel=LAW["tol"])
    assert square_root_mean(*law) == pytest.approx(expected["avg_cost_frac"], rel=LAW["tol"])
    cost = square_root_mean(*law) * given_["price"] * given_["Q"]
    assert cost == pytest.approx(expected["avg_cost_quote"], rel=LAW["tol"])


def test_f1_square_root_slippage_is_the_law_on_the_volatility_and_volume_before_the_candle() -> None:
    on = market(slippage_model="square_root", impact=1.5, **FINE)
    result = play(scripted(order("buy", 30, quantity=3.0)), wobbling(), on)
    row, fill = gauge(result, 31), result.fill_rows[0]
    expected = 2.0 / 3.0 * 1.5 * row["sigma_day"] * np.sqrt(3.0 / row["volume_day"])
    assert fill["price"] / fill["planned"] - 1.0 == pytest.approx(expected, rel=1e-7)


def test_f1_every_partial_fill_pays_the_impact_of_the_whole_parent_order() -> None:
    on = market(slippage_model="square_root", **FINE)
    parent = scripted(order("buy", 30, quantity=12.0))
    result = play(parent, wobbling(), on, participation=0.1)
    assert result.fill_rows["quantity"].tolist() == [5.0, 5.0, 2.0]
    for fill in result.fill_rows:
        row = gauge(result, int(fill["candle"]))
        expected = 2.0 / 3.0 * row["sigma_day"] * np.sqrt(12.0 / row["volume_day"])
        assert fill["price"] / fill["planned"] - 1.0 == pytest.approx(expected, rel=1e-7)


def test_f1_the_parent_of_a_reduce_only_order_is_what_it_may_close() -> None:
    on = market(slippage_model="square_root", **FINE)
    told = [order("buy", 30, quantity=2.0), order("stop", 32, quantity=500.0, side=-1, trigger=99.0, reduce_only=1)]
    result = play(scripted(*told), wobbling(), on, path="low_first")
    row, fill = gauge(result, 33), result.fill_rows[1]
    expected = 2.0 / 3.0 * row["sigma_day"] * np.sqrt(2.0 / row["volume_day"])
    assert 1.0 - fill["price"] / fill["planned"] == pytest.approx(expected, rel=1e-7)


def test_f1_volume_share_slippage_counts_what_was_taken_of_the_candle_before() -> None:
    on = market(slippage_model="volume_share", share_impact=0.2, **FINE)
    told = scripted(order("buy", 0, quantity=5.0), order("buy", 0, quantity=10.0))
    result = play(told, [FLAT, (100, 101, 99, 100, 50.0)], on)
    expected = [100.0 * (1.0 + 0.2 * (taken / 50.0) ** 2) for taken in (5.0, 15.0)]
    assert result.fill_rows["price"].tolist() == pytest.approx(expected, rel=1e-9)


def test_f1_half_the_spread_may_follow_volatility() -> None:
    on = market(half_spread=0.001, half_spread_volatility=0.05, **FINE)
    result = play(scripted(order("buy", 30, quantity=1.0), order("close", 32)), wobbling(), on)
    for fill, side in zip(result.fill_rows, (1, -1), strict=True):
        expected = 0.001 + 0.05 * gauge(result, int(fill["candle"]))["sigma_day"]
        assert side * (fill["price"] / fill["planned"] - 1.0) == pytest.approx(expected, rel=1e-7)


def spread_file(folder: Path, *rows: str, head: str = "time,half_spread") -> str:
    path = folder / "spreads.csv"
    path.write_text("\n".join([head, *rows]) + "\n", "utf-8")
    return str(path)


def test_f1_half_the_spread_may_be_a_series_whose_values_hold_from_their_time_on(tmp_path: Path) -> None:
    file = spread_file(tmp_path, "2024-01-01T00:00Z,0.001", "2024-01-01T00:02Z,0.01")
    told = scripted(*(order("buy", at, quantity=1.0) for at in (0, 1, 2)))
    result = play(told, [FLAT] * 4, market(half_spread_file=file))
    assert fills(result) == [(1, "buy", 1.0, 100.1), (2, "buy", 1.0, 101.0), (3, "buy", 1.0, 101.0)]


def test_a_run_remembers_the_hash_of_its_spread_file(tmp_path: Path) -> None:
    hashes = set()
    for spread in ("0.001", "0.002"):
        on = market(half_spread_file=spread_file(tmp_path, f"2024-01-01,{spread}"))
        hashes.add(backtest(scripted(), candles(FLAT, FLAT), on, bounds=False).inputs.hashes["spreads"])
    assert len(hashes) == 2


def test_a_spread_file_that_is_not_there_is_one_sentence() -> None:
    with pytest.raises(ConfigError) as caught:
        backtest(scripted(), candles(FLAT, FLAT), market(half_spread_file="gone.csv"))
    assert str(caught.value) == "market half_spread_file: gone.csv cannot be read: No such file or directory"


@pytest.mark.parametrize(
    ("rows", "head", "said"),
    [
        (["2024-01-02,0.1"], "time,half_spread", "begins after the first candle; give it a value before that"),
        (["2023-01-02,0.7"], "time,half_spread", "expected fractions of price from 0 to 0.5"),
        (["2023-01-02,0.1", "2023-01-02,0.1"], "time,half_spread", "expected at least one row, each later than the one before"),
        (["2023-01-02,0.1"], "when,spread", "expected the columns time,half_spread, were when,spread"),
        ([], "time,half_spread", "expected at least one row, each later than the one before"),
    ],
)  # fmt: skip
def test_a_bad_spread_file_is_one_sentence(tmp_path: Path, rows: list[str], head: str, said: str) -> None:
    file = spread_file(tmp_path, *rows, head=head)
    with pytest.raises(ConfigError) as caught:
        backtest(scripted(order("buy", 0, quantity=1.0)), candles(FLAT, FLAT), market(half_spread_file=file))
    assert str(caught.value) == f"market half_spread_file: {file}: {said}"


def test_f2_a_post_only_order_inside_the_spread_is_denied_with_both_numbers() -> None:
    on = market(half_spread=0.01)
    inside = order("limit", 0, quantity=1.0, side=-1, price=99.5, post_only=1)  # the bid is at 99
    outside = order("limit", 0, quantity=1.0, side=-1, price=98.9, post_only=1)
    assert fills(play(scripted(inside), [FLAT, (99, 101, 98.5, 100)], on)) == [(1, "sell", 1.0, 99.5)]
    result = play(scripted(outside), [FLAT, FLAT], on)
    assert list(result.orders["what"]) == ["denied: post-only, but 98.9 would trade at once against 99"]


def test_f2_a_maker_pays_neither_spread_nor_impact() -> None:
    on = market(half_spread=0.001, slippage=0.001, slippage_model="square_root")
    result = play(scripted(order("limit", 30, quantity=20.0, price=98.0)), [*wobbling(32), (99.5, 100, 90, 95, 50)], on)
    assert result.fill_rows["price"].tolist() == [98.0]


def test_a_fraction_of_the_equity_still_fits_when_its_impact_is_paid() -> None:
    on = market(slippage_model="square_root", tick=1e-6, lot=1e-6, taker_fee_rate=0.001)
    result = play(scripted(order("buy", 30, fraction=1.0)), wobbling(volume=0.5), on)
    assert len(result.fill_rows) == 1
    assert len(result.event_rows) == 0  # nothing had to be reduced on arrival


def test_no_impact_takes_a_price_to_zero() -> None:
    on = market(slippage_model="volume_share", share_impact=100.0, leverage=1000.0)
    result = play(scripted(order("sell", 0, quantity=40.0)), [FLAT, (100, 101, 99, 100, 1.0)], on)
    assert result.fill_rows["price"].tolist() == [pytest.approx(100.0 * (1.0 - MOST))]


def test_candles_without_any_volume_fill_as_if_there_was_enough() -> None:
    silent = [(*FLAT, 0.0)] * 3
    result = play(scripted(order("buy", 0, quantity=1.0)), silent)
    assert fills(result) == [(1, "buy", 1.0, 100.0)]
    assert "test:BTC/USDT: its candles have no volume, so nothing limits what fills" in result.warnings


@pytest.mark.parametrize(
    ("on", "rules", "said"),
    [
        ({}, {"participation": 0.1}, "participation: the candles of test:BTC/USDT have no volume; remove it, or use others"),
        ({"slippage_model": "square_root"}, {}, "slippage_model square_root: the candles of test:BTC/USDT have no volume; "
         'use slippage_model = "fixed", or other candles'),
    ],
)  # fmt: skip
def test_what_needs_a_volume_refuses_candles_without_any(on: Any, rules: Any, said: str) -> None:
    with pytest.raises(DataError) as caught:
        backtest(scripted(), candles((*FLAT, 0.0), (*FLAT, 0.0)), market(**on), rules=Rules(**rules))
    assert str(caught.value) == said


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"slippage_model": "cubic"}, 'market slippage_model: expected one of fixed, volume_share, square_root, was "cubic"'),
        ({"impact": -1.0}, "market impact: expected a number 0 to 100, was -1.0"),
        ({"half_spread_volatility": "much"}, "market half_spread_volatility: expected a number 0 to 10, was 'much'"),
        ({"half_spread_file": "a.csv", "half_spread": 0.1}, "market half_spread_file: it stands in place of half_spread; remove one of the two"),
    ],
)  # fmt: skip
def test_a_market_with_a_wrong_cost_is_one_sentence(fields: Any, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Market(symbol="BTC/USDT", tick=0.1, lot=0.01, **fields)
    assert str(caught.value) == said


@pytest.mark.parametrize(
    ("latency_ms", "expected"),
    [(0, 100.0), (10_000, 95.0), (20_000, 90.0), (25_000, 97.5), (40_000, 120.0), (45_000, 117.5), (60_000, 110.0)],
)
def test_t3_latency_moves_an_order_along_the_three_legs(latency_ms: int, expected: float) -> None:
    path: Any = {"latency_ms": latency_ms, "path": "low_first"}  # each leg takes 20 of the candle's 60 seconds
    result = play(scripted(order("buy", 0, quantity=1.0)), [FLAT, (100, 120, 90, 110), (110, 111, 109, 110)], **path)
    assert result.fill_rows["price"].tolist() == [expected]


KINDS = st.sampled_from(["buy", "limit", "stop", "stop_limit", "trailing_stop"])
CANDLE = st.tuples(st.integers(950, 1050), st.integers(950, 1050), st.integers(0, 80), st.integers(0, 80),
                   st.sampled_from([0.0, 1.0, 7.5, 40.0, 1000.0]))  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(CANDLE, min_size=4, max_size=12),
    kinds=st.lists(st.tuples(KINDS, st.sampled_from([1, -1]), st.integers(930, 1070)), min_size=1, max_size=6),
    share=st.sampled_from([0.01, 0.1, 0.5, 1.0]),
    model=st.sampled_from(["fixed", "volume_share"]),
)
def test_f5_fills_never_take_more_than_their_share_of_a_candle(rows: Any, kinds: Any, share: float, model: str) -> None:
    told = []
    for at, (kind, side, level) in enumerate(kinds):
        price = level / 10.0
        more = {"trigger": price} if kind in ("stop", "stop_limit") else {}
        more |= {"price": price} if kind in ("limit", "stop_limit") else {}
        more |= {"distance": 0.02} if kind == "trailing_stop" else {}
        more |= {} if kind == "buy" else {"side": side}
        told.append(order(kind, at % 3, quantity=5.0, **more))
    table = [
        (o / 10, max(o, c) / 10 + up / 10, min(o, c) / 10 - down / 10, c / 10, volume)
        for o, c, up, down, volume in rows
    ]
    history: Candles = candles(FLAT, *table, start_ms=START_MS)
    result = backtest(
        scripted(*told), history, market(leverage=100.0, slippage_model=model), rules=Rules(participation=share),
        bounds=False,
    )  # fmt: skip
    taken = np.bincount(result.fill_rows["candle"], result.fill_rows["quantity"], len(history))
    assert (taken <= share * history.volume + 1e-9).all()
