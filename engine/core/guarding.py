"""What the venue or common sense refuses of an order on margin: too much leverage, a stop that could never be reached.

Looked at on arrival, when the price is known. These denials are our own; a venue would reject the first.
"""

import numpy as np

from engine.core import codes
from engine.core.jit import inner
from engine.core.margin import (
    around,
    cost_of,
    is_contract,
    largest_notional,
    liquidation_of,
    net_of,
    notional_of,
    proceeds_of,
    zero_of,
)
from engine.core.memory import order_of, run_at, slot_of
from engine.core.orders import end_order
from engine.core.reserving import surely_bears
from engine.core.rule_records import risk_at
from engine.core.sizing import stop_of


@inner
def refused(book, slot, market, price):
    """Deny an arriving order that the margin rules forbid; returns True when it was ended."""
    order = order_of(book, slot)
    run = run_at(book.run)
    if order.reduce_only:
        if order.kind == codes.STOP or order.kind == codes.STOP_LIMIT:
            return _beyond(run, book, slot, market, 0.0, price, order.trigger)
        return False
    quantity = order.quantity - order.filled
    held, _ = net_of(run, book, market)
    grows = held * order.side >= 0.0 or quantity > abs(held)
    if not grows:
        return False
    limit = largest_notional(market)
    if limit < np.inf:
        resting = book.buy_value if order.side > 0 else book.sell_value
        whole = notional_of(market, max(0.0, held * order.side), price) + resting
        whole += notional_of(market, quantity, price)
        if whole > limit:
            end_order(book, slot, codes.DENIED_LEVERAGE, whole, limit)
            return True
    stop = price * (1.0 - order.side * order.stop_loss)
    if np.isnan(stop) and slot_of(run, book.slot).risk != 0:
        stop = stop_of(run, market, risk_at(slot_of(run, book.slot).risk), order.side, price, np.nan)
    if np.isnan(stop):
        return False
    return _beyond(run, book, slot, market, order.side * quantity, price, stop)


@inner
def _beyond(run, book, slot, market, signed, price, stop):
    """Deny an order whose stop lies beyond the liquidation price that it would have; signed: what it adds."""
    crossed = run.together != 0 and market.isolated == 0
    if crossed and surely_bears(run, book, market, abs(signed), price, stop):
        return False
    order = order_of(book, slot)
    long = order.side > 0 if not order.reduce_only else order.side < 0
    if signed == 0.0:
        below, above = liquidation_of(run, book, market)
    else:
        below, above = _after(run, book, market, signed, price)
    limit = below if long else above
    if (long and stop <= limit) or (not long and stop >= limit):
        end_order(book, slot, codes.DENIED_STOP_BEYOND_LIQUIDATION, stop, limit)
        return True
    return False


@inner
def _after(run, book, market, signed, price):
    """Return the liquidation prices that the position would have once this much more has filled at this price."""
    if not is_contract(market) and book.position + signed >= 0.0:
        return -np.inf, np.inf
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
        return zero_of(market, wallet, position, cost, abs(position))
    wallet, others, size, their_cost = around(run, book, market)
    wallet -= fee
    if market.kind == codes.MARGIN:
        wallet += more
    size = size + abs(position) if market.hedge != 0 else abs(others + position)
    return zero_of(market, wallet, others + position, their_cost + cost, size)
