"""Books that answer with one balance walk together in time (rule C4), held against an account worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine import Candles, Market, Rules, Use, backtest
from engine.backtesting.inputs import gather
from engine.backtesting.run import Run
from engine.candles import Funding
from engine.core.jit import Step
from tests.core.joint_account import held
from tests.core.scripted import START_MS, Scripted, candles, market, order, play, scripted
from tests.core.test_cross_margin import FLAT, Holder, several
from tests.core.test_ledger import RULES, histories, scripts

RELAXED = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
Columns = list[list[tuple[float, float, float, float]]]


@st.composite
def columns(draw: Any, width: int, count: int = 8) -> Columns:
    """Draw candles that stand still until positions are open, and then jump and swing by up to a third."""
    made: Columns = []
    for _ in range(width):
        price, rows = 1000, [FLAT, FLAT]
        for _ in range(count):
            opened = max(100, price + draw(st.sampled_from([0, 0, -300, 250])) * price // 1000)
            close = max(100, opened + draw(st.integers(-300, 300)) * opened // 1000)
            high = max(opened, close) + draw(st.integers(0, 100))
            low = max(50, min(opened, close) - draw(st.integers(0, 100)))
            rows.append((opened / 10, high / 10, low / 10, close / 10))
            price = close
        made.append(rows)
    return made


@st.composite
def wild(draw: Any) -> Candles:
    """Draw one such market alone, longer, with volumes that may be small."""
    rows = draw(columns(1, 16))[0]
    return candles(*((*row, float(draw(st.integers(1, 400)))) for row in rows))


@st.composite
def greedy(draw: Any) -> Scripted:
    """Draw a script that begins with a large position at market."""
    told = draw(scripts())
    first = {"at": 0.0, "after_tag": -1.0, "verb": draw(st.sampled_from([0.0, 1.0])), "price": -1.0, "stop_loss": -1.0}
    first |= {"quantity": draw(st.integers(300, 900)) / 100, "take_profit": -1.0}
    rows = {name: list(getattr(told, name)) for name in Scripted.params if name != "count"}
    for name, value in first.items():
        rows[name][0] = value
    return Scripted(**{"count": told.count, **rows} | {"fraction": [-1.0] * 8})


SIZES = st.lists(st.integers(-40, 40).map(float), min_size=3, max_size=3)


@RELAXED
@given(
    columns(3), SIZES, st.integers(600, 3_000), st.sampled_from(["low_first", "high_first", "adverse", "favourable"])
)
def test_c4_equity_and_liquidations_are_those_of_an_account_worked_out_by_hand(
    rows: Columns, sizes: list[float], cash: int, path: str
) -> None:
    histories_, markets = several(*rows)
    run = Run(gather(Holder(sizes=sizes), histories_, markets, cash=cash), Rules(path=path))
    run.advance()
    fills = run.fills[: int(run.run[0]["fill_count"])]
    forced = fills[fills["kind"] == 5]
    assert len(fills) - len(forced) == sum(1 for size in sizes if size), "an entry was denied: the hand knows no funds"
    if path in ("low_first", "high_first"):
        equity, gone = held(rows, sizes, float(cash), 0.01, 0.1, path == "low_first")
        assert run.equity.tolist() == pytest.approx(equity, abs=1e-6)
        assert [(int(f["candle"]), int(f["book"])) for f in forced] == [(k, b) for k, b, _ in gone]
        assert forced["price"].tolist() == pytest.approx([price for _, _, price in gone], abs=1e-9)
    assert run.equity.min() >= -1e-9
    for fill in forced:
        _, high, low, _ = rows[int(fill["book"])][int(fill["candle"])]
        assert low - 1e-9 <= fill["price"] <= high + 1e-9


@RELAXED
@given(columns(3), SIZES, st.integers(600, 3_000), st.permutations([0, 1, 2]))
def test_c4_the_order_of_markets_changes_nothing(
    rows: Columns, sizes: list[float], cash: int, turned: list[int]
) -> None:
    curves = []
    for order_ in ([0, 1, 2], turned):
        histories_, markets = several(*(rows[i] for i in order_))
        run = Run(gather(Holder(sizes=[sizes[i] for i in order_]), histories_, markets, cash=cash), Rules())
        run.advance()
        curves.append(run.equity)
    np.testing.assert_allclose(curves[0], curves[1], atol=1e-6)


def _always(address: int, row: int, _c: int, _d: int) -> int:
    return 1


ALWAYS = Step(_always, "iiii")
PERPETUALS = [
    market(taker_fee_rate=0.0005, leverage=10.0, liquidation_fee_rate=0.01, funding_rate=-0.01, funding_hours=0.1),
    market(taker_fee_rate=0.0005, maker_fee_rate=-0.0001, leverage=20.0, half_spread=0.0003, maintenance=[[0, 0.01], [300, 0.02]]),
    market(kind="margin", taker_fee_rate=0.001, leverage=3.0, borrow_rate=0.001, borrow_open_rate=0.01),
    market(kind="inverse", contract_size=10.0, lot=1, taker_fee_rate=0.0005, leverage=10.0),
]  # fmt: skip


def named(history: Candles, symbol: str) -> Candles:
    return Candles(*history.columns, history.timeframe, symbol, history.venue, history.source)


def symbols(on: Market) -> tuple[str, str]:
    """Return two markets of one settlement currency."""
    return ("A/USD", "A/EUR") if on.kind == "inverse" else ("A/USDT", "B/USDT")


def without_fractions(strategy: Scripted) -> Scripted:
    """Take sizes that count from equity away: within a candle it depends on where the other markets are."""
    return Scripted(**{name: getattr(strategy, name) for name in Scripted.params} | {"fraction": [-1.0] * 8})


@RELAXED
@given(scripts(), scripts(), histories(), histories(), st.sampled_from(PERPETUALS), RULES)
def test_c4_with_margin_enough_walking_together_fills_what_each_market_fills_by_itself(
    one: Scripted, other: Scripted, first: Candles, second: Candles, on: Market, rules: Rules
) -> None:
    rules = replace(rules, path="low_first" if rules.path in ("adverse", "favourable") else rules.path)
    a, b = symbols(on)
    uses = [
        Use(without_fractions(one), markets=[a], name="one"),
        Use(without_fractions(other), markets=[b], name="other"),
    ]
    markets = [replace(on, symbol=a), replace(on, symbol=b)]
    runs = []
    for together in (False, True):
        run = Run(gather(uses, [named(first, a), named(second, b)], markets, cash=10_000_000.0), rules)
        if together:
            run.run[0]["step_survey"] = ALWAYS.address
        run.advance()
        runs.append(run)
    for book in (0, 1):
        apart, joint = (run.fills[: int(run.run[0]["fill_count"])] for run in runs)
        apart, joint = apart[apart["book"] == book], joint[joint["book"] == book]
        for name in ("candle", "order_id", "side", "quantity", "price", "fee", "kind", "position"):
            np.testing.assert_allclose(joint[name], apart[name], rtol=1e-12)
        np.testing.assert_allclose(joint["ms"], apart["ms"], atol=1)
    np.testing.assert_allclose(runs[1].equity, runs[0].equity, rtol=1e-9)


@RELAXED
@given(greedy(), wild(), wild(), st.sampled_from(PERPETUALS), RULES, st.integers(30, 300).map(float))
def test_c4_a_market_beside_it_that_holds_nothing_changes_nothing(
    strategy: Scripted, history: Candles, idle: Candles, on: Market, rules: Rules, cash: float
) -> None:
    """One book finds its own liquidation price in closed form; two books walk together and find it by halving."""
    a, b = symbols(on)
    cash = cash / 100 if on.kind == "inverse" else cash
    alone = Run(gather(strategy, [named(history, a)], [replace(on, symbol=a)], cash=cash), rules)
    uses = [Use(strategy, markets=[a], name="one"), Use(scripted(), markets=[b], name="other")]
    markets = [replace(on, symbol=a), replace(on, symbol=b)]
    beside = Run(gather(uses, [named(history, a), named(idle, b)], markets, cash=cash), rules)
    rows = []
    for run in (alone, beside):
        run.advance()
        rows.append(run.fills[: int(run.run[0]["fill_count"])])
    for name in ("candle", "side", "quantity", "price", "kind", "position"):
        np.testing.assert_allclose(rows[1][name], rows[0][name], rtol=1e-9)
    np.testing.assert_allclose(beside.equity, alone.equity, rtol=1e-9, atol=1e-6)
    assert int(beside.run[0]["dependent_count"]) == int(alone.run[0]["dependent_count"])


FALLING = [FLAT, FLAT, (100.0, 100.0, 50.0, 50.0), (50.0,) * 4]
GAP_UP = [FLAT, FLAT, (200.0,) * 4, (200.0,) * 4]
GAP_DOWN = [FLAT, FLAT, (50.0,) * 4, (50.0,) * 4]
STILL = [FLAT] * 4
PATHS = ("adverse", "favourable", "low_first", "high_first", "nearest")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("sizes", [(45.0, -45.0), (-45.0, 45.0)])
def test_c4_what_one_market_loses_another_answers_for_at_the_same_instant(path: str, sizes: tuple[float, ...]) -> None:
    histories_, markets = several(FALLING, FALLING)
    result = play(Holder(sizes=[*sizes, 0.0]), histories_, markets, cash=1_000.0, path=path)
    assert result.fills["kind"].tolist() == ["market", "market"]
    assert result.equity_curve.tolist() == pytest.approx([1_000.0] * 4)


@pytest.mark.parametrize(
    ("rows", "sizes", "prices", "borne"),
    [
        # Lost 100 x 50 against 1,000; the other position, at no loss, goes at its market too.
        ([GAP_UP, STILL], [-50.0, -10.0], [200.0, 100.0], 4_000.0),
        # Both lost 50 x 30 against 1,000: the first to go leaves the second with a balance below zero.
        ([GAP_DOWN, GAP_DOWN], [30.0, 30.0], [50.0, 50.0], 2_000.0),
    ],
)
def test_c4_beyond_the_balance_the_venue_bears_the_loss_and_every_fill_is_at_the_market(
    rows: Columns, sizes: list[float], prices: list[float], borne: float
) -> None:
    histories_, markets = several(*rows)
    result = play(Holder(sizes=[*sizes, 0.0]), histories_, markets, cash=1_000.0)
    gone = result.fills[result.fills["kind"] == "liquidation"]
    assert gone["price"].tolist() == prices
    assert result.metrics.borne == pytest.approx(borne)
    assert result.metrics.unexplained == pytest.approx(0.0, abs=1e-9)
    assert result.metrics.equity_end == pytest.approx(0.0, abs=1e-9)
    assert result.trades["pnl"].sum() == pytest.approx(-1_000.0)
    assert (result.trade_rows["borne"] <= -result.trade_rows["realised"] + 1e-9).all()  # none gains by it


def test_c4_funding_beyond_an_isolated_margin_is_borne_and_not_sold_at_a_price_that_never_was() -> None:
    on = market(leverage=20.0, margin_mode="isolated")
    dear = Funding(np.array([START_MS + 2 * 60_000]), np.array([0.1]), np.array([np.nan]), "a test")
    result = play(scripted(order("buy", 0, quantity=1.0)), [FLAT] * 6, on, cash=1_000.0, funding=dear)
    assert result.fills["price"].tolist() == [100.0, 100.0]
    assert result.metrics.equity_end == pytest.approx(995.0)
    assert (result.metrics.funding, result.metrics.borne) == (-10.0, 5.0)


def two_sided(hedge: bool, *rows: tuple[float, ...], long: float, short: float, **fields: Any) -> Any:
    on = market(**{"leverage": 10.0, "maintenance": [[0, 0.005]], "hedge_mode": hedge, "tick": 0.01} | fields)
    uses = [
        Use(scripted(order("buy", 0, quantity=long)), name="long"),
        Use(scripted(order("sell", 0, quantity=short)), name="short"),
    ]
    return backtest(uses, candles(*rows), on, cash=1_000.0, bounds=False)


SLUMP = [FLAT, FLAT, (100.0, 100.0, 60.0, 60.0), (60.0,) * 4]


def test_c4_a_netted_market_is_liquidated_whole_at_one_price_and_one_time() -> None:
    result = two_sided(False, *SLUMP, long=60.0, short=20.0)
    gone = result.fills[result.fills["kind"] == "liquidation"]
    # 1,000 + 40 (P - 100) = 0.005 x 40 P
    assert gone["price"].tolist() == [75.37, 75.37]
    assert gone["time"].nunique() == 1
    assert result.metrics.equity_end == pytest.approx(1_000.0 - 40.0 * (100.0 - 75.37))


def test_c4_in_hedge_mode_the_losing_side_goes_first_and_then_the_other_where_it_must() -> None:
    result = two_sided(True, *SLUMP, long=60.0, short=20.0)
    gone = result.fills[result.fills["kind"] == "liquidation"]
    assert gone["strategy"].tolist()[0] == "long"
    # 1,000 + 40 (P - 100) = 0.005 x 80 P
    assert gone["price"].tolist()[0] == 75.75
    assert gone["time"].is_monotonic_increasing


def test_c4_the_fee_of_a_netted_liquidation_is_that_of_the_net_and_shared_by_quantity() -> None:
    result = two_sided(False, *SLUMP, long=60.0, short=20.0, taker_fee_rate=0.0005, liquidation_fee_rate=0.001)
    gone = result.fills[result.fills["kind"] == "liquidation"].set_index("strategy")
    price = gone["price"].iloc[0]
    assert gone["fee"].sum() == pytest.approx(40.0 * price * 0.0015)
    assert gone["fee"]["long"] == pytest.approx(3.0 * gone["fee"]["short"])


def test_f7_a_netted_market_claims_margin_on_the_net() -> None:
    rows = [FLAT] * 4
    on = market(leverage=1.0)
    uses = [
        Use(scripted(order("buy", 0, quantity=6.0)), name="long"),
        Use(scripted(order("sell", 1, quantity=6.0), order("sell", 2, quantity=5.0)), name="short"),
    ]
    result = backtest(uses, candles(*rows), on, cash=1_000.0, bounds=False)
    assert len(result.orders) == 0
    assert result.fills["quantity"].tolist() == [6.0, 6.0, 5.0]
    assert result.run.balances["claimed"][0] == pytest.approx(500.0)


@pytest.mark.parametrize(("more", "denied"), [(9.9, False), (10.2, True)])
def test_f7_on_a_netted_market_the_net_beyond_the_funds_is_denied(more: float, denied: bool) -> None:
    on = market(leverage=1.0)
    uses = [
        Use(scripted(order("buy", 0, quantity=6.0)), name="long"),
        Use(scripted(order("sell", 1, quantity=6.0 + more)), name="short"),
    ]
    result = backtest(uses, candles(*[FLAT] * 4), on, cash=1_000.0, bounds=False)
    assert any("needs" in text for text in result.orders["what"]) is denied


def test_result_fills_orders_and_payments_are_in_order_of_time_over_all_markets() -> None:
    swing = [FLAT, FLAT, (100.0, 110.0, 90.0, 100.0), FLAT]
    uses = [
        Use(scripted(order("limit", 0, quantity=1.0, price=91.0, side=1.0)), markets=["A/USDT"], name="late"),
        Use(scripted(order("buy", 1, quantity=1.0)), markets=["B/USDT"], name="early"),
    ]
    histories_, markets = several(swing, swing)
    result = backtest(uses, histories_, markets, cash=10_000.0, bounds=False, rules=Rules(path="low_first"))
    assert result.fills["strategy"].tolist() == ["early", "late"]
    assert result.fills["time"].is_monotonic_increasing


def fivefold(history: Candles) -> Candles:
    """Return five-minute candles of one-minute ones."""
    opens, highs, lows, closes, volumes = (
        column[: len(column) // 5 * 5].reshape(-1, 5) for column in history.columns[1:]
    )
    return Candles(
        history.open_ms[: len(opens) * 5 : 5].copy(), opens[:, 0].copy(), highs.max(axis=1), lows.min(axis=1),
        closes[:, -1].copy(), volumes.sum(axis=1), "5m", history.symbol, history.venue, history.source,
    )  # fmt: skip


@RELAXED
@given(scripts(), scripts(), histories(40), histories(40), RULES)
def test_p3_finer_candles_are_walked_together_as_each_market_walks_them_by_itself(
    one: Scripted, other: Scripted, first: Candles, second: Candles, rules: Rules
) -> None:
    rules = replace(rules, path="low_first" if rules.path in ("adverse", "favourable") else rules.path)
    fine = [named(first, "A/USDT"), named(second, "B/USDT")]
    uses = [
        Use(without_fractions(one), markets=["A/USDT"], name="one"),
        Use(without_fractions(other), markets=["B/USDT"], name="other"),
    ]
    markets = [replace(market(leverage=10.0), symbol=one.symbol) for one in fine]
    runs = []
    for together in (False, True):
        run = Run(gather(uses, [fivefold(one) for one in fine], markets, cash=1e7, detail=fine), rules)
        if together:
            run.run[0]["step_survey"] = ALWAYS.address
        run.advance()
        runs.append(run)
    assert int(runs[0].run[0]["detail_short"]) == 0
    for book in (0, 1):
        apart, joint = (run.fills[: int(run.run[0]["fill_count"])] for run in runs)
        apart, joint = apart[apart["book"] == book], joint[joint["book"] == book]
        for name in ("candle", "order_id", "side", "quantity", "price", "kind"):
            np.testing.assert_allclose(joint[name], apart[name], rtol=1e-12)
        np.testing.assert_allclose(joint["ms"], apart["ms"], atol=1)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(greedy(), min_size=3, max_size=3), wild(), wild(), st.sampled_from(PERPETUALS[:2]), st.booleans(),
    RULES, st.integers(30, 600).map(float),
)  # fmt: skip
def test_a1_holds_whoever_is_liquidated_and_nothing_is_owed_or_filled_where_no_price_was(
    strategies: list[Scripted], first: Candles, second: Candles, on: Market, hedge: bool, rules: Rules, cash: float
) -> None:
    uses = [
        Use(one, markets=markets, name=name)
        for one, markets, name in zip(strategies, (["A/USDT"], ["A/USDT"], ["B/USDT"]), "xyz", strict=True)
    ]
    markets = [replace(on, symbol="A/USDT", hedge_mode=hedge), replace(on, symbol="B/USDT")]
    result = play(
        uses, [named(first, "A/USDT"), named(second, "B/USDT")], markets, cash=cash, path=rules.path,  # type: ignore[arg-type]
        touch_fills=rules.touch_fills, latency_ms=rules.latency_ms, participation=rules.participation,
    )  # fmt: skip
    assert result.equity_curve.min() >= -1e-6
    terms = result.terms
    change = terms.realised + terms.floating_change - terms.fees + terms.funding - terms.interest + terms.borne
    assert result.equity_curve[-1] - cash == pytest.approx(change, abs=1e-8 * cash)
    lows, highs = (np.array([prices_of(result, book, name) for book in range(3)]) for name in ("low", "high"))
    fills = result.fill_rows
    planned, book, candle = fills["planned"], fills["book"], fills["candle"]
    assert (planned >= lows[book, candle] - 1e-6).all()
    assert (planned <= highs[book, candle] + 1e-6).all()


def prices_of(result: Any, book: int, name: str) -> Any:
    inputs = result.inputs
    return getattr(inputs.candles[inputs.books[book][1]], name)
