"""Algo orders: what waits for a price and then becomes an order of the book, with an id of its own.

Owns their states and names. The waiting order rests in the book of its market; when the path reaches it, it is judged
like any other order and enters under a new id, which the algo order keeps as its actual order. Must not know requests.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from engine.venues.sandbox.decimals import ZERO
from engine.venues.sandbox.matching.register import Register
from engine.venues.sandbox.usdm.filling import UsdmFilling
from engine.venues.sandbox.usdm.order import UsdmOrder

FIRST_ID = 1_000_000_000  # far from the ids of orders, so that nobody takes one for the other


@dataclass(slots=True, eq=False)
class AlgoOrder:
    """Hold one. status: NEW, TRIGGERED, FINISHED, CANCELED, EXPIRED or REJECTED; order: what waits or came of it."""

    id: int
    client_id: str
    order: UsdmOrder
    type: str
    created_ms: int
    quantity: Decimal
    activation: Decimal = ZERO
    callback: Decimal = ZERO  # percent
    price_protect: bool = False
    status: str = "NEW"
    updated_ms: int = 0
    triggered_ms: int = 0
    actual_id: int = 0  # of the order it became; 0: of none
    why: str = ""  # it was rejected or has expired

    @property
    def is_open(self) -> bool:
        """Return whether it still waits."""
        return self.status == "NEW"


class Algos:
    """Keep algo orders by account and symbol, oldest first. heard: who is told of every change."""

    def __init__(self, filling: UsdmFilling, register: Register) -> None:
        self.filling, self.register = filling, register
        self.all: dict[int, AlgoOrder] = {}
        self.of_market: dict[tuple[str, str], list[AlgoOrder]] = defaultdict(list)
        self.open: dict[tuple[str, str], dict[int, AlgoOrder]] = defaultdict(dict)
        self.named: dict[tuple[str, str], AlgoOrder] = {}
        self.heard: list[Callable[[AlgoOrder], None]] = []
        self.last_id = 0
        filling.triggering = self

    def next_id(self) -> int:
        """Return the next number of an order, waiting or not; later ones are larger."""
        self.last_id += 1
        return self.last_id

    def add(self, algo: AlgoOrder) -> None:
        """Let an algo order wait."""
        order = algo.order
        key = order.account, order.instrument.symbol
        self.all[algo.id] = self.named[order.account, algo.client_id] = algo
        self.of_market[key].append(algo)
        self.open[key][algo.id] = algo
        self._tell(algo)
        self.filling.pits[order.instrument.symbol].arrive(order)

    def is_taken(self, account: str, client_id: str) -> bool:
        """Return whether an algo order that waits bears a client id already."""
        earlier = self.named.get((account, client_id))
        return earlier is not None and earlier.is_open

    def cancel(self, algo: AlgoOrder, now_ms: int, status: str = "CANCELED", why: str = "") -> None:
        """End one that waits."""
        self.filling.pits[algo.order.instrument.symbol].book.drop(algo.order)
        self._end(algo, status, now_ms, why)

    def end_all(self, account: str, symbol: str, now_ms: int, status: str = "CANCELED") -> int:
        """End all that wait in a market, and return how many there were."""
        waiting = list(self.open[account, symbol].values())
        for algo in waiting:
            self.cancel(algo, now_ms, status)
        return len(waiting)

    def trigger(self, order: UsdmOrder, now_ms: int) -> bool:
        """Let a waiting order enter the book under a new id; False: it was refused, and its algo order has ended."""
        algo = self.all[order.algo_id]
        algo.triggered_ms = now_ms
        account = self.filling.account(order.account)
        if order.reduces:
            closable = account.closable(order)
            if closable == ZERO:
                self._end(algo, "EXPIRED", now_ms, "ReduceOnly Order is rejected.")
                return False
            if order.close_position:
                order.quantity = closable
        else:
            pit = self.filling.pits[order.instrument.symbol]
            price = order.price or pit.instrument.taker_price(pit.price, order.side)
            if self.filling.margins.lacks(account, order, price):
                self._end(algo, "REJECTED", now_ms, "Margin is insufficient.")
                return False
        order.triggered, order.id, order.client_id = True, self.next_id(), str(algo.id)
        order.type = "LIMIT" if order.has_limit else "MARKET"
        order.time_ms = order.updated_ms = now_ms
        algo.actual_id = order.id
        self._end(algo, "TRIGGERED", now_ms)
        self.register.add(order)
        self.filling.admit(order)
        self.filling.claim(order, order.price)
        return True

    def ended(self, order: UsdmOrder) -> None:
        """Finish the algo order of an order that has ended."""
        algo = self.all[order.algo_id]
        if algo.status == "TRIGGERED":
            self._end(algo, "FINISHED", order.updated_ms)

    def _end(self, algo: AlgoOrder, status: str, now_ms: int, why: str = "") -> None:
        algo.status, algo.updated_ms, algo.why = status, now_ms, why
        self.open[algo.order.account, algo.order.instrument.symbol].pop(algo.id, None)
        self._tell(algo)

    def _tell(self, algo: AlgoOrder) -> None:
        for one in self.heard:
            one(algo)
