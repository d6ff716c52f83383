"""What one fill does: balances, position, fees, the log, exits of a bracket, one-cancels-other, on_fill (F1-F4, T4)."""

import numpy as np

from engine.core import codes
from engine.core.account import refresh_claim
from engine.core.bearing import lost_by_force, relieve
from engine.core.jit import Step, inner
from engine.core.lending import borrow, closable
from engine.core.margin import find_margin, gain_of, is_contract, notional_of
from engine.core.memory import (
    address_of,
    balance_of,
    book_at,
    book_of,
    call,
    call_fill,
    call_leg,
    fill_of,
    market_of,
    order_of,
    run_at,
    slot_of,
)
from engine.core.orders import (
    add_claim,
    attachments,
    end_order,
    enqueue,
    mixed,
    note,
    release,
    take_slot,
    unrest,
    write_exit,
)
from engine.core.records import FILL_SIZE
from engine.core.rounding import nearest_lot, to_lot, to_tick


@inner
def apply_fill(run, book, market, side, quantity, price, fee_rate):
    """Move balances and position by one fill; returns (fee in quote, realised PnL before fees)."""
    notional = notional_of(market, quantity, price)
    fee = notional * fee_rate
    received = quantity
    contract = is_contract(market)
    quote = balance_of(run, market.quote_balance)
    if not contract:
        base = balance_of(run, market.base_balance)
        if side > 0:
            quote.amount -= notional
            if market.fee_in_base:
                received = quantity - quantity * fee_rate
            else:
                quote.amount -= fee
            base.amount += received
        else:
            quote.amount += notional - fee
            base.amount -= quantity
    else:
        quote.amount -= fee

    signed = side * received
    was = book.position
    realised = 0.0
    if was == 0.0 or (was > 0.0) == (side > 0):
        book.entry = _average(market, abs(was), book.entry, received, price)
        book.position = _clean(was + signed, market)
        if was == 0.0:
            book.trade_high = price
            book.trade_low = price
    else:
        closing = min(received, abs(was))
        realised = gain_of(market, closing if was > 0.0 else -closing, book.entry, price)
        position = _clean(was + signed, market)
        if market.kind == codes.MARGIN and abs(position) < 1e-12 * abs(was):
            position = 0.0  # what is left of a debt that was bought back is binary noise
        if abs(position) < market.lot * (1.0 - 1e-9):  # flat means less than one lot; the rest is dust, kept apart
            # Coins beyond a debt came at this fill's price, what is left of a long position at its entry.
            book.dust += position
            book.dust_cost += position * (price if position > 0.0 and was < 0.0 else book.entry)
            position = 0.0
            book.entry = 0.0
        elif (position > 0.0) != (was > 0.0):
            book.entry = price
        book.position = position
        if contract:
            quote.amount += realised
    if not contract:
        base = balance_of(run, market.base_balance)
        if market.kind == codes.MARGIN:
            base.amount = _coins(run, market)
        elif not market.fee_in_base:
            base.amount = nearest_lot(base.amount, market)
    book.realised += realised
    book.fees += fee
    _answer(book, market, was, price)
    return fee, realised


@inner
def _average(market, held, entry, more, price):
    if market.kind == codes.INVERSE and held > 0.0:  # profit is in 1/price: so is the average
        return (held + more) / (held / entry + more / price)
    return (held * entry + more * price) / (held + more)


@inner
def _answer(book, market, was, price):
    """Put margin aside for an isolated position as it grows, give it back as it shrinks."""
    if market.isolated == 0:
        return
    now = book.position
    if now == 0.0 or (market.kind == codes.MARGIN and now > 0.0):
        book.margin = 0.0
    elif was * now > 0.0 and abs(now) <= abs(was):
        book.margin *= abs(now) / abs(was)
    else:
        kept = abs(was) if was * now > 0.0 else 0.0
        book.margin = (book.margin if kept > 0.0 else 0.0) + notional_of(
            market, abs(now) - kept, price
        ) / market.leverage


@inner
def _coins(run, market):
    """Return the coins of a margin market's balance, < 0 where owed: exactly what its books hold, so exactly zero."""
    coins = 0.0
    for i in range(run.book_count):
        book = book_of(run, i)
        if market_of(run, book.market).base_balance == market.base_balance:
            coins += book.position + book.dust
    return coins


@inner
def _clean(position, market):
    # A sum of lots is a whole number of lots (A2); coins left after a base-coin fee, and a debt with its interest,
    # are not, and stay as they are.
    return position if market.fee_in_base or market.kind == codes.MARGIN else nearest_lot(position, market)


