"""Rules on the account, each just inside and just outside; a denied order says its rule and both numbers."""

from __future__ import annotations

from typing import Any

import pytest

from engine import AccountRules, Market, Strategy, param, state
from tests.core.scripted import candles, fills, market, order, play, scripted

FLAT = (100.0, 100.0, 100.0, 100.0)


def told(result: Any) -> list[str]:
    return [what for what in result.orders["what"] if what.startswith(("denied", "kill", "re-armed", "reduced"))]


WEIGHT = AccountRules(max_weight=0.1)

# name, rules, orders, denied texts: equity is 10,000 and the price 100, so that a quantity of 1 weighs 1 %
CASES: list[tuple[str, AccountRules, list[Any], list[str]]] = [
    ("10.00 % of weight", WEIGHT, [order("buy", 0, quantity=10.0)], []),
    ("10.01 % of weight", WEIGHT, [order("buy", 0, quantity=10.01)],
     ["denied: the market's weight would be 0.1001 of the equity, the limit is 0.1"]),
    ("a short weighs as much", WEIGHT, [order("sell", 0, quantity=10.01)],
     ["denied: the market's weight would be 0.1001 of the equity, the limit is 0.1"]),
    ("the position and the order", WEIGHT, [order("buy", 0, quantity=6.0), order("buy", 1, quantity=4.01)],
     ["denied: the market's weight would be 0.1001 of the equity, the limit is 0.1"]),
    ("resting entries and the order", WEIGHT,
     [order("limit", 0, quantity=6.0, price=90.0), order("limit", 0, quantity=5.12, price=90.0)],
     ["denied: the market's weight would be 0.10008 of the equity, the limit is 0.1"]),
    ("resting entries and the order, just inside", WEIGHT,
     [order("limit", 0, quantity=6.0, price=90.0), order("limit", 0, quantity=5.11, price=90.0)], []),
    ("what takes away is let through", WEIGHT, [order("buy", 0, quantity=10.0), order("sell", 1, quantity=10.0)], []),
    ("a flip beyond the limit is not", WEIGHT, [order("buy", 0, quantity=10.0), order("sell", 1, quantity=20.01)],
     ["denied: the market's weight would be 0.1001 of the equity, the limit is 0.1"]),
    ("gross, inside", AccountRules(max_gross=0.5), [order("buy", 0, quantity=50.0)], []),
    ("gross, outside", AccountRules(max_gross=0.5), [order("buy", 0, quantity=50.01)],
     ["denied: gross exposure would be 0.5001 of the equity, the limit is 0.5"]),
    ("net, inside", AccountRules(max_net=0.5), [order("sell", 0, quantity=50.0)], []),
    ("net, outside", AccountRules(max_net=0.5), [order("sell", 0, quantity=50.01)],
     ["denied: net exposure would be 0.5001 of the equity, the limit is 0.5"]),
    ("class, inside", AccountRules(class_limits={"high_risk": 0.1}, classes={"BTC/USDT": "high_risk"}),
     [order("buy", 0, quantity=10.0)], []),
    ("class, outside", AccountRules(class_limits={"high_risk": 0.1}, classes={"BTC/USDT": "high_risk"}),
     [order("buy", 0, quantity=10.01)],
     ["denied: the risk class's weight would be 0.1001 of the equity, the limit is 0.1"]),
    ("price band, inside", AccountRules(price_band=0.1), [order("limit", 0, quantity=1.0, price=90.0)], []),
    ("price band, outside", AccountRules(price_band=0.1), [order("limit", 0, quantity=1.0, price=89.9)],
     ["denied: the limit price is 0.101 of the price away, the band is 0.1"]),
    ("price band, a fat finger above", AccountRules(price_band=0.1), [order("limit", 0, quantity=1.0, price=1000.0)],
     ["denied: the limit price is 9 of the price away, the band is 0.1"]),
    ("price band, an exit may wait far away", AccountRules(price_band=0.1),
     [order("buy", 0, quantity=1.0), order("take_profit", 1, price=150.0)], []),
    ("orders a minute, as many as allowed", AccountRules(orders_per_minute=2),
     [order("buy", 0, quantity=1.0), order("buy", 0, quantity=1.0), order("buy", 1, quantity=1.0)], []),
    ("orders a minute, one more", AccountRules(orders_per_minute=2),
     [order("buy", 0, quantity=1.0), order("buy", 0, quantity=1.0), order("buy", 0, quantity=1.0)],
     ["denied: 3 orders within a minute, the limit is 2"]),
    ("orders a minute, an exit passes", AccountRules(orders_per_minute=1),
     [order("buy", 0, quantity=1.0), order("buy", 1, quantity=1.0), order("close", 1)], []),
]  # fmt: skip


