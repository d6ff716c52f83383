"""From a strategy's wish to an order in the queue: rounding, sizing, the market's minimum, a slot (rules F6, F7).

Funds are looked at on arrival, in matching.py, since only then the price is known.
"""

import numpy as np

from engine.core import codes
from engine.core.account import equity_of, usable_equity
from engine.core.costs import taker_cost
from engine.core.jit import compiled, inner
from engine.core.margin import liquidation_of, notional_of, quantity_for
from engine.core.memory import balance_of, book_at, call_rule, market_of, order_of, run_at, slot_of
from engine.core.orders import attachments, end_and_refresh, enqueue, note, slot_by_id, take_slot
from engine.core.reserving import take_reserve
from engine.core.rounding import to_lot, to_tick


@inner
def wanting(value):
    """Return whether a number that must be positive is not."""
    return not (value > 0.0 and value < np.inf)


@inner
def sized(book, market, side, size_mode, size, price):
    """Return the quantity that a size stands for, net of fees, down to the lot."""
    if size_mode == codes.QUANTITY:
        return to_lot(size, market)
    value = size * usable_equity(book) if size_mode == codes.FRACTION else size
    fee = 0.0 if market.fee_in_base else market.taker_fee_rate
    return to_lot(quantity_for(market, value / (1.0 + fee), price), market)


@compiled
def place(
    address, kind, side, quantity, quote, fraction, price, trigger, distance,
    stop_loss, take_profit, reduce_only, post_only, time_in_force, oco, reason, tag,
):  # fmt: skip
    """Put an order in the queue and return its id, or record why it was denied and return 0.

    One of quantity, quote, fraction is a number; an infinite quantity is the whole position on arrival. A market order
    with a price is a limit order.
    """
    book = book_at(address)
    run = run_at(book.run)
    market = market_of(run, book.market)
    size_mode, size = codes.QUANTITY, quantity
    if quantity == np.inf and reduce_only:
        size_mode = codes.POSITION
    elif not np.isnan(quote):
        size_mode, size = codes.QUOTE, quote
    elif not np.isnan(fraction):
        size_mode, size = codes.FRACTION, fraction
    if kind == codes.MARKET and not np.isnan(price):
        kind = codes.LIMIT

    if book.settled != 0:
        note(book, 0, codes.DENIED_EXPIRED, reason, 0.0, 0.0)
        return 0
    if (side != codes.BUY and side != codes.SELL) or oco < 0:
        note(book, 0, codes.DENIED_ARGUMENT, reason, side, oco)
        return 0
    if kind in (codes.LIMIT, codes.STOP_LIMIT):
        if wanting(price):
            note(book, 0, codes.DENIED_PRICE, reason, price, 0.0)
            return 0
        price = to_tick(price, market)
    if kind in (codes.STOP, codes.STOP_LIMIT) or (kind == codes.TRAILING and not np.isnan(trigger)):
        if wanting(trigger):
            note(book, 0, codes.DENIED_PRICE, reason, trigger, 0.0)
            return 0
        trigger = to_tick(trigger, market)
    if kind == codes.TRAILING and not 0.0 < distance < 1.0:
        note(book, 0, codes.DENIED_PRICE, reason, distance, 0.0)
        return 0
    for exit_at, falls in ((stop_loss, side > 0), (take_profit, side < 0)):  # an exit at or below zero never comes
        if not np.isnan(exit_at) and (wanting(exit_at) or (falls and exit_at >= 1.0)):
            note(book, 0, codes.DENIED_PRICE, reason, exit_at, 0.0)
            return 0

    reference = book.price * (1.0 + side * taker_cost(run, book, market, 0.0, 0.0))
    if kind in (codes.LIMIT, codes.STOP_LIMIT):
        reference = price
    elif kind == codes.STOP:
        reference = trigger

    ruled = slot_of(run, book.slot).risk != 0
    if size_mode == codes.POSITION:
        quantity = abs(book.position)
    else:
        if wanting(size):
            note(book, 0, codes.DENIED_SIZE, reason, size, 0.0)
            return 0
        quantity = sized(book, market, side, size_mode, size, reference)
        if market.costs_vary and kind == codes.MARKET and size_mode != codes.QUANTITY:
            # Sized a second time with the impact of the first: that is a little more than the smaller size will have.
            reference = book.price * (1.0 + side * taker_cost(run, book, market, quantity, 0.0))
            quantity = sized(book, market, side, size_mode, size, reference)
        if ruled and not reduce_only:
            size_mode = call_rule(
                run.step_size, address, side, kind, 0, reason, size_mode, quantity, reference, stop_loss
            )
            if size_mode < 0:
                return 0
            quantity = run.sized_quantity
        least = market.lot * (1.0 - 1e-9)
        if market.fee_in_base and side > 0:
            least /= 1.0 - market.taker_fee_rate  # what arrives must be a lot, or it could never be sold again
        if quantity < least or (not reduce_only and quantity < market.min_quantity):
            note(book, 0, codes.DENIED_MINIMUM, reason, quantity, max(market.min_quantity, market.lot))
            return 0
        notional = notional_of(market, quantity, reference)
        if not reduce_only and notional < market.min_notional:
            note(book, 0, codes.DENIED_MINIMUM, reason, notional, market.min_notional)
            return 0

    exits = attachments(stop_loss, take_profit)
    if book.open_orders + book.promised + 1 + exits > book.capacity:
        note(book, 0, codes.DENIED_NO_SLOT, reason, book.open_orders + book.promised, book.capacity)
        return 0

    if run.guard != 0 and (
        call_rule(run.step_admit, address, side, kind, reduce_only, reason, 0, quantity, reference, np.nan) == 0
    ):
        return 0

    slot = take_slot(book)
    order = order_of(book, slot)
    book.next_id += 1
    book.promised += exits
    book.reducing += 1 if reduce_only else 0
    order.id = book.next_id
    order.kind = kind
    order.side = side
    order.reduce_only = reduce_only
    order.post_only = post_only
    order.time_in_force = time_in_force
    order.size_mode = size_mode
    order.quantity = quantity
    order.filled = 0.0
    order.price = price if kind in (codes.LIMIT, codes.STOP_LIMIT) else np.nan
    order.trigger = trigger
    order.distance = distance
    order.extreme = np.nan
    order.stop_loss = stop_loss
    order.take_profit = take_profit
    order.exits = 0
    order.oco = oco
    order.claim_price = 0.0 if reduce_only else notional_of(market, 1.0, reference)
    order.placed_ms = book.now_ms
    order.reason = reason
    order.tag = tag
    order.rule = 0
    enqueue(book, slot, book.now_ms + run.latency_ms)
    if run.together != 0 and run.phase == 0 and run.jointly == 0:
        take_reserve(run, book, market, side, quantity, reduce_only)
    return order.id


