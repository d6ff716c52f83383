"""Round trips from fills: golden flip, averages, excursions, and the books that never mix."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.records import FILL
from engine.trades import NOT_YET, TRADE, round_trips


class Ledger:
    """Keep positions the slow and obvious way, and note a fill with everything the core would write."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.books: dict[int, dict[str, float]] = {}

    def fill(self, quantity: float, price: float, fee: float = 0.0, book: int = 0, **more: Any) -> None:
        b = self.books.setdefault(book, {"position": 0.0, "entry": 0.0, "high": -math.inf, "low": math.inf})
        high, low = more.pop("high", price), more.pop("low", price)
        b["high"], b["low"] = max(b["high"], high, price), min(b["low"], low, price)
        old, new, realised = b["position"], b["position"] + quantity, 0.0
        extremes = {"high": b["high"], "low": b["low"]}
        if old * quantity < 0:
            closed = min(abs(old), abs(quantity))
            realised = closed * (price - b["entry"]) * math.copysign(1.0, old)
            if old * new <= 0:
                b.update(entry=price if new else 0.0, high=price if new else -math.inf, low=price if new else math.inf)
        else:
            b["entry"] = (b["entry"] * abs(old) + price * abs(quantity)) / abs(new)
        b["position"] = new
        row = {"book": book, "side": 1 if quantity > 0 else -1, "quantity": abs(quantity), "price": price, "fee": fee}
        row |= {"realised": realised, "position": new, "entry": b["entry"], "ms": len(self.rows), **extremes, **more}
        self.rows.append(row)

    def fills(self) -> np.ndarray:
        out = np.zeros(len(self.rows), FILL)
        for i, row in enumerate(self.rows):
            for name, value in row.items():
                out[i][name] = value
        return out

    def trades(self) -> np.ndarray:
        return round_trips(self.fills())


def test_no_fills_are_no_trades() -> None:
    assert round_trips(np.zeros(0, FILL)).shape == (0,)
    assert round_trips(np.zeros(0, FILL)).dtype == TRADE


def test_a_flip_closes_one_trade_and_opens_the_next_and_shares_its_fee() -> None:
    ledger = Ledger()  # numbers: barter-rs, engine/state/position.rs; reference/metrics.md section 4
    ledger.fill(-0.1, 50_000.0, fee=5.0, reason=1)
    ledger.fill(0.2, 40_000.0, fee=10.0, reason=2)
    short, long = ledger.trades()
    assert (short["side"], short["open"], short["exit_reason"], short["fills"]) == (-1, False, 2, 2)
    assert short["pnl"] == pytest.approx(990.0, rel=1e-12)
    assert (short["entry_price"], short["exit_price"], short["quantity"]) == (50_000.0, 40_000.0, 0.1)
    assert (long["side"], long["open"], long["entry_reason"], long["exit_reason"]) == (1, True, 2, -1)
    assert (long["entry_price"], long["quantity"], long["realised"]) == (40_000.0, 0.1, 0.0)
    assert long["fees"] == pytest.approx(5.0, rel=1e-12)
    assert short["pnl"] + long["pnl"] == pytest.approx(985.0, rel=1e-12)


def test_an_uneven_flip_shares_its_fee_by_quantity() -> None:
    ledger = Ledger()
    ledger.fill(1.0, 100.0)
    ledger.fill(-4.0, 110.0, fee=8.0)
    closed, opened = ledger.trades()
    assert (closed["fees"], opened["fees"], closed["exit_price"], opened["quantity"]) == (2.0, 6.0, 110.0, 3.0)


def test_a_trade_of_many_fills_has_average_prices_and_its_largest_position() -> None:
    ledger = Ledger()
    ledger.fill(1.0, 100.0, fee=1.0, candle=3, ms=30)
    ledger.fill(3.0, 120.0, fee=2.0)
    ledger.fill(-2.0, 130.0, fee=0.5)
    ledger.fill(-2.0, 110.0, fee=-0.25, candle=9, ms=90)  # a rebate
    (trade,) = ledger.trades()
    assert (trade["entry_price"], trade["exit_price"], trade["quantity"], trade["fills"]) == (115.0, 120.0, 4.0, 4)
    assert (trade["realised"], trade["fees"], trade["pnl"]) == (20.0, 3.25, 16.75)
    assert (trade["entry_ms"], trade["exit_ms"], trade["entry_candle"], trade["exit_candle"]) == (30, 90, 3, 9)


