"""Whatever orders come, on whatever prices: the account's limits hold at each fill, and rules run alike both ways."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from engine import BUY, SELL, AccountRules, Candles, Market, RiskRules, Rules, param, state
from engine.backtesting.inputs import gather
from engine.backtesting.run import Run
from engine.backtesting.worth import floating_of
from engine.core import codes
from tests.core.scripted import Scripted, play
from tests.core.test_ledger import MARKETS, RELAXED, RULES, histories, scripts


class Watched(Scripted):
    """Remember the most that a fill which added to the position made it weigh."""

    coins: bool = param(False)
    size: float = param(0.0)  # of an inverse contract, quote
    close: float = state(0.0)
    before: float = state(0.0)
    worst: float = state(0.0)

    def on_candle(self, candle, ind, account):  # type: ignore[no-untyped-def]
        self.close = candle.close
        for i in range(self.count):
            if self.at[i] == self.seen:
                self.act(account, i)
        self.seen += 1

    def on_fill(self, fill, account):  # type: ignore[no-untyped-def]
        now = abs(account.position)
        if now > abs(self.before):
            # A coin's balance is marked at closes; the limit holds at the path's price.
            equity = account.equity + (account.position * (account.price - self.close) if self.coins else 0.0)
            # A limit fills at its own price once the path is a tick beyond it (F2): the fill's price is what it weighs.
            worth = now * min(account.price, fill.price)
            if self.size > 0.0:
                worth = now * self.size / max(account.price, fill.price)
            weight = worth / equity if equity > 0.0 else 1e9
            self.worst = max(self.worst, weight)
        self.before = account.position
        self.fills += 1
        for i in range(self.count):
            if self.after_tag[i] == fill.tag and fill.tag > 0:
                self.act(account, i)


class Greedy(Watched):
    """Ask at every close for about as much as the limit lets through: at market, at a limit, by a stop."""

    limit: float = param(0.5)
    asks = param([0.0] * 24)  # shares of the limit; negative: sell
    kinds = param([0.0] * 24)

    def on_candle(self, candle, ind, account):  # type: ignore[no-untyped-def]
        self.close = candle.close
        ask, kind = self.asks[self.seen % 24], self.kinds[self.seen % 24]
        side = BUY if ask > 0.0 else SELL
        quantity = abs(ask) * self.limit * account.equity / candle.close
        if quantity > 0.0 and kind == 0.0:
            account.buy(quantity=quantity) if side == BUY else account.sell(quantity=quantity)
        elif quantity > 0.0 and kind == 1.0:
            account.limit(side, fraction=abs(ask) * self.limit, price=candle.close * (1.0 - side * 0.01))
        elif quantity > 0.0 and kind == 2.0:
            account.stop(side, quantity=quantity, trigger=candle.close * (1.0 + side * 0.01))
        elif quantity > 0.0:
            account.buy(fraction=abs(ask) * self.limit)
        self.seen += 1


@st.composite
def greed(draw: Any) -> Greedy:
    count = {"min_size": 24, "max_size": 24}
    asks = draw(st.lists(st.sampled_from([0.0, 1.0, 0.99, 0.5, -1.0, -0.99, 2.0, -2.0]), **count))
    kinds = draw(st.lists(st.sampled_from([0.0, 1.0, 2.0, 3.0]), **count))
    return Greedy(limit=draw(st.sampled_from([0.1, 0.5, 0.9])), asks=asks, kinds=kinds)


@RELAXED
@given(greed(), histories(), MARKETS, RULES)
def test_asking_for_as_much_as_the_limit_never_gets_more(
    strategy: Greedy, history: Candles, on: Market, rules: Rules
) -> None:
    account = AccountRules(max_weight=strategy.limit)
    greedy = Greedy(**strategy.values() | told_of(on))
    run = Run(gather(greedy, [history], [on], cash=10_000.0, account_rules=account), rules)
    run.advance()
    assert float(run.states[0]["worst"][0]) <= strategy.limit * (1.0 + _slack(on))


def told_of(on: Market) -> dict[str, Any]:
    """Return what a strategy that weighs its own position must know of the market."""
    assume(not on.borrow_open_rate)  # interest makes a debt weigh more than what was sold
    return {"coins": not on.is_contract, "size": on.contract_size if on.kind == "inverse" else 0.0}


def _slack(on: Market) -> float:
    """Return by how much a fill may weigh more: borrowed coins owe their first interest at once."""
    return 1e-6 + (on.borrow_rate or 0.0)


POSITION = st.builds(
    RiskRules,
    stop_loss=st.sampled_from([None, 0.01, 0.05]),
    take_profit_ladder=st.sampled_from([None, ((0.01, 0.5), (0.03, 0.5)), ((0.02, 0.3),)]),
    trailing_distance=st.sampled_from([None, 0.02]),
    break_even_after=st.sampled_from([None, 0.01]),
    time_stop=st.sampled_from([None, "90s", "5m"]),
    size_fraction=st.sampled_from([None, 0.2]),
)
ACCOUNT = st.builds(
    AccountRules,
    max_weight=st.sampled_from([0.1, 0.5, 2.0]),
    daily_loss=st.sampled_from([None, 0.0003, 0.002]),
    daily_loss_action=st.sampled_from(["reduce_only", "halt", "flatten"]),
    max_drawdown=st.sampled_from([None, 0.0005, 0.005]),
    max_drawdown_action=st.sampled_from(["reduce_only", "halt", "flatten"]),
    orders_per_minute=st.sampled_from([None, 3]),
)


def started(
    strategy: Scripted, history: Candles, on: Market, rules: Rules, risk: RiskRules, account: AccountRules
) -> Run:
    assume(rules.participation is None or history.volume.any())  # without any volume a share of it is refused
    return Run(gather(strategy, [history], [on], cash=10_000.0, risk=risk, account_rules=account), rules)


@RELAXED
@given(scripts(), histories(), MARKETS, RULES, POSITION, ACCOUNT)
def test_no_fill_takes_the_account_above_its_limit(
    strategy: Scripted, history: Candles, on: Market, rules: Rules, risk: RiskRules, account: AccountRules
) -> None:
    run = started(Watched(**strategy.values(), **told_of(on)), history, on, rules, risk, account)
    run.advance()
    assert account.max_weight is not None
    assert float(run.states[0]["worst"][0]) <= account.max_weight * (1.0 + _slack(on))


@RELAXED
@given(scripts(), histories(), MARKETS, RULES, POSITION, ACCOUNT)
def test_a1_and_a2_hold_with_rules_and_no_exit_outlives_or_outgrows_its_position(
    strategy: Scripted, history: Candles, on: Market, rules: Rules, risk: RiskRules, account: AccountRules
) -> None:
    run = started(strategy, history, on, rules, risk, account)
    book, places = run.books[0], run.ruling.exits
    for k in range(1, len(history) + 1):
        run.advance(k)
        explained = book["realised"] + floating_of(run.books, [on])[0] - book["fees"]
        explained += book["funding"] - book["interest"] + book["borne"]
        assert run.equity[k - 1] - 10_000.0 == pytest.approx(explained, abs=1e-9 * 10_000.0)
        orders = run.orders[0][: book["used"]]
        exits = orders[(orders["state"] != 0) & (orders["rule"] != 0)]
        assert len(exits) == places - book["promised"] + _attached(orders)
        assert len(set(exits["rule"])) == len(exits)
        if book["position"] == 0.0:
            assert len(exits) == 0
        sized = exits[exits["size_mode"] != codes.POSITION]  # a time stop stands for the whole position on arrival
        most = abs(book["position"]) * (1.0 + 1e-9)
        if (
            on.kind == "margin" and on.fee_in == "base"
        ):  # a debt is bought back whole, with the fee that it costs in coins
            most = most / (1.0 - on.taker_fee_rate) + on.lot
        assert all(sized["quantity"] - sized["filled"] <= most)
        assert all(exits["side"] * book["position"] < 0.0)


def _attached(orders) -> int:  # type: ignore[no-untyped-def]
    """Return the places held for exits that open entries may still make."""
    waiting = orders[(orders["state"] != 0) & (orders["exits"] == 0)]
    return int(
        (waiting["stop_loss"] == waiting["stop_loss"]).sum() + (waiting["take_profit"] == waiting["take_profit"]).sum()
    )


@RELAXED
@given(scripts(), histories(), MARKETS, POSITION, ACCOUNT, st.integers(1, 23))
def test_p2_from_a_common_state_adverse_is_never_better_with_rules(
    strategy: Scripted, history: Candles, on: Market, risk: RiskRules, account: AccountRules, k: int
) -> None:
    ends = {}
    for path in ("adverse", "favourable"):
        run = started(strategy, history, on, Rules(path="low_first"), risk, account)
        run.advance(k)
        run.run[0]["path"] = ("adverse", "favourable").index(path)
        run.advance(k + 1)
        ends[path] = run.equity[k]
    assert ends["adverse"] <= ends["favourable"]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(scripts(), histories(), MARKETS, RULES, POSITION, ACCOUNT)
def test_d2_compiled_equals_interpreted_with_rules(
    strategy: Scripted, history: Candles, on: Market, rules: Rules, risk: RiskRules, account: AccountRules
) -> None:
    play(
        strategy, history, on, path=rules.path, touch_fills=rules.touch_fills, latency_ms=rules.latency_ms,
        participation=rules.participation, risk=risk, account_rules=account,
    )  # fmt: skip
