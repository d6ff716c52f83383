"""Daily loss and drawdown: they trip at their limit, do what was declared, and stay so until re-armed."""

from __future__ import annotations

from typing import Any

import pytest

from engine import AccountRules, Strategy
from tests.core.scripted import candles, fills, order, play, scripted
from tests.core.test_account_rules import told

FLAT = (100.0, 100.0, 100.0, 100.0)
BOUGHT = order("buy", 0, quantity=50.0)  # half of 10,000: a price of 90 is a loss of 5 %


class Eager(Strategy):
    """Buy a little at every close."""

    def on_candle(self, candle, ind, account):  # type: ignore[no-untyped-def]
        account.buy(quantity=10.0)


@pytest.mark.parametrize("rule", ["daily_loss", "max_drawdown"])
@pytest.mark.parametrize(("close", "trips"), [(90.1, False), (90.0, True)], ids=["just inside", "just outside"])
def test_a_kill_rule_trips_at_its_limit(rule: str, close: float, trips: bool) -> None:
    rules = AccountRules(**{rule: 0.05, f"{rule}_action": "halt"})  # type: ignore[arg-type]
    rows = [FLAT, FLAT, (100, 100, close, close), (close,) * 4]
    result = play(scripted(BOUGHT, order("buy", 2, quantity=1.0)), rows, account_rules=rules)
    assert len(fills(result)) == (1 if trips else 2)
    said = {
        "daily_loss": "the day's loss is 5.00% of its first equity",
        "max_drawdown": "the drawdown is 5.00% of the peak",
    }
    expected = [
        f"kill rule: {said[rule]}, the limit is 5.00%",
        "denied: the account is halted since a kill rule tripped",
    ]
    assert told(result) == (expected if trips else [])


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("reduce_only", [(1, "buy", 50.0, 100.0), (3, "sell", 50.0, 89.0)]),
        ("halt", [(1, "buy", 50.0, 100.0)]),
        ("flatten", [(1, "buy", 50.0, 100.0), (3, "sell", 50.0, 89.0)]),
    ],
)
def test_what_a_kill_rule_does_is_what_was_declared(action: str, expected: list[Any]) -> None:
    rows = [FLAT, FLAT, (100, 100, 90, 90), (89,) * 4, (89,) * 4]
    orders = [BOUGHT, order("limit", 1, quantity=1.0, price=50.0), order("close", 2), order("buy", 3, quantity=1.0)]
    rules = AccountRules(max_drawdown=0.05, max_drawdown_action=action)
    result = play(scripted(*orders), rows, account_rules=rules)
    assert fills(result) == expected
    what = result.orders["what"].tolist()
    assert "cancelled: a kill rule tripped" in what  # the resting entry is taken off in each case
    assert told(result)[-1].startswith(
        "denied: the account is " + ("reduce-only" if action == "reduce_only" else "halted")
    )
    if action == "flatten":
        assert result.fills["reason"].tolist()[-1] == "kill_rule"
        assert result.run.books["position"][0] == 0.0


def test_a_halted_account_keeps_its_protective_exits() -> None:
    rows = [FLAT, FLAT, (100, 100, 90, 90), (89, 89, 79, 80)]
    rules = AccountRules(max_drawdown=0.05, max_drawdown_action="halt")
    result = play(scripted(order("buy", 0, quantity=50.0, stop_loss=0.2)), rows, account_rules=rules)
    assert fills(result)[-1] == (3, "sell", 50.0, 80.0)


def test_a_kill_rule_stays_tripped_though_equity_comes_back() -> None:
    rows = [FLAT, FLAT, (100, 100, 90, 90), *[(200.0,) * 4] * 5]
    result = play(Eager(), rows, account_rules=AccountRules(daily_loss=0.005, daily_loss_action="reduce_only"))
    assert [candle for candle, *_ in fills(result)] == [1, 2]
    assert sum(text.startswith("kill") for text in told(result)) == 1


def test_the_most_restrictive_of_several_causes_wins() -> None:
    rules = AccountRules(
        daily_loss=0.01, daily_loss_action="reduce_only", max_drawdown=0.05, max_drawdown_action="halt"
    )
    rows = [FLAT, FLAT, (100, 100, 97, 97), (97, 97, 89, 89), (89,) * 4]
    orders = [BOUGHT, order("buy", 2, quantity=1.0), order("close", 3)]
    said = told(play(scripted(*orders), rows, account_rules=rules))
    assert said == [
        "kill rule: the day's loss is 1.50% of its first equity, the limit is 1.00%",
        "denied: the account is reduce-only since a kill rule tripped",
        "kill rule: the drawdown is 5.50% of the peak, the limit is 5.00%",
        "denied: the account is halted since a kill rule tripped",
    ]


@pytest.mark.parametrize(("rearm", "entries"), [("person", 1), ("next_day", 2)])
def test_a_daily_loss_is_re_armed_by_a_person_or_where_declared_by_the_next_day(rearm: str, entries: int) -> None:
    rows = [FLAT] * 3 + [(90.0,) * 4] * 24  # hours: the loss comes at 04:00, the next day begins at the 24th close
    history = candles(*rows, timeframe="1h")
    orders = [BOUGHT, order("buy", 10, quantity=1.0), order("buy", 24, quantity=1.0)]
    rules = AccountRules(daily_loss=0.05, daily_loss_rearm=rearm)
    result = play(scripted(*orders), history, account_rules=rules)
    assert len(fills(result)) == entries
    assert any(text.startswith("re-armed") for text in told(result)) == (rearm == "next_day")


def test_a_daily_loss_begins_anew_at_midnight() -> None:
    rows = [FLAT] * 20 + [(97.0,) * 4] * 6 + [(93.0,) * 4] * 4  # 1.5 % before midnight, 2 % after it: 3.5 % together
    result = play(scripted(BOUGHT), candles(*rows, timeframe="1h"), account_rules=AccountRules(daily_loss=0.03))
    assert told(result) == []
    assert told(play(scripted(BOUGHT), rows, account_rules=AccountRules(daily_loss=0.03))) == [
        "kill rule: the day's loss is 3.50% of its first equity, the limit is 3.00%"
    ]
