"""The report: written from a result in memory, its size, and the first paint in headless Chromium."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from engine import Strategy, backtest, param
from engine.report import write_result
from tests.benchmarks.given import contract, minutes
from tests.benchmarks.measuring import Row, least, say
from tests.report import browser

YEAR = 525_600
FILLS = 5_000


class Pendulum(Strategy):
    """Go long and flat again at a steady pace: as many fills as a benchmark wants, everywhere."""

    pace: int = param(105, low=1, help="candles between two fills")

    def indicators(self, candles):
        beat = np.arange(len(candles.close)) // self.pace
        return {"turn": np.diff(beat, prepend=0) != 0, "long": beat % 2 == 1}

    def warmup(self):
        return 1

    def on_candle(self, candle, ind, account):
        if ind.turn and ind.long:
            account.buy(fraction=0.1, reason="swings up")
        elif ind.turn:
            account.close(reason="swings back")


def rows() -> Iterator[Row]:
    """Measure every row of the group."""
    candles = minutes(YEAR)
    result = backtest(Pendulum(), candles, contract(), cash=1_000_000.0)
    fills = len(result.fill_rows)
    if fills < FILLS:
        raise AssertionError(f"expected at least {FILLS:,} fills to report on, were {fills:,}")
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "report.html"
        of = f"{YEAR:,} one-minute candles, {fills:,} fills"
        yield Row("report.write", least(lambda: write_result(result, page), 5), "s", 1.0, note=f"{of}; to one file")
        yield Row("report.size", page.stat().st_size / 1e6, "MB", 3.0, note=f"the same file, {of}")
        yield from _painted(page)


def _painted(page: Path) -> Iterator[Row]:
    why = browser.missing()
    if why:
        say(f"  {why}")
        yield Row("report.first_paint", None, "s", 1.5, note=f"skipped: {why}")
        return
    paints, drawn = [], []
    with browser.chromium() as window:
        for _ in range(5):
            window.open(page)
            paints.append(
                window.run("return performance.getEntriesByName('first-contentful-paint')[0].startTime") / 1e3
            )
            drawn.append(int(window.run(browser.DRAWN)) / 1e3)
    note = "headless Chromium without GPU, 1,440 pixels, from the beginning of loading; least of 5"
    yield Row("report.first_paint", min(paints), "s", 1.5, note=note)
    yield Row("report.drawn", min(drawn), "s", note="the same, until all charts are drawn")
