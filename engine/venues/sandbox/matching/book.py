"""The resting orders of one market, found by the path price that acts on them.

Owns two heaps with stale entries that are passed over. Must not know how an order fills.
"""

from __future__ import annotations

from decimal import Decimal
from heapq import heapify, heappop, heappush

from engine.venues.sandbox.decimals import ZERO
from engine.venues.sandbox.matching.order import Order

Entry = tuple[Decimal, int, Order]  # sign times point, so that the nearest is the least; age; the order


class Book:
    """Keep what rests. Rising: orders that a rise of the path meets; falling: those that a fall meets."""

    def __init__(self) -> None:
        self.orders: dict[int, Order] = {}
        self.changes = 0
        self.trailing: dict[int, Order] = {}
        self.levels: dict[int, dict[Decimal, Decimal]] = {1: {}, -1: {}}  # base at each limit price, by side
        self._shown: dict[int, tuple[int, Decimal, Decimal]] = {}
        self._heaps: dict[int, list[Entry]] = {1: [], -1: []}

    def rest(self, order: Order) -> None:
        """Let an order rest at the point it aims for."""
        self.changes += 1
        order.aim()
        self.orders[order.id] = order
        if order.trailing and order.is_stop:
            self.trailing[order.id] = order
        self._push(order)
        self._hide(order.id)
        if order.has_limit and not order.is_stop:
            self._shown[order.id] = order.side, order.price, order.left
            side = self.levels[order.side]
            side[order.price] = side.get(order.price, ZERO) + order.left

    def drop(self, order: Order) -> None:
        """Take an order out; its entries grow stale."""
        self.changes += 1
        self.orders.pop(order.id, None)
        self.trailing.pop(order.id, None)
        self._hide(order.id)

    def _hide(self, id_: int) -> None:
        """Take out of the levels what an order had put in."""
        if id_ in self._shown:
            side, price, quantity = self._shown.pop(id_)
            left = self.levels[side][price] - quantity
            if left:
                self.levels[side][price] = left
            else:
                del self.levels[side][price]

    def trail(self, price: Decimal) -> None:
        """Let the trailing orders follow the path."""
        for order in self.trailing.values():
            if order.extreme is not None and order.side * (price - order.extreme) < 0:
                order.extreme = price
                order.aim()
                self._push(order)

    def nearest(self, direction: int) -> Order | None:
        """Return the order that a path in this direction meets first, the older of two; None: there is none."""
        heap = self._heaps[direction]
        while heap:
            if self._stands(heap[0], direction):
                return heap[0][2]
            heappop(heap)
        return None

    def next_few(self, direction: int, most: int) -> list[Order]:
        """Return the orders that a path in this direction would meet one after the other, without taking them out."""
        heap, found = self._heaps[direction], dict[int, Order]()
        ahead = [(heap[0], 0)] if heap else []
        while ahead and len(found) < most:
            entry, place = heappop(ahead)
            if self._stands(entry, direction):
                found[entry[1]] = entry[2]
            for child in (2 * place + 1, 2 * place + 2):
                if child < len(heap):
                    heappush(ahead, (heap[child], child))
        return list(found.values())

    def crossed(self, price: Decimal) -> list[Order]:
        """Return all whose point a price has reached, oldest first, and take them out."""
        found: dict[int, Order] = {}
        for direction in (1, -1):
            while (order := self.nearest(direction)) is not None and direction * (price - order.point) >= 0:
                found[order.age] = order
                self.drop(order)
        return [found[age] for age in sorted(found)]

    def reached(self, low: Decimal, high: Decimal) -> list[Order]:
        """Return the waiting stops whose point lies on the way from low to high, oldest first."""
        return sorted(
            (
                one for one in self.orders.values()
                if one.is_stop and one.direction * ((high if one.direction > 0 else low) - one.point) >= 0
            ),
            key=lambda one: one.age,
        )  # fmt: skip

    def _push(self, order: Order) -> None:
        heap = self._heaps[order.direction]
        if len(heap) > 64 + 2 * len(self.orders):
            heap[:] = [entry for entry in heap if self._stands(entry, order.direction)]
            heapify(heap)
        heappush(heap, (order.direction * order.point, order.age, order))

    def _stands(self, entry: Entry, direction: int) -> bool:
        order = entry[2]
        return order.id in self.orders and order.direction == direction and direction * order.point == entry[0]
