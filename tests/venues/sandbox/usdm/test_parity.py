"""The exchange, stepped, fills, pays funding and liquidates as a backtest does on the same candles (rules C2 and C4).

What differs on purpose is left out of the scripts: a market order does not wait for volume, and margin is looked at when
an order is placed and not when it arrives, so that scripts in which either side refuses one are passed over.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from engine import Market, Result, Rules, backtest
from engine.venues.sandbox import Contract, Exchange, Settings
from engine.venues.sandbox.asking import Asked
from engine.venues.sandbox.controlling.truth import audit
from engine.venues.sandbox.matching.tape import Tape
from engine.venues.sandbox.refusal import RefusalError
from engine.venues.sandbox.usdm.order import UsdmOrder

from ..test_parity import KINDS, SLOTS, Dictated, Told
from ..trading import FLAT, MINUTE_MS, START_MS, candles

TYPES = {
    "market": ("MARKET", ""), "limit": ("LIMIT", "GTC"), "maker": ("LIMIT", "GTX"), "ioc": ("LIMIT", "IOC"),
    "fok": ("LIMIT", "FOK"), "stop": ("STOP_MARKET", ""), "stop_limit": ("STOP", ""),
    "trailing": ("TRAILING_STOP_MARKET", ""),
}  # fmt: skip


def linear(**fields: Any) -> Market:
    """Return a contract with two tiers and a funding stamp every two minutes."""
    plain = {
        "kind": "linear", "tick": 0.1, "lot": 0.01, "maker_fee_rate": 0.0002, "taker_fee_rate": 0.0005,
        "half_spread": 0.0005, "leverage": 20, "maintenance": [(0, 0.01, 50), (5_000, 0.02, 25), (20_000, 0.03, 20)],
        "liquidation_fee_rate": 0.0125, "funding_rate": 0.0003, "funding_hours": 2.0 / 60.0,
    }  # fmt: skip
    return Market(symbol="BTC/USDT:USDT", **(plain | fields))


def backtested(script: list[Told], rows: list[tuple[float, ...]], on: Market, cash: float) -> Result:
    columns = list(zip(*script, *[(-1, "market", 1, 0.0, 1.0, 1.0)] * (SLOTS - len(script)), strict=True))
    at, kinds, side, quantity, price, stop = columns
    strategy = Dictated(
        at=[float(one) for one in at], kind=[float(KINDS.index(one)) for one in kinds], side=[float(one) for one in side],
        quantity=list(quantity), price=list(price), stop_at=list(stop),
    )  # fmt: skip
    tape = candles(*rows, symbol="BTC/USDT:USDT")
    return backtest(strategy, tape, on, cash=cash, rules=Rules(path="low_first"), bounds=False, compiled=False)


def asked(told: Told) -> tuple[bool, Asked]:
    _, kind, side, quantity, price, stop = told
    type_, force = TYPES[kind]
    values = {"symbol": "BTCUSDT", "side": "BUY" if side > 0 else "SELL", "type": type_, "quantity": str(quantity)}
    values |= {"timeInForce": force} if force else {}
    if kind in ("limit", "maker", "ioc", "fok", "stop_limit"):
        values["price"] = str(price)
    if kind in ("stop", "stop_limit"):
        values["triggerPrice"] = str(stop)
    if kind == "trailing":  # its stop is in basis points
        values["callbackRate"] = str(Decimal(str(stop)) / 100)
    algo = kind in ("stop", "stop_limit", "trailing")
    return algo, Asked(values | ({"algoType": "CONDITIONAL"} if algo else {}))


def exchanged(
    script: list[Told], rows: list[tuple[float, ...]], on: Market, cash: float
) -> tuple[Exchange, list[RefusalError]]:
    contract = Contract.of(on)
    tape = Tape(candles(*rows), contract.tick, contract.lot, "low_first")
    exchange = Exchange([], START_MS, Settings(1), [(contract, tape)])
    exchange.open_account("trader", {"USDT": Decimal(str(cash))}, "usdm")
    setting = exchange.usdm.account("trader").settings["BTCUSDT"]
    setting.leverage, setting.isolated = int(on.leverage), on.margin_mode == "isolated"
    refused = []
    for closed in range(len(rows)):
        exchange.advance(START_MS + (closed + 1) * MINUTE_MS)
        for told in script:
            if told[0] == closed:
                algo, order = asked(told)
                try:
                    if algo:
                        exchange.usdm.place_algo("trader", order)
                    else:
                        exchange.usdm.place("trader", order)
                except RefusalError as refusal:
                    refused.append(refusal)
    return exchange, refused


NOT_PLACED = (-5021, -5022, -4141)  # here they are refused; there they end without a fill


def compare(script: list[Told], rows: list[tuple[float, ...]], on: Market, cash: float) -> list[UsdmOrder] | None:
    """Hold fills, payments and final equity of both equal, and return whose orders filled; None: one was refused."""
    result = backtested(script, rows, on, cash)
    exchange, refused = exchanged(script, rows, on, cash)
    denied = [what for what in result.orders["what"] if what.startswith("denied") and "post-only" not in what]
    instants = {START_MS + (told[0] + 1) * MINUTE_MS for told in script}
    # There what is placed at a close arrives with the next open, and a call at that very open takes it away again.
    called = any(
        one.time_ms in instants for one in exchange.usdm.orders.values() if isinstance(one, UsdmOrder) and one.forced
    )
    short = any(algo.status == "REJECTED" for algo in exchange.usdm.algos.all.values())
    if denied or called or short or any(one.code not in NOT_PLACED for one in refused):
        return None
    floor = exchange.usdm
    mine = sorted(
        ((fill.id, order, fill) for order in floor.orders.values() for fill in order.fills), key=lambda one: one[0]
    )
    here = [(order.side, float(fill.quantity), float(fill.price), fill.maker) for _, order, fill in mine]
    there = [
        (int(one["side"]), round(float(one["quantity"]), 9), round(float(one["price"]), 9), bool(one["maker"]))
        for one in result.fill_rows
    ]
    assert here == there
    for (_, order, fill), row in zip(mine, result.fill_rows, strict=True):
        assert isinstance(order, UsdmOrder)
        assert (fill.time_ms - START_MS) // MINUTE_MS - int(row["candle"]) in (0, 1)
        assert abs(fill.time_ms - int(row["ms"])) <= 1, "the same instant on the path"
        assert float(order.realised[fill.id]) == pytest.approx(float(row["realised"]), abs=1e-7)
    kinds = {"funding": "FUNDING_FEE"}
    paid = [float(one.amount) for one in floor.filling.incomes.of["trader"] if one.type == kinds["funding"]]
    rows_of = result.payments
    funded = rows_of[rows_of["kind"] == "funding"]["amount"] if len(rows_of) else []
    assert paid == pytest.approx([float(one) for one in funded if one], abs=1e-7)
    borne = sum(float(one.amount) for one in floor.filling.incomes.of["trader"] if one.reason == "borne")
    there_borne = rows_of[rows_of["kind"] == "borne"]["amount"].sum() if len(rows_of) else 0.0
    assert borne == pytest.approx(float(there_borne), abs=1e-6)
    account = floor.account("trader")
    equity = floor.ledger.balances["trader"]["USDT"] + floor.margins.floating(account.held())
    assert float(equity) == pytest.approx(result.metrics.equity_end, abs=1e-6)
    assert audit(exchange) == []
    return [order for _, order, _ in mine if isinstance(order, UsdmOrder)]


FALL = [FLAT, (100, 101, 94, 95), (95, 96, 90, 91), (91, 92, 85, 86)]
SCRIPTS = [  # script, candles, cash, how many fills, how many of them the venue's
    ("a long that is held", [(0, "market", 1, 1.0, 0, 0)], [FLAT] * 6, 1_000.0, 1, 0),
    ("a long that falls", [(0, "market", 1, 10.0, 0, 0)], [FLAT, *FALL], 100.0, 2, 1),
    ("a short that rises", [(0, "market", -1, 10.0, 0, 0)], [FLAT, FLAT, (100, 112, 99, 110)], 100.0, 2, 1),
    ("a gap beyond the margin", [(0, "market", 1, 10.0, 0, 0)], [FLAT, FLAT, (70, 72, 69, 71)], 100.0, 2, 1),
    ("a position of the second tier", [(0, "market", 1, 80.0, 0, 0)], [FLAT, *FALL], 600.0, 2, 1),
    ("a part closed, the rest lost", [(0, "market", 1, 10.0, 0, 0), (1, "market", -1, 3.33, 0, 0)], [FLAT, *FALL], 100.0, 3, 1),
    ("a flip", [(0, "market", 1, 1.0, 0, 0), (1, "market", -1, 2.5, 0, 0)], [FLAT] * 5, 1_000.0, 2, 0),
    ("a stop before the margin call", [(0, "market", 1, 10.0, 0, 0), (1, "stop", -1, 10.0, 0, 97.0)], [FLAT, FLAT, *FALL], 100.0, 2, 0),
    ("an order that the call takes away", [(0, "market", 1, 10.0, 0, 0), (1, "limit", 1, 0.5, 50.0, 0)], [FLAT, FLAT, *FALL], 100.0, 2, 1),
]  # fmt: skip


@pytest.mark.parametrize("mode", ["cross", "isolated"])
@pytest.mark.parametrize(
    ("what", "script", "rows", "cash", "count", "forced"), SCRIPTS, ids=[one[0] for one in SCRIPTS]
)
def test_the_exchange_does_as_a_backtest_does(
    what: str, script: list, rows: list, cash: float, count: int, forced: int, mode: str
) -> None:
    orders = compare(script, rows, linear(margin_mode=mode), cash)
    assert orders is not None
    assert (len(orders), sum(one.forced for one in orders)) == (count, forced), what
    assert all(one.client_id.startswith("autoclose-") == one.forced for one in orders)


@st.composite
def ways(draw: st.DrawFn) -> list[tuple[float, ...]]:
    rows, last = [(*FLAT, 1_000.0), (*FLAT, 1_000.0)], 1000
    for _ in range(draw(st.integers(4, 10))):
        first = last + draw(st.sampled_from((0, 0, 0, -17, 16, -60)))
        low, high = first - draw(st.integers(0, 45)), first + draw(st.integers(0, 45))
        last = draw(st.integers(low, high))
        rows.append((first / 10, high / 10, low / 10, last / 10, 1_000.0))
    return rows


@st.composite
def scripts(draw: st.DrawFn, kinds: tuple[str, ...]) -> list[Told]:
    told: list[Told] = [(0, "market", draw(st.sampled_from((1, -1))), 10.0, 1.0, 1.0)]
    for _ in range(draw(st.integers(1, SLOTS - 1))):
        kind, side = draw(st.sampled_from(kinds)), draw(st.sampled_from((1, -1)))
        price, stop = draw(st.integers(930, 1070)) / 10, float(draw(st.integers(10, 300)))
        told.append((draw(st.integers(1, 6)), kind, side, draw(st.integers(2, 300)) / 100, price, stop))
    return told


@settings(max_examples=60, deadline=None)
@given(scripts(("market", "limit", "maker", "ioc", "trailing")), ways(), st.sampled_from(("cross", "isolated")),
       st.sampled_from((75.0, 120.0, 250.0)))  # fmt: skip
def test_any_script_ends_alike(script: list[Told], rows: list[tuple[float, ...]], mode: str, cash: float) -> None:
    assume(compare(script, rows, linear(margin_mode=mode), cash) is not None)


@settings(max_examples=60, deadline=None)
@given(scripts(("stop", "stop_limit", "limit")), ways(), st.sampled_from(("cross", "isolated")), st.integers(1, 30))
def test_any_script_of_stops_ends_alike(
    script: list[Told], rows: list[tuple[float, ...]], mode: str, away: int
) -> None:
    aimed = []
    for at, kind, side, quantity, price, stop in script:
        if kind.startswith("stop"):  # the venue refuses a stop that the market has reached
            stop = round(rows[min(at + 1, len(rows) - 1)][0] + side * away / 10, 1)
        aimed.append((at, kind, side, quantity, price, stop))
    assume(compare(aimed, rows, linear(margin_mode=mode), 200.0) is not None)