@pytest.mark.parametrize(
    ("quantity", "high", "low", "run_up", "run_down"),
    [
        (2.0, 105.0, 98.0, 10.0, -4.0),
        (-2.0, 105.0, 98.0, 4.0, -10.0),
        (2.0, 100.0, 100.0, 0.0, 0.0),  # never moved
    ],
)
def test_excursions_are_seen_from_the_side_of_the_trade(
    quantity: float, high: float, low: float, run_up: float, run_down: float
) -> None:
    ledger = Ledger()
    ledger.fill(quantity, 100.0)
    ledger.fill(-quantity, 100.0, high=high, low=low)
    (trade,) = ledger.trades()
    assert (trade["run_up"], trade["run_down"]) == (run_up, run_down)
    assert (trade["run_up_fraction"], trade["run_down_fraction"]) == (run_up / 200.0, run_down / 200.0)


def test_the_extremes_of_a_closed_position_do_not_reach_the_one_that_a_flip_opens() -> None:
    ledger = Ledger()
    ledger.fill(1.0, 100.0)
    ledger.fill(-2.0, 100.0, high=150.0, low=50.0)
    ledger.fill(1.0, 99.0, high=101.0, low=99.0)
    long, short = ledger.trades()
    assert (long["run_up"], long["run_down"]) == (50.0, -50.0)
    assert (short["run_up"], short["run_down"]) == (1.0, -1.0)


def test_an_open_trade_has_no_exit_and_stands_last() -> None:
    ledger = Ledger()
    ledger.fill(1.0, 100.0, fee=1.0, book=0)
    ledger.fill(-1.0, 50.0, book=1)
    ledger.fill(1.0, 40.0, book=1)
    ledger.fill(-0.25, 104.0, fee=0.5, book=0)
    closed, still_open = ledger.trades()
    assert (closed["book"], closed["open"], closed["pnl"]) == (1, False, 10.0)
    assert (still_open["open"], still_open["exit_ms"], still_open["exit_candle"]) == (True, NOT_YET, -1)
    assert (still_open["exit_price"], still_open["realised"], still_open["pnl"]) == (104.0, 1.0, -0.5)
    assert np.isnat(np.int64(still_open["exit_ms"]).view("datetime64[ms]"))


def test_an_open_trade_that_nothing_was_taken_off_has_no_exit_price() -> None:
    ledger = Ledger()
    ledger.fill(1.0, 100.0)
    assert math.isnan(ledger.trades()[0]["exit_price"])


def test_a_buy_whose_coins_all_end_as_dust_is_a_trade_of_its_own() -> None:
    fills = np.zeros(2, FILL)  # a fee in the base coin leaves less than a lot: the book stays flat
    fills["side"], fills["quantity"], fills["price"], fills["fee"] = 1, 0.1, 100.0, 0.01
    trades = round_trips(fills)
    assert trades["fees"].tolist() == [0.01, 0.01]
    assert (trades["side"].tolist(), trades["entry_price"].tolist()) == ([1, 1], [100.0, 100.0])


def test_trades_of_several_books_are_ordered_by_their_exit() -> None:
    ledger = Ledger()
    ledger.fill(1.0, 10.0, book=2)
    ledger.fill(1.0, 10.0, book=1)
    ledger.fill(-1.0, 11.0, book=1)
    ledger.fill(-1.0, 12.0, book=2)
    assert ledger.trades()["book"].tolist() == [1, 2]


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(-5, 5).filter(bool),  # quarter lots: positions are exact
            st.floats(0.5, 2e5),
            st.floats(-10.0, 100.0),
            st.integers(0, 2),
        ),
        max_size=40,
    )
)
def test_trades_add_up_to_what_the_fills_realised_less_their_fees(moves: list[tuple[int, float, float, int]]) -> None:
    ledger = Ledger()
    for quarters, price, fee, book in moves:
        ledger.fill(quarters * 0.25, price, fee=fee, book=book)
    fills, trades = ledger.fills(), ledger.trades()
    scale = 1.0 + float(np.abs(fills["realised"]).sum() + np.abs(fills["fee"]).sum())
    assert abs(trades["pnl"].sum() - (fills["realised"].sum() - fills["fee"].sum())) <= 1e-9 * scale
    assert trades["open"].sum() == sum(book["position"] != 0.0 for book in ledger.books.values())
    flips = sum(row["position"] * (row["position"] - row["side"] * row["quantity"]) < 0.0 for row in ledger.rows)
    assert trades["fills"].sum() == len(fills) + flips
    assert (trades["run_up"] >= 0.0).all()
    assert (trades["run_down"] <= 0.0).all()
    done = trades[~trades["open"]]
    earned = (done["exit_price"] - done["entry_price"]) * done["side"]
    simple = done["fills"] == 2  # one in, one out: realised is price difference times quantity
    assert np.allclose((earned * done["quantity"])[simple], done["realised"][simple], rtol=1e-9, atol=1e-6)
