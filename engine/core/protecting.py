"""The exits that position rules keep beside an open position: made, sized and aimed anew after every fill.

They are ordinary resting orders of the book, marked with their rule. What an order's own attached exits cover, the
rule's exit of that kind leaves alone. All of them together are one-cancels-other: each is as large as what is left to
protect, and with the position they are gone.
"""

import numpy as np

from engine.core import codes, rule_codes
from engine.core.jit import Step, inner
from engine.core.memory import book_at, candle_at, gauge_of, market_of, order_of, run_at, slot_of
from engine.core.orders import end_order, enqueue, mixed, pick_up, take_slot, write_exit
from engine.core.records import CANDLE_SIZE
from engine.core.rounding import to_lot, to_tick
from engine.core.rule_records import TARGET_SIZE, guard_at, risk_at, target_at


@inner
def _slot_of_rule(book, rule):
    for i in range(book.used):
        if order_of(book, i).rule == rule and order_of(book, i).state != codes.FREE:
            return i
    return -1


@inner
def _reason(rule):
    if rule == rule_codes.RULE_STOP:
        return codes.REASON_STOP_LOSS
    if rule == rule_codes.RULE_TRAILING:
        return codes.REASON_TRAILING
    if rule == rule_codes.RULE_BREAK_EVEN:
        return codes.REASON_BREAK_EVEN
    if rule == rule_codes.RULE_TIME:
        return codes.REASON_TIME
    return codes.REASON_KILL if rule == rule_codes.RULE_KILL else codes.REASON_TAKE_PROFIT


@inner
def make_exit(book, rule, kind, quantity, price, trigger, distance, live_ms):
    """Put a rule's exit in the queue; its place was promised when the run began."""
    slot = take_slot(book)
    book.promised -= 1
    side = -1 if book.position > 0.0 else 1
    whole = rule in (rule_codes.RULE_TIME, rule_codes.RULE_KILL)
    mode = codes.POSITION if whole else codes.QUANTITY
    write_exit(book, slot, kind, side, mode, quantity, price, trigger, distance, 0, _reason(rule), 0, rule)
    enqueue(book, slot, live_ms)


@inner
def _differs(one, other):
    return one != other and not (np.isnan(one) and np.isnan(other))


@inner
def _keep(book, market, rule, kind, quantity, price, trigger, distance):
    """Bring one exit to its size and price: make it, change it, or end it; returns the size it has now."""
    slot = _slot_of_rule(book, rule)
    quantity = to_lot(quantity, market)
    if quantity < market.lot * 0.5 or price <= 0.0 or trigger <= 0.0:  # an exit at or below zero never comes
        if slot >= 0 and order_of(book, slot).state != codes.ARRIVING:
            end_order(book, slot, rule_codes.CANCELLED_NOTHING_TO_COVER, 0.0, 0.0)
        return 0.0
    if slot < 0:
        make_exit(book, rule, kind, quantity, price, trigger, distance, book.now_ms)
        return quantity
    order = order_of(book, slot)
    untouched = order.kind == kind and (kind != codes.TRAILING or np.isnan(order.extreme))
    if (
        untouched
        and order.state != codes.ARRIVING
        and (_differs(order.price, price) or _differs(order.trigger, trigger))
    ):
        if order.state == codes.RESTING:
            pick_up(book, slot)
            enqueue(book, slot, book.now_ms)
        order.price = price
        order.trigger = trigger
    if order.state == codes.RESTING:
        book.signature -= mixed(order)
    order.quantity = order.filled + quantity
    if order.state == codes.RESTING:
        book.signature += mixed(order)
    return quantity


@inner
def _covered(book, reason):
    """Return what the exits of that kind cover which entries brought with them."""
    covered = 0.0
    for i in range(book.used):
        order = order_of(book, i)
        attached = order.state != codes.FREE and order.reduce_only and order.rule == 0 and order.oco < 0
        if attached and order.reason == reason:
            covered += order.quantity - order.filled
    return covered


@inner
def _stop_price(book, market, risk, way):
    if risk.stop_kind == rule_codes.STOP_FRACTION:
        return to_tick(book.entry * (1.0 - way * risk.stop), market)
    if risk.stop_kind == rule_codes.STOP_PRICE:
        return to_tick(risk.stop, market)
    return to_tick(book.entry - way * book.stop_distance, market)


