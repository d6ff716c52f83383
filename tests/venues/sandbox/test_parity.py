"""The exchange, stepped, fills what a backtest fills on the same candles by the path low_first (rules T3, P1, F1-F5).

What differs on purpose is left out of the scripts: here a market order does not wait for volume, and an order that funds
do not cover never is.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import Result, Rules, Strategy, backtest, param, state
from engine.venues.sandbox import Exchange, Instrument, Settings
from engine.venues.sandbox.asking import Asked
from engine.venues.sandbox.matching.tape import Tape
from engine.venues.sandbox.refusal import RefusalError

from .trading import FLAT, MINUTE_MS, START_MS, candles, market

SLOTS = 12
KINDS = ("market", "limit", "maker", "ioc", "fok", "stop", "stop_limit", "trailing")
Told = tuple[int, str, int, float, float, float]  # candle, kind, side, quantity, price, stop
FREE = market(half_spread=0.0005, min_notional=0.0)


class Dictated(Strategy):
    """Place up to twelve orders, each at the close of a candle."""

    max_orders = 32
    at = param([-1.0] * SLOTS)
    kind = param([0.0] * SLOTS)
    side = param([1.0] * SLOTS)
    quantity = param([0.0] * SLOTS)
    price = param([1.0] * SLOTS)
    stop_at = param([1.0] * SLOTS)
    seen: int = state(0)

    def on_candle(self, candle, ind, account):
        for i in range(SLOTS):
            if self.at[i] == self.seen:
                side, size, price = int(self.side[i]), self.quantity[i], self.price[i]
                if self.kind[i] == 0:
                    if side > 0:
                        account.buy(quantity=size)
                    else:
                        account.sell(quantity=size)
                elif self.kind[i] == 1:
                    account.limit(side, quantity=size, price=price)
                elif self.kind[i] == 2:
                    account.limit(side, quantity=size, price=price, post_only=True)
                elif self.kind[i] == 3:
                    account.limit(side, quantity=size, price=price, time_in_force="ioc")
                elif self.kind[i] == 4:
                    account.limit(side, quantity=size, price=price, time_in_force="fok")
                elif self.kind[i] == 5:
                    account.stop(side, quantity=size, trigger=self.stop_at[i])
                elif self.kind[i] == 6:
                    account.stop_limit(side, quantity=size, trigger=self.stop_at[i], price=price)
                else:
                    account.trailing_stop(side, quantity=size, distance=self.stop_at[i] / 10_000, reduce_only=False)
        self.seen += 1


def backtested(script: list[Told], rows: list[tuple[float, ...]], share: float | None) -> Result:
    columns = list(zip(*script, *[(-1, "market", 1, 0.0, 1.0, 1.0)] * (SLOTS - len(script)), strict=True))
    at, kinds, side, quantity, price, stop = columns
    strategy = Dictated(
        at=[float(one) for one in at], kind=[float(KINDS.index(one)) for one in kinds], side=[float(one) for one in side],
        quantity=list(quantity), price=list(price), stop_at=list(stop),
    )  # fmt: skip
    rules = Rules(path="low_first", participation=share)
    return backtest(strategy, candles(*rows), FREE, cash=10_000_000.0, rules=rules, bounds=False, compiled=False)


TYPES = {
    "market": ("MARKET", "", False, False), "limit": ("LIMIT", "GTC", True, False), "maker": ("LIMIT_MAKER", "", True, False),
    "ioc": ("LIMIT", "IOC", True, False), "fok": ("LIMIT", "FOK", True, False),
    "stop": ("STOP_LOSS", "", False, True), "stop_limit": ("STOP_LOSS_LIMIT", "GTC", True, True),
    "trailing": ("STOP_LOSS", "", False, False),
}  # fmt: skip


def exchanged(script: list[Told], rows: list[tuple[float, ...]], share: float | None) -> Exchange:
    instrument = replace(Instrument.of(FREE), max_stops=SLOTS)
    tape = Tape(candles(*rows), instrument.tick, instrument.lot, "low_first")
    exchange = Exchange([(instrument, tape)], START_MS, Settings(1, None if share is None else Decimal(str(share))))
    exchange.open_account("trader", {"USDT": Decimal(10_000_000)})
    for closed in range(len(rows)):
        exchange.advance(START_MS + (closed + 1) * MINUTE_MS)
        for at, kind, side, quantity, price, stop in script:
            if at == closed:
                type_, force, limit, waits = TYPES[kind]
                asked = {
                    "symbol": "BTCUSDT",
                    "side": "BUY" if side > 0 else "SELL",
                    "type": type_,
                    "quantity": str(quantity),
                }
                asked |= {"timeInForce": force} if force else {}
                asked |= ({"price": str(price)} if limit else {}) | ({"stopPrice": str(stop)} if waits else {})
                asked |= {"trailingDelta": str(int(stop))} if kind == "trailing" else {}  # its stop is in basis points
                try:
                    exchange.spot.place("trader", Asked(asked))
                except RefusalError as refusal:
                    assert refusal.message != "Market is closed." or closed == len(rows) - 1  # noqa: PT017
                    continue
    return exchange


def compare(script: list[Told], rows: list[tuple[float, ...]], share: float | None = None) -> list[tuple[float, ...]]:
    """Hold the fills of both equal in candle, side, quantity, price and fee, and return the exchange's."""
    exchange, result = exchanged(script, rows, share), backtested(script, rows, share)
    mine = sorted((fill.id, order, fill) for order in exchange.spot.orders.values() for fill in order.fills)
    here = [
        ((fill.time_ms - START_MS) // MINUTE_MS, order.side, float(fill.quantity), float(fill.price), fill.maker)
        for _, order, fill in mine
    ]
    there = [
        # The last part of an order is a difference of floats there, and may miss the lot by its last bit.
        (
            int(one["candle"]),
            int(one["side"]),
            round(float(one["quantity"]), 9),
            float(one["price"]),
            bool(one["maker"]),
        )
        for one in result.fill_rows
    ]
    # A fill at the very close belongs to the next candle by its time, and to this one by its candle.
    assert [one[1:] for one in here] == [one[1:] for one in there]
    assert all(ours[0] - its[0] in (0, 1) for ours, its in zip(here, there, strict=True))
    for (_, _, fill), row in zip(mine, result.fill_rows, strict=True):
        fee = float(fill.fee) * (float(fill.price) if fill.fee_asset == "BTC" else 1.0)
        assert abs(fee - float(row["fee"])) <= 1e-8 * max(1.0, float(fill.price))
    return here


SCRIPTS = [  # script, candles, share of volume, how many fills
    ("a market order at the next open", [(0, "market", 1, 1.0, 0, 0)], [FLAT, (102, 104, 101, 103)], None, 1),
    ("a limit that is only touched", [(0, "limit", 1, 1.0, 99.0, 0)], [FLAT, (100, 101, 99.0, 100)], None, 0),
    ("a limit that is traded through", [(0, "limit", 1, 1.0, 99.0, 0)], [FLAT, (100, 101, 98.9, 100)], None, 1),
    ("a gap past a limit", [(0, "limit", 1, 1.0, 99.0, 0)], [FLAT, FLAT, (97, 98, 96, 97)], None, 1),
    ("a marketable limit", [(0, "limit", 1, 1.0, 101.0, 0)], [FLAT, (100, 101, 99, 100)], None, 1),
    ("a stop within the candle", [(0, "stop", 1, 1.0, 0, 103.0)], [FLAT, (100, 104, 99, 102)], None, 1),
    ("a stop behind a gap", [(0, "stop", 1, 1.0, 0, 103.0)], [FLAT, FLAT, (106, 107, 105, 106)], None, 1),
    ("a stop limit that fills back through", [(0, "stop_limit", 1, 1.0, 102.0, 103.0)], [FLAT, (100, 104, 99, 101)], None, 1),
    ("a sale of what was bought", [(0, "market", 1, 1.0, 0, 0), (1, "market", -1, 0.5, 0, 0)], [FLAT] * 4, None, 2),
    ("three in the order of the way", [(0, "limit", 1, 1.0, 97.0, 0), (0, "limit", 1, 1.0, 99.0, 0), (0, "stop", 1, 1.0, 0, 101.0)],
     [FLAT, (100, 102, 95, 96)], None, 3),
    ("parts by volume", [(0, "limit", 1, 10.0, 99.0, 0)], [FLAT, (100, 101, 98, 99, 40.0), (99, 100, 97, 98, 40.0), (98, 99, 97, 98, 40.0)], 0.1, 3),
    ("the last lot of a candle's volume", [(0, "limit", 1, 2.49, 99.0, 0), (0, "limit", 1, 1.0, 98.9, 0)],
     [FLAT, (100, 101, 98, 99, 25.0), (99, 99, 99, 99, 0.0)], 0.1, 2),
    ("a stop without volume goes on", [(0, "limit", 1, 9.0, 99.5, 0), (0, "stop", 1, 1.0, 0, 101.0)],
     [FLAT, (100, 102, 99, 100, 40.0), (103, 104, 102, 103, 90.0)], 0.1, 2),
]  # fmt: skip


@pytest.mark.parametrize(("what", "script", "rows", "share", "count"), SCRIPTS, ids=[one[0] for one in SCRIPTS])
def test_the_exchange_fills_as_a_backtest_does(
    what: str, script: list, rows: list, share: float | None, count: int
) -> None:
    assert len(compare(script, rows, share)) == count, what


@st.composite
def ways(draw: st.DrawFn, volumes: tuple[int, ...]) -> list[tuple[float, ...]]:
    rows, last = [], 1000
    for _ in range(draw(st.integers(4, 12))):
        first = last + draw(st.sampled_from((0, 0, 0, -7, 6)))
        low, high = first - draw(st.integers(0, 25)), first + draw(st.integers(0, 25))
        last = draw(st.integers(low, high))
        rows.append((first / 10, high / 10, low / 10, last / 10, float(draw(st.sampled_from(volumes)))))
    return rows


@st.composite
def scripts(draw: st.DrawFn, kinds: tuple[str, ...]) -> list[Told]:
    told: list[Told] = [(0, "market", 1, 50.0, 1.0, 1.0)]  # something to sell
    for _ in range(draw(st.integers(1, SLOTS - 1))):
        kind, side = draw(st.sampled_from(kinds)), draw(st.sampled_from((1, -1)))
        price, stop = draw(st.integers(970, 1030)) / 10, draw(st.integers(970, 1030)) / 10
        told.append((draw(st.integers(1, 6)), kind, side, draw(st.integers(2, 400)) / 100, price, stop))
    return told


@settings(max_examples=120, deadline=None)
@given(scripts(KINDS[:5]), ways((1_000,)))
def test_any_script_of_orders_fills_alike(script: list[Told], rows: list[tuple[float, ...]]) -> None:
    rows[:2] = [(*FLAT, 1_000.0), (*FLAT, 1_000.0)]
    compare(script, rows)


@settings(max_examples=120, deadline=None)
@given(scripts(("limit", "maker")), ways((0, 20, 50, 200)), st.sampled_from((0.05, 0.3, 1.0)))
def test_any_script_of_resting_orders_fills_alike_by_share_of_volume(
    script: list[Told], rows: list[tuple[float, ...]], share: float
) -> None:
    rows[:2] = [(*FLAT, 1_000.0), (*FLAT, 1_000.0)]
    compare(script, rows, share)


@settings(max_examples=120, deadline=None)
@given(
    scripts(("stop", "stop_limit", "trailing", "limit")), ways((0, 20, 50, 200)), st.integers(1, 30),
    st.sampled_from((None, 0.05, 0.3)),
)  # fmt: skip
def test_any_script_of_stops_fills_alike(
    script: list[Told], rows: list[tuple[float, ...]], away: int, share: float | None
) -> None:
    rows[:2] = [(*FLAT, 1_000.0), (*FLAT, 1_000.0)]
    aimed = []
    for at, kind, side, quantity, price, stop in script:
        if kind.startswith(
            "stop"
        ):  # the venue refuses a stop that the market has reached: it lies beyond the open it meets
            stop = round(rows[min(at + 1, len(rows) - 1)][0] + side * away / 10, 1)
        aimed.append((at, kind, side, quantity, price, 10.0 * away if kind == "trailing" else stop))
    compare(aimed, rows, share)
