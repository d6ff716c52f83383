"""What happens when an order meets the market: it fills, rests, triggers or ends.

Owns one market's price, its book and the volume that is left of the candle; rules F1-F3 and F5 of understand_a_fill.md.
What the venue does otherwise stands where it is done. Must not know candles or requests.
"""

from __future__ import annotations

from decimal import Decimal

from engine.venues.sandbox.decimals import ZERO, down
from engine.venues.sandbox.matching.book import Book
from engine.venues.sandbox.matching.filling import Filling
from engine.venues.sandbox.matching.instrument import Instrument
from engine.venues.sandbox.matching.order import Order

AT_ONCE = ("IOC", "FOK")  # what does not fill now never does; GTX is GTC that must not take


class Meeting:
    """Let orders meet one market where it stands: at a price, at a time in ms, with a volume left in base."""

    def __init__(self, instrument: Instrument, filling: Filling, price: Decimal, now_ms: int) -> None:
        self.instrument, self.filling = instrument, filling
        self.book = Book()
        self.pending: list[Order] = []  # triggered, to arrive at once
        self.later: list[Order] = []  # triggered without any volume left, to arrive with the next candle
        self.price, self.now_ms, self.volume_left = price, now_ms, ZERO

    @property
    def exhausted(self) -> bool:
        """Return whether this candle's volume is used up (rule F5)."""
        return self.volume_left < self.instrument.lot

    def meet(self, order: Order, open_price: Decimal | None) -> None:
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
        elif self.filling.trigger(order, self.now_ms):
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
            if takes and whole and order.time_in_force != "GTX":
                self._take(order)
            elif takes or order.time_in_force in AT_ONCE:
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
        if order.has_limit and order.time_in_force not in AT_ONCE:
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

    def suspend(self, low: Decimal, high: Decimal) -> None:
        """With the volume used up, stops that the path meets trigger, and go on with the next candle."""
        for order in self.book.reached(low, high):
            self.book.drop(order)
            if order.trailing and order.extreme is None:
                order.extreme = order.point
                self.book.rest(order)
            elif self.filling.trigger(order, self.now_ms):
                self.later.append(order)
