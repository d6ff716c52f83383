"""One straight leg of a path: orders arrive, trigger and fill in the order in which the price meets them.

Rules P1, F1-F7 and T4. The path price is book.price, the time book.now_ms; both only move forward along the leg.
"""

import numpy as np

from engine.core import codes
from engine.core.account import claim_with, free_quote, refresh_claim
from engine.core.costs import half_spread, taker_price
from engine.core.fills import execute, shrink_to_position
from engine.core.forcing import force
from engine.core.guarding import refused
from engine.core.jit import Step, inner
from engine.core.margin import answers, is_contract, notional_of
from engine.core.memory import address_of, book_at, call_leg, market_of, order_of, run_at
from engine.core.orders import aim, end_order, enqueue, mixed, note, pick_up, rebound, rest
from engine.core.rounding import to_lot, to_tick, without_noise


@inner
def exhausted(book, market):
    """Return whether this candle's volume is used up (rule F5)."""
    return book.volume_left < market.lot


@inner
def move(book, market, price, now_ms):
    """Move the path to a price: position extremes and trailing stops follow."""
    book.price = price
    book.now_ms = now_ms
    if book.position != 0.0:
        book.trade_high = max(book.trade_high, price)
        book.trade_low = min(book.trade_low, price)
    if book.trailing > 0:
        _trail(book, market, price)


@inner
def _trail(book, market, price):
    moved = False
    for i in range(book.used):
        order = order_of(book, i)
        if order.state == codes.RESTING and order.kind == codes.TRAILING and not np.isnan(order.extreme):
            better = order.extreme < price if order.side < 0 else order.extreme > price
            if better:
                book.signature -= mixed(order)
                order.extreme = price
                aim(order, market, False)  # what is touched concerns limit orders only
                book.signature += mixed(order)
                moved = True
    if moved:
        rebound(book)


@inner
def _affordable(book, slot, market, price):
    """Check an arriving order against funds (rule F7); returns False when it was denied and ended."""
    order = order_of(book, slot)
    run = run_at(book.run)
    quantity = order.quantity - order.filled
    if market.kind == codes.SPOT and order.side < 0:
        held = max(0.0, book.position - book.sell_quantity)
        if quantity <= held * (1.0 + 1e-12):
            return True
        fits = to_lot(held, market)
        if order.size_mode == codes.QUANTITY or fits <= 0.0:
            end_order(book, slot, codes.DENIED_SPOT_SHORT, quantity, held)
            return False
    else:
        if market.kind != codes.SPOT and book.position * order.side < 0.0:
            resting = book.buy_quantity if order.side > 0 else book.sell_quantity
            if resting + quantity <= abs(book.position) * (1.0 + 1e-12):
                return True  # it only reduces: that never wants funds
        free = free_quote(run, market, book.index)
        value = notional_of(market, quantity, price)
        need = claim_with(run, book, market, order.side, quantity, value) - book.claim
        if is_contract(market) or order.side < 0:
            need += value * market.taker_fee_rate
        if need <= 0.0 or need <= free + 1e-9 * abs(free):
            return True
        if order.size_mode == codes.QUANTITY or free <= 0.0:
            end_order(book, slot, codes.DENIED_FUNDS, need, free)
            return False
        fits = to_lot(quantity * (free / need), market)
    worth = notional_of(market, fits, price)
    if fits <= 0.0 or fits < market.min_quantity or worth < market.min_notional:
        end_order(book, slot, codes.DENIED_MINIMUM, worth, market.min_notional)
        return False
    note(book, order.id, codes.REDUCED_TO_FUNDS, order.reason, quantity, fits)
    order.quantity = order.filled + fits
    return True


@inner
def _fillable(book, order, market, fee_rate):
    quantity = order.quantity - order.filled
    if order.reduce_only:
        quantity = shrink_to_position(book, order, quantity, fee_rate)
    elif market.kind == codes.SPOT and order.side < 0 and quantity > book.position:
        # A stop may have sold the coins that this order was resting on.
        held = to_lot(book.position, market)
        note(book, order.id, codes.REDUCED_TO_POSITION, order.reason, quantity, held)
        quantity = held
    if quantity > book.volume_left:
        quantity = to_lot(book.volume_left, market)
    return quantity


