"""The orders of a book: slots, the queue of those not yet arrived, triggers, claims, cancelling.

Owns ORDER and the book's bounds: the nearest trigger above and below the price, so that a candle that stays between
them costs nothing. Nothing here fills an order.
"""

import numpy as np

from engine.core import codes
from engine.core.account import refresh_claim
from engine.core.chance import touched
from engine.core.jit import Step, inlined, inner
from engine.core.memory import address_of, bits_of, book_at, call_leg, event_of, market_of, order_of, run_at
from engine.core.rounding import ticks_away, to_tick

_MIX = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(29)
NEVER_MS = np.iinfo(np.int64).max


@inner
def note(book, order_id, code, reason, a, b):
    """Record what happened to an order besides a fill."""
    run = run_at(book.run)
    if run.event_count >= run.event_room:  # there was room for a sane candle when it began
        run.status = codes.TOO_MANY_EVENTS
        return
    event = event_of(run, run.event_count)
    event.ms = book.now_ms
    event.candle = run.k
    event.book = book.index
    event.order_id = order_id
    event.code = code
    event.reason = reason
    event.a = a
    event.b = b
    run.event_count += 1


@inner
def take_slot(book):
    """Return a free slot; the caller has made sure that there is one."""
    slot = book.first_free
    if slot >= 0:
        book.first_free = order_of(book, slot).next
    else:
        slot = book.used
        book.used += 1
    book.open_orders += 1
    return slot


@inner
def enqueue(book, slot, live_ms):
    """Let an order wait until live_ms; the queue is in order of (live_ms, id)."""
    order = order_of(book, slot)
    order.state = codes.WAITING
    order.live_ms = live_ms
    order.next = -1
    last = book.last_waiting
    if last < 0:
        book.first_waiting = slot
        book.last_waiting = slot
        book.wake_ms = live_ms
        return
    if order_of(book, last).live_ms < live_ms or (
        order_of(book, last).live_ms == live_ms and order_of(book, last).id < order.id
    ):
        order_of(book, last).next = slot
        book.last_waiting = slot
        return
    before, at = -1, book.first_waiting
    while order_of(book, at).live_ms < live_ms or (
        order_of(book, at).live_ms == live_ms and order_of(book, at).id < order.id
    ):
        before, at = at, order_of(book, at).next
    order.next = at
    if before < 0:
        book.first_waiting = slot
        book.wake_ms = live_ms
    else:
        order_of(book, before).next = slot


@inner
def dequeue(book, slot):
    """Take a waiting order out of the queue, wherever it stands."""
    before, at = -1, book.first_waiting
    while at != slot:
        before, at = at, order_of(book, at).next
    after = order_of(book, slot).next
    if before < 0:
        book.first_waiting = after
    else:
        order_of(book, before).next = after
    if after < 0:
        book.last_waiting = before
    book.wake_ms = NEVER_MS if book.first_waiting < 0 else order_of(book, book.first_waiting).live_ms


@inner
def mixed(order):
    """Return a checksum of what a resting order is, whatever its id, slot and age."""
    h = np.uint64(order.kind * 8 + (order.side + 1) * 2 + order.reduce_only + 1) * _MIX
    h = (h ^ (h >> _SHIFT) ^ bits_of(order.point)) * _MIX
    h = (h ^ (h >> _SHIFT) ^ bits_of(order.price)) * _MIX
    h = (h ^ (h >> _SHIFT) ^ bits_of(order.quantity - order.filled)) * _MIX
    return h ^ (h >> _SHIFT)


@inner
def aim(order, market, touched):
    """Set the path price that triggers the order, and from which side; touched: a limit need not be traded through."""
    if order.kind == codes.LIMIT:
        order.direction = -order.side
        order.point = order.price if touched else ticks_away(order.price, -order.side, market)
    elif order.kind == codes.TRAILING:
        if np.isnan(order.extreme):  # waits for its activation price, on the profitable side
            order.direction = -order.side
            order.point = order.trigger
        else:
            order.direction = order.side
            order.point = to_tick(order.extreme * (1.0 + order.side * order.distance), market)
    else:
        order.direction = -order.side if order.kind == codes.ARMED else order.side
        order.point = order.trigger


@inner
def add_claim(book, order, sign):
    """Add (+1) or take away (-1) what the order's open quantity claims; reduce-only orders claim nothing.

    claim_price is what one unit of quantity is worth at the order's price, whatever the kind of market.
    """
    if order.claim_price <= 0.0:
        return
    quantity = order.quantity - order.filled
    if order.side > 0:
        book.buy_quantity += sign * quantity
        book.buy_value += sign * quantity * order.claim_price
    else:
        book.sell_quantity += sign * quantity
        book.sell_value += sign * quantity * order.claim_price


