"""One run of the core over flat inputs: allocates the records, advances in steps, makes logs larger when asked to."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np

from engine.backtesting.blame import blamed
from engine.backtesting.inputs import Inputs, Rows, Rules
from engine.backtesting.volumes import knows_volume, refuse_unknown_volume
from engine.candles.timeframes import iso
from engine.codecache import interrupts_wait
from engine.compiling import Interpreted
from engine.compiling.interpreted import Account
from engine.core import codes
from engine.core.advance import advance
from engine.core.fills import FILL_STEP
from engine.core.matching import LEG_STEP
from engine.core.orders import END_STEP
from engine.core.paths import MATCH_STEP
from engine.core.records import (
    BALANCE,
    BALANCE_SIZE,
    BOOK,
    BOOK_SIZE,
    CANDLE,
    EVENT,
    FILL,
    MARKET,
    ORDER,
    ORDER_SIZE,
    RUN,
    SLOT,
)
from engine.errors import StrategyError
from engine.strategy import to_record

Progress = Callable[[int, int], None]
STEPS_OF_CORE = {"step_match": MATCH_STEP, "step_leg": LEG_STEP, "step_fill": FILL_STEP, "step_end": END_STEP}
INTERPRETED_STEP = 1 << 11  # candles between two reports of progress
LOOK_SECONDS = 0.05  # between two looks at a compiled run
STOP_SECONDS = 2.0  # what a strategy has to come back from one step


class Run:
    """Hold the memory of one run and take it forward; every record stays readable from outside."""

    def __init__(self, inputs: Inputs, rules: Rules, *, compiled: bool = True) -> None:
        """Allocate everything; nothing has happened yet."""
        self.inputs, self.rules = inputs, rules
        refuse_unknown_volume(inputs, rules)
        self.compiled = compiled and bool(inputs.native.addresses)
        timestamps, width = inputs.grid.shape
        capacity = max(strategy.max_orders for strategy in inputs.strategies)
        self.states = [to_record(strategy) for strategy in inputs.strategies]
        self.balances, self.markets, self.details = self._markets(inputs)
        self.orders = np.zeros((width, capacity), ORDER)
        self.books = np.zeros(width, BOOK)
        self.slots = np.zeros(len(self.states), SLOT)
        self.run = np.zeros(1, RUN)
        self.equity, self.exposure = np.empty(timestamps), np.empty(timestamps)  # written in order, read up to `k`
        self.dependent = np.zeros(timestamps, np.uint8)
        max_fills = 1_000 + 8 * capacity
        books_a_slot = width // len(self.slots)
        self._fill_room = 2 * max_fills + 2
        self._event_room = 2 * max_fills + 4 * capacity * books_a_slot
        self.fills = np.zeros(4 * self._fill_room, FILL)
        self.events = np.zeros(4 * self._event_room, EVENT)
        scratch = BOOK_SIZE + capacity * ORDER_SIZE + 2 * BALANCE_SIZE + self.states[0].itemsize
        self._scratch = np.zeros(2 * scratch, np.uint8)
        self._fill_run(max_fills, scratch)
        self._fill_books(capacity, books_a_slot)
        self.interpreted: list[Interpreted] = []
        self._point_steps()
        with interrupts_wait():
            advance(self.run.ctypes.data, 0)  # compiles, where that is still to be done, and goes nowhere

    def _markets(self, inputs: Inputs) -> tuple[Rows, Rows, list[Rows]]:
        venues = list(dict.fromkeys(market.venue for market in inputs.markets))
        spots = [market for market in inputs.markets if market.kind == "spot"]
        balances = np.zeros(len(venues) + len(spots), BALANCE)
        balances["price"][: len(venues)] = 1.0
        for venue, amount in inputs.cash_by_venue.items():
            balances["amount"][venues.index(venue)] = amount
        markets = np.zeros(len(inputs.markets), MARKET)
        details: list[Rows] = []
        for index, market in enumerate(inputs.markets):
            base = len(venues) + spots.index(market) if market.kind == "spot" else -1
            if inputs.holdings[index]:
                balances["amount"][base], balances["price"][base] = (
                    inputs.holdings[index],
                    inputs.candles[index].open[0],
                )
            for name, value in market.record(venues.index(market.venue), base).items():
                markets[index][name] = value
            if inputs.detail is not None:
                fine = np.empty(len(inputs.detail[index]), CANDLE)
                for name in CANDLE.names or ():
                    fine[name] = getattr(inputs.detail[index], name)
                details.append(fine)
                markets[index]["detail"] = fine.ctypes.data
                markets[index]["detail_count"] = len(fine)
            if markets[index]["costs_vary"]:
                markets[index]["gauge"] = inputs.gauged()[index].ctypes.data
            markets[index]["volume_unknown"] = int(not knows_volume(inputs, index))
        return balances, markets, details

    def _fill_run(self, max_fills: int, scratch: int) -> None:
        run, inputs, rules = self.run[0], self.inputs, self.rules
        run["candles"] = inputs.grid.ctypes.data
        run["candle_count"], run["market_count"] = inputs.grid.shape
        run["timeframe_ms"] = inputs.timeframe_ms
        for name in ("markets", "slots", "books", "balances", "fills", "events", "equity", "exposure", "dependent"):
            run[name] = getattr(self, name).ctypes.data
        run["slot_count"], run["book_count"] = len(self.slots), len(self.books)
        run["balance_count"] = len(self.balances)
        run["start"] = inputs.start
        run["path"] = codes.PATHS.index(rules.path)
        run["touch_fills"], run["seed"], run["latency_ms"] = float(rules.touch_fills), rules.seed, rules.latency_ms
        run["participation"] = np.nan if rules.participation is None else rules.participation
        run["fill_room"], run["event_room"] = len(self.fills), len(self.events)
        run["detail_ms"] = inputs.detail[0].timeframe_ms if inputs.detail else 0
        run["scratch"], run["scratch_size"] = self._scratch.ctypes.data, scratch
        run["max_candle_fills"] = max_fills
        run["decision_events"] = self._event_room
        run["equity_now"] = inputs.equity_start
        for name, step in STEPS_OF_CORE.items():
            run[name] = step.address

    def _fill_books(self, capacity: int, books_a_slot: int) -> None:
        address = self.run.ctypes.data
        for index in range(len(self.books)):
            book = self.books[index]
            book["run"], book["index"], book["market"] = address, index, index
            book["slot"] = index // books_a_slot
            book["orders"], book["capacity"] = self.orders[index].ctypes.data, capacity
            book["first_free"] = book["first_waiting"] = book["last_waiting"] = -1
            book["above"], book["above_slot"] = np.inf, -1
            book["below"], book["below_slot"] = -np.inf, -1
            book["allocation"] = 1.0 if self.inputs.portfolio else 1.0 / len(self.books)
            book["volume_left"] = np.inf
            if self.inputs.holdings[index]:
                first = self.inputs.candles[index].open[0]
                book["position"] = self.inputs.holdings[index]
                book["entry"] = book["price"] = book["trade_high"] = book["trade_low"] = first
        for index, (state, rows) in enumerate(zip(self.states, self.inputs.indicators, strict=True)):
            slot = self.slots[index]
            slot["run"], slot["state"], slot["state_size"] = address, state.ctypes.data, state.itemsize
            slot["indicators"], slot["indicator_stride"] = rows.ctypes.data, rows.strides[0]
            slot["first_book"], slot["book_count"] = index * books_a_slot, books_a_slot
            slot["timeless"] = self.inputs.program.timeless

    def _point_steps(self) -> None:
        """Point the slots at the compiled steps, or at Python."""
        if self.compiled:
            for step, address in self.inputs.native.addresses.items():
                self.slots[step] = address
            return
        accounts = [Account(self.books, i, self.books.ctypes.data + i * BOOK_SIZE) for i in range(len(self.books))]
        for index, state in enumerate(self.states):
            slot = self.slots[index]
            own = accounts[slot["first_book"] : slot["first_book"] + slot["book_count"]]
            twin = Interpreted(
                self.inputs.program,
                state,
                self.inputs.grid,
                self.inputs.indicators[index],
                own,
                None if self.inputs.portfolio else index,
            )
            self.interpreted.append(twin)
            for step, address in twin.addresses.items():
                slot[step] = address

    @property
    def marked(self) -> int | None:
        """Return how many candles are matched and marked whole; None while one is being matched."""
        run = self.run[0]
        if run["phase"] == 1:
            return int(run["k"]) + 1
        return int(run["k"]) if run["b"] == 0 and run["status"] in (codes.OK, codes.STOPPED) else None

    @property
    def k(self) -> int:
        """Return how many candles lie behind the run."""
        return int(self.run[0]["k"])

    def advance(self, until: int | None = None, progress: Progress | None = None) -> None:
        """Go forward to a candle (default: the end); raises StrategyError where the author's code fails."""
        total = len(self.inputs.grid) if until is None else until
        if self.compiled and threading.current_thread() is threading.main_thread():
            self._advance_beside(total, progress)
            return
        step = total if self.compiled else INTERPRETED_STEP
        with np.errstate(divide="raise", invalid="raise"):  # numpy numbers in interpreted methods fail as Python's do
            while self.k < total:
                self._advance_to(min(total, self.k + step))
                if progress is not None:
                    progress(self.k, total)

    def _advance_beside(self, total: int, progress: Progress | None) -> None:
        """Advance in a thread, so that this one hears Ctrl-C: Python handles no signal while native code runs."""
        raised: list[BaseException] = []

        def work() -> None:
            try:
                self._advance_to(total)
            except BaseException as error:
                raised.append(error)

        worker = threading.Thread(target=work, daemon=True)
        worker.start()
        try:
            while worker.is_alive():
                worker.join(LOOK_SECONDS)
                if progress is not None:
                    progress(self.k, total)
        except KeyboardInterrupt:
            self.run[0]["stop"] = 1
            worker.join(STOP_SECONDS)
            raise
        if raised:
            raise raised[0]

    def _advance_to(self, until: int) -> None:
        run = self.run[0]
        while True:
            status = advance(self.run.ctypes.data, until)
            if status == codes.OK:
                return
            if status == codes.NEED_ROOM:
                self._grow()
                run["status"] = codes.OK
                continue
            if status == codes.STOPPED:
                return
            raise self._failure(int(status))

    def _grow(self) -> None:
        for name in ("fill", "event"):
            rows = getattr(self, name + "s")
            count = int(self.run[0][name + "_count"])
            if count + getattr(self, f"_{name}_room") > len(rows):
                larger = np.zeros(2 * len(rows), rows.dtype)
                larger[:count] = rows[:count]
                setattr(self, name + "s", larger)
                self.run[0][name + "s"], self.run[0][name + "_room"] = larger.ctypes.data, len(larger)

    def _failure(self, status: int) -> BaseException:
        k = self.k
        when = iso(int(self.inputs.grid["open_ms"][k, 0]))
        owner = type(self.inputs.strategy).__name__
        if status == codes.TOO_MANY_FILLS:
            limit = int(self.run[0]["max_candle_fills"])
            return StrategyError(
                f"{owner}: more than {limit} fills within the candle of {when}; "
                "an order placed in on_fill fills at once, again and again"
            )
        if status == codes.TOO_MANY_EVENTS:
            return StrategyError(
                f"{owner}: more than {self._event_room} denied or cancelled orders within the candle of {when}"
            )
        for twin in self.interpreted:
            if twin.error is not None:
                if isinstance(twin.error, KeyboardInterrupt):
                    return twin.error
                error = blamed(twin.error, owner, when)
                error.__cause__ = twin.error
                return error
        return self._replayed(k, owner, when)

    def _replayed(self, k: int, owner: str, when: str) -> BaseException:
        """Compiled code has no traceback: come to the same candle again and play it interpreted."""
        again = Run(self.inputs, self.rules)
        again.advance(k)
        again.compiled = False
        again._point_steps()
        try:
            again.advance(k + 1)
        except StrategyError as error:
            return error
        return StrategyError(f"{owner}: failed at the candle of {when}, compiled only; run it with compiled=False")