@compiled
def cancel(address, order_id):
    """Cancel one open order; returns 1, or 0 when it is not open, or a rule's exit, which no strategy takes away."""
    book = book_at(address)
    slot = slot_by_id(book, order_id)
    if slot < 0 or order_of(book, slot).rule != 0:
        return 0
    end_and_refresh(book, slot, codes.CANCELLED_BY_STRATEGY)
    return 1


@compiled
def cancel_all(address):
    """Cancel every open order of the book but the rules' exits; returns how many."""
    book = book_at(address)
    count = 0
    for i in range(book.used):
        if order_of(book, i).state != codes.FREE and order_of(book, i).rule == 0:
            end_and_refresh(book, i, codes.CANCELLED_BY_STRATEGY)
            count += 1
    return count


@compiled
def view(address, what, order_id):
    """Return what a strategy may ask of its account.

    0 free settlement asset, 1 equity, 2 an order's open quantity, 3 the mark price at which the position is liquidated.
    """
    book = book_at(address)
    run = run_at(book.run)
    if what == 0:
        balance = balance_of(run, market_of(run, book.market).quote_balance)
        return balance.amount - balance.claimed
    if what == 1:
        return run.equity_now if run.phase == 1 else equity_of(run, book.index)
    if what == 3:
        below, above = liquidation_of(run, book, market_of(run, book.market))
        if below > 0.0:
            return below
        return above if above < np.inf else np.nan
    slot = slot_by_id(book, order_id)
    if slot < 0:
        return np.nan
    order = order_of(book, slot)
    return order.quantity - order.filled