@pytest.mark.parametrize(("rules", "orders", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_an_account_rule_just_inside_and_just_outside(
    rules: AccountRules, orders: list[Any], expected: list[str]
) -> None:
    assert told(play(scripted(*orders), [FLAT] * 4, account_rules=rules)) == expected


def test_a_weight_that_drifts_past_its_limit_stops_what_would_add_and_sells_nothing() -> None:
    orders = [order("buy", 0, quantity=10.0), order("buy", 2, quantity=0.01), order("sell", 2, quantity=1.0)]
    result = play(scripted(*orders), [FLAT, FLAT, (100, 130, 100, 130), (130,) * 4], account_rules=WEIGHT)
    assert told(result) == ["denied: the market's weight would be 0.12634 of the equity, the limit is 0.1"]
    assert fills(result) == [(1, "buy", 10.0, 100.0), (3, "sell", 1.0, 130.0)]


def test_a_gap_before_the_fill_denies_a_quantity_and_reduces_a_fraction_to_the_limit() -> None:
    rows = [FLAT, (110, 110, 110, 110)]
    assert told(play(scripted(order("buy", 0, quantity=10.0)), rows, account_rules=WEIGHT)) == [
        "denied: the market's weight would be 0.11 of the equity, the limit is 0.1"
    ]
    result = play(scripted(order("buy", 0, fraction=0.1)), rows, account_rules=WEIGHT)
    assert told(result) == ["reduced: from 10 to the 9.09 that the account's limits leave"]
    assert fills(result) == [(1, "buy", 9.09, 110.0)]


def test_a_resting_entry_that_drift_has_made_too_heavy_does_not_fill() -> None:
    orders = [order("buy", 0, quantity=5.0), order("limit", 0, quantity=5.0, price=99.0)]
    result = play(scripted(*orders), [FLAT, (190, 190, 98, 99)], account_rules=AccountRules(max_weight=0.1))
    assert len(fills(result)) == 1  # 5 now worth 98.9 each, 5 more at 99, of 9,544.5 less the tick between
    assert told(result) == ["denied: the market's weight would be 0.103678 of the equity, the limit is 0.1"]


class Loser(Strategy):
    """Buy at every close while flat, close at every close while not."""

    def on_candle(self, candle, ind, account):  # type: ignore[no-untyped-def]
        if account.is_flat:
            account.buy(quantity=1.0)
        else:
            account.close()


def test_after_losses_in_a_row_entries_wait_for_the_cooldown_and_then_go_on() -> None:
    falling = [(200.0 - i,) * 4 for i in range(12)]
    result = play(Loser(), falling, account_rules=AccountRules(cooldown_losses=2, cooldown="3m"))
    # Bought in candle 1, sold in 2 for a loss, bought in 3, sold at the open of 4 for the second: no entry for three
    # minutes from then on. Bought in 7, sold in 8: a third loss in a row, and another three minutes.
    assert [candle for candle, side, _, _ in fills(result) if side == "buy"] == [1, 3, 7, 11]
    assert told(result)[0] == "denied: after 2 losses in a row no entry for another 120 s"


def test_one_loss_less_and_there_is_no_cooldown() -> None:
    rows = [(c,) * 4 for c in (100.0, 100.0, 99.0, 99.0, 100.0, 100.0, 99.0, 99.0)]  # loss, gain, loss
    assert told(play(Loser(), rows, account_rules=AccountRules(cooldown_losses=2, cooldown="1h"))) == []


class Two(Strategy):
    """Buy so much of each of two markets at one timestamp."""

    first: float = param(1.0)
    second: float = param(1.0)
    at: int = param(0)
    seen: int = state(0)

    def on_timestamp(self, candles, ind, account):  # type: ignore[no-untyped-def]
        if self.seen == self.at:
            account[0].buy(quantity=self.first)
            account[1].buy(quantity=self.second)
        self.seen += 1


def two(strategy: Two, rules: AccountRules, second: Any = None) -> Any:
    history = [candles(*[FLAT] * 6), second or candles(*[FLAT] * 6)]
    on = [
        market(),
        Market(symbol="ETH/USDT", tick=0.1, lot=0.01, kind="linear", maker_fee_rate=0.0, taker_fee_rate=0.0),
    ]
    return play(strategy, history, on, account_rules=rules, check_causality=False)


@pytest.mark.parametrize(("second", "denied"), [(4.0, False), (4.01, True)], ids=["10.00 %", "10.01 %"])
def test_correlated_markets_count_as_one(second: float, denied: bool) -> None:
    rules = AccountRules(correlated=(("BTC/USDT", "ETH/USDT"),), correlated_limit=0.1)
    said = told(two(Two(first=6.0, second=second), rules))
    expected = "denied: the correlated markets' weight would be 0.1001 of the equity, the limit is 0.1"
    assert said == ([expected] if denied else [])


@pytest.mark.parametrize(("stale_after", "denied"), [("3m", False), ("179s", True)])
def test_a_market_whose_last_candle_is_old_takes_no_entry(stale_after: str, denied: bool) -> None:
    short = candles(FLAT, FLAT)
    said = told(two(Two(at=4), AccountRules(stale_after=stale_after), short))
    assert said == (["denied: the market's last candle closed 180 s ago, the limit is 179 s"] if denied else [])