@inner
def _keep_targets(book, market, risk, way, held):
    left = held - _covered(book, codes.REASON_TAKE_PROFIT)
    for step in range(risk.target_count):
        if (book.targets_done >> step) & 1:
            continue
        target = target_at(risk.targets + step * TARGET_SIZE)
        rule = rule_codes.RULE_TARGET + step
        wanted = left
        if step < risk.target_count - 1 or risk.whole == 0:
            slot = _slot_of_rule(book, rule)
            filled = order_of(book, slot).filled if slot >= 0 else 0.0
            wanted = min(left, to_lot(target.share * book.opened, market) - filled)
        price = to_tick(book.entry * (1.0 + way * target.profit), market)
        left -= _keep(book, market, rule, codes.LIMIT, wanted, price, np.nan, np.nan)


@inner
def _keep_exits(run, book, market, risk):
    way = 1.0 if book.position > 0.0 else -1.0
    held = abs(book.position)
    if risk.stop_kind != rule_codes.STOP_NONE:
        left = held - _covered(book, codes.REASON_STOP_LOSS)
        price = _stop_price(book, market, risk, way)
        _keep(book, market, rule_codes.RULE_STOP, codes.STOP, left, np.nan, price, np.nan)
    if not np.isnan(risk.trail_distance):
        start = np.nan
        if risk.trail_activation > 0.0:
            start = to_tick(book.entry * (1.0 + way * risk.trail_activation), market)
        _keep(book, market, rule_codes.RULE_TRAILING, codes.TRAILING, held, np.nan, start, risk.trail_distance)
    if not np.isnan(risk.break_even_after):
        start = to_tick(book.entry * (1.0 + way * risk.break_even_after), market)
        even = to_tick(book.entry * (1.0 + way * risk.break_even_offset), market)
        _keep(book, market, rule_codes.RULE_BREAK_EVEN, codes.ARMED, held, even, start, np.nan)
    if risk.target_count > 0:
        _keep_targets(book, market, risk, way, held)
    if risk.time_stop_ms > 0 and _slot_of_rule(book, rule_codes.RULE_TIME) < 0:
        # The first candle that opens no earlier than the time allows, whenever within its candle the entry filled.
        candles = max(1, (risk.time_stop_ms + run.timeframe_ms - 1) // run.timeframe_ms)
        live_ms = book.opened_ms + candles * run.timeframe_ms
        make_exit(book, rule_codes.RULE_TIME, codes.MARKET, held, np.nan, np.nan, np.nan, live_ms)


@inner
def _end_exits(book):
    for i in range(book.used):
        order = order_of(book, i)
        if order.rule != 0 and order.state in (codes.WAITING, codes.RESTING):
            end_order(book, i, codes.CANCELLED_NOTHING_TO_REDUCE, 0.0, 0.0)


@inner
def _count_trade(run, book):
    """Let the account's cooldown know how a round trip ended."""
    net = book.realised - book.fees + book.funding - book.interest
    gain = net - book.trade_from
    book.trade_from = net
    if run.guard == 0:
        return
    guard = guard_at(run.guard)
    if guard.loss_limit == 0:
        return
    guard.losses = guard.losses + 1 if gain < 0.0 else 0
    if guard.losses >= guard.loss_limit:
        guard.cooldown_until_ms = max(guard.cooldown_until_ms, book.now_ms + guard.cooldown_ms)


def protect(address, rule, complete, was, _y):
    """Follow a fill: rule and complete tell which exit it was and whether that has filled, was the position before."""
    book = book_at(address)
    run = run_at(book.run)
    market = market_of(run, book.market)
    risk = risk_at(slot_of(run, book.slot).risk)
    position = book.position
    flipped = was * position < 0.0
    if was != 0.0 and (position == 0.0 or flipped):
        _count_trade(run, book)
    if not risk.exits:
        return codes.OK
    if position == 0.0 or flipped:
        _end_exits(book)
        book.opened = 0.0
    if position == 0.0:
        return codes.OK
    if book.opened == 0.0:
        book.opened = abs(position)
        book.opened_ms = candle_at(run.candles + run.k * run.market_count * CANDLE_SIZE).open_ms
        book.targets_done = 0
        if risk.stop_kind == rule_codes.STOP_ATR:
            book.stop_distance = risk.stop * gauge_of(run, market).atr
    elif abs(position) > abs(was):
        book.opened += abs(position) - abs(was)
    if rule >= rule_codes.RULE_TARGET and complete:
        book.targets_done |= 1 << (rule - rule_codes.RULE_TARGET)
    _keep_exits(run, book, market, risk)
    return codes.OK


PROTECT_STEP = Step(protect, "iiiff")
