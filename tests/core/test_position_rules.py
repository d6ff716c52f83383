"""Position rules: each just inside and just outside, sized by what has filled, gone with the position (F4)."""

from __future__ import annotations

from typing import Any

import pytest

from engine import RiskRules, Rules, Strategy
from engine.backtesting.inputs import gather
from engine.backtesting.run import Run
from tests.core.scripted import START_MS, candles, fills, market, order, play, scripted

FLAT = (100.0, 100.0, 100.0, 100.0)
LONG = scripted(order("buy", 0, quantity=1.0))
SHORT = scripted(order("sell", 0, quantity=1.0))


def exits(result: Any) -> list[tuple[int, float, float, str]]:
    reasons = result.fills["reason"].tolist()
    return [
        (candle, quantity, price, reason)
        for (candle, _, quantity, price), reason in zip(fills(result), reasons, strict=True)
        if reason
    ]


STOP, TARGET = RiskRules(stop_loss=0.02), RiskRules(take_profit=0.04)
TRAIL = RiskRules(trailing_distance=0.02, trailing_activation=0.03)
EVEN = RiskRules(break_even_after=0.03, break_even_offset=0.01, stop_loss=0.05)
LADDER = RiskRules(take_profit_ladder=((0.02, 0.5), (0.04, 0.3), (0.06, 0.2)), stop_loss=0.02)
OPEN_LADDER = RiskRules(take_profit_ladder=((0.02, 0.25), (0.04, 0.25)))

