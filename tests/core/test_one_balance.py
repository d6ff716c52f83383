"""What else moves a balance that positions answer with, and what one market may know of another within a candle."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine import Candles, Market, Result, Rules, Strategy, Use, backtest, param, state
from engine.candles import Funding
from tests.core.scripted import START_MS, candles, market, order, scripted

FLAT = (100.0,) * 4
Rows = list[tuple[float, float, float, float]]


def at(symbol: str, rows: Rows, without: tuple[int, ...] = (), venue: str = "test") -> Candles:
    made = candles(*rows, venue=venue)
    there = np.array([i not in without for i in range(len(rows))])
    columns = (np.ascontiguousarray(column[there]) for column in made.columns)
    return Candles(*columns, "1m", symbol, venue, "a test")


def on(symbol: str, **fields: Any) -> Market:
    plain = {"leverage": 20.0, "maintenance": [[0, 0.01]]} if fields.get("kind") != "spot" else {}
    return Market(**market(**(plain | fields)).as_dict() | {"symbol": symbol})


def two(first: Strategy, second: Strategy, histories: list[Candles], markets: list[Market], **options: Any) -> Result:
    uses = [Use(first, markets=[markets[0].symbol], name="a"), Use(second, markets=[markets[1].symbol], name="b")]
    arguments: dict[str, Any] = {"cash": 1_000.0, "bounds": False, "check_causality": False, **options}
    return backtest(uses, histories, markets, **arguments)


def gone(result: Result) -> list[float]:
    return [float(price) for price in result.fills.query("kind == 'liquidation'")["price"]]


SLIDE: Rows = [FLAT, FLAT, FLAT, (100.0, 100.0, 75.0, 75.0), (75.0,) * 4]


@pytest.mark.parametrize(
    ("other", "quantity", "price"),
    [
        ({"kind": "spot"}, 6.0, 87.5),  # 400 left: 400 + 30 (P - 100) = 0.01 x 30 P
        ({"margin_mode": "isolated"}, 100.0, 84.1),  # 500 put aside, 500 left
    ],
)
def test_c4_a_lone_cross_position_is_called_by_what_others_have_left_on_its_balance(
    other: dict[str, Any], quantity: float, price: float
) -> None:
    result = two(
        scripted(order("buy", 0, quantity=30.0)), scripted(order("buy", 1, quantity=quantity)),
        [at("A/USDT", SLIDE), at("B/USDT", [FLAT] * 5)], [on("A/USDT"), on("B/USDT", **other)],
    )  # fmt: skip
    assert gone(result) == [price]


def test_f7_coins_are_not_bought_with_a_profit_that_may_vanish() -> None:
    """10 held from 100 to 200 float 1,000; what is there to buy coins with is the 1,000 less the margin of 50."""
    gain: Rows = [FLAT, FLAT, (200.0,) * 4, (200.0,) * 4, (200.0,) * 4]
    coins = scripted(order("buy", 2, quantity=9.6), order("buy", 2, quantity=9.4))
    result = two(
        scripted(order("buy", 0, quantity=10.0)), coins,
        [at("A/USDT", gain), at("B/USDT", [FLAT] * 5)], [on("A/USDT"), on("B/USDT", kind="spot")],
    )  # fmt: skip
    assert result.fills["quantity"].tolist() == [10.0, 9.4]
    assert result.orders["what"].tolist() == ["denied: needs 960, free are 950"]


RISE: Rows = [FLAT, (100.0, 112.0, 100.0, 112.0), (112.0,) * 4]


@pytest.mark.parametrize(("path", "end"), [("low_first", 1_200.0), ("high_first", 100.0), ("adverse", 100.0)])
def test_c4_a_position_opened_on_the_way_is_judged_from_where_the_path_is_then(path: str, end: float) -> None:
    """Bought at 110 on the way up: what lies behind calls nothing; on the way back down 101 does."""
    breakout = scripted(order("stop", 0, side=1.0, quantity=100.0, trigger=110.0))
    alone = backtest(breakout, at("A/USDT", RISE), on("A/USDT"), cash=1_000.0, bounds=False, rules=Rules(path=path))
    beside = two(
        breakout, scripted(order("stop", 0, side=1.0, quantity=0.01, trigger=110.0)),
        [at("A/USDT", RISE), at("B/USDT", [FLAT] * 3)], [on("A/USDT"), on("B/USDT")], rules=Rules(path=path),
    )  # fmt: skip
    assert alone.metrics.equity_end == beside.metrics.equity_end == pytest.approx(end)


def test_c4_an_isolated_position_opened_on_the_way_is_judged_from_there_too() -> None:
    breakout = scripted(order("stop", 0, side=1.0, quantity=10.0, trigger=110.0))
    result = backtest(
        breakout, at("A/USDT", RISE), on("A/USDT", margin_mode="isolated"), cash=1_000.0, rules=Rules(path="low_first")
    )
    assert gone(result) == []


def test_c4_by_tiers_what_a_netted_market_keeps_is_that_of_the_sum() -> None:
    stepped = on("A/USDT", maintenance=[[0, 0.01], [2_000, 0.2]])
    rows: Rows = [FLAT, FLAT, (100.0, 100.0, 88.0, 88.0), (88.0,) * 4]
    whole = backtest(scripted(order("buy", 0, quantity=30.0)), at("A/USDT", rows), stepped, cash=500.0)
    halves = [Use(scripted(order("buy", 0, quantity=15.0)), name=name) for name in ("a", "b")]
    shared = backtest(halves, at("A/USDT", rows), stepped, cash=500.0)
    assert gone(whole) == [88.3]
    assert gone(shared) == [88.3, 88.3]
    assert shared.metrics.equity_end == pytest.approx(whole.metrics.equity_end)


AFTERWARDS: list[tuple[float, float, float, float]] = [FLAT, (100.0, 150.0, 100.0, 150.0), (100.0, 100.0, 90.0, 90.0)]


@pytest.mark.parametrize("candle", AFTERWARDS)
@pytest.mark.parametrize(("quantity", "filled"), [(80.0, False), (55.0, True)])
def test_t1_an_order_at_an_open_does_not_know_where_another_market_closes(
    candle: tuple[float, float, float, float], quantity: float, filled: bool
) -> None:
    """600 are free at the open; whether the other position has gained or lost by the close is not known there."""
    tenfold = {"leverage": 10.0}
    result = two(
        scripted(order("buy", 1, quantity=quantity)), scripted(order("buy", 0, quantity=40.0)),
        [at("A/USDT", [FLAT] * 4), at("B/USDT", [FLAT, FLAT, candle, (candle[3],) * 4])],
        [on("A/USDT", **tenfold), on("B/USDT", **tenfold)],
    )  # fmt: skip
    assert (quantity in result.fills["quantity"].tolist()) is filled


def test_f7_a_loss_counts_for_others_though_its_position_has_traded_in_the_same_candle() -> None:
    """40 held from 100 to 90 have lost 400, whether or not a hundredth of them is sold at the next open."""
    down: Rows = [FLAT, FLAT, (90.0,) * 4, (90.0,) * 4]
    tenfold = {"leverage": 10.0}
    result = two(
        scripted(order("buy", 0, quantity=40.0), order("sell", 2, quantity=0.01)),
        scripted(order("buy", 2, quantity=55.0)),
        [at("A/USDT", down), at("B/USDT", [FLAT] * 4)], [on("A/USDT", **tenfold), on("B/USDT", **tenfold)],
    )  # fmt: skip
    assert result.fills["quantity"].tolist() == [40.0, 0.01]
    assert [text for text in result.orders["what"] if "needs 550" in text]


class Following(Strategy):
    """Buy at the first close of its turn, and by a fraction of the account as soon as that has filled."""

    seen: int = state(0)

    def on_candle(self, candle, ind, account):  # type: ignore[no-untyped-def]
        if self.seen == 1:
            account.buy(quantity=0.01, tag=1)
        self.seen += 1

    def on_fill(self, fill, account):  # type: ignore[no-untyped-def]
        if fill.tag == 1:
            account.buy(fraction=0.25)


@pytest.mark.parametrize("mode", ["cross", "isolated"])
@pytest.mark.parametrize("first", [True, False])
def test_t1_equity_within_a_candle_does_not_know_where_another_market_closes(mode: str, first: bool) -> None:
    soaring = at("B/USDT", [FLAT, FLAT, (100.0, 150.0, 100.0, 150.0), (150.0,) * 4])
    still = at("A/USDT", [FLAT] * 4)
    holder = scripted(order("buy", 0, quantity=4.0))
    markets = [on("A/USDT", margin_mode=mode), on("B/USDT", margin_mode=mode)]
    if first:
        result = two(Following(), holder, [still, soaring], markets)
    else:
        result = two(holder, Following(), [soaring, still], markets[::-1])
    assert result.fills["quantity"].tolist()[-1] == pytest.approx(1.25)  # a quarter of its half


@pytest.mark.parametrize("candle", AFTERWARDS)
def test_t1_whether_a_stop_lies_beyond_a_liquidation_does_not_know_where_another_market_closes(
    candle: tuple[float, float, float, float],
) -> None:
    result = two(
        scripted(order("buy", 1, quantity=20.0, stop_loss=0.26)), scripted(order("buy", 0, quantity=20.0)),
        [at("A/USDT", [FLAT] * 4), at("B/USDT", [FLAT, FLAT, candle, (candle[3],) * 4])],
        [on("A/USDT"), on("B/USDT")], cash=500.0,
    )  # fmt: skip
    # 500 - 0.01 x 20 x 100 + 20 (P - 100) = 0.01 x 20 P: 76.77
    assert [text for text in result.orders["what"] if "beyond" in text] == [
        "denied: a stop at 74 lies beyond the liquidation price 76.76767677"
    ]


class Flipping(Strategy):
    """Trade at every candle, so that logs must grow."""

    greedy: bool = param(False)

    def on_candle(self, candle, ind, account):  # type: ignore[no-untyped-def]
        if account.position > 0.0:
            account.sell(quantity=1.0)
        else:
            account.buy(quantity=1.0)

    def on_fill(self, fill, account):  # type: ignore[no-untyped-def]
        if self.greedy and fill.quantity < 2.0:
            account.buy(quantity=1e6)  # denied, but it might have filled: the candle is played again, jointly


def test_logs_that_grow_in_the_middle_of_a_timestamp_are_kept_when_it_is_played_again() -> None:
    count = 6_000
    rows = [FLAT] * count
    result = two(
        Flipping(), Flipping(greedy=True), [at("A/USDT", rows), at("B/USDT", rows)], [on("A/USDT"), on("B/USDT")]
    )
    assert len(result.fills) == 2 * (count - 1)
    assert result.metrics.unexplained == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("dated", [False, True])
def test_c2_what_falls_due_in_a_hole_of_the_mark_price_is_taken_at_the_last_price_that_there_was(dated: bool) -> None:
    hole, due = (3,), START_MS + 3 * 60_000
    funding = Funding(np.array([due]), np.array([0.01]), np.array([np.nan]), "a test")
    rows = [FLAT] * 6
    markets = [on("A/USDT", **({"kind": "future", "expiry": due} if dated else {})), on("B/USDT")]
    once = scripted(order("buy", 0, quantity=1.0))
    result = two(
        once, once, [at("A/USDT", rows, hole), at("B/USDT", rows)], markets,
        mark={"A/USDT": at("A/USDT", rows, hole, "mark")}, **({} if dated else {"funding": {"A/USDT": funding}}),
    )  # fmt: skip
    assert result.metrics.equity_end == pytest.approx(1_000.0 if dated else 999.0)
    assert result.fills["price"].tolist() == [100.0] * (3 if dated else 2)
