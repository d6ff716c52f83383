"""Several strategies on one account: their order, their shares, hedged and netted markets, what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from engine import (
    Candles,
    ConfigError,
    DataError,
    Market,
    Plan,
    Refusal,
    Result,
    Rules,
    Strategy,
    StrategyError,
    Use,
    backtest,
    param,
    state,
)
from engine.backtesting.shares import net_of
from tests.core.scripted import START_MS, candles, market, order, same_outcome, scripted
from tests.core.test_ledger import MARKETS, RULES, histories, scripts

ROWS = [(100.0, 101.0, 99.0, 100.0), (100.0, 106.0, 99.0, 105.0), (105.0, 106.0, 94.0, 95.0), (95.0, 96.0, 94.0, 95.0)]
LONG = scripted(order("buy", 0, quantity=2.0))
SHORT = scripted(order("sell", 0, quantity=3.0))
HEDGED = market(hedge_mode=True, taker_fee_rate=0.001)
NETTED = market(taker_fee_rate=0.001)


class Baskets(Strategy):
    """A portfolio strategy that buys each of its markets once, and remembers which of them filled."""

    size: float = param(0.1)
    seen: int = state(0)
    filled = state(0, array=4)
    closes = state(0.0, array=4)
    length: int = state(0)

    def indicators(self, candles):
        return {"twice": 2.0 * candles.close}

    def on_timestamp(self, candles, ind, account):
        self.length = len(candles) * 100 + len(ind) * 10 + len(account)
        for m in range(len(account)):
            self.closes[m] = candles[m].close + ind[m].twice
            if self.seen == 0:
                account[m].buy(fraction=self.size, reason="basket")
        self.seen += 1

    def on_fill(self, fill, account):
        self.filled[fill.book] += 1


class Fails(Strategy):
    seen: int = state(0)

    def on_candle(self, candle, ind, account):
        self.seen += 1
        if self.seen == 2:
            account.buy(quantity=1.0 / (candle.open - candle.open))


class Uncompilable(Strategy):
    def on_candle(self, candle, ind, account):
        text = f"{candle.close}"
        if text == "105.0":
            account.buy(quantity=1.0, reason="by text")


def play(strategies: Any, history: Any, on: Any, **options: Any) -> Result:
    """Run compiled and interpreted, hold the two equal to the byte (rule D2)."""
    options = {"bounds": False, "cash": 10_000.0, **options}
    native = backtest(strategies, history, on, **options)
    assert native.run.compiled, native.inputs.native.reason
    same_outcome(native, backtest(strategies, history, on, compiled=False, **options))
    return native


def other(rows: Any, symbol: str) -> Candles:
    made = candles(*rows)
    return Candles(
        made.open_ms,
        made.open,
        made.high,
        made.low,
        made.close,
        made.volume,
        made.timeframe,
        symbol,
        made.venue,
        "a test",
    )


def of(symbol: str, **fields: Any) -> Market:
    return Market(symbol=symbol, **({"kind": "linear", "tick": 0.1, "lot": 0.01, "taker_fee_rate": 0.001} | fields))


SYMBOLS = ("BTC/USDT", "ETH/USDT", "SOL/USDT")
THREE = [
    other([tuple(x * factor for x in row) for row in ROWS], one) for factor, one in zip((1, 2, 3), SYMBOLS, strict=True)
]
MARKETS_3 = [of(one) for one in SYMBOLS]


def test_one_market_is_held_long_by_one_and_short_by_another() -> None:
    result = play([LONG, SHORT], candles(*ROWS), HEDGED)
    held = result.held[0]
    assert (held.apart, held.long, held.short, held.net, held.gross) == (True, 2.0, -3.0, -1.0, 5.0)
    assert held.by_strategy == {"Scripted": 2.0, "Scripted_2": -3.0}
    assert result.exposure_curve.tolist() == [0.0, 5.0 * 105.0, 5.0 * 95.0, 5.0 * 95.0]


def test_without_hedge_mode_the_venue_holds_the_sum_and_each_strategy_its_part() -> None:
    hedged, netted = (play([LONG, SHORT], candles(*ROWS), on) for on in (HEDGED, NETTED))
    held = netted.held[0]
    assert (held.apart, held.net, held.gross) == (False, -1.0, 1.0)
    assert netted.exposure_curve.tolist() == [0.0, 105.0, 95.0, 95.0]
    assert netted.positions("BTC/USDT")["net"].tolist() == [0.0, -1.0, -1.0, -1.0]
    assert [one.terms for one in netted.by_strategy] == [one.terms for one in hedged.by_strategy]
    assert netted.equity_curve.tobytes() == hedged.equity_curve.tobytes()


def test_shares_add_up_to_the_account() -> None:
    result = play([Use(LONG, name="up"), Use(SHORT, name="down")], candles(*ROWS), NETTED)
    up, down = result.by_strategy
    assert (up.name, up.terms.realised, up.terms.floating_change, up.terms.fees) == ("up", 0.0, -10.0, 0.2)
    assert (down.name, down.terms.floating_change, down.terms.fees) == ("down", 15.0, pytest.approx(0.3))
    assert up.contribution + down.contribution == pytest.approx(result.metrics.total_return, abs=1e-15)
    assert (up.fills, up.trades, up.open_trades, up.win_rate, up.positions) == (1, 0, 1, None, {"BTC/USDT": 2.0})


def test_books_are_matched_by_strategy_then_market() -> None:
    uses = [Use(LONG, ("SOL/USDT", "BTC/USDT")), Use(SHORT)]
    result = play(uses, THREE, MARKETS_3)
    assert result.inputs.books == [(0, 0), (1, 2), (2, 0), (3, 1), (4, 2)]
    assert result.fills["strategy"].tolist() == ["Scripted"] * 2 + ["Scripted_2"] * 3
    assert result.fills["market"].tolist() == ["BTC/USDT", "SOL/USDT", *SYMBOLS]


def test_allocation_is_the_part_of_equity_that_a_fraction_counts_from() -> None:
    whole = scripted(order("buy", 0, fraction=1.0))
    free = market()
    for parts, sizes in (([0.6, 0.3], [60.0, 30.0]), (None, [50.0, 50.0])):
        result = play([whole, whole], candles(*ROWS), free, allocations=parts)
        assert result.fills["quantity"].tolist() == sizes
    mixed = play([Use(whole, allocation=0.7), whole, whole], candles(*ROWS), free)
    assert mixed.fills["quantity"].tolist() == pytest.approx([70.0, 15.0, 15.0])
    assert [start.cash for start in mixed.inputs.starts] == pytest.approx([7_000.0, 1_500.0, 1_500.0])


def test_one_strategy_twice_with_other_parameters_keeps_two_states() -> None:
    result = play([LONG, scripted(order("buy", 1, quantity=1.0))], candles(*ROWS), market())
    assert [int(one["fills"][0]) for one in result.run.states] == [1, 1]
    assert result.fills["strategy"].tolist() == ["Scripted", "Scripted_2"]


def test_different_records_and_reasons_live_side_by_side() -> None:
    result = play([Use(Baskets(), SYMBOLS[1:]), Use(scripted(order("buy", 0, quantity=1.0), order("close", 2)))], THREE,
                  MARKETS_3)  # fmt: skip
    assert result.fills["reason"].tolist()[:2] == ["basket", "basket"]
    assert result.fills["reason"].tolist()[-1] == "told to"
    assert {one.dtype.itemsize for one in result.run.states} == {one.itemsize for one in result.run.states}


def test_a_portfolio_strategy_sees_its_own_markets_only() -> None:
    result = play([LONG, Use(Baskets(), SYMBOLS[1:], name="basket")], THREE, MARKETS_3)
    state = result.run.states[-1][0]
    assert state["length"] == 222
    assert state["closes"].tolist() == [3 * 190.0, 3 * 285.0, 0.0, 0.0]
    assert state["filled"].tolist() == [1, 1, 0, 0]
    assert set(result.fills["market"][result.fills["strategy"] == "basket"]) == set(SYMBOLS[1:])


def test_coins_at_hand_belong_to_the_first_strategy_on_their_market() -> None:
    on = market(kind="spot")
    sells = scripted(order("sell", 0, quantity=2.0))
    result = play([sells, sells], candles(*ROWS), on, holdings={"BTC/USDT": 5.0})
    assert result.run.books["position"].tolist() == [3.0, 0.0]
    assert result.orders["strategy"].tolist() == ["Scripted_2"]
    assert "denied" in result.orders["what"][0]
    assert [start.holding for start in result.inputs.starts] == [5.0, 0.0]


def test_on_a_spot_market_each_sells_its_own_coins_only() -> None:
    result = play([LONG, scripted(order("sell", 1, quantity=1.0))], candles(*ROWS), market(kind="spot"))
    assert len(result.fills) == 1
    assert result.run.books["position"].tolist() == [2.0, 0.0]


def test_a_candle_is_played_both_ways_for_each_book_apart() -> None:
    bracketed = scripted(order("buy", 0, quantity=1.0, stop_loss=0.02, take_profit=0.02))
    sold = scripted(order("sell", 0, quantity=1.0, stop_loss=0.02, take_profit=0.02))
    rows = [(100.0, 101.0, 99.5, 100.0), (100.0, 100.5, 99.5, 100.0), (100.0, 105.0, 95.0, 100.0)]
    adverse = play([bracketed, sold], candles(*rows), market(hedge_mode=True), rules=Rules(path="adverse"))
    assert adverse.fills["price"].tolist()[2:] == [98.0, 102.0]  # the worse for each: two positions, two stops
    favourable = play([bracketed, sold], candles(*rows), market(hedge_mode=True), rules=Rules(path="favourable"))
    assert favourable.by_strategy[0].terms.realised == pytest.approx(2.0)
    assert favourable.by_strategy[1].terms.realised == pytest.approx(2.0)


def test_a_failure_names_the_strategy_it_came_from() -> None:
    with pytest.raises(StrategyError, match=r"test_several\.py:\d+: second at the candle of 2024-01-01T00:01Z raised"):
        backtest([LONG, Use(Fails(), name="second")], candles(*ROWS), market())


def test_a_plan_that_forbids_the_start_names_its_strategy() -> None:
    class Refuses(Strategy):
        def plan(self, start):
            return Plan(refusals=[Refusal("no", "not today")])

        def on_candle(self, candle, ind, account):
            account.buy(quantity=1.0)

    with pytest.raises(ConfigError, match="b: no: not today"):
        backtest([Use(LONG, name="a"), Use(Refuses(), name="b")], candles(*ROWS), market())


def test_the_page_of_a_result_in_memory_bears_the_names_of_all(tmp_path: Path) -> None:
    page = play([Use(LONG, name="up"), Use(SHORT, name="down")], candles(*ROWS), HEDGED).report(tmp_path / "page.html")
    assert "<h1>up + down</h1>" in page.read_text("utf-8")


def test_where_one_cannot_be_compiled_all_run_interpreted_and_the_warning_names_it() -> None:
    result = backtest([LONG, Uncompilable()], candles(*ROWS), market(), bounds=False)
    assert not result.run.compiled
    assert any("about 100 times slower: Uncompilable: test_several.py:" in one for one in result.warnings)
    assert len(result.fills) == 2


def test_one_strategy_has_no_column_and_no_list_of_strategies() -> None:
    result = play(LONG, candles(*ROWS), market())
    assert "strategy" not in result.fills
    assert "strategies" not in result.summary()
    assert [one.terms for one in result.by_strategy] == [result.terms]


def test_the_summary_names_each_strategy_and_its_parameters() -> None:
    result = play([Use(LONG, name="up"), Use(SHORT, name="down")], candles(*ROWS), HEDGED)
    told = result.summary()
    assert told["strategy"] == "up + down"
    assert told["parameters"]["down.count"] == 1
    assert [one["name"] for one in told["strategies"]] == ["up", "down"]
    assert sum(one["pnl"] for one in told["strategies"]) == pytest.approx(result.equity_curve[-1] - 10_000.0)


@pytest.mark.parametrize(
    ("strategies", "options", "said"),
    [
        ([LONG, SHORT], {"allocations": [0.6, 0.6]}, "allocations: expected a sum of at most 1, the whole account, was 1.2"),
        ([LONG, SHORT], {"allocations": [0.6]}, "allocations: expected one for each of 2 strategies, were 1"),
        ([LONG, Use(SHORT, allocation=1.0)], {}, "1 is given away and 1 of the strategies have none left"),
        (LONG, {"allocations": [1.0]}, "allocations: belong to a list of strategies; there is one, remove them"),
        ([Use(LONG, allocation=0.5), SHORT], {"allocations": [0.5, 0.5]}, "Use(allocation=...), was both; keep one"),
        ([], {}, "strategy: expected at least one, was an empty list"),
        ([LONG, 3], {}, "strategy: expected an instance such as MyStrategy(fast=10), was 3"),
        ([Use(LONG, ("BTC/USD",)), SHORT], {}, 'markets: unknown market BTC/USD; did you mean "BTC/USDT"?'),
        ([Use(LONG, ()), SHORT], {}, "markets: expected at least one; leave it away for all"),
        ([Use(LONG, name="a"), Use(SHORT, name="a")], {}, 'name: expected another for each strategy, found "a" twice'),
    ],
)  # fmt: skip
def test_what_cannot_be_shared_is_refused_in_a_sentence(strategies: Any, options: Any, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        backtest(strategies, candles(*ROWS), market(), **options)
    assert said in str(caught.value)


def test_a_part_of_the_account_is_above_nothing_and_at_most_all() -> None:
    for share in (0.0, -1.0, 1.1, True):
        with pytest.raises(ConfigError, match="allocation: expected a fraction of equity above 0 up to 1"):
            Use(LONG, allocation=share)
    with pytest.raises(ConfigError, match="name: expected a word such as trend"):
        Use(LONG, name="a.b")


def test_a_portfolio_strategys_markets_stand_side_by_side() -> None:
    with pytest.raises(ConfigError, match="side by side in the list of candles; move ETH/USDT out from between them"):
        backtest([LONG, Use(Baskets(), (SYMBOLS[0], SYMBOLS[2]))], THREE, MARKETS_3)


def test_all_begin_where_the_longest_warm_up_ends() -> None:
    class Warm(Strategy):
        def warmup(self):
            return 2

        def on_candle(self, candle, ind, account):
            account.buy(quantity=1.0)

    result = backtest([LONG, Warm()], candles(*ROWS), market(), bounds=False)
    assert result.fill_rows["candle"].tolist() == [3, 3]
    with pytest.raises(DataError, match="needs 2 candles"):
        backtest([LONG, Warm()], candles(*ROWS[:2]), market())


def test_hedge_mode_is_of_contracts() -> None:
    with pytest.raises(
        ConfigError, match='market hedge_mode: belongs to kind = "linear", was given for "spot"; remove it'
    ):
        market(kind="spot", hedge_mode=True)


def test_isolated_margin_of_one_netted_position_is_refused() -> None:
    with pytest.raises(ConfigError, match="margin_mode isolated: a and b share one netted position here"):
        backtest([Use(LONG, name="a"), Use(SHORT, name="b")], candles(*ROWS), market(margin_mode="isolated"))
    play([LONG, SHORT], candles(*ROWS), market(margin_mode="isolated", hedge_mode=True))


def test_several_strategies_on_one_margin_market_are_refused() -> None:
    with pytest.raises(ConfigError, match="would share one debt"):
        play([LONG, SHORT], candles(*ROWS), market(kind="margin"))


CALM = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@CALM
@given(st.lists(scripts(), min_size=2, max_size=3), histories(), MARKETS, RULES, st.booleans())
def test_a1_the_shares_of_any_strategies_add_up_to_the_account(
    strategies: list[Any], history: Candles, on: Market, rules: Rules, hedge: bool
) -> None:
    assume(on.kind != "margin")  # refused: see below
    on = Market(**on.as_dict() | {"hedge_mode": on.is_contract and (hedge or on.margin_mode == "isolated")})
    result = play(strategies, history, on, rules=rules)
    shares = result.by_strategy
    change = result.equity_curve[-1] - 10_000.0
    assert sum(net_of(one.terms) for one in shares) == pytest.approx(change, abs=1e-9 * 10_000.0)
    for name in ("realised", "floating_change", "fees", "funding", "interest", "borne"):
        told = sum(getattr(one.terms, name) for one in shares)
        assert told == pytest.approx(getattr(result.terms, name), abs=1e-9 * 10_000.0)
    held = result.held[0]
    assert held.net == pytest.approx(float(result.positions("BTC/USDT")["net"].iloc[-1]), abs=1e-9)
    assert sum(held.by_strategy.values()) == pytest.approx(held.net, abs=1e-9)
    if on.kind == "spot":
        assert result.run.books["position"].min() >= 0.0
        assert result.run.balances["amount"].min() >= -1e-9 * 10_000.0
    assert np.isfinite(result.exposure_curve).all()
    assert result.close_ms[0] == START_MS + 60_000
