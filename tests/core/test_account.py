"""Balances, dust, capacity, many markets on one account, and the order of things at one timestamp."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from engine import BUY, Candles, Market, Rules, Strategy, backtest, param, state
from engine.backtesting.inputs import gather
from engine.backtesting.run import Run
from tests.core.scripted import START_MS, candles, fills, market, order, play, same_outcome, scripted, whats

FLAT = (100.0, 101.0, 99.0, 100.0)


def test_a2_base_coin_fees_leave_dust_apart_from_a_position_that_is_exactly_zero() -> None:
    on = market(kind="spot", taker_fee_rate=0.001, fee_in="base")
    result = play(scripted(order("buy", 0, quantity=1.0), order("close", 1)), [FLAT] * 4, on)
    book = result.run.books[0]
    assert fills(result) == [(1, "buy", 1.0, 100.0), (2, "sell", 0.99, 100.0)]
    assert book["position"] == 0.0
    assert book["dust"] == pytest.approx(0.009, abs=1e-12)
    assert result.metrics.unexplained == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("lots", [1, 7, 29, 58, 1_009, 999_983])
@pytest.mark.parametrize("lot", [0.01, 0.001, 0.3, 1e-8])
def test_f6_a_whole_number_of_lots_stays_what_it_is(lots: int, lot: float) -> None:
    on = market(lot=lot, tick=0.01, leverage=1000.0)
    rows = [(1.0, 1.0, 1.0, 1.0)] * 3
    quantity = lots * lot
    result = play(scripted(order("buy", 0, quantity=quantity), order("close", 1)), rows, on, cash=1e9)
    assert round(result.fill_rows["quantity"][0] / lot) == lots
    assert result.run.books["position"][0] == 0.0


class Greedy(Strategy):
    max_orders = 4

    def on_candle(self, candle, ind, account):
        account.buy(quantity=0.01, price=50.0, stop_loss=0.1)


def test_running_out_of_slots_is_a_denied_order_with_its_reason() -> None:
    result = play(Greedy(), [FLAT] * 4)
    assert whats(result)[-1] == "denied"
    assert (
        result.orders["what"].iloc[-1] == "denied: no room for another order (4 open, capacity 4; declare max_orders)"
    )


class Endless(Strategy):
    def on_candle(self, candle, ind, account):
        account.buy(quantity=0.01)

    def on_fill(self, fill, account):
        account.buy(quantity=0.01)


def test_fills_that_answer_themselves_without_end_stop_the_run_with_a_sentence() -> None:
    from engine import StrategyError

    with pytest.raises(StrategyError, match=r"Endless: more than \d+ fills within the candle of 2024-01-01T00:01Z"):
        backtest(Endless(), candles(FLAT, FLAT), market(), cash=1e9)


def test_resting_orders_claim_their_funds_and_give_them_back() -> None:
    on = market(kind="spot", maker_fee_rate=0.001, taker_fee_rate=0.001)
    told = scripted(
        order("limit", 0, quantity=60.0, price=90.0),
        order("limit", 0, quantity=60.0, price=90.0),
        order("cancel", 1, quantity=1),
        order("limit", 2, quantity=60.0, price=90.0),
    )
    result = play(told, [FLAT] * 5, on)
    assert list(result.orders["what"]) == ["denied: needs 5405.4, free are 4594.6", "cancelled by the strategy"]
    assert result.run.balances["claimed"][0] == pytest.approx(5405.4)


class Watcher(Strategy):
    """Looks at all markets at once; remembers what it saw."""

    rounds: int = state(0)
    missing: int = state(0)
    equity: float = state(0.0)
    bought: int = state(0)

    def indicators(self, candles):
        return {"close": candles.close, "even": np.arange(len(candles)) % 2 == 0}

    def on_timestamp(self, candles, ind, account):
        for m in range(len(account)):
            if math.isnan(candles[m].close):
                self.missing += 1
            elif account[m].is_flat and ind[m].even and ind[m].close == candles[m].close:
                account[m].buy(quote=1_000.0, reason="even")
                self.bought += 1
        self.rounds += 1
        self.equity = account.equity


def other(one: Candles, symbol: str) -> Candles:
    return Candles(*one.columns, one.timeframe, symbol, one.venue, one.source)


def spots(*symbols: str) -> list[Market]:
    return [Market(symbol=s, tick=0.1, lot=0.01, maker_fee_rate=0.0, taker_fee_rate=0.001) for s in symbols]


def test_a_portfolio_strategy_is_asked_once_a_timestamp_and_sees_nan_where_a_market_has_no_candle() -> None:
    first = candles(FLAT, (100, 103, 99, 102), FLAT, FLAT)
    second = other(candles(FLAT, FLAT, FLAT, start_ms=START_MS + 60_000), "ETH/USDT")
    result = play(Watcher(), [first, second], spots("BTC/USDT", "ETH/USDT"))  # type: ignore[arg-type]
    seen = result.run.states[0]
    assert (int(seen["rounds"][0]), int(seen["missing"][0])) == (4, 1)
    assert result.fills["market"].tolist() == ["BTC/USDT", "ETH/USDT"]
    assert seen["equity"][0] == result.equity_curve[-1]


class Rotation(Strategy):
    """Sells one market and buys the next with all there is, at the same close."""

    turn: int = state(0)

    def on_timestamp(self, candles, ind, account):
        account[self.turn].close()
        self.turn = (self.turn + 1) % len(account)
        account[self.turn].buy(fraction=1.0)


def test_markets_are_matched_in_order_so_an_earlier_one_cannot_spend_what_a_later_one_will_bring() -> None:
    rows = [candles(*[FLAT] * 5), other(candles(*[FLAT] * 5), "ETH/USDT")]
    result = play(Rotation(), rows, spots("BTC/USDT", "ETH/USDT"))  # type: ignore[arg-type]
    happened = list(zip(result.fill_rows["candle"].tolist(), result.fills["market"], result.fills["side"], strict=True))
    assert happened == [
        (1, "ETH/USDT", "buy"),
        (2, "ETH/USDT", "sell"),
        (3, "ETH/USDT", "buy"),
        (4, "ETH/USDT", "sell"),
    ]
    denied = result.orders
    assert denied["market"].tolist() == ["BTC/USDT", "BTC/USDT"]
    assert denied["what"].str.startswith("denied").all()
    assert result.run.balances["amount"].min() >= 0.0


def test_each_market_of_a_candle_strategy_has_its_own_state_and_an_equal_share_of_the_equity() -> None:
    rows = [candles(*[FLAT] * 3), other(candles(*[FLAT] * 3), "ETH/USDT")]
    markets = [
        market(),
        Market(symbol="ETH/USDT", kind="linear", tick=0.1, lot=0.01, maker_fee_rate=0, taker_fee_rate=0),
    ]
    result = play(scripted(order("buy", 0, fraction=1.0)), rows, markets)  # type: ignore[arg-type]
    assert result.fill_rows["quantity"].tolist() == [50.0, 50.0]


def history(count: int) -> Candles:
    rng = np.random.default_rng(7)
    close = np.round(100 + np.cumsum(rng.normal(0, 0.4, count)), 1)
    opened = np.concatenate(([100.0], close[:-1]))
    spread = np.round(rng.random((2, count)), 1)
    return candles(
        *zip(opened, np.maximum(opened, close) + spread[0], np.minimum(opened, close) - spread[1], close, strict=True)
    )


class Busy(Strategy):
    """Trades on nearly every candle, so that logs fill up."""

    distance: float = param(0.3)
    held: int = state(0)

    def on_candle(self, candle, ind, account):
        if account.is_flat:
            account.bracket(BUY, quantity=1.0, stop_loss=0.002, take_profit=0.002)
        self.held += 1


def busy_run(path: str = "adverse") -> Run:
    run = Run(gather(Busy(), [history(3_000)], [market(taker_fee_rate=0.0001)], cash=10_000.0), Rules(path=path))
    run.advance()
    return run


def test_d1_any_number_of_threads_gives_the_same_bytes() -> None:
    alone = busy_run()
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda _: busy_run(), range(8)))
    for run in together:
        assert run.fills.tobytes() == alone.fills.tobytes()
        assert run.equity.tobytes() == alone.equity.tobytes()


def test_a_run_stopped_and_resumed_anywhere_is_the_same_run() -> None:
    whole, parts = (
        busy_run(),
        Run(gather(Busy(), [history(3_000)], [market(taker_fee_rate=0.0001)], cash=10_000.0), Rules()),
    )
    for k in (1, 2, 3, 500, 501, 2_999, 3_000):
        parts.advance(k)
    count = int(whole.run[0]["fill_count"])
    assert count > 500
    assert parts.fills[:count].tobytes() == whole.fills[:count].tobytes()
    assert parts.equity.tobytes() == whole.equity.tobytes()


def test_logs_grow_in_the_middle_of_a_run_without_a_trace() -> None:
    large = busy_run()
    inputs = gather(Busy(), [history(3_000)], [market(taker_fee_rate=0.0001)], cash=10_000.0)
    small = Run(inputs, Rules())
    for name in ("fill", "event"):  # as little room as the core can start with
        room = getattr(small, f"_{name}_room")
        rows = getattr(small, name + "s")[:room]
        setattr(small, name + "s", rows)
        small.run[0][name + "_room"] = room
    small.advance()
    count = int(large.run[0]["fill_count"])
    assert len(small.fills) > 2 * small._fill_room or count < small._fill_room
    assert small.fills[:count].tobytes() == large.fills[:count].tobytes()


def test_interpreted_and_compiled_agree_on_a_long_busy_run() -> None:
    arguments: Any = {"cash": 10_000.0, "bounds": False}
    on = market(taker_fee_rate=0.0001)
    same_outcome(
        backtest(Busy(), history(3_000), on, **arguments),
        backtest(Busy(), history(3_000), on, compiled=False, **arguments),
    )


def test_the_range_is_the_least_and_greatest_return_of_four_paths() -> None:
    result = backtest(Busy(), history(3_000), market(taker_fee_rate=0.0001))
    assert set(result.ends) == {"adverse", "favourable", "low_first", "high_first"}
    assert result.range == (min(result.ends.values()) / 10_000.0 - 1.0, max(result.ends.values()) / 10_000.0 - 1.0)
    assert result.path_dependent > 0
    assert result.ends["low_first"] == busy_run("low_first").equity[-1]