@inner
def _permitted(book, slot, price):
    """Ask the account's rules once more at the instant of a fill; False: the order was denied and ended."""
    run = run_at(book.run)
    if run.guard == 0 or order_of(book, slot).reduce_only:
        return True
    return call_leg(run.step_recheck, address_of(book), slot, 0, price, 0.0) != 0


@inner
def _arm(order):
    """Turn an armed stop whose trigger the path has reached into the stop it stands for."""
    order.kind, order.trigger, order.price = codes.STOP, order.price, np.nan


@inner
def _take(book, slot, market, planned, limit):
    """Fill an arriving order as a taker at the path price, no worse than its limit; what is left waits or rests."""
    order = order_of(book, slot)
    order_id = order.id
    run = run_at(book.run)
    parent = order.quantity
    if order.reduce_only or (market.kind == codes.SPOT and order.side < 0):
        parent = min(parent, order.filled + abs(book.position))
    if run.guard != 0:
        price = taker_price(run, book, market, planned, order.side, parent, order.quantity - order.filled)
        if not np.isnan(limit) and order.side * (price - limit) > 0.0:
            price = limit
        if not _permitted(book, slot, price):
            return
    quantity = _fillable(book, order, market, market.taker_fee_rate)
    if quantity > 0.0:
        price = taker_price(run, book, market, planned, order.side, parent, quantity)
        if not np.isnan(limit) and order.side * (price - limit) > 0.0:
            price = limit
        book.volume_left = without_noise(book.volume_left - quantity, market)
        book.taken += quantity
        execute(book, slot, quantity, price, planned, 0)
    if run.status != codes.OK or order.id != order_id or order.state != codes.ARRIVING:
        return
    if order.reduce_only and book.position * order.side >= 0.0:
        end_order(book, slot, codes.CANCELLED_NOTHING_TO_REDUCE, 0.0, 0.0)
    elif order.time_in_force != codes.GTC:
        end_order(book, slot, codes.CANCELLED_NOT_FILLED_AT_ONCE, 0.0, 0.0)
    elif not np.isnan(limit):
        rest(book, slot, market)
        refresh_claim(run, book, market)
    elif quantity <= 0.0 and not exhausted(book, market):
        end_order(book, slot, codes.CANCELLED_NOTHING_TO_REDUCE, 0.0, 0.0)
    else:
        order.kind = codes.MARKET
        enqueue(book, slot, book.candle_end_ms)


@inner
def arrive(book, slot, market):
    """Let a waiting order reach the venue at the current path price."""
    pick_up(book, slot)
    order = order_of(book, slot)
    run = run_at(book.run)
    price = book.price
    expected = price
    if order.reduce_only:
        if book.position * order.side >= 0.0:
            end_order(book, slot, codes.DENIED_NOTHING_TO_REDUCE, 0.0, 0.0)
            return
        if order.size_mode == codes.POSITION:
            order.quantity = order.filled + abs(book.position)
    else:
        expected = order.claim_price
        if order.kind == codes.MARKET:
            left = order.quantity - order.filled
            expected = taker_price(run, book, market, price, order.side, order.quantity, left)
        elif market.kind == codes.INVERSE:
            expected = market.contract_size / order.claim_price
        if not _affordable(book, slot, market, expected):
            return
    if market.kind != codes.SPOT and refused(book, slot, market, expected):
        return

    if order.kind == codes.ARMED and order.side * (order.trigger - price) >= 0.0:
        _arm(order)
    takes, limit = order.kind == codes.MARKET, np.nan
    if order.kind in (codes.STOP, codes.STOP_LIMIT) and order.side * (price - order.trigger) >= 0.0:
        # Triggered on arrival: from here on a market or a limit order.
        takes = order.kind == codes.STOP
        order.kind = codes.STOP if takes else codes.LIMIT
    elif order.kind == codes.TRAILING:
        waits = not np.isnan(order.trigger) and order.side * (order.trigger - price) < 0.0
        order.extreme = np.nan if waits else price
    if order.kind == codes.LIMIT:
        touch = price * (1.0 + order.side * half_spread(run, market))
        takes, limit = order.side * (order.price - touch) >= 0.0, order.price
        if takes and order.post_only:
            end_order(book, slot, codes.DENIED_POST_ONLY, order.price, touch)
            return
        in_full = not takes or order.time_in_force != codes.FOK or book.volume_left >= order.quantity - order.filled
        if not in_full or (not takes and order.time_in_force != codes.GTC):
            end_order(book, slot, codes.CANCELLED_NOT_FILLED_AT_ONCE, 0.0, 0.0)
            return
    if takes:
        _take(book, slot, market, price, limit)
    else:
        rest(book, slot, market)
        refresh_claim(run, book, market)


