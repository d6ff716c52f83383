"""A run whose rows are those of one chunk at a time: everything else stays where it is, so state carries over.

The core finds row k at an address plus k times a size. Here that address lies before the chunk by as much as the chunk
begins after the first row; k goes on counting, and no record knows that there are chunks.
"""

from __future__ import annotations

import numpy as np

from engine.backtesting.chunked_inputs import ChunkedInputs
from engine.backtesting.chunks import Chunk
from engine.backtesting.curves import Curves
from engine.backtesting.inputs import Rules
from engine.backtesting.run import Run
from engine.backtesting.seats import Rows
from engine.codecache import interrupts_wait
from engine.errors import StrategyError
from engine.metrics import Folding


class ChunkedRun(Run):
    """Play chunk after chunk, and keep of each no more than a point a day and what metrics need."""

    def __init__(self, inputs: ChunkedInputs, rules: Rules) -> None:
        """Allocate what all chunks share."""
        super().__init__(inputs, rules)
        self.run[0]["candle_count"] = inputs.count
        self._folding = Folding(inputs.equity_start)
        self._folded = 0  # closes
        self._chunk: Chunk | None = None
        self._rows: list[Rows] = []
        self._saved: list[Rows] = []  # the state at the chunk's beginning, should the author's code fail in it

    def enter(self, chunk: Chunk, rows: list[Rows], detail: list[Rows]) -> None:
        """Point at the rows of a chunk: its candles, one table of indicators a seat, finer candles where there are."""
        run, base, count = self.run[0], chunk.base, len(chunk.grid)
        before = self.equity[-1] if base else np.nan
        # One row before the chunk: the rules of the account look at the close before.
        self.equity, self.exposure, self.dependent = np.empty(count + 1), np.empty(count + 1), np.zeros(count, np.uint8)
        self.equity[0] = before
        run["candles"] = chunk.grid.ctypes.data - base * chunk.grid.strides[0]
        run["equity"] = self.equity.ctypes.data - (base - 1) * 8
        run["exposure"] = self.exposure.ctypes.data - (base - 1) * 8
        run["dependent"] = self.dependent.ctypes.data - base
        for slot, own in zip(self.slots, rows, strict=True):
            slot["indicator_stride"] = own.strides[0]
            slot["indicators"] = own.ctypes.data - base * own.strides[0]
        for market, fine in zip(self.markets, detail, strict=False):
            market["detail"], market["detail_count"] = fine.ctypes.data, len(fine)
        self._chunk, self._rows, self.details = chunk, rows, detail
        self._saved = [rows.copy() for rows in self._state()]

    def leave(self) -> None:
        """Fold the chunk's closes: it may go now."""
        self._fold(self._end)

    @property
    def last_equity(self) -> float:
        """Return equity at the last close of the chunk, quote."""
        return float(self.equity[-1])

    @property
    def _base(self) -> int:
        return 0 if self._chunk is None else self._chunk.base

    @property
    def _end(self) -> int:
        return 0 if self._chunk is None else self._chunk.end

    def _fold(self, done: int) -> None:
        if self._chunk is None or done <= self._folded:
            return
        at = slice(self._folded - self._base, done - self._base)
        behind = slice(at.start + 1, at.stop + 1)
        close_ms = self._chunk.grid["open_ms"][at, 0] + self.inputs.timeframe_ms
        dependent = self.dependent[at].astype(np.bool_)
        with interrupts_wait():
            self._folding.feed(close_ms, self.equity[behind], self.exposure[behind], dependent)
            self._folded = done

    def curves(self, done: int) -> Curves:
        """Return what the first `done` candles left behind, a point a UTC day."""
        self._fold(done)
        if done != self._folded:
            raise ValueError(f"done: expected {self._folded}, the closes that were folded, was {done}")
        folded = self._folding.folded()
        at = done - 1 - self._base
        last = float(self._chunk.grid["close"][at, 0]) if self._chunk is not None and at >= 0 else np.nan
        return Curves(done, folded.close_ms, folded.equity, folded.exposure, folded.dependent, last, folded)

    def _open_ms(self, k: int) -> int:
        assert self._chunk is not None
        return int(self._chunk.grid["open_ms"][k - self._base, 0])

    def _tables(self) -> tuple[Rows, list[Rows]]:
        assert self._chunk is not None
        return self._chunk.grid, self._rows

    def _state(self) -> list[Rows]:
        """Return all that the core changes, but for the logs, which only grow, and the curves."""
        places = [*self.ruling.risks, *([] if self.ruling.guard is None else [self.ruling.guard])]
        rules = [rows for one in places for rows in (one.record, *one.kept)]
        return [self.run, self.books, self.slots, self.orders, self.balances, self.markets, *self.states, *rules]

    def _replayed(self, k: int, owner: str, when: str) -> BaseException:
        """Compiled code has no traceback: come again from the chunk's beginning and play the candle in Python."""
        for rows, saved in zip(self._state(), self._saved, strict=True):
            rows[...] = saved
        for name in ("fill", "event", "payment"):  # the logs may have moved meanwhile
            rows = getattr(self, name + "s")
            self.run[0][name + "s"], self.run[0][name + "_room"] = rows.ctypes.data, len(rows)
        self._advance_to(k)
        self.compiled = False
        self._point_steps()
        try:
            self.advance(k + 1)
        except StrategyError as error:
            return error
        finally:
            self.compiled = True
        return StrategyError(f"{owner}: failed at the candle of {when}, compiled only; run it with compiled=False")


def fine_rows(chunk: Chunk) -> list[Rows]:
    """Return the finer candles of a chunk as the core reads them, one table a market."""
    from engine.core.records import CANDLE

    made = []
    for one in chunk.detail or ():
        rows = np.empty(len(one), CANDLE)
        for name in CANDLE.names or ():
            rows[name] = getattr(one, name)
        made.append(rows)
    return made
