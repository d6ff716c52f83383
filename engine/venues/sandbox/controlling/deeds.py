"""What the venue, or somebody else in the account, does without being asked: delistings, new filters, foreign orders.

Owns these deeds and their parameters. ConfigError: one cannot be done. Delays are the market's time, ms.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from engine.errors import ConfigError, did_you_mean
from engine.venues.sandbox.asking import Asked
from engine.venues.sandbox.decimals import UNIT, ZERO, on_grid
from engine.venues.sandbox.exchange import Exchange
from engine.venues.sandbox.floor import Floor
from engine.venues.sandbox.matching.order import Order
from engine.venues.sandbox.matching.pit import Pit
from engine.venues.sandbox.refusal import RefusalError

Body = dict[str, Any]
CHANGES = ("tick", "lot", "min_notional")


def delisting(exchange: Exchange, body: Body) -> Body:
    """End a market's trading after a delay: open orders end EXPIRED, new ones are refused, candles end."""
    _only(body, "floor", "symbol", "delay_ms")
    floor, pit = _market(exchange, body)
    _after(exchange, body, lambda: floor.close(pit.instrument.symbol))
    return {}


def filters_changed(exchange: Exchange, body: Body) -> Body:
    """Change a market's steps and minimum with the first candle after a delay; what rests keeps its own."""
    _only(body, "floor", "symbol", "delay_ms", *CHANGES)
    floor, pit = _market(exchange, body)
    changes = {name: _positive(body, name) for name in CHANGES if name in body}
    if not changes:
        raise ConfigError(f"filters_changed: expected one or more of {', '.join(CHANGES)}")
    own = pit.instrument
    tick, lot = changes.get("tick", own.tick), changes.get("lot", own.lot)
    resting = [
        order.instrument
        for (_, symbol), open_ in floor.filling.open.items() if symbol == own.symbol
        for order in open_.values()
    ]  # fmt: skip
    for one in (own, *resting):
        if any(step % UNIT for step in (tick * lot, tick * one.lot, one.tick * lot, tick, lot)):
            raise ConfigError(f"filters_changed: tick times lot must be whole units of {UNIT}, was {tick} and {lot}")
    if "lot" in changes:
        changes["min_quantity"] = max(lot, on_grid(own.min_quantity, lot, "ROUND_CEILING"))
    _after(exchange, body, lambda: pit.changes.update(changes))
    return {}


def foreign_order(exchange: Exchange, body: Body) -> Body:
    """Place an order in an account's name, as its owner does on the venue's own page."""
    floor, _ = _market(exchange, body)
    asked = {name: str(value) for name, value in body.items() if name not in ("fault", "floor", "account")}
    asked.setdefault("newClientOrderId", f"web_{len(floor.orders) + 1}")
    order = _obeyed("foreign_order", lambda: floor.place(_account(exchange, body), Asked(asked)))
    return {"orderId": order.id, "clientOrderId": order.client_id, "status": order.status}


def foreign_cancel(exchange: Exchange, body: Body) -> Body:
    """Cancel an account's order behind its back: that of an id, or the oldest that is open in a market."""
    _only(body, "floor", "symbol", "account", "orderId", "origClientOrderId")
    floor, pit = _market(exchange, body)
    account, symbol = _account(exchange, body), pit.instrument.symbol
    asked = Asked({name: str(body[name]) for name in ("orderId", "origClientOrderId") if name in body})
    if asked.values:

        def found() -> Order:
            return floor.register.find(account, symbol, asked, "orderId", "origClientOrderId", False)

        order = _obeyed("foreign_cancel", found)
    else:
        mine = floor.open_orders(account, symbol)
        if not mine:
            raise ConfigError(f"foreign_cancel: {account} has no open order in {symbol}")
        order = mine[0]
    floor.cancel(order)
    return {"orderId": order.id, "clientOrderId": order.client_id, "status": order.status}


DEEDS: dict[str, Callable[[Exchange, Body], Body]] = {
    "delisting": delisting, "filters_changed": filters_changed, "foreign_order": foreign_order,
    "foreign_cancel": foreign_cancel,
}  # fmt: skip


def _only(body: Body, *names: str) -> None:
    for name in body:
        if name not in ("fault", *names):
            raise ConfigError(f'fault: unknown key "{name}"{did_you_mean(name, names)}')


def _market(exchange: Exchange, body: Body) -> tuple[Floor, Pit]:
    name = body.get("floor", next(iter(exchange.floors)))
    if name not in exchange.floors:
        raise ConfigError(f"floor: expected one of {', '.join(exchange.floors)}, was {name!r}")
    pits = exchange.floors[name].pits
    if body.get("symbol") not in pits:
        raise ConfigError(f"symbol: expected one of {', '.join(pits)}, was {body.get('symbol')!r}")
    return exchange.floors[name], pits[body["symbol"]]


def _account(exchange: Exchange, body: Body) -> str:
    name = body.get("account", next(iter(exchange.accounts), None))
    if name not in exchange.accounts:
        raise ConfigError(f"account: there is none called {name!r}")
    return str(name)


def _after(exchange: Exchange, body: Body, what: Callable[[], object]) -> None:
    delay_ms = body.get("delay_ms", 0)
    if type(delay_ms) is not int or delay_ms < 0:
        raise ConfigError(f"delay_ms: expected a whole number from 0, was {delay_ms!r}")
    if delay_ms:
        exchange.plan(delay_ms, what)
    else:
        what()


def _positive(body: Body, name: str) -> Decimal:
    try:
        value = Decimal(str(body[name]))
    except InvalidOperation:
        value = ZERO
    if not value.is_finite() or value <= ZERO:
        raise ConfigError(f"{name}: expected a number above 0, was {body[name]!r}")
    return value


def _obeyed(name: str, what: Callable[[], Order]) -> Order:
    try:
        return what()
    except RefusalError as refusal:
        raise ConfigError(f"{name}: the exchange refused it: {refusal.code} {refusal.message}") from None
