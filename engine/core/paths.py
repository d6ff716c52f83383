"""One candle of one book: which way the path went, both ways from a copy where that matters (rules P1-P3).

What a fork copies is in snapshots.py.
"""

import numpy as np

from engine.core import codes
from engine.core.account import worth_of
from engine.core.jit import Step, inner
from engine.core.matching import walk
from engine.core.memory import (
    book_at,
    candle_at,
    mark_byte,
    market_of,
    move_bytes,
    order_of,
    run_at,
    slot_of,
)
from engine.core.records import CANDLE_SIZE, EVENT_SIZE, FILL_SIZE, PAYMENT_SIZE
from engine.core.rounding import without_noise
from engine.core.snapshots import fork


@inner
def _quiet(book, low, high, until_ms):
    """Return whether nothing can happen to the book between these prices until this time."""
    if low <= book.below or high >= book.above or book.trailing > 0:
        return False
    if book.mark_low <= book.liquidated_below or book.mark_high >= book.liquidated_above:
        return False
    return book.first_waiting < 0 or order_of(book, book.first_waiting).live_ms >= until_ms


@inner
def close_candle(book, candle, until_ms):
    """Leave the book at the candle's close."""
    if book.position != 0.0:
        book.trade_high = max(book.trade_high, candle.high)
        book.trade_low = min(book.trade_low, candle.low)
    book.price = candle.close
    book.mark = book.mark_close
    book.now_ms = until_ms


@inner
def _legs(book, candle, first, second, from_ms, until_ms, begin, end):
    """Walk some of the three legs: open to the first extreme (0), on to the second (1), on to the close (2)."""
    third = (until_ms - from_ms) // 3
    low_first = first == candle.low
    mark_first = book.mark_low if low_first else book.mark_high
    mark_second = book.mark_high if low_first else book.mark_low
    status = codes.OK
    if begin <= 0:
        book.mark_from, book.mark_to = book.mark_open, mark_first
        status = walk(book, from_ms, from_ms + third, candle.open, first)
    if status == codes.OK and begin <= 1 < end:
        book.mark_from, book.mark_to = mark_first, mark_second
        status = walk(book, from_ms + third, from_ms + 2 * third, first, second)
    if status == codes.OK and end == 3:
        book.mark_from, book.mark_to = mark_second, book.mark_close
        status = walk(book, from_ms + 2 * third, until_ms, second, candle.close)
    return status


@inner
def _one_sided(run, book, candle):
    """Return whether only one extreme can trigger anything, in a way that the other extreme cannot change.

    Then, if nothing more can happen once that extreme is reached, both paths fill the same orders at the same prices
    in the same order: what follows from them is the same too, and low first stands for both.
    """
    if run.latency_ms != 0 or book.trailing > 0 or book.first_waiting >= 0:
        return False
    slot = slot_of(run, book.slot)
    if slot.on_fill != 0 and slot.timeless == 0:
        return False
    falls, rises = book.mark_low <= book.liquidated_below, book.mark_high >= book.liquidated_above
    if (falls or rises) and market_of(run, book.market).mark != 0:
        return False  # what the last price is when the mark price calls differs with the way there
    return (candle.low <= book.below or falls) != (candle.high >= book.above or rises)


@inner
def drop_between(run, fills_0, fills_1, events_0, events_1, payments_0, payments_1):
    """Take what the first of two ways has logged, from counts 0 to counts 1, out of the logs."""
    new_fills, new_events = run.fill_count - fills_1, run.event_count - events_1
    move_bytes(run.fills + fills_0 * FILL_SIZE, run.fills + fills_1 * FILL_SIZE, new_fills * FILL_SIZE)
    move_bytes(run.events + events_0 * EVENT_SIZE, run.events + events_1 * EVENT_SIZE, new_events * EVENT_SIZE)
    new_payments = run.payment_count - payments_1
    to, source = run.payments + payments_0 * PAYMENT_SIZE, run.payments + payments_1 * PAYMENT_SIZE
    move_bytes(to, source, new_payments * PAYMENT_SIZE)
    run.fill_count = fills_0 + new_fills
    run.event_count = events_0 + new_events
    run.payment_count = payments_0 + new_payments


@inner
def _both_ways(book, market, candle, from_ms, until_ms):
    """Play low first and high first from one state and keep the worse (adverse) or the better (favourable)."""
    run = run_at(book.run)
    before, after = run.scratch, run.scratch + run.scratch_size
    fills_0, events_0, payments_0 = run.fill_count, run.event_count, run.payment_count
    one_sided = _one_sided(run, book, candle)
    fork(run, book, market, before, True)

    done = 0
    if one_sided:
        falls = candle.low <= book.below or book.mark_low <= book.liquidated_below
        done = 1 if falls else 2
        _legs(book, candle, candle.low, candle.high, from_ms, until_ms, 0, done)
        if run.status != codes.OK or _quiet(book, candle.low, candle.high, until_ms):
            return
    _legs(book, candle, candle.low, candle.high, from_ms, until_ms, done, 3)
    if run.status != codes.OK:
        return
    fills_1, events_1, payments_1 = run.fill_count, run.event_count, run.payment_count
    low_worth = worth_of(run, book, market)
    position, signature, open_orders = book.position, book.signature, book.open_orders
    fork(run, book, market, after, True)

    fork(run, book, market, before, False)
    _legs(book, candle, candle.high, candle.low, from_ms, until_ms, 0, 3)
    if run.status != codes.OK:
        return
    high_worth = worth_of(run, book, market)

    apart = abs(high_worth - low_worth) > 1e-9 * max(abs(low_worth), abs(high_worth))
    if apart or position != book.position or signature != book.signature or open_orders != book.open_orders:
        run.dependent_count += mark_byte(run.dependent + run.k)

    high_kept = high_worth < low_worth if run.path == codes.ADVERSE else high_worth > low_worth
    if high_kept:
        drop_between(run, fills_0, fills_1, events_0, events_1, payments_0, payments_1)
    else:
        fork(run, book, market, after, False)
        run.fill_count = fills_1
        run.event_count = events_1
        run.payment_count = payments_1


