"""Everything the exchange holds, and whether it adds up.

Owns the audit: money in equals money out to the last unit, recomputed from the ledger and the fills alone. Must not
change anything.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any

from engine.venues.sandbox.decimals import ZERO, text
from engine.venues.sandbox.exchange import Exchange
from engine.venues.sandbox.ledger import PARTIES
from engine.venues.sandbox.order import Order
from engine.venues.sandbox.replies import queried, trade


def truth(exchange: Exchange) -> dict[str, Any]:
    """Return accounts with balances, keys, orders and fills, the whole ledger, and the audit's findings."""
    findings = audit(exchange)
    orders = exchange.orders.values()
    return {
        "time": exchange.now_ms,
        "accounts": {
            name: {
                "balances": {
                    asset: {"free": text(free), "locked": text(locked)}
                    for asset, (free, locked) in exchange.balances(name).items()
                },
                "keys": [key.told() for key in exchange.ring.keys.values() if key.account == name],
                "orders": [queried(one) for one in orders if one.account == name],
                "fills": [trade(one, fill) for one in orders if one.account == name for fill in one.fills],
            }
            for name in exchange.accounts
        },
        "parties": {
            party: {asset: text(amount) for asset, amount in sorted(exchange.ledger.balances[party].items())}
            for party in PARTIES
        },
        "ledger": [
            [one.time_ms, one.giver, one.taker, one.asset, text(one.amount), one.reason, one.reference]
            for one in exchange.ledger.postings
        ],
        "audit": {"ok": not findings, "findings": findings},
    }


def audit(exchange: Exchange) -> list[str]:
    """Return one sentence for each thing that does not add up; none when all is well."""
    findings, ledger = [], exchange.ledger
    replayed: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for one in ledger.postings:
        replayed[one.giver, one.asset] -= one.amount
        replayed[one.taker, one.asset] += one.amount
    held = {(who, asset): sum_ for who, assets in ledger.balances.items() for asset, sum_ in assets.items()}
    for who, asset in sorted(replayed.keys() | held.keys()):
        amount, stands = replayed[who, asset], held.get((who, asset), ZERO)
        if amount != stands:
            findings.append(f"{who} {asset}: the ledger says {amount}, the balance {stands}")
    for asset in sorted({asset for _, asset in held}):
        total = sum(amount for (_, named), amount in held.items() if named == asset)
        if total != ZERO:
            findings.append(f"{asset}: all parties together hold {total}, expected 0")
    claims: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for order in exchange.orders.values():
        claims[order.account, order.locked_asset] += order.locked
        findings += _order(order)
    for name in exchange.accounts:
        for asset, (free, locked) in exchange.balances(name).items():
            if locked != claims[name, asset]:
                findings.append(f"{name} {asset}: {locked} is locked, open orders claim {claims[name, asset]}")
            if free < ZERO or locked < ZERO:
                findings.append(f"{name} {asset}: free {free} and locked {locked} must not be below 0")
    return findings + _fills(exchange)


def _order(order: Order) -> list[str]:
    filled = sum((one.quantity for one in order.fills), ZERO)
    quote = sum((one.quantity * one.price for one in order.fills), ZERO)
    findings = []
    if (filled, quote) != (order.filled, order.filled_quote):
        findings.append(f"order {order.id}: fills add up to {filled} for {quote}, it says otherwise")
    if not ZERO <= order.filled <= order.quantity or (order.status == "FILLED") != (order.left == ZERO):
        findings.append(f"order {order.id}: {order.status} with {order.filled} of {order.quantity} filled")
    if order.has_limit and any(order.side * (one.price - order.price) > 0 for one in order.fills):
        findings.append(f"order {order.id}: filled at a price worse than its limit")
    if order.is_open:
        resting = order.left * (order.price or order.stop) if order.side > 0 else order.left
        exact = not order.trailing and not order.buys_at_any_price
        if order.locked != resting if exact else order.locked < ZERO:
            findings.append(f"order {order.id}: locks {order.locked}, expected {resting}")
    elif order.locked != ZERO:
        findings.append(f"order {order.id}: {order.status} and still locks {order.locked}")
    return findings


def _fills(exchange: Exchange) -> list[str]:
    """Hold each fill against its postings: both legs and the fee, and no posting without a fill."""
    posted: dict[tuple[str, int, str], Decimal] = defaultdict(Decimal)
    for one in exchange.ledger.postings:
        if one.reason != "deposit":
            posted[one.reason, one.reference, one.asset] += one.amount if one.giver not in PARTIES else -one.amount
    for order in exchange.orders.values():
        for fill in order.fills:
            of = order.instrument
            posted["trade", fill.id, of.base] += order.side * fill.quantity
            posted["trade", fill.id, of.quote] -= order.side * fill.quantity * fill.price
            posted["fee", fill.id, fill.fee_asset] -= fill.fee
    return [f"{kind} {id_}: {left} {asset} is unexplained" for (kind, id_, asset), left in posted.items() if left]