@inner
def trigger(book, slot, market, open_price):
    """Deal with a resting order whose point the path has reached; at the open itself a limit may fill better (F2)."""
    order = order_of(book, slot)
    price = book.price
    if order.kind == codes.LIMIT:
        at = order.price
        if order.side * (order.price - open_price) > 0.0:  # never so for NaN: not at the open
            at = open_price
        if not _permitted(book, slot, at):
            return
        quantity = _fillable(book, order, market, market.maker_fee_rate)
        if quantity <= 0.0:
            end_order(book, slot, codes.CANCELLED_NOTHING_TO_REDUCE, 0.0, 0.0)
            return
        book.volume_left = without_noise(book.volume_left - quantity, market)
        book.taken += quantity
        execute(book, slot, quantity, at, at, 1)
        return
    if order.kind == codes.TRAILING and np.isnan(order.extreme):
        pick_up(book, slot)
        order.extreme = price
        rest(book, slot, market)
        return
    pick_up(book, slot)
    if order.kind in (codes.STOP_LIMIT, codes.ARMED):
        if order.kind == codes.ARMED:
            _arm(order)
        else:
            order.kind = codes.LIMIT
        order.state = codes.WAITING
        enqueue(book, slot, book.now_ms)
        return
    _take(book, slot, market, price, np.nan)


@inner
def _first_crossed(book, price):
    first = -1
    for i in range(book.used):
        order = order_of(book, i)
        crossed = order.state == codes.RESTING and order.direction * (price - order.point) >= 0.0
        if crossed and (first < 0 or order.id < order_of(book, first).id):
            first = i
    return first


@inner
def _price_at(book, market, live_ms, start, end, from_ms, until_ms):
    """Return the path price at a time on the leg, never behind the price already reached."""
    if live_ms <= book.now_ms or until_ms <= from_ms:
        return book.price
    point = to_tick(start + (end - start) * ((live_ms - from_ms) / (until_ms - from_ms)), market)
    if end >= start:
        return min(max(point, book.price), end)
    return max(min(point, book.price), end)


@inner
def _suspend(book, low, high):
    """With the candle's volume used up: stops that the path meets trigger, and fill from the next candle on."""
    market = market_of(run_at(book.run), book.market)
    for i in range(book.used):
        order = order_of(book, i)
        reached = high if order.direction > 0 else low  # a gap may have left the point behind
        if order.state != codes.RESTING or order.kind == codes.LIMIT or order.direction * (reached - order.point) < 0.0:
            continue
        if order.kind == codes.TRAILING and np.isnan(order.extreme):
            pick_up(book, i)
            order.extreme = order.point
            rest(book, i, market)
            continue
        pick_up(book, i)
        if order.kind == codes.ARMED:
            _arm(order)
            enqueue(book, i, book.now_ms)
            continue
        order.kind = codes.LIMIT if order.kind == codes.STOP_LIMIT else codes.MARKET
        enqueue(book, i, book.candle_end_ms)


@inner
def _walked(book, from_ms, until_ms, start, end):
    """Return how far along its leg the book is, 0 to 1."""
    if end != start:
        return min(max((book.price - start) / (end - start), 0.0), 1.0)
    if until_ms == from_ms:
        return 0.0
    return min(max((book.now_ms - from_ms) / (until_ms - from_ms), 0.0), 1.0)


@inner
def _margin_call(book, walked):
    """Return how far along the leg the mark price meets the liquidation price, from here on; 2.0: it does not."""
    start, end = book.mark_from, book.mark_to
    here = start + (end - start) * walked
    if here <= book.liquidated_below or here >= book.liquidated_above:
        return walked
    if end <= book.liquidated_below:
        return (start - book.liquidated_below) / (start - end)
    if end >= book.liquidated_above:
        return (book.liquidated_above - start) / (end - start)
    return 2.0


