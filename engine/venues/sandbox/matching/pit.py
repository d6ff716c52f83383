"""One market on its way: the path through its candles, and the order in which it meets what rests.

Owns where in its candles the market is; rules T3 and P1 of docs/understand_a_fill.md. Must not know
requests or clocks. While nothing rests in it, its way within a candle is gone when somebody looks: with many markets,
nobody looks at most of them most of the time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any, Protocol

from engine.venues.sandbox.decimals import nearest
from engine.venues.sandbox.matching.face import Face, Veil
from engine.venues.sandbox.matching.filling import Filling
from engine.venues.sandbox.matching.instrument import Instrument
from engine.venues.sandbox.matching.meeting import Meeting
from engine.venues.sandbox.matching.order import Order
from engine.venues.sandbox.matching.tape import Tape

ENDLESS = Decimal("Infinity")


class Watch(Protocol):
    """Look along the path for what is no order of the book: what falls due as candles open, margin that is called."""

    def looks(self, pit: Pit) -> bool:
        """Return whether anything may be called along the way of a market."""

    def opens(self, pit: Pit, price: Decimal, now_ms: int) -> None:
        """Take what is due before anything fills at an open."""

    def next_call(self, pit: Pit, direction: int) -> Decimal | None:
        """Return the path price at which something is called next, on the way up, down, or here (0); None: nowhere."""

    def call(self, pit: Pit) -> None:
        """Take what is called at the present price."""

    def halts(self, pit: Pit) -> None:
        """Settle what is left when trading ends for good."""


class Pit(Meeting):
    """Walk one market. participation: share of a candle's volume that our fills may take; None: any."""

    def __init__(
        self, instrument: Instrument, tape: Tape, filling: Filling, start_ms: int, participation: Decimal | None
    ) -> None:
        self.tape, self.participation = tape, participation
        self._due_ms = 0  # until when the way is still to go; 0: it has been gone
        self._way = tape.way(0)  # of candle k
        self.halted = False  # trading has ended before the candles have
        self.closed: list[Callable[[Pit, int], None]] = []  # who is told of each candle that closes, by its number
        self.changes: dict[str, Any] = {}  # of the instrument, from the next candle on
        self.veil = Veil()
        self.k, self.inside = tape.index_at(start_ms), False
        self.watch: Watch | None = None
        super().__init__(instrument, filling, tape.way(max(0, self.k - 1))[3], start_ms)
        self._high = self._low = self.price
        self._end_ms = 0
        self.advance(start_ms)

    def _gone(self) -> None:
        """Go what is due."""
        due_ms, self._due_ms = self._due_ms, 0
        self._legs(due_ms)

    @property
    def price(self) -> Decimal:
        """Return the path's price, quote."""
        if self._due_ms:
            self._gone()
        return self._price

    @price.setter
    def price(self, price: Decimal) -> None:
        self._price = price

    @property
    def now_ms(self) -> int:
        """Return the time up to which it has gone."""
        return self._due_ms or self._now_ms

    @now_ms.setter
    def now_ms(self, now_ms: int) -> None:
        self._now_ms = now_ms

    @property
    def high(self) -> Decimal:
        """Return the highest price of the candle so far."""
        if self._due_ms:
            self._gone()
        return self._high

    @property
    def low(self) -> Decimal:
        """Return the lowest price of the candle so far."""
        if self._due_ms:
            self._gone()
        return self._low

    def arrive(self, order: Order) -> None:
        """Let an order meet the market as it stands, and not the way that led there."""
        if self._due_ms:
            self._gone()
        super().arrive(order)

    @property
    def mark(self) -> Decimal:
        """Return the price that counts for margin."""
        return self.price

    @property
    def is_closed(self) -> bool:
        """Return whether the candles have come to their end."""
        return self.halted or (not self.inside and not self.tape.has(self.k))

    @property
    def face(self) -> Face:
        """Return the market as it is shown: where it stands, or where it stood when a veil fell over it."""
        still = self.veil.still
        if still is not None and self.now_ms < self.veil.still_until_ms:
            return still
        return self.here

    @property
    def here(self) -> Face:
        """Return where the market stands."""
        return Face(self.k, self.inside, self.now_ms, self.price, self.high, self.low)

    def halt(self) -> None:
        """End trading for good: what is open ends EXPIRED, and the market stands still."""
        if self.halted:
            return
        if self._due_ms:
            self._gone()
        orders = [
            order for (_, symbol), open_ in self.filling.open.items() if symbol == self.instrument.symbol
            for order in open_.values()
        ]  # fmt: skip
        for order in sorted(orders, key=lambda one: one.id):
            self.cancel(order, "EXPIRED")
        if self.watch is not None:
            self.watch.halts(self)
        self.halted = True

    def advance(self, until_ms: int) -> None:
        """Go on until a time; what opens at that very time has opened (rule T3)."""
        if self.inside and until_ms < self._end_ms and self._is_quiet:
            self._due_ms = max(self.now_ms, until_ms)
            return
        if self._due_ms:
            self._gone()
        while not self.halted:
            if self.inside:
                end_ms = self.tape.open_ms(self.k) + self.tape.step_ms
                self._legs(until_ms)
                if until_ms < end_ms:
                    return
                self.inside, self.k = False, self.k + 1
                if self.veil.hides:
                    self.veil.forget(self.now_ms)
                for told in self.closed:
                    told(self, self.k - 1)
            elif self.tape.has(self.k) and self.tape.open_ms(self.k) <= until_ms:
                self._open()
            else:
                self.now_ms = max(self.now_ms, until_ms)
                return

    @property
    def _is_quiet(self) -> bool:
        rests = self.book.orders or self.pending or self.later or self.halted
        return not (rests or (self.watch is not None and self.watch.looks(self)))

    def _open(self) -> None:
        if self.changes:
            self.instrument, self.changes = replace(self.instrument, **self.changes), {}
            self.tape.tick, self.tape.lot = self.instrument.tick, self.instrument.lot
        volume = self.tape.volume(self.k)
        if not self.tape.tells_volume:
            self.volume_left = ENDLESS
        else:  # a candle without volume had no trades, so none of ours either
            self.volume_left = volume * self.participation if self.participation is not None else volume and ENDLESS
        self.inside, self.now_ms, self._way = True, self.tape.open_ms(self.k), self.tape.way(self.k)
        self._end_ms = self.now_ms + self.tape.step_ms
        price = self._high = self._low = self._way[0]
        if self.watch is not None:
            self.watch.opens(self, price, self.now_ms)
        self._move(price, self.now_ms)
        self.pending, self.later = sorted(self.later, key=lambda one: one.age), []  # the older first
        self._call_here()
        if not self.exhausted:
            # At the open everything crossed has the same price, so it goes by age.
            for order in self.book.crossed(price):
                if not order.is_open:  # a margin call between two of them ends those of its position
                    continue
                if self.exhausted:
                    self.book.rest(order)
                else:
                    self.meet(order, price)
                    self._call_here()
        while self.pending and not self.exhausted:
            self.arrive(self.pending.pop(0))
            self._call_here()
        if self.exhausted:
            self.suspend(price, price)

    def _legs(self, until_ms: int) -> None:
        way, start_ms, step_ms = self._way, self.tape.open_ms(self.k), self.tape.step_ms
        times = (start_ms, start_ms + step_ms // 3, start_ms + step_ms // 3 * 2, start_ms + step_ms)
        for i in range(3):
            if self.now_ms < times[i + 1] and self.now_ms < until_ms:
                self._leg(times[i], times[i + 1], way[i], way[i + 1], until_ms)

    def _leg(self, from_ms: int, to_ms: int, start: Decimal, end: Decimal, until_ms: int) -> None:
        goal_ms = min(to_ms, until_ms)
        direction = (end > start) - (end < start)
        goal = end
        if goal_ms < to_ms:
            point = nearest(start + (end - start) * (goal_ms - from_ms) / (to_ms - from_ms), self.instrument.tick)
            goal = min(max(point, self.price), end) if direction >= 0 else max(min(point, self.price), end)
        while True:
            order = self.book.nearest(direction) if direction and not self.exhausted else None
            if order is not None and direction * (order.point - goal) > 0:
                order = None
            at = self.price if order is None else direction * max(direction * order.point, direction * self.price)
            arrives = bool(self.pending) and (order is None or at != self.price)
            before = self.price if arrives else at if order is not None else goal
            called = self.watch.next_call(self, direction) if self.watch is not None else None
            if called is not None and direction * (called - before) <= 0:
                self._move(called, self._time_at(called, start, end, from_ms, to_ms))
                self._call()
            elif arrives:
                self.arrive(self.pending.pop(0))  # what rests at this price came before what arrives
            elif order is not None:
                self._move(at, self._time_at(at, start, end, from_ms, to_ms))
                self.book.drop(order)
                self.meet(order, None)
            else:
                break
        if self.exhausted:
            self.suspend(min(self.price, goal), max(self.price, goal))
        self._move(goal, goal_ms)

    def _time_at(self, price: Decimal, start: Decimal, end: Decimal, from_ms: int, to_ms: int) -> int:
        if start == end:
            return self.now_ms
        return max(self.now_ms, from_ms + int((to_ms - from_ms) * ((price - start) / (end - start))))

    def _call_here(self) -> None:
        if self.watch is not None and self.watch.next_call(self, 0) is not None:
            self._call()

    def _call(self) -> None:
        if self.watch is not None:
            self.watch.call(self)

    def _move(self, price: Decimal, now_ms: int) -> None:
        self.price, self.now_ms = price, now_ms
        self._high, self._low = max(self._high, price), min(self._low, price)
        self.book.trail(price)
