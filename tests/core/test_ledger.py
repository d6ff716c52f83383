"""Rules A1, A2, F4 and P2 as properties: random markets, random orders, every candle."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from engine import Candles, Market, Rules
from engine.backtesting.inputs import gather
from engine.backtesting.run import Run
from engine.backtesting.worth import floating_of
from tests.core.scripted import SLOTS, START_MS, VERBS, Scripted, candles, market, order, play, scripted

RELAXED = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def histories(draw: Any, count: int = 24) -> Candles:
    """Draw candles on a tick of 0.1 that jump and swing enough to trigger things."""
    price, rows = 1000, []
    for _ in range(count):
        opened = max(100, price + draw(st.integers(-15, 15)))
        close = max(100, opened + draw(st.integers(-40, 40)))
        high = max(opened, close) + draw(st.integers(0, 30))
        low = max(50, min(opened, close) - draw(st.integers(0, 30)))
        rows.append((opened / 10, high / 10, low / 10, close / 10, float(draw(st.integers(0, 400)))))
        price = close
    return candles(*rows)


def offsets(draw: Any, low: int, high: int) -> float:
    return draw(st.integers(low, high)) / 10


@st.composite
def scripts(draw: Any) -> Scripted:
    """Draw up to eight orders of any kind, some of them answers to fills."""
    told = []
    for index in range(draw(st.integers(1, SLOTS))):
        verb = draw(st.sampled_from(VERBS[:9]))
        fields: dict[str, float] = {"order_tag": float(index + 1), "quantity": draw(st.integers(1, 900)) / 100}
        fields["side"] = draw(st.sampled_from([1.0, -1.0]))
        fields["price"] = offsets(draw, 600, 1400) if verb in ("limit", "stop_limit", "take_profit") else -1.0
        fields["trigger"] = offsets(draw, 600, 1400) if verb in ("stop", "stop_limit") else -1.0
        fields["distance"] = draw(st.integers(1, 50)) / 1000 if verb == "trailing_stop" else -1.0
        fields["reduce_only"] = float(draw(st.booleans()))
        fields["post_only"] = float(draw(st.booleans()))
        fields["oco"] = float(draw(st.sampled_from([0, 0, 3])))
        if verb in ("buy", "sell") and draw(st.booleans()):
            fields["fraction"] = draw(st.integers(1, 20)) / 10
        if draw(st.booleans()):
            fields["stop_loss"] = draw(st.integers(1, 60)) / 1000
        if draw(st.booleans()):
            fields["take_profit"] = draw(st.integers(1, 60)) / 1000
        after = draw(st.integers(1, SLOTS)) if draw(st.booleans()) else None
        told.append(order(verb, None if after else draw(st.integers(0, 20)), after=after, **fields))
    return scripted(*told)


MARKETS = st.sampled_from(
    [
        market(),
        market(kind="spot"),
        market(maker_fee_rate=0.0002, taker_fee_rate=0.0005, half_spread=0.0003, slippage=0.0005),
        market(kind="spot", maker_fee_rate=0.001, taker_fee_rate=0.001, min_notional=5.0),
        market(kind="spot", maker_fee_rate=0.001, taker_fee_rate=0.001, fee_in="base"),
        market(maker_fee_rate=-0.0001, taker_fee_rate=0.0005, leverage=3.0),
        market(
            taker_fee_rate=0.0005,
            leverage=20.0,
            margin_mode="isolated",
            maintenance=[[0, 0.01], [300, 0.02]],
            liquidation_fee_rate=0.01,
            funding_rate=0.01,
            funding_hours=1 / 20,
        ),
        market(taker_fee_rate=0.0005, leverage=10.0, liquidation_fee_rate=0.01, funding_rate=-0.01, funding_hours=0.1),
        market(
            kind="margin",
            taker_fee_rate=0.001,
            fee_in="base",
            leverage=5.0,
            borrow_rate=0.001,
            margin_mode="isolated",
            liquidation_fee_rate=0.01,
        ),
        market(kind="margin", taker_fee_rate=0.001, leverage=3.0, borrow_rate=0.001, borrow_open_rate=0.01),
        market(
            kind="inverse",
            contract_size=10.0,
            lot=1,
            taker_fee_rate=0.0005,
            leverage=10.0,
            funding_rate=0.01,
            funding_hours=0.1,
        ),
        market(kind="future", expiry=START_MS + 15 * 60_000, taker_fee_rate=0.0005, leverage=5.0),
    ]
)
RULES = st.builds(
    Rules,
    path=st.sampled_from(["adverse", "favourable", "nearest", "low_first", "high_first"]),
    touch_fills=st.booleans(),
    latency_ms=st.sampled_from([0, 0, 5_000, 61_000]),
    participation=st.sampled_from([None, None, 0.02]),
)


def started(strategy: Scripted, history: Candles, on: Market, rules: Rules) -> Run:
    return Run(gather(strategy, [history], [on], cash=10_000.0), rules)


@RELAXED
@given(scripts(), histories(), MARKETS, RULES)
def test_a1_and_a2_hold_at_every_candle(strategy: Scripted, history: Candles, on: Market, rules: Rules) -> None:
    run = started(strategy, history, on, rules)
    book, lot = run.books[0], float(on.lot)
    for k in range(1, len(history) + 1):
        run.advance(k)
        floating = float(floating_of(run.books, [on])[0])
        explained = book["realised"] + floating - book["fees"] + book["funding"] - book["interest"] + book["borne"]
        assert run.equity[k - 1] - 10_000.0 == pytest.approx(explained, abs=1e-9 * 10_000.0)
        lots = book["position"] / lot
        assert book["position"] == 0.0 or abs(lots) >= 1.0 - 1e-9
        if on.fee_in == "quote" and on.kind != "margin":
            assert lots == pytest.approx(round(lots), abs=1e-9)
        if on.kind == "spot":
            assert book["position"] >= 0.0
            assert run.balances["amount"].min() >= -1e-9 * 10_000.0
        if on.margin_mode == "isolated":
            assert book["margin"] >= 0.0 or book["position"] != 0.0
    paid = run.payments[: int(run.run[0]["payment_count"])]
    assert paid["amount"].sum() == pytest.approx(
        book["funding"] - book["interest"] + book["borne"], abs=1e-9 * 10_000.0
    )
    if run.books["open_orders"][0] == 0 and book["position"] == 0.0:
        assert run.balances["claimed"].tolist() == pytest.approx([0.0] * len(run.balances), abs=1e-9)


@RELAXED
@given(scripts(), histories(), MARKETS, RULES)
def test_f4_a_reduce_only_fill_never_opens_or_flips(
    strategy: Scripted, history: Candles, on: Market, rules: Rules
) -> None:
    run = started(strategy, history, on, rules)
    run.advance()
    reducing = {
        int(i) + 1 for i in range(strategy.count) if strategy.reduce_only[i] > 0 and strategy.verb[i] in (3, 4, 5, 6)
    }
    before = 0.0
    for fill in run.fills[: int(run.run[0]["fill_count"])]:
        after = float(fill["position"])
        exits = int(fill["reason"]) in (1, 2)
        if exits or (int(fill["tag"]) in reducing and int(fill["kind"]) in (1, 2, 3, 4) and not _entry_exit(fill)):
            assert abs(after) < abs(before)
            assert after * before >= 0.0
        before = after


def _entry_exit(fill: Any) -> bool:
    # Exits carry the tag of their entry; they are judged by their reason above.
    return int(fill["reason"]) in (1, 2)


@RELAXED
@given(scripts(), histories(), MARKETS, st.integers(1, 23))
def test_p2_from_a_common_state_adverse_is_never_better_than_favourable(
    strategy: Scripted, history: Candles, on: Market, k: int
) -> None:
    ends = {}
    for path in ("adverse", "favourable"):
        run = started(strategy, history, on, Rules(path="low_first"))
        run.advance(k)
        run.run[0]["path"] = ("adverse", "favourable").index(path)
        run.advance(k + 1)
        ends[path] = run.equity[k]
    assert ends["adverse"] <= ends["favourable"]


@RELAXED
@given(scripts(), histories(), MARKETS, RULES, st.integers(2, 23))
def test_t2_results_on_a_cut_history_are_a_prefix_of_results_on_the_whole(
    strategy: Scripted, history: Candles, on: Market, rules: Rules, cut: int
) -> None:
    before = history.between(None, int(history.open_ms[cut]))
    assume(before.volume.any() == history.volume.any())  # candles without any volume are read as "not recorded"
    whole = started(strategy, history, on, rules)
    whole.advance()
    part = started(strategy, before, on, rules)
    part.advance()
    count = int(part.run[0]["fill_count"])
    assert part.fills[:count].tobytes() == whole.fills[:count].tobytes()
    assert part.equity.tobytes() == whole.equity[:cut].tobytes()
    assert np.all(whole.fills["candle"][count : int(whole.run[0]["fill_count"])] >= cut)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(scripts(), histories(), MARKETS, RULES)
def test_d2_compiled_equals_interpreted(strategy: Scripted, history: Candles, on: Market, rules: Rules) -> None:
    play(
        strategy, history, on, path=rules.path, touch_fills=rules.touch_fills, latency_ms=rules.latency_ms,
        participation=rules.participation,
    )  # fmt: skip


@st.composite
def held(draw: Any) -> tuple[Scripted, Candles, Market]:
    """Draw one isolated position, held through whatever comes, gaps through its bankruptcy price among it."""
    side = draw(st.sampled_from(["buy", "sell"]))
    on = market(
        margin_mode="isolated", leverage=float(draw(st.integers(1, 50))), taker_fee_rate=draw(st.integers(0, 10)) / 10_000,
        maintenance=[[0, draw(st.integers(0, 19)) / 1_000]], liquidation_fee_rate=draw(st.integers(0, 20)) / 1_000,
        half_spread=draw(st.integers(0, 20)) / 10_000,
    )  # fmt: skip
    return scripted(order(side, 0, quantity=draw(st.integers(1, 500)) / 100)), draw(histories()), on


@RELAXED
@given(held(), RULES)
def test_c4_no_path_of_prices_takes_an_isolated_position_below_minus_its_margin_and_fees(
    case: tuple[Scripted, Candles, Market], rules: Rules
) -> None:
    strategy, history, on = case
    run = started(strategy, history, on, rules)
    run.advance()
    fills = run.fills[: int(run.run[0]["fill_count"])]
    opening = fills[fills["kind"] == 0]
    margin = float((opening["quantity"] * opening["price"]).sum()) / on.leverage
    forced = fills[fills["kind"] == 5]
    lost = -float(fills["realised"].sum()) + float(forced["fee"].sum()) - float(run.books["borne"].sum())
    if len(forced):
        assert lost <= margin * (1.0 + 1e-9) + 1e-9
        assert 10_000.0 - run.equity[-1] <= margin + float(opening["fee"].sum()) + 1e-6
