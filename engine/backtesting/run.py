"""One run of the core over flat inputs: allocates the records, advances in steps, makes logs larger when asked to."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable

import numpy as np

from engine.backtesting.blame import blamed
from engine.backtesting.curves import Curves
from engine.backtesting.inputs import Inputs, Rules
from engine.backtesting.ruling import Ruling
from engine.backtesting.seats import Rows
from engine.backtesting.volumes import knows_volume, refuse_unknown_volume
from engine.candles.timeframes import iso
from engine.codecache import interrupts_wait
from engine.compiling import Interpreted
from engine.compiling.interpreted import Account
from engine.core import codes
from engine.core.advance import advance
from engine.core.charging import CHARGE_STEP
from engine.core.fills import FILL_STEP
from engine.core.forcing import FORCE_STEP
from engine.core.joint import JOINT_STEP
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
    PAYMENT,
    RUN,
    SLOT,
    TRACK,
)
from engine.core.reserving import SURVEY_STEP
from engine.errors import StrategyError
from engine.strategy import to_record

Progress = Callable[[int, int], None]
STEPS_OF_CORE = {
    "step_match": MATCH_STEP,
    "step_leg": LEG_STEP,
    "step_fill": FILL_STEP,
    "step_end": END_STEP,
    "step_charge": CHARGE_STEP,
    "step_force": FORCE_STEP,
}
STEPS_OF_CROSS_MARGIN = {"step_survey": SURVEY_STEP, "step_joint": JOINT_STEP}
INTERPRETED_STEP = 1 << 11  # candles between two reports of progress
LOOK_SECONDS = 0.05  # between two looks at a compiled run
STOP_SECONDS = 2.0  # what a strategy has to come back from one step


class Run:
    """Hold the memory of one run and take it forward; every record stays readable from outside."""

    def __init__(self, inputs: Inputs, rules: Rules, *, compiled: bool = True) -> None:
        """Allocate everything; nothing has happened yet."""
        self.inputs, self.rules = inputs, rules
        refuse_unknown_volume(inputs, rules)
        self.compiled = compiled and all(seat.native.addresses for seat in inputs.seats)
        timestamps, width = len(inputs.grid), len(inputs.books)
        self.ruling = Ruling(inputs)
        capacity = max(seat.strategy.max_orders for seat in inputs.seats) + self.ruling.exits
        self.states = [to_record(seat.strategy) for seat in inputs.seats]
        self.balances, self.markets, self.details = self._markets(inputs)
        self.orders = np.zeros((width, capacity), ORDER)
        self.books = np.zeros(width, BOOK)
        self.slots = np.zeros(len(self.states), SLOT)
        self.run = np.zeros(1, RUN)
        self.equity, self.exposure = np.empty(timestamps), np.empty(timestamps)  # written in order, read up to `k`
        self.dependent = np.zeros(timestamps, np.uint8)
        max_fills = 1_000 + 8 * capacity
        crossed = sum(  # books that may liquidate each other
            inputs.markets[m].kind != "spot" and inputs.markets[m].margin_mode == "cross" for _, m in inputs.books
        )
        self._fill_room = 2 * max_fills + 2 + crossed
        widest = max(len(seat.markets) for seat in inputs.seats)
        self._event_room = 2 * max_fills + (4 * widest + crossed) * capacity
        self._event_room += self.ruling.watch_events(capacity * width)
        self.fills = np.zeros(4 * self._fill_room, FILL)
        self.events = np.zeros(4 * self._event_room, EVENT)
        self._payment_room = self._fill_room
        self.payments = np.zeros(4 * self._payment_room, PAYMENT)
        scratch = BOOK_SIZE + capacity * ORDER_SIZE + 2 * BALANCE_SIZE + max(state.itemsize for state in self.states)
        scratch += self.ruling.guard_size
        self._scratch = np.zeros(2 * scratch, np.uint8)
        self._fill_run(max_fills, scratch)
        self._fill_cross(crossed, capacity)
        self._fill_books(capacity)
        self._fill_slots()
        self.ruling.point(self.run[0], self.books, self.slots, self.markets)
        self.interpreted: list[Interpreted] = []
        self._point_steps()
        with interrupts_wait():
            advance(self.run.ctypes.data, 0)  # compiles, where that is still to be done, and goes nowhere

    def _markets(self, inputs: Inputs) -> tuple[Rows, Rows, list[Rows]]:
        venues = list(dict.fromkeys(market.venue for market in inputs.markets))
        spots = [market for market in inputs.markets if not market.is_contract]
        balances = np.zeros(len(venues) + len(spots), BALANCE)
        balances["price"][: len(venues)] = 1.0
        for venue, amount in inputs.cash_by_venue.items():
            balances["amount"][venues.index(venue)] = amount
        markets = np.zeros(len(inputs.markets), MARKET)
        details: list[Rows] = []
        sharing = Counter(market for _, market in inputs.books)
        for index, market in enumerate(inputs.markets):
            base = -1 if market.is_contract else len(venues) + spots.index(market)
            if inputs.holdings[index]:
                balances["amount"][base], balances["price"][base] = (
                    inputs.holdings[index],
                    inputs.outlines[index].first_open,
                )
            own, carry = market.record(venues.index(market.venue), base), inputs.carries[index]
            own["sharing"] = sharing[index]
            contract = market.kind in ("linear", "future") and market.margin_mode == "cross"
            own["plain"] = int(contract and carry.mark is None and sharing[index] == 1)
            own["tiers"], own["tier_count"] = carry.tiers.ctypes.data, len(carry.tiers)
            own["funding"], own["funding_count"] = carry.stamps.ctypes.data, len(carry.stamps)
            own["mark"] = 0 if carry.mark is None else carry.mark.ctypes.data
            if inputs.detail is not None:
                fine = np.empty(len(inputs.detail[index]), CANDLE)
                for name in CANDLE.names or ():
                    fine[name] = getattr(inputs.detail[index], name)
                details.append(fine)
                own["detail"], own["detail_count"] = fine.ctypes.data, len(fine)
            if own["costs_vary"]:
                own["gauge"] = inputs.gauged()[index].ctypes.data
            own["volume_unknown"] = int(not knows_volume(inputs, index))
            markets[index] = tuple(own.get(name, 0) for name in MARKET.names or ())
        balances["close"] = balances["price"]
        return balances, markets, details

    def _fill_run(self, max_fills: int, scratch: int) -> None:
        run, inputs, rules = self.run[0], self.inputs, self.rules
        run["candles"] = inputs.grid.ctypes.data
        run["candle_count"], run["market_count"] = inputs.grid.shape
        run["timeframe_ms"] = inputs.timeframe_ms
        for name in (
            "markets",
            "slots",
            "books",
            "balances",
            "fills",
            "events",
            "payments",
            "equity",
            "exposure",
            "dependent",
        ):
            run[name] = getattr(self, name).ctypes.data
        run["slot_count"], run["book_count"] = len(self.slots), len(self.books)
        run["balance_count"] = len(self.balances)
        run["start"] = inputs.start
        run["path"] = codes.PATHS.index(rules.path)
        run["touch_fills"], run["seed"], run["latency_ms"] = float(rules.touch_fills), rules.seed, rules.latency_ms
        run["participation"] = np.nan if rules.participation is None else rules.participation
        run["fill_room"], run["event_room"] = len(self.fills), len(self.events)
        run["payment_room"] = len(self.payments)
        timed = any(len(carry.stamps) or m.expiry for carry, m in zip(inputs.carries, inputs.markets, strict=True))
        run["due_ms"] = 0 if timed else codes.NEVER
        run["detail_ms"] = inputs.detail[0].timeframe_ms if inputs.detail else 0
        run["scratch"], run["scratch_size"] = self._scratch.ctypes.data, scratch
        run["max_candle_fills"] = max_fills
        run["decision_events"] = self._event_room
        run["equity_now"] = inputs.equity_start
        for name, step in STEPS_OF_CORE.items():
            run[name] = step.address

    def _fill_cross(self, crossed: int, capacity: int) -> None:
        """Make what several positions on one balance need: they may have to walk together, and from copies."""
        run, inputs = self.run[0], self.inputs
        run["cross_books"], run["undo_k"], run["joint_k"] = crossed, -1, -1
        run["isolated_books"] = sum(
            inputs.markets[m].kind != "spot" and inputs.markets[m].margin_mode == "isolated" for _, m in inputs.books
        )
        run["worst_rate"] = max(
            tier.rate + market.taker_fee_rate * (market.maintenance_fee or market.kind == "margin")
            for market in inputs.markets
            for tier in market.tiers
        )
        quotes = [self.markets[market]["quote_balance"] for _, market in inputs.books]
        margined = [
            quote
            for quote, (_, m) in zip(quotes, inputs.books, strict=True)
            if inputs.markets[m].kind != "spot" and inputs.markets[m].margin_mode == "cross"
        ]
        run["together"] = any(quotes.count(quote) > 1 for quote in margined)
        if not run["together"]:
            return
        run["netted"] = any(
            record["sharing"] > 1 and not market.hedge_mode
            for market, record in zip(inputs.markets, self.markets, strict=True)
        )
        for market, record in zip(inputs.markets, self.markets, strict=True):
            if market.kind != "spot" and market.margin_mode == "cross":
                self.balances["margined"][record["quote_balance"]] = 1
        for name, step in STEPS_OF_CROSS_MARGIN.items():
            run[name] = step.address
        run["asks"] = any("on_fill" in seat.program.steps for seat in inputs.seats)
        # What gains in inverse contracts is no straight line along a leg: there cross margin is looked at more often.
        run["joint_step"] = 1 / 48 if any(market.kind == "inverse" for market in inputs.markets) else 1.0
        self.tracks = np.zeros(len(self.books), TRACK)
        self._busy = np.zeros(len(self.books), np.int64)
        run["busy"] = self._busy.ctypes.data
        run["tracks"] = self.tracks.ctypes.data
        shared = RUN.itemsize + len(self.balances) * BALANCE_SIZE + self.ruling.guard_size + 8
        book = BOOK_SIZE + capacity * ORDER_SIZE + 24
        states = [self.states[seat].itemsize for seat, _ in inputs.books]
        size = shared + len(self.books) * book + sum(states)
        size = (size + 7) // 8 * 8
        self._wide = np.zeros(3 * size // 8, np.int64)  # touched, and so paid for, only where it is used
        run["wide"], run["wide_size"], run["undo"] = self._wide.ctypes.data, size, self._wide.ctypes.data + 2 * size

    def _fill_books(self, capacity: int) -> None:
        inputs, address = self.inputs, self.run.ctypes.data
        for index, (seat, market) in enumerate(inputs.books):
            book, held = self.books[index], inputs.held[index]
            book["run"], book["index"], book["market"], book["slot"] = address, index, market, seat
            book["orders"], book["capacity"] = self.orders[index].ctypes.data, capacity
            book["first_free"] = book["first_waiting"] = book["last_waiting"] = -1
            book["above"], book["above_slot"] = np.inf, -1
            book["below"], book["below_slot"] = -np.inf, -1
            book["allocation"] = inputs.seats[seat].allocation
            book["volume_left"] = np.inf
            book["mark"] = book["mark_before"] = np.nan
            book["liquidated_below"], book["liquidated_above"] = -np.inf, np.inf
            if held:
                book["position"] = held
                first = inputs.outlines[market].first_open
                book["entry"] = book["price"] = book["trade_high"] = book["trade_low"] = first

    def _fill_slots(self) -> None:
        first_book = 0
        for slot, seat, state in zip(self.slots, self.inputs.seats, self.states, strict=True):
            slot["run"], slot["state"], slot["state_size"] = self.run.ctypes.data, state.ctypes.data, state.itemsize
            slot["indicators"], slot["indicator_stride"] = seat.indicators.ctypes.data, seat.indicators.strides[0]
            slot["first_book"], slot["book_count"] = first_book, len(seat.markets)
            slot["timeless"] = seat.program.timeless
            first_book += len(seat.markets)

    def _point_steps(self) -> None:
        """Point the slots at the compiled steps, or at Python."""
        if self.compiled:
            for slot, seat in zip(self.slots, self.inputs.seats, strict=True):
                for step, address in seat.native.addresses.items():
                    slot[step] = address
            return
        accounts = [Account(self.books, i, self.books.ctypes.data + i * BOOK_SIZE) for i in range(len(self.books))]
        grid, tables = self._tables()
        for slot, seat, state, table in zip(self.slots, self.inputs.seats, self.states, tables, strict=True):
            own = accounts[slot["first_book"] : slot["first_book"] + slot["book_count"]]
            columns = seat.markets if seat.portfolio else None
            twin = Interpreted(seat.program, state, grid, table, own, columns)
            self.interpreted.append(twin)
            for step, address in twin.addresses.items():
                slot[step] = address

    def _tables(self) -> tuple[Rows, list[Rows]]:
        """Return the rows of candles and of indicators that the core's addresses point into."""
        return self.inputs.grid, [seat.indicators for seat in self.inputs.seats]

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
        for name in ("fill", "event", "payment"):
            rows = getattr(self, name + "s")
            count = int(self.run[0][name + "_count"])
            if self.run[0]["starved"] or count + getattr(self, f"_{name}_room") > len(rows):
                larger = np.zeros(2 * len(rows), rows.dtype)
                larger[:count] = rows[:count]
                setattr(self, name + "s", larger)
                self.run[0][name + "s"], self.run[0][name + "_room"] = larger.ctypes.data, len(larger)
        self.run[0]["starved"] = 0

    def curves(self, done: int) -> Curves:
        """Return what the first `done` candles left behind."""
        inputs = self.inputs
        last = float(inputs.grid["close"][done - 1, 0]) if done else np.nan
        close_ms = inputs.grid["open_ms"][:done, 0] + inputs.timeframe_ms
        dependent = self.dependent[:done].astype(np.bool_)
        return Curves(done, close_ms, self.equity[:done], self.exposure[:done], dependent, last)

    def _open_ms(self, k: int) -> int:
        return int(self.inputs.grid["open_ms"][k, 0])

    def _failure(self, status: int) -> BaseException:
        k = self.k
        when = iso(self._open_ms(k))
        b = int(self.run[0]["b"])  # the seat that was asked, or the book that was matched
        seat = self.inputs.seats[b if self.run[0]["phase"] == 1 else self.inputs.books[b][0]]
        owner = seat.name
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