@inner
def rest(book, slot, market):
    """Let an order rest: it claims its funds and widens no bound it does not lie within."""
    run = run_at(book.run)
    order = order_of(book, slot)
    aim(order, market, touched(run.touch_fills, run.seed, book.index, order.id))
    order.state = codes.RESTING
    if order.claim_price > 0.0:
        if order.side > 0:
            book.buy_count += 1
        else:
            book.sell_count += 1
        add_claim(book, order, 1.0)
    if order.kind == codes.TRAILING:
        book.trailing += 1
    book.signature += mixed(order)
    _tighten(book, slot, order)


@inner
def _tighten(book, slot, order):
    if order.direction > 0:
        if order.point < book.above or (order.point == book.above and order.id < order_of(book, book.above_slot).id):
            book.above = order.point
            book.above_slot = slot
    elif order.point > book.below or (order.point == book.below and order.id < order_of(book, book.below_slot).id):
        book.below = order.point
        book.below_slot = slot


@inner
def rebound(book):
    """Find the nearest triggers anew."""
    book.above = np.inf
    book.above_slot = -1
    book.below = -np.inf
    book.below_slot = -1
    for i in range(book.used):
        if order_of(book, i).state == codes.RESTING:
            _tighten(book, i, order_of(book, i))


@inner
def unrest(book, slot):
    """Take a resting order's marks off the book: claim, checksum, count of trailing stops."""
    order = order_of(book, slot)
    if order.claim_price > 0.0:
        if order.side > 0:
            book.buy_count -= 1
        else:
            book.sell_count -= 1
        add_claim(book, order, -1.0)
    if order.kind == codes.TRAILING:
        book.trailing -= 1
    book.signature -= mixed(order)


@inner
def pick_up(book, slot):
    """Take an order out of the queue or off the book for as long as it is being dealt with."""
    order = order_of(book, slot)
    if order.state == codes.WAITING:
        dequeue(book, slot)
    else:
        unrest(book, slot)
    order.state = codes.ARRIVING
    if slot in (book.above_slot, book.below_slot):
        rebound(book)


@inner
def release(book, slot):
    """Free the slot of an order that is neither waiting nor resting any more."""
    order = order_of(book, slot)
    order.state = codes.FREE
    if order.reduce_only:
        book.reducing -= 1
    if order.rule != 0:
        book.promised += 1  # its place is kept for the next position
    if order.exits == 0:
        book.promised -= attachments(order.stop_loss, order.take_profit)
    book.open_orders -= 1
    if book.open_orders == 0:
        book.used = 0
        book.first_free = -1
        rebound(book)
        return
    order.next = book.first_free
    book.first_free = slot
    if slot in (book.above_slot, book.below_slot):
        rebound(book)


@inner
def attachments(stop_loss, take_profit):
    """Return how many exits an entry will make."""
    return (0 if np.isnan(stop_loss) else 1) + (0 if np.isnan(take_profit) else 1)


@inner
def write_exit(book, slot, kind, side, size_mode, quantity, price, trigger, distance, oco, reason, tag, rule):
    """Write a reduce-only order of our own making into a slot that was taken for it; the caller sends it on its way."""
    order = order_of(book, slot)
    book.next_id += 1
    book.reducing += 1
    order.id = book.next_id
    order.kind = kind
    order.side = side
    order.reduce_only = 1
    order.post_only = 0
    order.time_in_force = codes.GTC
    order.size_mode = size_mode
    order.quantity = quantity
    order.filled = 0.0
    order.price = price
    order.trigger = trigger
    order.distance = distance
    order.extreme = np.nan
    order.stop_loss = np.nan
    order.take_profit = np.nan
    order.exits = 0
    order.oco = oco
    order.claim_price = 0.0
    order.placed_ms = book.now_ms
    order.reason = reason
    order.tag = tag
    order.rule = rule


def end_at(address, slot, code, a, b):
    """End an order that will not fill any further, and record why."""
    book = book_at(address)
    order = order_of(book, slot)
    if order.state == codes.WAITING:
        dequeue(book, slot)
    elif order.state == codes.RESTING:
        unrest(book, slot)
    note(book, order.id, code, order.reason, a, b)
    release(book, slot)
    return codes.OK


END_STEP = Step(end_at, "iiiff")


@inlined
def end_order(book, slot, code, a, b):
    """Call the end step through its address: a dozen places end orders, and each would compile it anew."""
    call_leg(run_at(book.run).step_end, address_of(book), slot, code, a, b)


@inner
def end_and_refresh(book, slot, code):
    """End an order and give back what it claimed."""
    end_order(book, slot, code, 0.0, 0.0)
    run = run_at(book.run)
    refresh_claim(run, book, market_of(run, book.market))


@inner
def slot_by_id(book, order_id):
    """Return the slot of an open order, or -1."""
    for i in range(book.used):
        if order_of(book, i).state != codes.FREE and order_of(book, i).id == order_id:
            return i
    return -1