@inner
def _set_marks(book, market, candle, fine):
    """Set the mark prices of the candle that is played: the mark's own, within them for a finer candle, or its own."""
    book.mark_open, book.mark_high = candle.open, candle.high
    book.mark_low, book.mark_close = candle.low, candle.close
    if market.mark == 0:
        return
    mark = candle_at(market.mark + run_at(book.run).k * CANDLE_SIZE)
    if not fine:
        book.mark_open, book.mark_high = mark.open, mark.high
        book.mark_low, book.mark_close = mark.low, mark.close
        return
    book.mark_open = min(max(candle.open, mark.low), mark.high)
    book.mark_high = min(max(candle.high, mark.low), mark.high)
    book.mark_low = min(max(candle.low, mark.low), mark.high)
    book.mark_close = min(max(candle.close, mark.low), mark.high)


@inner
def begin_candle(run, book, market, candle, until_ms, fine):
    """Set what fills and margin calls of a candle go by: its end, its volume, its mark prices."""
    book.candle_end_ms = until_ms
    book.volume = candle.volume
    book.taken = 0.0
    if market.volume_unknown:
        book.volume_left = np.inf
    elif np.isnan(run.participation):  # a candle without volume had no trades, so none of ours either
        book.volume_left = np.inf if candle.volume > 0.0 else 0.0
    else:
        book.volume_left = without_noise(run.participation * candle.volume, market)
    _set_marks(book, market, candle, fine)
    book.mark_from = book.mark_to = book.mark_open


@inner
def low_is_first(run, candle):
    """Return whether the path of a run that plays only one goes to the low first (rule P1)."""
    return run.path == codes.LOW_FIRST or (
        run.path == codes.NEAREST and candle.open - candle.low <= candle.high - candle.open
    )


@inner
def play(book, market, candle, from_ms, until_ms, fine):
    """Take the book through one candle."""
    run = run_at(book.run)
    begin_candle(run, book, market, candle, until_ms, fine)
    if walk(book, from_ms, from_ms, candle.open, candle.open) != codes.OK:
        return
    if not _quiet(book, candle.low, candle.high, until_ms):
        if run.path in (codes.ADVERSE, codes.FAVOURABLE):
            _both_ways(book, market, candle, from_ms, until_ms)
        elif low_is_first(run, candle):
            _legs(book, candle, candle.low, candle.high, from_ms, until_ms, 0, 3)
        else:
            _legs(book, candle, candle.high, candle.low, from_ms, until_ms, 0, 3)
    if run.status == codes.OK:
        close_candle(book, candle, until_ms)


@inner
def finer(market, candle, until_ms):
    """Return the range of finer candles inside this one; empty when they do not tell the same story."""
    rows = market.detail
    low, high = 0, market.detail_count
    while low < high:
        middle = (low + high) // 2
        if candle_at(rows + (middle) * CANDLE_SIZE).open_ms < candle.open_ms:
            low = middle + 1
        else:
            high = middle
    first = low
    top, bottom = -np.inf, np.inf
    while high < market.detail_count and candle_at(rows + (high) * CANDLE_SIZE).open_ms < until_ms:
        top = max(top, candle_at(rows + (high) * CANDLE_SIZE).high)
        bottom = min(bottom, candle_at(rows + (high) * CANDLE_SIZE).low)
        high += 1
    same = first < high and top == candle.high and bottom == candle.low
    if (
        same
        and candle_at(rows + (first) * CANDLE_SIZE).open == candle.open
        and candle_at(rows + (high - 1) * CANDLE_SIZE).close == candle.close
    ):
        return first, high
    return 0, 0


def match(address, candle_address, _c, _d):
    """Match one book against one candle of the run, through finer candles where there are any (rule P3)."""
    book = book_at(address)
    candle = candle_at(candle_address)
    run = run_at(book.run)
    until_ms = candle.open_ms + run.timeframe_ms
    market = market_of(run, book.market)
    _set_marks(book, market, candle, False)
    if book.first_waiting < 0 and _quiet(book, candle.low, candle.high, until_ms):
        close_candle(book, candle, until_ms)
        return run.status
    book.candle_fills = 0
    if market.detail != 0:
        first, end = finer(market, candle, until_ms)
        if first < end:
            rows = market.detail
            for i in range(first, end):
                if run.status == codes.OK:
                    play(
                        book,
                        market,
                        candle_at(rows + (i) * CANDLE_SIZE),
                        candle_at(rows + (i) * CANDLE_SIZE).open_ms,
                        candle_at(rows + (i) * CANDLE_SIZE).open_ms + run.detail_ms,
                        True,
                    )
            return run.status
        run.detail_short += 1
    play(book, market, candle, candle.open_ms, until_ms, False)
    return run.status


MATCH_STEP = Step(match, "iiii")
