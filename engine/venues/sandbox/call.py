"""One request on its way through the dialect, and what a route says of itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from engine.venues.sandbox.asking import Asked
from engine.venues.sandbox.floor import Floor
from engine.venues.sandbox.keys import Key
from engine.venues.sandbox.limits import Limits
from engine.venues.sandbox.matching.order import Order
from engine.venues.sandbox.refusal import unknown_on_query

F = TypeVar("F", bound=Floor)


@dataclass(slots=True)
class Call(Generic[F]):
    """Hold a request to one floor. now_ms: the wall clock's; key: of a signed request; headers: of the reply."""

    floor: F
    limits: Limits
    asked: Asked
    now_ms: int
    key: Key | None = None
    headers: dict[str, str] = field(default_factory=dict)
    floors: Mapping[str, Floor] = field(default_factory=dict)  # all of the exchange

    @property
    def account(self) -> str:
        """Return whose request it is; only signed ones have somebody."""
        if self.key is None:
            raise ValueError("a public request has no account")
        return self.key.account

    def order(self, id_name: str, client_name: str, query: bool) -> Order:
        """Return the order of a venue's or a client's id; RefusalError -2013 on query, -2011 on cancel."""
        symbol = self.floor.pit(self.asked.text("symbol")).instrument.symbol
        order = self.floor.register.find(self.account, symbol, self.asked, id_name, client_name, query)
        if query and order.shown_ms > self.floor.now_ms:
            raise unknown_on_query()
        return order


@dataclass(frozen=True, slots=True)
class Route:
    """Say what answers a request, what it weighs, and what its key must be allowed to; permission "": it is public."""

    answer: Callable[[Call[Any]], Any]
    weight: int
    permission: str = ""
    weight_of_all: int = 0  # where no symbol was named
    orders: bool = False  # it counts as an order
    unsigned: bool = False  # its key's id is enough
    by_limit: tuple[tuple[int, int], ...] = ()  # weights of up to so many rows; `weight` where none are asked for

    def weighs(self, asked: Asked) -> int:
        """Return the weight of a request."""
        if self.by_limit and asked.has("limit"):
            wanted = asked.whole("limit") or 0
            return next((weight for most, weight in self.by_limit if wanted <= most), self.by_limit[-1][1])
        return self.weight if asked.has("symbol") or not self.weight_of_all else self.weight_of_all