def fill_order(address, slot, maker, quantity, price, planned):
    """Fill part or all of an order, with everything that follows from it; then ask the strategy."""
    book = book_at(address)
    run = run_at(book.run)
    market = market_of(run, book.market)
    order = order_of(book, slot)
    resting = order.state == codes.RESTING
    if resting:
        add_claim(book, order, -1.0)
        book.signature -= mixed(order)

    was, margin = book.position, book.margin
    side, order_id, oco, kind, rule = order.side, order.id, order.oco, order.kind, order.rule
    fee_rate = market.maker_fee_rate if maker else market.taker_fee_rate
    forced = kind == codes.LIQUIDATION or kind == codes.SETTLEMENT
    if forced:
        fee_rate = book.forced_fee_rate
    fee, realised = apply_fill(run, book, market, side, quantity, price, fee_rate)
    moved = abs(book.position - was)  # before interest
    book.trade_high = max(book.trade_high, price)
    book.trade_low = min(book.trade_low, price)
    at = run.fill_count
    fill = fill_of(run, at)
    fill.ms = book.now_ms
    fill.candle = run.k
    fill.book = book.index
    fill.order_id = order_id
    fill.side = side
    fill.quantity = quantity
    fill.price = price
    fill.planned = planned
    fill.fee = fee
    fill.maker = maker
    fill.kind = kind
    fill.reason = order.reason
    fill.tag = order.tag
    fill.realised = realised
    fill.position = book.position
    fill.entry = book.entry
    fill.high = book.trade_high
    fill.low = book.trade_low
    run.fill_count = at + 1
    flipped = was * book.position < 0.0
    if flipped:
        book.trade_high = price
        book.trade_low = price
    if market.kind == codes.MARGIN:
        borrow(run, book, market, was, price)
    if market.kind != codes.SPOT:
        if forced:
            lost_by_force(run, book, fee - realised)
        relieve(run, book, market, margin, was, quantity, realised, fee)
    find_margin(run, book, market)

    order.filled = nearest_lot(order.filled + quantity, market)
    if resting:
        add_claim(book, order, 1.0)
        book.signature += mixed(order)
    _attach_exits(book, slot, price, nearest_lot(abs(book.position), market) if flipped else moved, market)
    if oco != 0:
        _cancel_others(book, slot, oco)
    complete = order.quantity - order.filled < market.lot * 0.5
    if complete:
        if order.state == codes.RESTING:
            unrest(book, slot)
        order.state = codes.FREE
        release(book, slot)
    if book.reducing > 0 and (book.position == 0.0 or flipped):
        _cancel_unreducing(book)
    strategy = slot_of(run, book.slot)
    if strategy.risk != 0:
        call_leg(run.step_protect, address, rule, complete, was, 0.0)
    refresh_claim(run, book, market)

    book.candle_fills += 1
    if book.candle_fills > run.max_candle_fills:
        run.status = codes.TOO_MANY_FILLS
        return run.status
    if strategy.on_fill != 0:
        row = run.fills + at * FILL_SIZE
        fill.book = book.index - strategy.first_book  # a strategy counts its own markets; the log counts all books
        if call(strategy.on_fill, strategy.state, row, 0, address) != 0:
            run.status = codes.STRATEGY_FAILED
        fill.book = book.index
    return run.status


FILL_STEP = Step(fill_order, "iiifff")


@inner
def execute(book, slot, quantity, price, planned, maker):
    """Call the fill step through its address."""
    return call_fill(run_at(book.run).step_fill, address_of(book), slot, maker, quantity, price, planned)


@inner
def _attach_exits(book, slot, price, quantity, market):
    """Make the exits of a bracket, or let them grow by what has filled since."""
    entry = order_of(book, slot)
    if attachments(entry.stop_loss, entry.take_profit) == 0:
        return
    if entry.exits != 0:
        found = False
        for i in range(book.used):
            exit_order = order_of(book, i)
            if exit_order.state != codes.FREE and exit_order.oco == entry.exits:
                if exit_order.state == codes.RESTING:
                    book.signature -= mixed(exit_order)
                exit_order.quantity += quantity
                if exit_order.state == codes.RESTING:
                    book.signature += mixed(exit_order)
                found = True
        if found or book.open_orders + book.promised + 2 > book.capacity:
            return
    else:
        book.promised -= attachments(entry.stop_loss, entry.take_profit)
    book.next_group += 1
    entry.exits = -book.next_group
    if not np.isnan(entry.stop_loss):
        trigger = to_tick(price * (1.0 - entry.side * entry.stop_loss), market)
        _add_exit(book, slot, codes.STOP, quantity, np.nan, trigger)
    if not np.isnan(entry.take_profit):
        target = to_tick(price * (1.0 + entry.side * entry.take_profit), market)
        _add_exit(book, slot, codes.LIMIT, quantity, target, np.nan)


@inner
def _add_exit(book, entry_slot, kind, quantity, price, trigger):
    slot = take_slot(book)
    entry = order_of(book, entry_slot)
    reason = codes.REASON_STOP_LOSS if kind == codes.STOP else codes.REASON_TAKE_PROFIT
    write_exit(
        book,
        slot,
        kind,
        -entry.side,
        codes.QUANTITY,
        quantity,
        price,
        trigger,
        np.nan,
        entry.exits,
        reason,
        entry.tag,
        0,
    )
    enqueue(book, slot, book.now_ms)


@inner
def _cancel_others(book, slot, oco):
    for i in range(book.used):
        if i != slot and order_of(book, i).state != codes.FREE and order_of(book, i).oco == oco:
            end_order(book, i, codes.CANCELLED_BY_OTHER, 0.0, 0.0)


@inner
def _cancel_unreducing(book):
    """Cancel resting reduce-only orders that have nothing left to reduce; waiting ones are judged on arrival."""
    for i in range(book.used):
        order = order_of(book, i)
        if order.state == codes.RESTING and order.reduce_only and book.position * order.side >= 0.0:
            end_order(book, i, codes.CANCELLED_NOTHING_TO_REDUCE, 0.0, 0.0)


@inner
def shrink_to_position(book, order, quantity, fee_rate):
    """Return what a reduce-only order may fill; a shrunk one is recorded with both numbers."""
    market = market_of(run_at(book.run), book.market)
    held = to_lot(abs(book.position), market)
    if market.kind == codes.MARGIN and book.position < 0.0:
        held = closable(book, market, fee_rate)
        if quantity >= min(book.principal, held) * (1.0 - 1e-12):
            order.quantity = order.filled + held  # whoever buys back all that was borrowed means the whole debt
            return held
    if quantity > held:
        if order.size_mode != codes.POSITION and order.oco >= 0:
            note(book, order.id, codes.REDUCED_TO_POSITION, order.reason, quantity, held)
        return held
    return quantity
