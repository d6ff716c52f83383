"""Every order there ever was, by the ids it is asked for. Owns ids and names; must not know markets or money."""

from __future__ import annotations

from collections import defaultdict

from engine.venues.sandbox.asking import Asked
from engine.venues.sandbox.matching.order import Order
from engine.venues.sandbox.refusal import missing, unknown_on_cancel, unknown_on_query


class Register:
    """Keep orders. of_market: by account and symbol, oldest first; named: the youngest of a client id."""

    def __init__(self) -> None:
        self.orders: dict[int, Order] = {}
        self.of_market: dict[tuple[str, str], list[Order]] = defaultdict(list)
        self.named: dict[tuple[str, str, str], Order] = {}

    def add(self, order: Order) -> None:
        """Enter an order that was accepted."""
        account, symbol = order.account, order.instrument.symbol
        self.orders[order.id] = order
        self.of_market[account, symbol].append(order)
        self.named[account, symbol, order.client_id] = order

    def is_taken(self, order: Order) -> bool:
        """Return whether an open order bears its client id already."""
        earlier = self.named.get((order.account, order.instrument.symbol, order.client_id))
        return earlier is not None and earlier.is_open

    def find(self, account: str, symbol: str, asked: Asked, id_name: str, client_name: str, query: bool) -> Order:
        """Return the order of a venue's or a client's id; RefusalError -2013 on query, -2011 on cancel."""
        id_, client_id = asked.whole(id_name), asked.client_id(client_name)
        if id_ is None and not client_id:
            raise missing(id_name)
        order = self.named.get((account, symbol, client_id)) if id_ is None else self.orders.get(id_)
        own = order is not None and order.account == account and order.instrument.symbol == symbol
        if order is None or not own or not (query or order.is_open):
            raise unknown_on_query() if query else unknown_on_cancel()
        return order
