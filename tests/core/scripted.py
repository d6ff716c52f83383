"""A strategy that does what a test wrote down, and a table-sized way to run it.

Every play runs compiled and interpreted and compares the two fill for fill (rule D2): a test need not ask for it.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from engine import Candles, Market, Result, Rules, Strategy, backtest, param, state

START_MS = 1_704_067_200_000  # 2024-01-01
SLOTS = 8
NONE = -1.0

VERBS = ("buy", "sell", "close", "limit", "stop", "stop_limit", "trailing_stop", "take_profit", "cancel_all", "cancel")


def row(value: float = NONE) -> Any:
    return param([value] * SLOTS)


class Scripted(Strategy):
    """Place up to eight orders, each at the close of a candle or after a fill of a tag."""

    max_orders = 16
    count: int = param(0)
    at = row()
    after_tag = row()
    verb = row(0.0)
    side = row(1.0)
    quantity = row()
    quote = row()
    fraction = row()
    price = row()
    trigger = row()
    distance = row()
    activation = row()
    stop_loss = row()
    take_profit = row()
    reduce_only = row(0.0)
    post_only = row(0.0)
    force = row(0.0)
    oco = row(0.0)
    order_tag = row(0.0)
    seen: int = state(0)
    fills: int = state(0)
    last_id: int = state(0)

    def on_candle(self, candle, ind, account):
        for i in range(self.count):
            if self.at[i] == self.seen:
                self.act(account, i)
        self.seen += 1

    def on_fill(self, fill, account):
        self.fills += 1
        for i in range(self.count):
            if self.after_tag[i] == fill.tag and fill.tag > 0:
                self.act(account, i)

    def number(self, value):
        return math.nan if value == -1.0 else value

    def act(self, account, i):
        verb = self.verb[i]
        side = int(self.side[i])
        tag = int(self.order_tag[i])
        oco = int(self.oco[i])
        price = self.number(self.price[i])
        trigger = self.number(self.trigger[i])
        stop_loss = self.number(self.stop_loss[i])
        target = self.number(self.take_profit[i])
        reduce_only = self.reduce_only[i] > 0
        post_only = self.post_only[i] > 0
        quantity = self.number(self.quantity[i])
        if verb == 0 and self.quote[i] > 0:
            account.buy(quote=self.quote[i], price=price, stop_loss=stop_loss, take_profit=target, tag=tag)
        elif verb == 0 and self.fraction[i] > 0:
            account.buy(fraction=self.fraction[i], price=price, stop_loss=stop_loss, take_profit=target, tag=tag)
        elif verb == 0:
            account.buy(quantity=quantity, price=price, stop_loss=stop_loss, take_profit=target, tag=tag)
        elif verb == 1 and self.fraction[i] > 0:
            account.sell(fraction=self.fraction[i], stop_loss=stop_loss, take_profit=target, tag=tag)
        elif verb == 1:
            account.sell(quantity=quantity, price=price, stop_loss=stop_loss, take_profit=target, tag=tag)
        elif verb == 2:
            account.close(reason="told to", tag=tag)
        elif verb == 3 and self.force[i] == 1:
            account.limit(side, quantity=quantity, price=price, time_in_force="ioc", tag=tag)
        elif verb == 3 and self.force[i] == 2:
            account.limit(side, quantity=quantity, price=price, time_in_force="fok", tag=tag)
        elif verb == 3:
            account.limit(
                side, quantity=quantity, price=price, stop_loss=stop_loss, take_profit=target,
                reduce_only=reduce_only, post_only=post_only, oco=oco, tag=tag,
            )  # fmt: skip
        elif verb == 4:
            account.stop(
                side, quantity=quantity, trigger=trigger, stop_loss=stop_loss, take_profit=target,
                reduce_only=reduce_only, oco=oco, tag=tag,
            )  # fmt: skip
        elif verb == 5:
            account.stop_limit(
                side, quantity=quantity, trigger=trigger, price=price, reduce_only=reduce_only, oco=oco, tag=tag
            )
        elif verb == 6:
            account.trailing_stop(
                side, quantity=quantity, distance=self.distance[i], activation=self.number(self.activation[i]),
                reduce_only=reduce_only, oco=oco, tag=tag,
            )  # fmt: skip
        elif verb == 7:
            account.take_profit(price=price, tag=tag)
        elif verb == 8:
            account.cancel_all()
        else:
            account.cancel(int(quantity))


def order(verb: str, at: int | None = None, *, after: int | None = None, **fields: float) -> dict[str, float]:
    """Describe one order of a script."""
    return {"verb": VERBS.index(verb), "at": NONE if at is None else at, "after_tag": after or NONE, **fields}


def scripted(*orders: dict[str, float]) -> Scripted:
    """Return the strategy that places these orders."""
    rows: dict[str, list[float]] = {}
    for name, declared in Scripted.params.items():
        if name != "count":
            rows[name] = [float(o.get(name, declared.default[0])) for o in orders]
            rows[name] += [declared.default[0]] * (SLOTS - len(orders))
    for o in orders:
        assert o.keys() <= rows.keys(), o.keys() - rows.keys()
    return Scripted(count=len(orders), **rows)


def candles(*rows: tuple[float, ...], timeframe: str = "1m", start_ms: int = START_MS, venue: str = "test") -> Candles:
    """Return candles from (open, high, low, close[, volume]) rows."""
    table = np.array([(*r, 1000.0)[:5] for r in rows], dtype=float)
    step = {"1m": 60_000, "5m": 300_000, "1h": 3_600_000}[timeframe]
    times = start_ms + step * np.arange(len(rows), dtype=np.int64)
    return Candles(
        times, *(np.ascontiguousarray(table[:, i]) for i in range(5)), timeframe, "BTC/USDT", venue, "a test"
    )


def market(**fields: Any) -> Market:
    """Return a contract without costs, tick 0.1 and lot 0.01, changed as told."""
    plain = {"kind": "linear", "tick": 0.1, "lot": 0.01, "maker_fee_rate": 0.0, "taker_fee_rate": 0.0}
    return Market(symbol="BTC/USDT", **(plain | fields))


def play(strategy: Strategy, rows: Any, on: Market | None = None, **options: Any) -> Result:
    """Run compiled and interpreted, hold the two equal to the byte, return the compiled one."""
    names = ("path", "touch_fills", "latency_ms", "participation", "seed")
    rules = {n: options.pop(n) for n in names if n in options}
    history: Any = rows if isinstance(rows, Candles) or isinstance(rows[0], Candles) else candles(*rows)
    arguments = {"rules": Rules(**rules), "bounds": False, "cash": 10_000.0, **options}
    native = backtest(strategy, history, on or market(), **arguments)
    twin = backtest(strategy, history, on or market(), compiled=False, **arguments)
    assert native.run.compiled, native.inputs.native.reason
    same_outcome(native, twin)
    return native


def same_outcome(one: Result, other: Result) -> None:
    """Hold two results equal to the byte: fills, events, equity, strategies' own state."""
    assert one.fill_rows.tobytes() == other.fill_rows.tobytes()
    assert one.event_rows.tobytes() == other.event_rows.tobytes()
    assert one.payment_rows.tobytes() == other.payment_rows.tobytes()
    assert one.equity_curve.tobytes() == other.equity_curve.tobytes()
    for mine, its in zip(one.run.states, other.run.states, strict=True):
        assert mine.tobytes() == its.tobytes()


def fills(result: Result) -> list[tuple[int, str, float, float]]:
    """Return (candle, side, quantity, price) of each fill."""
    return [
        (int(f["candle"]), "buy" if f["side"] > 0 else "sell", float(f["quantity"]), float(f["price"]))
        for f in result.fill_rows
    ]


def whats(result: Result) -> list[str]:
    """Return the first word(s) of each order event."""
    return [text.split(":")[0].split(" by")[0] for text in result.orders["what"]]
