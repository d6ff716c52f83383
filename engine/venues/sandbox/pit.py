"""One market on its way: the path through its candles, and what the path does to orders.

Owns price, time and the volume that is left of the candle. The rules are P1 and F1-F7 of
docs/understand_a_fill.md; what the venue does otherwise stands where it is done. Must not know requests or clocks.
"""

from __future__ import annotations

from decimal import Decimal

from engine.venues.sandbox.book import Book
from engine.venues.sandbox.decimals import ZERO, down, nearest
from engine.venues.sandbox.filling import Filling
from engine.venues.sandbox.instrument import Instrument
from engine.venues.sandbox.order import Order
from engine.venues.sandbox.tape import Tape

ENDLESS = Decimal("Infinity")


class Pit:
    """Match one market's orders. participation: share of a candle's volume that our fills may take; None: any."""

    def __init__(
        self, instrument: Instrument, tape: Tape, filling: Filling, start_ms: int, participation: Decimal | None
    ) -> None:
        self.instrument, self.tape, self.filling, self.participation = instrument, tape, filling, participation
        self.book = Book()
        self.pending: list[Order] = []  # triggered, to arrive at once
        self.later: list[Order] = []  # triggered without any volume left, to arrive with the next candle
        self.k, self.inside = tape.index_at(start_ms), False
        self.now_ms = start_ms
        self.volume_left = ZERO
        self.price = self.high = self.low = tape.way(max(0, self.k - 1))[3]
        self.advance(start_ms)

    @property
    def is_closed(self) -> bool:
        """Return whether the candles have come to their end."""
        return not self.inside and not self.tape.has(self.k)

    @property
    def exhausted(self) -> bool:
        """Return whether this candle's volume is used up (rule F5)."""
        return self.volume_left < self.instrument.lot

    def advance(self, until_ms: int) -> None:
        """Go on until a time; what opens at that very time has opened (rule T3)."""
        while True:
            if self.inside:
                end_ms = self.tape.open_ms(self.k) + self.tape.step_ms
                self._legs(until_ms)
                if until_ms < end_ms:
                    return
                self.inside, self.k = False, self.k + 1
            elif self.tape.has(self.k) and self.tape.open_ms(self.k) <= until_ms:
                self._open()
            else:
                self.now_ms = max(self.now_ms, until_ms)
                return

    def _open(self) -> None:
        volume = self.tape.volume(self.k)
        if not self.tape.tells_volume:
            self.volume_left = ENDLESS
        else:  # a candle without volume had no trades, so none of ours either
            self.volume_left = volume * self.participation if self.participation is not None else volume and ENDLESS
        self.inside, self.now_ms = True, self.tape.open_ms(self.k)
        price = self.high = self.low = self.tape.way(self.k)[0]
        self._move(price, self.now_ms)
        self.pending, self.later = self.later, []
        if not self.exhausted:
            # At the open everything crossed has the same price, so it goes by age.
            for order in self.book.crossed(price):
                if self.exhausted:
                    self.book.rest(order)
                else:
                    self._meet(order, price)
        while self.pending and not self.exhausted:
            self.arrive(self.pending.pop(0))
        if self.exhausted:
            self._suspend(price, price)

    def _legs(self, until_ms: int) -> None:
        way, start_ms, step_ms = self.tape.way(self.k), self.tape.open_ms(self.k), self.tape.step_ms
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
            if self.pending and (order is None or at != self.price):
                self.arrive(self.pending.pop(0))  # what rests at this price came before what arrives
            elif order is not None:
                share = (at - start) / (end - start)
                self._move(at, max(self.now_ms, from_ms + int((to_ms - from_ms) * share)))
                self.book.drop(order)
                self._meet(order, None)
            else:
                break
        if self.exhausted:
            self._suspend(min(self.price, goal), max(self.price, goal))
        self._move(goal, goal_ms)

    def _move(self, price: Decimal, now_ms: int) -> None:
        self.price, self.now_ms = price, now_ms
        self.high, self.low = max(self.high, price), min(self.low, price)
        self.book.trail(price)

    def _meet(self, order: Order, open_price: Decimal | None) -> None:
        """Deal with a resting order whose point the path has reached; at an open a limit may fill better (F2)."""
        if not order.is_stop:
            gapped = open_price is not None and order.side * (order.price - open_price) > 0
            at = open_price if gapped and open_price is not None else order.price
            self._fill(order, at, True)
            if order.is_open:
                self.book.rest(order)
        elif order.trailing and order.extreme is None:
            order.extreme = self.price
            self.book.rest(order)
        else:
            order.triggered, order.updated_ms = True, self.now_ms
            if order.has_limit:
                self.pending.append(order)
            else:
                self._take(order)

    def takes(self, order: Order) -> bool:
        """Return whether a limit order would trade at once."""
        touch = self.price * (1 + order.side * self.instrument.half_spread)
        return order.side * (order.price - touch) >= 0

    def arrive(self, order: Order) -> None:
        """Let an order meet the market as it stands; it fills, rests, or ends EXPIRED."""
        if not order.is_open:
            return
        if order.is_stop:
            order.extreme = self.price if order.trailing and not order.stop else None
            self.book.rest(order)
        elif not order.has_limit:
            self._take(order)
        else:
            takes = self.takes(order)
            whole = order.time_in_force != "FOK" or self.volume_left >= order.left
            if takes and whole:
                self._take(order)
            elif order.time_in_force != "GTC":
                self.filling.end(order, "EXPIRED", self.now_ms)
            else:
                self.book.rest(order)

    def cancel(self, order: Order, status: str = "CANCELED") -> None:
        """Take an open order out."""
        self.book.drop(order)
        self.filling.end(order, status, self.now_ms)

    def _take(self, order: Order) -> None:
        """Fill as a taker, no worse than the limit; the rest waits, rests, or ends as the venue has it."""
        price = self.instrument.taker_price(self.price, order.side)
        if order.has_limit and order.side * (price - order.price) > 0:
            price = order.price
        self._fill(order, price, False)
        if not order.is_open:
            return
        if order.time_in_force == "GTC" and order.has_limit:
            self.book.rest(order)
        elif order.triggered and self.exhausted and self.filling.affordable(order, price, order.left) > ZERO:
            self.later.append(order)
        else:  # the venue does not let a market order wait for volume, as the core does
            self.filling.end(order, "EXPIRED", self.now_ms)

    def _fill(self, order: Order, price: Decimal, maker: bool) -> None:
        quantity = order.left
        if quantity > self.volume_left:
            quantity = down(self.volume_left, self.instrument.lot)
        quantity = self.filling.affordable(order, price, quantity)
        if quantity > ZERO:
            self.volume_left -= quantity
            self.filling.fill(order, quantity, price, maker, self.now_ms)

    def _suspend(self, low: Decimal, high: Decimal) -> None:
        """With the volume used up, stops that the path meets trigger, and go on with the next candle."""
        for order in self.book.reached(low, high):
            self.book.drop(order)
            if order.trailing and order.extreme is None:
                order.extreme = order.point
                self.book.rest(order)
            else:
                order.triggered, order.updated_ms = True, self.now_ms
                self.later.append(order)
