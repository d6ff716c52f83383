"""Whether cross margin can be called at all within a timestamp: a bound that costs little and never errs to that side.

    reserve = wallet + sum over the books of the least that each can add to it within its candle

Above zero, whatever way the paths take and whichever orders fill, the balance keeps what it must, so every book may be
matched by itself. Else all of them walk the timestamp together (joint.py), which is exact and slow.
"""

import numpy as np

from engine.core import codes
from engine.core.costs import taker_cost
from engine.core.jit import Step, inlined, inner
from engine.core.margin import crosses, gain_of, maintenance_at, mark_of, notional_of, wallet_of
from engine.core.memory import balance_of, book_of, candle_at, market_of, order_of, run_at
from engine.core.records import CANDLE_SIZE


@inlined
def has_work(book, candle, until_ms):
    """Return whether an order of the book can arrive, trigger or trail within the candle."""
    return book.open_orders > 0 and (
        book.wake_ms < until_ms or candle.low <= book.below or candle.high >= book.above or book.trailing > 0
    )


@inner
def _range_of(run, market, candle):
    """Return (lowest, highest) price that counts within the candle: of the path, and of the mark price."""
    low, high = candle.low, candle.high
    if market.mark != 0:
        mark = candle_at(market.mark + run.k * CANDLE_SIZE)
        low, high = min(low, mark.low), max(high, mark.high)
    return low, high


@inner
def _entry_cost(market, quantity, buys, low, high):
    """Return the most that entries take off cross margin within a range of prices, costs and requirement apart."""
    worth = notional_of(market, quantity, low if market.kind == codes.INVERSE else high)
    if market.kind == codes.SPOT:
        return buys * high
    if market.isolated != 0:
        return worth / market.leverage
    if market.kind == codes.MARGIN:  # coins bought are no margin
        return buys * high + quantity * (high - low)
    return abs(gain_of(market, quantity, low, high))


@inner
def _cost_rate(run, book, market, quantity):
    """Return the most that a fill costs, fraction of its notional."""
    fee = max(market.taker_fee_rate, market.maker_fee_rate, 0.0)
    return fee + taker_cost(run, book, market, quantity, quantity) + market.borrow_open_rate


@inner
def _least(run, book, market, candle, index):
    """Return the least that the book can add to cross margin on its balance within its candle."""
    here = not np.isnan(candle.close)
    low, high = mark_of(book), mark_of(book)
    if here:
        low, high = _range_of(run, market, candle)
    held, entries, buys, worth = abs(book.position), 0.0, 0.0, 0.0
    if here and has_work(book, candle, candle.open_ms + run.timeframe_ms):
        for i in range(book.used):
            order = order_of(book, i)
            if order.state != codes.FREE and not order.reduce_only:
                entries += order.quantity - order.filled
                buys += order.quantity - order.filled if order.side > 0 else 0.0
        traded = held + 2.0 * entries  # what is held, what is added, and that again where it is closed
        book.volume, book.taken = candle.volume, 0.0
        dearest = notional_of(market, traded, low if market.kind == codes.INVERSE else high)
        worth -= dearest * _cost_rate(run, book, market, traded) + _entry_cost(market, entries, buys, low, high)
    crossing = crosses(book, market, index)
    if crossing:
        if market.kind == codes.MARGIN:
            worth += book.position * high
        else:
            gain = gain_of(market, book.position, book.entry, low)
            worth += min(gain, gain_of(market, book.position, book.entry, high))
    if crossing or (entries > 0.0 and market.kind != codes.SPOT and market.isolated == 0):
        largest = notional_of(market, held + entries, low if market.kind == codes.INVERSE else high)
        worth -= maintenance_at(market, largest)
    return worth


def reserve(address, row, _c, _d):
    """Compute every balance's reserve for the timestamp; returns 1 where one of them does not suffice."""
    run = run_at(address)
    for i in range(run.balance_count):
        balance_of(run, i).reserve = wallet_of(run, i)
    for b in range(run.book_count):
        book = book_of(run, b)
        if book.position == 0.0 and book.open_orders == 0:
            continue
        market = market_of(run, book.market)
        least = _least(run, book, market, candle_at(row + book.market * CANDLE_SIZE), market.quote_balance)
        balance_of(run, market.quote_balance).reserve += least
    for b in range(run.book_count):
        book = book_of(run, b)
        if book.position != 0.0 or book.open_orders > 0:
            market = market_of(run, book.market)
            if market.kind != codes.SPOT and market.isolated == 0:
                if balance_of(run, market.quote_balance).reserve <= 0.0:
                    return 1
    return 0


RESERVE_STEP = Step(reserve, "iiii")


@inner
def take_reserve(run, book, market, side, quantity, reduce_only):
    """Take what an order placed within the candle can cost off the reserve; below zero the timestamp is played anew."""
    candle = candle_at(run.candles + (run.k * run.market_count + book.market) * CANDLE_SIZE)
    low, high = _range_of(run, market, candle)
    dearest = notional_of(market, quantity, low if market.kind == codes.INVERSE else high)
    cost = dearest * _cost_rate(run, book, market, quantity + book.taken)
    if not reduce_only:
        cost += cost + _entry_cost(market, quantity, quantity if side > 0 else 0.0, low, high)
        cost += dearest * run.worst_rate
    balance = balance_of(run, market.quote_balance)
    balance.reserve -= cost
    if balance.reserve <= 0.0 and run.status == codes.OK:
        run.status = codes.REPLAY


@inner
def surely_bears(run, book, market, quantity, price, stop):
    """Return whether cross margin bears a move from here to a stop, with this much more held, whatever others do now."""
    if market.kind != codes.LINEAR or run.jointly != 0 or run.phase != 0:
        return False
    held = abs(book.position) + quantity
    candle = candle_at(run.candles + (run.k * run.market_count + book.market) * CANDLE_SIZE)
    low, high = _range_of(run, market, candle)
    far = max(abs(stop - low), abs(stop - high), abs(stop - price))
    return balance_of(run, market.quote_balance).reserve - held * far * (1.0 + run.worst_rate) > 0.0
