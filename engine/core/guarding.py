"""What the venue or common sense refuses of an order on margin: too much leverage, a stop that could never be reached.

Looked at on arrival, when the price is known. These denials are our own; a venue would reject the first.
"""

import numpy as np

from engine.core import codes
from engine.core.jit import inner
from engine.core.margin import (
    cost_of,
    has_headroom,
    is_contract,
    largest_notional,
    notional_of,
    proceeds_of,
    weigh_all,
    zero_of,
)
from engine.core.memory import balance_of, order_of, run_at, slot_of
from engine.core.orders import end_order
from engine.core.rule_records import risk_at
from engine.core.sizing import stop_of


@inner
def refused(book, slot, market, price):
    """Deny an arriving order that the margin rules forbid; returns True when it was ended."""
    order = order_of(book, slot)
    if order.reduce_only:
        if order.kind == codes.STOP or order.kind == codes.STOP_LIMIT:
            return _beyond(book, slot, order.trigger, book.liquidated_below, book.liquidated_above)
        return False
    quantity = order.quantity - order.filled
    grows = book.position * order.side >= 0.0 or quantity > abs(book.position)
    if not grows:
        return False
    limit = largest_notional(market)
    if limit < np.inf:
        resting = book.buy_value if order.side > 0 else book.sell_value
        held = max(0.0, book.position * order.side)
        whole = notional_of(market, held, price) + resting + notional_of(market, quantity, price)
        if whole > limit:
            end_order(book, slot, codes.DENIED_LEVERAGE, whole, limit)
            return True
    stop = price * (1.0 - order.side * order.stop_loss)
    run = run_at(book.run)
    if np.isnan(stop) and slot_of(run, book.slot).risk != 0:
        stop = stop_of(run, market, risk_at(slot_of(run, book.slot).risk), order.side, price, np.nan)
    if np.isnan(stop):
        return False
    below, above = _after(book, market, order.side * quantity, price, stop)
    return _beyond(book, slot, stop, below, above)


@inner
def _beyond(book, slot, stop, below, above):
    order = order_of(book, slot)
    long = order.side > 0 if not order.reduce_only else order.side < 0
    if long and stop <= below:
        end_order(book, slot, codes.DENIED_STOP_BEYOND_LIQUIDATION, stop, below)
        return True
    if not long and stop >= above:
        end_order(book, slot, codes.DENIED_STOP_BEYOND_LIQUIDATION, stop, above)
        return True
    return False


@inner
def _after(book, market, signed, price, stop):
    """Return the liquidation prices that the position would have once this much more has filled at this price."""
    if not is_contract(market) and book.position + signed >= 0.0:
        return -np.inf, np.inf
    run = run_at(book.run)
    was = book.position
    position = was + signed
    fee = notional_of(market, abs(signed), price) * market.taker_fee_rate
    added = abs(position) if was * position <= 0.0 else abs(signed)
    more = notional_of(market, added, price)
    kept = was * position > 0.0
    if market.kind == codes.MARGIN:
        cost = 0.0
        proceeds = (proceeds_of(book, market) if kept else 0.0) + more
    else:
        unit = 1.0 / price if market.kind == codes.INVERSE else price
        cost = (cost_of(book, market) if kept else 0.0) + np.sign(signed) * added * unit
        proceeds = 0.0
    if market.isolated != 0:
        wallet = (book.margin if kept else 0.0) + more / market.leverage + proceeds
    else:
        balance = balance_of(run, market.quote_balance)
        wallet = balance.amount - fee
        if market.kind == codes.MARGIN:
            wallet += more
        if run.cross_books > 1:
            if has_headroom(run, book, market, abs(stop - price), more + abs(signed) * abs(stop - price) + fee):
                return -np.inf, np.inf  # the stop comes first, wherever the liquidation price is
            weigh_all(run)
            wallet += (balance.floating - book.floating) - (balance.maintenance - book.maintenance)
    return zero_of(market, wallet, position, cost, abs(position))
