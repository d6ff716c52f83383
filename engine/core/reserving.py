"""Whether cross margin can be called at all within a timestamp: a bound that costs little and never errs to that side.

    reserve = wallet + sum over the books of the least that each can add to it within its candle

Above zero, whatever way the paths take and whichever orders fill, the balance keeps what it must, so every book may be
matched by itself. Else all of them walk the timestamp together (joint.py), which is exact and slow.
"""

import numpy as np

from engine.core import codes
from engine.core.costs import taker_cost
from engine.core.jit import Step, inlined, inner
from engine.core.margin import crosses, gain_of, is_netted, maintenance_at, mark_of, notional_of, wallet_of
from engine.core.memory import balance_of, book_of, candle_at, market_of, order_of, run_at, track_of
from engine.core.records import CANDLE_SIZE
from engine.core.rule_records import whole_at


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
def _cost_rate(run, book, market, quantity, low):
    """Return the most that a fill costs, fraction of its notional, the tick that it is rounded to within."""
    fee = max(market.taker_fee_rate, market.maker_fee_rate, 0.0)
    tick = market.tick_units / market.tick_scale
    return fee + taker_cost(run, book, market, quantity, quantity) + market.borrow_open_rate + tick / low


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
        worth -= dearest * _cost_rate(run, book, market, traded, low) + _entry_cost(market, entries, buys, low, high)
    crossing = crosses(book, market, index)
    if crossing:
        if market.kind == codes.MARGIN:
            worth += book.position * high
        else:
            gain = gain_of(market, book.position, book.entry, low)
            worth += min(gain, gain_of(market, book.position, book.entry, high))
    if crossing or (entries > 0.0 and market.kind != codes.SPOT and market.isolated == 0):
        largest = notional_of(market, held + entries, low if market.kind == codes.INVERSE else high)
        if is_netted(market):  # by tiers the sum may have to keep more than its parts: see survey
            market.largest += largest
        else:
            worth -= maintenance_at(market, largest)
    return worth


@inlined
def is_called(run, book, market, candle):
    """Return whether the mark price comes to the book's own liquidation price within the candle."""
    mark = candle
    if market.mark != 0:
        mark = candle_at(market.mark + run.k * CANDLE_SIZE)
        if book.now_ms < candle.open_ms + run.timeframe_ms:
            book.mark_before = book.mark
    book.mark = mark.close
    return mark.low <= book.liquidated_below or mark.high >= book.liquidated_above


@inlined
def stand(run, book, market, candle, now_ms):
    """Take a book to its candle's close, where nothing can happen to it on the way."""
    if book.position != 0.0:
        book.trade_high = max(book.trade_high, candle.high)
        book.trade_low = min(book.trade_low, candle.low)
        if book.now_ms < now_ms:  # not when the timestamp is looked at again, with larger logs
            book.price_before = book.price
    book.price = candle.close
    book.now_ms = now_ms
    if market.base_balance >= 0:
        balance_of(run, market.base_balance).close = candle.close


@inlined
def sums_of(book, market):
    """Return (gross notional, floating PnL) of the book at its price; coins that are held float in their balance."""
    if book.position == 0.0:
        return 0.0, 0.0
    if market.kind == codes.INVERSE:
        gross = notional_of(market, abs(book.position), book.price)
        return gross, gain_of(market, book.position, book.entry, book.price)
    floating = book.position * (book.price - book.entry) if market.kind == codes.LINEAR else 0.0
    return abs(book.position) * book.price, floating


def survey(address, row, _c, _d):
    """Compute every balance's reserve, take quiet books to their closes and mark the busy ones.

    Returns 1 where a reserve does not suffice: then all books are to walk the timestamp from its beginning.
    """
    run = run_at(address)
    for i in range(run.balance_count):
        balance_of(run, i).reserve = wallet_of(run, i)
    busy_count, at, total = 0, -1, 0.0
    asked, timeframe_ms, gross, floating = False, run.timeframe_ms, 0.0, 0.0
    for b in range(run.book_count):
        book = book_of(run, b)
        market = market_of(run, book.market)
        candle = candle_at(row + book.market * CANDLE_SIZE)
        here = not np.isnan(candle.close)
        now_ms = candle.open_ms + timeframe_ms
        if book.position == 0.0 and book.open_orders == 0:
            if here:
                stand(run, book, market, candle, now_ms)
            continue
        busy = here and has_work(book, candle, now_ms)
        if market.plain != 0 and here and not busy:  # most of them: by the shortest way
            book.mark = candle.close
            asked = True
            worst = candle.low if book.position > 0.0 else candle.high
            least = book.position * (worst - book.entry)
            least -= maintenance_at(market, abs(book.position) * candle.high)
        else:
            if here and book.position != 0.0 and market.kind != codes.SPOT:
                busy = is_called(run, book, market, candle) or busy
            asked = asked or (market.isolated == 0 and market.kind != codes.SPOT)
            least = _least(run, book, market, candle, market.quote_balance)
        if market.quote_balance != at:  # summed by hand: through memory each book would wait for the one before
            if at >= 0:
                balance_of(run, at).reserve += total
            at, total = market.quote_balance, 0.0
        total += least
        if book.now_ms < now_ms:
            track = track_of(run, b)
            track.high, track.low = book.trade_high, book.trade_low
        if busy:
            whole_at(run.busy + busy_count * 8).value = b
            busy_count += 1
        else:
            if here:
                stand(run, book, market, candle, now_ms)
            more, floats = sums_of(book, market)
            gross += more
            floating += floats
    if at >= 0:
        balance_of(run, at).reserve += total
    for m in range(run.market_count if run.netted != 0 else 0):
        market = market_of(run, m)
        if market.largest > 0.0:
            balance_of(run, market.quote_balance).reserve -= maintenance_at(market, market.largest)
            market.largest = 0.0
    run.busy_count = busy_count
    run.quiet_gross, run.quiet_floating = gross, floating
    if asked:
        for i in range(run.balance_count):
            if balance_of(run, i).margined != 0 and balance_of(run, i).reserve <= 0.0:
                return 1
    return 0


SURVEY_STEP = Step(survey, "iiii")


@inner
def take_reserve(run, book, market, side, quantity, reduce_only):
    """Take what an order placed within the candle can cost off the reserve; below zero the timestamp is played anew."""
    candle = candle_at(run.candles + (run.k * run.market_count + book.market) * CANDLE_SIZE)
    low, high = _range_of(run, market, candle)
    dearest = notional_of(market, quantity, low if market.kind == codes.INVERSE else high)
    cost = dearest * _cost_rate(run, book, market, quantity + book.taken, low)
    if not reduce_only:
        cost += cost + _entry_cost(market, quantity, quantity if side > 0 else 0.0, low, high)
        cost += dearest * run.worst_rate
    balance = balance_of(run, market.quote_balance)
    balance.reserve -= cost
    if balance.reserve <= 0.0 and run.status == codes.OK:
        run.status = codes.REPLAY


@inner
def surely_bears(run, book, market, quantity, price, stop):
    """Return whether cross margin surely bears a move from here to a stop, with this much more held."""
    if market.kind != codes.LINEAR or run.jointly != 0 or run.phase != 0:
        return False
    held = abs(book.position) + quantity
    candle = candle_at(run.candles + (run.k * run.market_count + book.market) * CANDLE_SIZE)
    low, high = _range_of(run, market, candle)
    far = max(abs(stop - low), abs(stop - high), abs(stop - price))
    return balance_of(run, market.quote_balance).reserve - held * far * (1.0 + run.worst_rate) > 0.0
