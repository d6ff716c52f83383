"""Rivals: the same candles, signals, fees, stop and target, repeats interleaved within the one run.

Timed is what turns given signals into fills and an equity curve; neither side's indicators, neither side's statistics
unless they cannot be had without.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import Any

import numpy as np

from engine.backtesting.inputs import Inputs
from tests.benchmarks.given import CASH, FEE_RATE, MILLION, run, short_signals
from tests.benchmarks.measuring import Row, interleaved

INSTALL = "not installed; pip install -e '.[bench]'"
FEW = 100_000


def rows() -> Iterator[Row]:
    """Measure every row of the group."""
    yield from _vectorbt()
    yield _backtesting_py()


def _signals(inputs: Inputs) -> tuple[np.ndarray, np.ndarray]:
    """Return enter and leave as the core sees them: none before its first decision."""
    enter, leave = (inputs.indicators[0][name].copy() for name in ("enter", "leave"))
    enter[: inputs.start] = leave[: inputs.start] = False
    return enter, leave


def _vectorbt() -> Iterator[Row]:
    if find_spec("vectorbt") is None:
        yield Row("peer.vectorbt", None, "x faster", 4.0, at_least=True, note=INSTALL)
        return
    engines = ["numba", *(["rust"] if find_spec("vectorbt_rust") else [])]
    inputs = short_signals()
    plays = [_vectorbt_play(inputs, engine) for engine in engines]
    ours = float(run(inputs).equity[-1])
    fills, theirs = plays[-1](True)
    seconds, *both = interleaved(
        lambda: run(inputs),
        *(lambda play=play, value=value: play(value) for play in plays for value in (True, False)),
        repeats=25,
    )
    each = 1e9 / MILLION
    told = [
        f"{engine} {whole * each:.0f} ns, without its equity curve {bare * each:.0f}"
        for engine, whole, bare in zip(engines, both[::2], both[1::2], strict=True)
    ]
    told += [] if "rust" in engines else ["its rust engine is not installed (vectorbt[rust])"]
    fastest = min(both[::2])
    rival = f"{fastest * each:.1f} ns/candle"
    note = (
        f"Portfolio.from_signals and .value(); {'; '.join(told)}; ours {seconds * each:.1f} ns; "
        f"{fills:,} fills, final equity {theirs / ours - 1:+.2%} of ours"
    )
    yield Row("peer.vectorbt", fastest / seconds, "x faster", 4.0, at_least=True, rival=rival, note=note)
    bare = min(both[1::2])
    note = (
        f"the same without its equity curve, which ours still holds; {bare * each:.1f} ns against {seconds * each:.1f}"
    )
    yield Row("peer.vectorbt.orders_only", bare / seconds, "x faster", rival=f"{bare * each:.1f} ns/candle", note=note)


def _vectorbt_play(inputs: Inputs, engine: str) -> Callable[[bool], tuple[int, float]]:
    import pandas as pd

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import vectorbt

    candles = inputs.candles[0]
    index = pd.DatetimeIndex(candles.open_ms.astype("datetime64[ms]"))  # naive: a time zone would slow it down

    def series(values: np.ndarray) -> Any:
        return pd.Series(values, index)

    enter, leave = (series(np.concatenate(([False], signal[:-1]))) for signal in _signals(inputs))  # at the next open
    given = {
        "close": series(candles.close), "open": series(candles.open), "high": series(candles.high),
        "low": series(candles.low), "price": series(candles.open), "entries": False, "exits": False,
        "short_entries": enter, "short_exits": leave, "size": inputs.strategy.size, "size_type": "percent",
        "fees": FEE_RATE, "sl_stop": 0.02, "tp_stop": 0.04, "init_cash": CASH, "freq": "1min",
    }  # fmt: skip

    def play(with_equity: bool) -> tuple[int, float]:
        folio = vectorbt.Portfolio.from_signals(**given, engine=engine)
        equity = float(folio.value().iloc[-1]) if with_equity else 0.0
        return len(folio.order_records), equity

    return play


def _backtesting_py() -> Row:
    name = "peer.backtesting_py"
    if find_spec("backtesting") is None:
        return Row(name, None, "x faster", 200.0, at_least=True, note=INSTALL)
    inputs, few = short_signals(), short_signals(FEW)
    play = _backtesting_play(few)
    trades, theirs = play()
    ours, rival = interleaved(lambda: run(inputs), play, repeats=5)
    ours, rival = ours * 1e9 / MILLION, rival * 1e9 / FEW
    note = (
        f"Backtest.run() on the first {FEW:,} candles (statistics included, it has no run without), compared by "
        f"candle; ours {ours:.1f} ns; {trades:,} trades, final equity {theirs / float(run(few).equity[-1]) - 1:+.2%} "
        "of ours (its stop and target count from the signal's close)"
    )
    return Row(name, rival / ours, "x faster", 200.0, at_least=True, rival=f"{rival:,.0f} ns/candle", note=note)


def _backtesting_play(inputs: Inputs) -> Callable[[], tuple[int, float]]:
    import pandas as pd

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import backtesting
    candles, size = inputs.candles[0], inputs.strategy.size
    enter, leave = _signals(inputs)
    frame = pd.DataFrame(
        {
            "Open": candles.open,
            "High": candles.high,
            "Low": candles.low,
            "Close": candles.close,
            "Volume": candles.volume,
        },
        pd.DatetimeIndex(candles.open_ms.astype("datetime64[ms]")),
    )

    class Short(backtesting.Strategy):  # type: ignore[misc]
        def init(self) -> None:
            pass

        def next(self) -> None:
            now = len(self.data) - 1
            if not self.position and enter[now]:
                close = self.data.Close[-1]
                self.sell(size=size, sl=close * 1.02, tp=close * 0.96)
            elif leave[now]:
                self.position.close()

    backtesting.backtesting._tqdm = lambda candles, **_: candles  # its progress bar costs time
    # It trades whole coins only: a thousand times the cash makes its sizes as fine as ours.
    test = backtesting.Backtest(frame, Short, cash=1_000 * CASH, commission=FEE_RATE, finalize_trades=True)

    def play() -> tuple[int, float]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            stats = test.run()
        return int(stats["# Trades"]), float(stats["Equity Final [$]"]) / 1_000

    return play
