"""What happens to an account, as the dialect tells it on its user stream. Owns the short field names.

Must not know who listens, and must not change anything.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from engine.venues.sandbox.decimals import ZERO, text
from engine.venues.sandbox.matching.ledger import Posting
from engine.venues.sandbox.matching.order import Fill, Order
from engine.venues.sandbox.spot.floor import SpotFloor


def report(floor: SpotFloor, order: Order, what: str, fill: Fill | None) -> dict[str, Any]:
    """Return an executionReport. what: NEW, TRADE, CANCELED, REJECTED or EXPIRED; fill: that of a TRADE."""
    ended = what == "CANCELED"
    time_ms = order.updated_ms if fill is None else fill.time_ms
    told: dict[str, Any] = {
        "e": "executionReport", "E": floor.now_ms, "s": order.instrument.symbol,
        "c": order.cancel_id if ended else order.client_id, "S": "BUY" if order.side > 0 else "SELL", "o": order.type,
        "f": order.time_in_force, "q": text(order.quantity), "p": text(order.price), "P": text(order.stop),
        "F": text(ZERO), "g": -1, "C": order.client_id if ended else "", "x": what,
        "X": "NEW" if what == "NEW" else order.status, "r": "NONE", "i": order.id,
        "l": text(fill.quantity if fill else ZERO), "z": text(order.filled), "L": text(fill.price if fill else ZERO),
        "n": text(fill.fee) if fill else "0", "N": fill.fee_asset if fill else None, "T": time_ms,
        "t": fill.id if fill else -1, "I": order.id, "w": order.is_open and not order.is_stop and order.has_limit,
        "m": fill is not None and fill.maker, "M": False, "O": order.time_ms, "Z": text(order.filled_quote),
        "Y": text(fill.price * fill.quantity if fill else ZERO), "Q": text(order.quote_quantity),
        "V": "EXPIRE_MAKER",
    }  # fmt: skip
    if order.trailing:
        told["d"] = order.trailing
    if told["w"]:
        told["W"] = time_ms
    return told


def position(floor: SpotFloor, account: str, assets: Iterable[str]) -> dict[str, Any]:
    """Return an outboundAccountPosition: what of some assets is free, and what is locked."""
    locked = floor.ledger.locked[account]
    return {
        "e": "outboundAccountPosition", "E": floor.now_ms, "u": floor.now_ms,
        "B": [
            {"a": one, "f": text(floor.ledger.free(account, one)), "l": text(locked[one] + ZERO)} for one in assets
        ],
    }  # fmt: skip


def deposit(floor: SpotFloor, posting: Posting) -> dict[str, Any]:
    """Return a balanceUpdate: money has come in from outside, or has left."""
    amount = -posting.amount if posting.reason == "withdrawal" else posting.amount
    return {
        "e": "balanceUpdate", "E": floor.now_ms, "a": posting.asset, "d": text(amount), "T": posting.time_ms,
    }  # fmt: skip