@inner
def _called_at(book, market, walked, share, start, end):
    """Return the path price at which the margin call comes, never behind the price already reached."""
    if share <= walked:
        return book.price
    at = start + (end - start) * share
    if market.mark == 0 and 0.0 < share < 1.0:  # the very price, without the noise of the way there
        at = book.liquidated_below if end < start else book.liquidated_above
    if end >= start:
        return min(max(at, book.price), end)
    return max(min(at, book.price), end)


@inner
def ahead(book, market, from_ms, until_ms, start, end, goal, goal_ms):
    """Return (slot, path price, whether it arrives) of what comes next on a leg before this goal; slot -1: nothing."""
    slot, at, arriving = -1, goal, False
    opening = until_ms == from_ms
    direction = np.sign(end - start)
    if exhausted(book, market):
        pass
    elif opening:
        if book.above <= start or book.below >= start:
            slot = _first_crossed(book, start)
    elif direction > 0.0 and book.above <= goal:
        slot, at = book.above_slot, max(book.above, book.price)
    elif direction < 0.0 and book.below >= goal:
        slot, at = book.below_slot, min(book.below, book.price)
    head = book.first_waiting
    if head >= 0 and order_of(book, head).live_ms < min(goal_ms + 1, until_ms) + opening:
        point = _price_at(book, market, order_of(book, head).live_ms, start, end, from_ms, until_ms)
        if slot < 0 or direction * (point - at) < 0.0:
            slot, at, arriving = head, point, True
    return slot, at, arriving


def leg(address, from_ms, until_ms, start, end):
    """Walk one straight leg up to the book's goal and deal with what it meets; without duration it is the open itself.

    At the open everything crossed has the same price, so it goes by id: gaps first, then arrivals (T3, F2, F3). On the
    way the nearest comes first, and at one price what rests comes before what arrives. What goes live at the very end
    of a leg belongs to the next one.
    """
    book = book_at(address)
    run = run_at(book.run)
    market = market_of(run, book.market)
    opening = until_ms == from_ms
    open_price = start if opening else np.nan
    direction = np.sign(end - start)
    goal, goal_ms = book.goal, book.goal_ms
    if opening:
        move(book, market, start, from_ms)
    while run.status == codes.OK:
        if exhausted(book, market):
            _suspend(book, min(book.price, goal), max(book.price, goal))
        slot, at, arriving = ahead(book, market, from_ms, until_ms, start, end, goal, goal_ms)
        if book.position != 0.0 and answers(book, market):
            walked = _walked(book, from_ms, until_ms, start, end)
            share = _margin_call(book, walked)
            if share <= max(book.goal_share, walked):
                called = _called_at(book, market, walked, share, start, end)
                if slot < 0 or direction * (called - at) <= 0.0:
                    move(book, market, called, max(book.now_ms, from_ms + int((until_ms - from_ms) * share)))
                    book.mark = book.mark_from + (book.mark_to - book.mark_from) * share
                    force(book, market, codes.LIQUIDATION, book.price)
                    continue
        if slot < 0:
            break
        now_ms = book.now_ms
        if arriving:
            now_ms = max(now_ms, order_of(book, slot).live_ms)
        elif direction != 0.0:
            now_ms = max(now_ms, from_ms + int((until_ms - from_ms) * ((at - start) / (end - start))))
        move(book, market, at, now_ms)
        if arriving:
            arrive(book, slot, market)
        else:
            trigger(book, slot, market, open_price)
    if run.status == codes.OK:
        move(book, market, goal if direction * (goal - book.price) > 0.0 else book.price, max(book.now_ms, goal_ms))
    return run.status


LEG_STEP = Step(leg, "iiiff")


@inner
def walk_to(book, from_ms, until_ms, start, end, goal, goal_ms, share):
    """Walk a leg up to a path price on it, which is there at a time and after this share of the leg."""
    book.goal, book.goal_ms, book.goal_share = goal, goal_ms, share
    return call_leg(run_at(book.run).step_leg, address_of(book), from_ms, until_ms, start, end)


@inner
def walk(book, from_ms, until_ms, start, end):
    """Walk a whole leg."""
    return walk_to(book, from_ms, until_ms, start, end, end, until_ms, 1.0)