# name, entry, rules, rows after the entry's candle, expected (candle, quantity, price, reason)
CASES: list[tuple[str, Strategy, RiskRules, list[Any], list[Any]]] = [
    ("stop, just not reached", LONG, STOP, [(100, 100, 98.1, 99)], []),
    ("stop, just reached", LONG, STOP, [(100, 100, 98.0, 99)], [(2, 1.0, 98.0, "stop_loss")]),
    ("stop of a short, just not reached", SHORT, STOP, [(100, 101.9, 100, 100)], []),
    ("stop of a short, just reached", SHORT, STOP, [(100, 102.0, 100, 100)], [(2, 1.0, 102.0, "stop_loss")]),
    ("stop at a price", LONG, RiskRules(stop_price=97.5), [(100, 100, 97.5, 98)], [(2, 1.0, 97.5, "stop_loss")]),
    ("stop at a price, not reached", LONG, RiskRules(stop_price=97.5), [(100, 100, 97.6, 98)], []),
    ("stop gapped past", LONG, STOP, [(95, 96, 94, 95)], [(2, 1.0, 95.0, "stop_loss")]),
    ("target, touched but not traded through", LONG, TARGET, [(100, 104.0, 100, 101)], []),
    ("target, traded through", LONG, TARGET, [(100, 104.1, 100, 101)], [(2, 1.0, 104.0, "take_profit")]),
    ("target of a short", SHORT, TARGET, [(100, 100, 95.9, 99)], [(2, 1.0, 96.0, "take_profit")]),
    ("trailing stop, not active yet", LONG, TRAIL, [(100, 102.9, 100, 101), (101, 101, 97, 98)], []),
    ("trailing stop, active: from 103 down to 100.9", LONG, TRAIL, [(101, 103.0, 100.9, 101), (101, 101, 101, 101)],
     [(2, 1.0, 100.9, "trailing_stop")]),
    ("trailing stop follows to 110 and stops at 107.8", LONG, TRAIL, [(109, 110, 109, 110), (110, 110, 107.7, 109)],
     [(3, 1.0, 107.8, "trailing_stop")]),
    ("trailing stop follows to 110, 107.9 is not enough", LONG, TRAIL, [(109, 110, 109, 110), (110, 110, 107.9, 109)], []),
    ("break-even, not armed", LONG, EVEN, [(100, 102.9, 100, 102), (102, 102, 95.1, 99)], []),
    ("break-even, armed: stop at 101", LONG, EVEN, [(102, 103.0, 102, 102), (102, 102, 101, 102)],
     [(3, 1.0, 101.0, "break_even")]),
    ("break-even, armed, 101.1 is not reached", LONG, EVEN, [(102, 103.0, 102, 102), (102, 102, 101.1, 102)], []),
    ("break-even of a short", SHORT, EVEN, [(98, 98, 97.0, 98), (98, 99, 98, 98)], [(3, 1.0, 99.0, "break_even")]),
    ("not armed, the stop holds", LONG, EVEN, [(100, 100, 95.0, 99)], [(2, 1.0, 95.0, "stop_loss")]),
    ("ladder, its first step; the stop takes the rest", LONG, LADDER, [(100, 102.1, 100, 102), (102, 102, 97, 97)],
     [(2, 0.5, 102.0, "take_profit"), (3, 0.5, 98.0, "stop_loss")]),
    ("ladder, all steps", LONG, LADDER, [(100, 107, 100, 106)],
     [(2, 0.5, 102.0, "take_profit"), (2, 0.3, 104.0, "take_profit"), (2, 0.2, 106.0, "take_profit")]),
    ("a ladder of half the position leaves the rest", LONG, OPEN_LADDER, [(100, 107, 100, 106)],
     [(2, 0.25, 102.0, "take_profit"), (2, 0.25, 104.0, "take_profit")]),
    ("time stop, not yet", LONG, RiskRules(time_stop="2m"), [FLAT], []),
    ("time stop, at the first open after", LONG, RiskRules(time_stop="2m"), [FLAT, (99, 101, 98, 100)],
     [(3, 1.0, 99.0, "time_stop")]),
    ("time stop between two opens waits for the next", LONG, RiskRules(time_stop="61s"), [FLAT, (99, 101, 98, 100)],
     [(3, 1.0, 99.0, "time_stop")]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("entry", "rules", "rows", "expected"), [case[1:] for case in CASES], ids=[c[0] for c in CASES]
)
def test_a_position_rule_just_inside_and_just_outside(
    entry: Strategy, rules: RiskRules, rows: list[Any], expected: list[Any]
) -> None:
    result = play(entry, [FLAT, FLAT, *rows], risk=rules, path="high_first" if entry is LONG else "low_first")
    assert exits(result) == [pytest.approx(one) if not isinstance(one[3], str) else one for one in expected]
    if sum(quantity for _, quantity, _, _ in expected) == pytest.approx(1.0):
        book = result.run.books[0]
        assert (book["position"], book["open_orders"], book["reducing"]) == (0.0, 0, 0)


def test_an_exit_is_as_large_as_what_has_filled_and_grows_with_it() -> None:
    rows = [FLAT, (100, 100, 100, 100, 4), (100, 100, 100, 100, 6), (100, 100, 97, 97, 1000)]
    entry = scripted(order("buy", 0, quantity=1.0))
    result = play(entry, rows, risk=STOP, participation=0.1)
    assert fills(result) == [(1, "buy", 0.4, 100.0), (2, "buy", 0.6, 100.0), (3, "sell", 1.0, 98.0)]


def test_an_orders_own_stop_wins_and_the_rule_covers_only_what_has_none() -> None:
    entries = scripted(order("buy", 0, quantity=1.0, stop_loss=0.05), order("buy", 1, quantity=0.5))
    result = play(entries, [FLAT, FLAT, FLAT, (100, 100, 97, 97), (97, 97, 94, 94)], risk=STOP)
    assert exits(result) == [(3, 0.5, 98.0, "stop_loss"), (4, 1.0, 95.0, "stop_loss")]


def test_a_stop_follows_the_average_entry() -> None:
    entries = scripted(order("buy", 0, quantity=1.0), order("limit", 0, quantity=1.0, price=95.0))
    result = play(entries, [FLAT, FLAT, (100, 100, 94.9, 95), (95, 95, 87, 87)], risk=RiskRules(stop_loss=0.1))
    assert exits(result) == [(3, 2.0, 87.8, "stop_loss")]  # 10 % below 97.5, on the tick


def test_a_ladders_steps_follow_what_is_added_later() -> None:
    rules = RiskRules(take_profit_ladder=((0.02, 0.5), (0.1, 0.5)))
    entries = scripted(order("buy", 0, quantity=1.0), order("buy", 1, quantity=1.0))
    result = play(entries, [FLAT, FLAT, FLAT, (100, 103, 100, 103), (103, 111, 103, 111)], risk=rules)
    assert exits(result) == [(3, 1.0, 102.0, "take_profit"), (4, 1.0, 110.0, "take_profit")]


def test_what_the_strategy_closes_itself_the_exits_no_longer_cover() -> None:
    told = scripted(
        order("buy", 0, quantity=1.0), order("limit", 1, quantity=0.75, side=-1, price=101.0, reduce_only=1.0)
    )
    result = play(told, [FLAT, FLAT, (100, 102, 100, 101), (101, 101, 97, 97)], risk=LADDER, path="high_first")
    assert exits(result)[-1] == (3, 0.25, 98.0, "stop_loss")


def test_a_flip_ends_the_old_exits_and_makes_new_ones() -> None:
    told = scripted(order("buy", 0, quantity=1.0), order("sell", 1, quantity=3.0))
    result = play(told, [FLAT, FLAT, FLAT, (100, 102, 100, 101)], risk=STOP)
    assert fills(result)[-1] == (3, "buy", 2.0, 102.0)


def test_a_strategy_cannot_take_a_rules_exit_away() -> None:
    told = scripted(order("buy", 0, quantity=1.0), order("cancel_all", 1))
    assert exits(play(told, [FLAT, FLAT, (100, 100, 97, 97)], risk=STOP)) == [(2, 1.0, 98.0, "stop_loss")]


def test_places_for_the_exits_are_kept_free_of_the_strategys_own_orders() -> None:
    class Crowded(Strategy):
        max_orders = 2

        def on_candle(self, candle, ind, account):  # type: ignore[no-untyped-def]
            account.limit(1, quantity=0.1, price=candle.close - 1.0)
            account.buy(quantity=1.0)
            account.buy(quantity=1.0)

    result = play(Crowded(), [FLAT, FLAT, (100, 100, 97, 97)], risk=LADDER)
    assert any("no room" in what for what in result.orders["what"])
    assert exits(result)[0][3] == "stop_loss"


def test_an_atr_stop_keeps_the_range_of_the_instant_it_was_opened() -> None:
    rows = [(100, 101, 99, 100)] * 20  # every true range is 2
    told = scripted(order("buy", 2, quantity=1.0), order("buy", 16, quantity=1.0))
    rules = RiskRules(stop_atr=1.5)
    result = play(told, [*rows, (100, 100, 97.0, 97)], risk=rules)
    assert result.orders["what"].str.contains("too few candles").tolist()[0]
    assert exits(result) == [(20, 1.0, 97.0, "stop_loss")]
    assert exits(play(told, [*rows, (100, 100, 97.1, 98)], risk=rules)) == []


@pytest.mark.parametrize("rules", [STOP, LADDER, TRAIL, EVEN], ids=["stop", "ladder", "trailing", "break-even"])
def test_p2_with_rules_adverse_is_never_better_than_favourable(rules: RiskRules) -> None:
    ends = {}
    bars = [(100, 104, 97, 101), (101, 106, 96, 100), (100, 103.5, 97.5, 99)]
    for path in ("adverse", "favourable"):
        for bar in bars:
            run = Run(
                gather(LONG, [candles(FLAT, FLAT, bar)], [market()], cash=10_000.0, risk=rules), Rules(path="low_first")
            )
            run.advance(2)
            run.run[0]["path"] = ("adverse", "favourable").index(path)
            run.advance(3)
            ends[path, bar] = run.equity[2]
    assert all(ends["adverse", bar] <= ends["favourable", bar] for bar in bars)
    assert rules is not LADDER or any(ends["adverse", bar] < ends["favourable", bar] for bar in bars)


def test_both_ways_forks_the_exits_with_the_book() -> None:
    result = play(LONG, [FLAT, FLAT, (100, 105, 97, 101)], risk=RiskRules(stop_loss=0.02, take_profit=0.04))
    assert (exits(result), result.path_dependent) == ([(2, 1.0, 98.0, "stop_loss")], 1)
    assert int(result.fill_rows["ms"][0]) == START_MS + 60_000
