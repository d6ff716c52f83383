"""Accounts as the page shows them: balances, positions, the first of their open orders, the last of their fills.

Must not change anything, and shows of a key only how it begins.
"""

from __future__ import annotations

from decimal import Decimal
from itertools import islice
from typing import Any

from engine.venues.sandbox.decimals import ZERO, text
from engine.venues.sandbox.exchange import Exchange
from engine.venues.sandbox.floor import Floor
from engine.venues.sandbox.matching.order import Fill, Order
from engine.venues.sandbox.page.watching import Watching

ORDERS, ACCOUNTS = 50, 20


def accounts(exchange: Exchange, watching: Watching) -> list[dict[str, Any]]:
    """Return the first accounts, with what each holds on each floor."""
    return [
        {
            "name": name,
            "keys": [
                {"key": f"{key.id[:6]}…", "permissions": list(key.permissions), "revoked": key.revoked}
                for key in exchange.ring.keys.values()
                if key.account == name
            ],
            "floors": [_floor(floor, name, watching) for floor in exchange.floors.values()],
        }
        for name in islice(exchange.accounts, ACCOUNTS)
    ]


def stepped(value: Decimal, step: Decimal) -> str:
    """Return a number in a step's decimals, or in more where it has them."""
    on_step = value.quantize(step)
    return f"{on_step if on_step == value else value.normalize():f}"


def _floor(floor: Floor, name: str, watching: Watching) -> dict[str, Any]:
    books = [book for (account, _), book in floor.filling.open.items() if account == name and book]
    orders = [order for book in books for order in islice(reversed(book.values()), ORDERS)]
    waiting = floor.waiting(name)
    found = waiting + [(one.id, one.client_id, one) for one in orders]
    found.sort(key=lambda row: (row[2].time_ms, row[0]), reverse=True)
    return {
        "floor": floor.name, "balances": _balances(floor, name), "positions": floor.positions(name),
        "count": sum(len(book) for book in books) + len(waiting),
        "orders": [_order(*one) for one in found[:ORDERS]],
        "fills": [_fill(order, fill) for order, fill in watching.fills[floor.name, name]],
    }  # fmt: skip


def _balances(floor: Floor, name: str) -> list[dict[str, str]]:
    held = floor.ledger.balances[name]
    return [
        {"asset": asset, "total": text(held.get(asset, ZERO)), "free": text(floor.free(name, asset))}
        for asset in sorted(floor.owned(name))
    ]


def _order(id_: int, client_id: str, order: Order) -> dict[str, Any]:
    of = order.instrument
    return {
        "id": id_, "client_id": client_id, "symbol": of.symbol, "side": order.side, "type": order.type,
        "quantity": stepped(order.quantity, of.lot), "filled": stepped(order.filled, of.lot),
        "price": stepped(order.price, of.tick) if order.price else "",
        "stop": stepped(order.stop, of.tick) if order.stop else "", "ms": order.time_ms,
    }  # fmt: skip


def _fill(order: Order, fill: Fill) -> dict[str, Any]:
    of = order.instrument
    return {
        "id": fill.id, "ms": fill.time_ms, "symbol": of.symbol, "side": order.side,
        "price": stepped(fill.price, of.tick), "quantity": stepped(fill.quantity, of.lot),
        "fee": f"{text(fill.fee)} {fill.fee_asset}", "maker": fill.maker, "client_id": order.client_id,
    }  # fmt: skip
