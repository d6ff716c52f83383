"""Rivals on the grid: the same candles, lines, size and fees, path low first, repeats interleaved within the one run.

Neither rival has a grid: each gets the shortest book a person would write by hand in its own interface.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import Any

import numpy as np
from numba import njit

from engine.backtesting.inputs import Inputs
from strategies._grid_layout import lay_out
from tests.benchmarks.given import CASH, CELLS, FEE_RATE, MILLION, hundred_cells, minutes, run
from tests.benchmarks.measuring import Row, interleaved

INSTALL = "not installed; pip install -e '.[bench]'"
FEW = 20_000
TICK = 0.01


def rows() -> Iterator[Row]:
    """Measure every row of the group."""
    yield _vectorbt()
    yield _backtesting_py()


def _start(inputs: Inputs) -> tuple[np.ndarray[Any, Any], int]:
    made = lay_out(inputs.strategies[0], inputs.starts[0])
    return np.array(made.lines), made.free


@njit  # type: ignore[untyped-decorator]
def next_fill(at, end, opening, free, lines):
    """Return side and price of the next fill on a leg, 0 for none: the book is the number of the free line."""
    if free > 0 and lines[free - 1] - TICK >= min(at, end) - 1e-9 and (opening or end < at):
        return 1, min(lines[free - 1], at) if opening else lines[free - 1]
    if free < len(lines) - 1 and lines[free + 1] + TICK <= max(at, end) + 1e-9 and (opening or end > at):
        return -1, max(lines[free + 1], at) if opening else lines[free + 1]
    return 0, 0.0


def _vectorbt() -> Row:
    name = "peer.vectorbt.grid"
    if find_spec("vectorbt") is None:
        return Row(name, None, "x faster", 5.0, at_least=True, note=INSTALL)
    inputs = hundred_cells()
    play = _vectorbt_play(inputs)
    fills, theirs = play()
    ours, rival = interleaved(lambda: run(inputs), play, repeats=12)
    each = 1e9 / MILLION
    mine = run(inputs)
    note = (
        f"Portfolio.from_order_func, flexible, numba, and .value(); ours {ours * each:.1f} ns; {fills:,} fills against "
        f"{int(mine.run[0]['fill_count']):,}, final equity {theirs / float(mine.equity[-1]) - 1:+.4%} of ours"
    )
    return Row(name, rival / ours, "x faster", 5.0, at_least=True, rival=f"{rival * each:.0f} ns/candle", note=note)


def _vectorbt_play(inputs: Inputs) -> Callable[[], tuple[int, float]]:
    import pandas as pd

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import vectorbt
        from vectorbt.portfolio import nb

    candles = inputs.candles[0]
    lines, free = _start(inputs)
    columns = tuple(np.ascontiguousarray(c) for c in (candles.open, candles.low, candles.high, candles.close))
    close = pd.Series(candles.close, pd.DatetimeIndex(candles.open_ms.astype("datetime64[ms]")))
    nothing, order, size = nb.order_nothing_nb, nb.order_nb, 0.01

    @njit  # type: ignore[untyped-decorator]
    def decide(c, opens, lows, highs, closes, lines, book):  # type: ignore[no-untyped-def]
        if c.i == 0:
            return -1, nothing()
        if c.call_idx == 0:
            book[1] = 0.0
            if c.i == 1:
                return c.from_col, order(size=size * (len(lines) - 1 - book[0]), price=opens[1], fees=FEE_RATE)
        points = (opens[c.i], opens[c.i], lows[c.i], highs[c.i], closes[c.i])
        while book[1] < 4.0:
            leg = int(book[1])
            side, price = next_fill(points[leg], points[leg + 1], leg == 0, int(book[0]), lines)
            if side != 0:
                book[0] -= side
                return c.from_col, order(size=side * size, price=price, fees=FEE_RATE)
            book[1] += 1.0
        return -1, nothing()

    def play() -> tuple[int, float]:
        folio = vectorbt.Portfolio.from_order_func(
            close, decide, *columns, lines, np.array([float(free), 0.0]), flexible=True, init_cash=CASH,
            max_orders=len(close),
        )  # fmt: skip
        return len(folio.order_records), float(folio.value().iloc[-1])

    return play


def _backtesting_py() -> Row:
    name = "peer.backtesting_py.grid"
    if find_spec("backtesting") is None:
        return Row(name, None, "x faster", 400.0, at_least=True, note=INSTALL)
    inputs = hundred_cells()
    play = _backtesting_play(inputs)
    trades, _ = play()
    ours, rival = interleaved(lambda: run(inputs), play, repeats=5)
    ours, rival = ours * 1e9 / MILLION, rival * 1e9 / FEW
    note = (
        f"Backtest.run() on the first {FEW:,} candles, {CELLS} limit orders at rest (statistics included), compared by "
        f"candle; ours {ours:.1f} ns; {trades:,} trades (it opens one for every buy)"
    )
    return Row(name, rival / ours, "x faster", 400.0, at_least=True, rival=f"{rival:,.0f} ns/candle", note=note)


def _backtesting_play(inputs: Inputs) -> Callable[[], tuple[int, float]]:
    import pandas as pd

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import backtesting
    candles = minutes(FEW)
    lines, free = _start(inputs)
    columns = {name: getattr(candles, name.lower()) for name in ("Open", "High", "Low", "Close", "Volume")}
    frame = pd.DataFrame(columns, pd.DatetimeIndex(candles.open_ms.astype("datetime64[ms]")))

    class Lines(backtesting.Strategy):  # type: ignore[misc]
        def init(self) -> None:
            self.book: dict[Any, tuple[int, int]] = {}

        def place(self, side: int, cell: int) -> None:
            if side > 0:
                self.book[self.buy(size=1, limit=lines[cell])] = (side, cell)
            else:
                self.book[self.sell(size=1, limit=lines[cell + 1])] = (side, cell)

        def next(self) -> None:
            if not self.book:
                self.buy(size=len(lines) - 1 - free)
                for cell in range(len(lines) - 1):
                    self.place(1 if cell < free else -1, cell)
                return
            if len(self.orders) < len(self.book):
                open_now = set(self.orders)
                for order, (side, cell) in list(self.book.items()):
                    if order not in open_now:
                        del self.book[order]
                        self.place(-side, cell)

    backtesting.backtesting._tqdm = lambda candles, **_: candles  # its progress bar costs time
    test = backtesting.Backtest(frame, Lines, cash=1e9, commission=FEE_RATE, finalize_trades=True)

    def play() -> tuple[int, float]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            stats = test.run()
        return int(stats["# Trades"]), float(stats["Equity Final [$]"])

    return play
