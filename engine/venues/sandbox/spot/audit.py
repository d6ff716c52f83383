"""Whether the spot floor adds up: locks against open orders, and fills against their postings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal

from engine.venues.sandbox.decimals import ZERO
from engine.venues.sandbox.floor import Floor
from engine.venues.sandbox.matching.auditing import fill_findings
from engine.venues.sandbox.matching.ledger import PARTIES
from engine.venues.sandbox.matching.order import Order


def audit(floor: Floor, balances: Mapping[str, Mapping[str, tuple[Decimal, Decimal]]]) -> list[str]:
    """Return one sentence for each thing that does not add up. balances: free and locked by account and asset."""
    findings: list[str] = []
    claims: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for order in floor.orders.values():
        claims[order.account, order.locked_asset] += order.locked
        findings += _order(order)
    for name, assets in balances.items():
        for asset, (free, locked) in assets.items():
            if locked != claims[name, asset]:
                findings.append(f"{name} {asset}: {locked} is locked, open orders claim {claims[name, asset]}")
            if free < ZERO or locked < ZERO:
                findings.append(f"{name} {asset}: free {free} and locked {locked} must not be below 0")
    return findings + _fills(floor)


def _order(order: Order) -> list[str]:
    findings = fill_findings(order)
    if order.is_open:
        resting = order.left * (order.price or order.stop) if order.side > 0 else order.left
        # A market order is open only where something keeps it from the market.
        exact = not order.trailing and not order.buys_at_any_price and order.type != "MARKET"
        if order.locked != resting if exact else order.locked < ZERO:
            findings.append(f"order {order.id}: locks {order.locked}, expected {resting}")
    elif order.locked != ZERO:
        findings.append(f"order {order.id}: {order.status} and still locks {order.locked}")
    return findings


def _fills(floor: Floor) -> list[str]:
    """Hold each fill against its postings: both legs and the fee, and no posting without a fill."""
    posted: dict[tuple[str, int, str], Decimal] = defaultdict(Decimal)
    for one in floor.ledger.postings:
        if one.reason not in ("deposit", "withdrawal"):
            posted[one.reason, one.reference, one.asset] += one.amount if one.giver not in PARTIES else -one.amount
    for order in floor.orders.values():
        for fill in order.fills:
            of = order.instrument
            posted["trade", fill.id, of.base] += order.side * fill.quantity
            posted["trade", fill.id, of.quote] -= order.side * fill.quantity * fill.price
            posted["fee", fill.id, fill.fee_asset] -= fill.fee
    return [f"{kind} {id_}: {left} {asset} is unexplained" for (kind, id_, asset), left in posted.items() if left]
