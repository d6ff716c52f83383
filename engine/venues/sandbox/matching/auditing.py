"""Whether an order and its fills agree, on any floor. Owns those findings; must not know money."""

from __future__ import annotations

from engine.venues.sandbox.decimals import ZERO
from engine.venues.sandbox.matching.order import Order


def fill_findings(order: Order, earlier: int = 0) -> list[str]:
    """Return one sentence for each disagreement. earlier: fills from before its price was changed."""
    filled = sum((one.quantity for one in order.fills), ZERO)
    quote = sum((one.quantity * one.price for one in order.fills), ZERO)
    findings = []
    if (filled, quote) != (order.filled, order.filled_quote):
        findings.append(f"order {order.id}: fills add up to {filled} for {quote}, it says otherwise")
    if not ZERO <= order.filled <= order.quantity or (order.status == "FILLED") != (order.left == ZERO):
        findings.append(f"order {order.id}: {order.status} with {order.filled} of {order.quantity} filled")
    if order.has_limit and any(order.side * (one.price - order.price) > 0 for one in order.fills[earlier:]):
        findings.append(f"order {order.id}: filled at a price worse than its limit")
    return findings
