"""Where each book is within a timestamp that all books walk together: its candle, its leg, what comes next on it.

Times count from the timestamp's beginning: a broken millisecond would drown in the digits of UTC.
"""

import numpy as np

from engine.core import codes
from engine.core.jit import inner
from engine.core.matching import ahead
from engine.core.memory import book_of, candle_at, market_of, order_of, track_of
from engine.core.paths import close_candle, finer
from engine.core.records import CANDLE_SIZE

LOWS, HIGHS, OWN = 0, 1, 2  # which extreme comes first: of all markets, or as the run's path says for each


@inner
def candle_of(track):
    """Return the candle that a book is in."""
    return candle_at(track.rows + track.at * CANDLE_SIZE)


@inner
def is_walking(track):
    """Return whether the book is on a leg of its candle."""
    return codes.OPENING < track.number < codes.DONE


@inner
def share_at(track, begin_ms, now):
    """Return how far along its leg a book is at a time, 0 to 1."""
    share = (now - float(track.from_ms - begin_ms)) / float(track.until_ms - track.from_ms)
    return min(max(share, 0.0), 1.0)


@inner
def take_seats(run, row, order):
    """Put every book before its first candle of the timestamp."""
    for b in range(run.book_count):
        book, track = book_of(run, b), track_of(run, b)
        market = market_of(run, book.market)
        candle_address = row + book.market * CANDLE_SIZE
        candle = candle_at(candle_address)
        track.rows, track.at, track.count, track.fine = candle_address, 0, 1, 0
        track.from_ms = track.until_ms = candle.open_ms
        track.number = codes.DONE if np.isnan(candle.close) else codes.OPENING
        track.low_first = 1 if order == LOWS else 0
        book.candle_fills = 0
        if book.position != 0.0:  # it may have been at its close already
            book.trade_high, book.trade_low = track.high, track.low
        if track.number == codes.OPENING and market.detail != 0:
            first, end = finer(market, candle, candle.open_ms + run.timeframe_ms)
            if first < end:
                track.rows, track.count, track.fine = market.detail + first * CANDLE_SIZE, end - first, 1
                track.from_ms = track.until_ms = candle_of(track).open_ms
            else:
                run.detail_short += 1


@inner
def next_leg(run, book, track):
    """Set the book on its next leg, or before its next finer candle, or at its close."""
    candle = candle_of(track)
    length = run.detail_ms if track.fine else run.timeframe_ms
    until_ms, third = candle.open_ms + length, length // 3
    low_first = track.low_first == 1
    first, second = (candle.low, candle.high) if low_first else (candle.high, candle.low)
    mark_first, mark_second = (book.mark_low, book.mark_high) if low_first else (book.mark_high, book.mark_low)
    track.number += 1
    track.from_ms = track.until_ms
    if track.number == 1:
        track.until_ms, track.start, track.end = candle.open_ms + third, candle.open, first
        book.mark_from, book.mark_to = book.mark_open, mark_first
    elif track.number == 2:
        track.until_ms, track.start, track.end = candle.open_ms + 2 * third, first, second
        book.mark_from, book.mark_to = mark_first, mark_second
    elif track.number == 3:
        track.until_ms, track.start, track.end = until_ms, second, candle.close
        book.mark_from, book.mark_to = mark_second, book.mark_close
    else:
        close_candle(book, candle, until_ms)
        track.at += 1
        if track.at < track.count:
            track.number = codes.OPENING
            track.from_ms = track.until_ms = candle_of(track).open_ms


@inner
def _next_order(run, book, track, begin_ms):
    """Return (time, path price) at which the book's next order arrives or triggers on its leg; +inf: none."""
    market = market_of(run, book.market)
    slot, at, arriving = ahead(
        book, market, track.from_ms, track.until_ms, track.start, track.end, track.end, track.until_ms
    )
    if slot < 0:
        return np.inf, track.end
    from_ms = float(track.from_ms - begin_ms)
    if arriving:
        return max(from_ms, float(order_of(book, slot).live_ms - begin_ms)), at
    share = (at - track.start) / (track.end - track.start) if track.end != track.start else 0.0
    return from_ms + share * float(track.until_ms - track.from_ms), at


@inner
def soonest(run, begin_ms, now, latest):
    """Return (time, book, path price) of what comes next: an order of a book, or, book -1, the end of a leg."""
    soon, which, price = latest, -1, 0.0
    for b in range(run.book_count):
        track = track_of(run, b)
        if track.number == codes.OPENING:
            soon = min(soon, float(track.from_ms - begin_ms))
        elif is_walking(track):
            soon = min(soon, float(track.until_ms - begin_ms))
    soon = max(soon, now)
    for b in range(run.book_count):
        book, track = book_of(run, b), track_of(run, b)
        if is_walking(track) and book.open_orders > 0:
            ms, at = _next_order(run, book, track, begin_ms)
            ms = max(ms, now)
            if ms < soon or (which < 0 and ms == soon and soon < latest):
                soon, which, price = ms, b, at
    return soon, which, price
