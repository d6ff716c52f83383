"""All books of an account walk one timestamp together in time: where several positions answer with one balance.

Between two happenings positions stand still and every market is on a straight leg, so what a balance keeps above its
requirement is a function of time alone: where it falls to zero is found by halving, all books walk to that instant,
and the position with the largest loss goes; then on. Markets move together: all to their lows first, or all to their
highs; adverse and favourable play both and keep the worse or the better equity (rules P1 and C4).
"""

import numpy as np

from engine.core import codes
from engine.core.account import equity_of
from engine.core.forcing import liquidate
from engine.core.jit import Step, inner
from engine.core.matching import walk_to
from engine.core.memory import balance_of, bits_of, book_of, candle_at, mark_byte, market_of, run_at, track_of
from engine.core.paths import begin_candle, drop_between, low_is_first
from engine.core.snapshots import load_all, save_all
from engine.core.standing import called_before, first_to_go, lowest
from engine.core.tracks import HIGHS, LOWS, OWN, candle_of, is_walking, next_leg, share_at, soonest, take_seats

_MIX = np.uint64(0x9E3779B97F4A7C15)


@inner
def _settle(run, begin_ms, now):
    """Liquidate until every balance keeps what it must, at the marks of this instant."""
    while run.status == codes.OK:
        standing, index = lowest(run, begin_ms, now)
        if standing > 0.0:
            return
        book = book_of(run, first_to_go(run, index))
        _make_room(run, book)
        if run.status != codes.OK:
            return
        run.b = book.index
        for b in range(run.book_count):  # a market without a candle now has stood still since its last
            other = book_of(run, b)
            if other.market == book.market:
                other.now_ms = max(other.now_ms, begin_ms + int(now))
        liquidate(run, book, market_of(run, book.market))


@inner
def _make_room(run, book):
    """See that the logs hold what one book can do before it is looked at again; else the timestamp starts over."""
    fills = run.max_candle_fills + run.cross_books + 2
    events = run.max_candle_fills + (4 + run.cross_books) * book.capacity + run.watch_events
    if (
        run.fill_count + fills > run.fill_room
        or run.event_count + events > run.event_room
        or run.payment_count + fills > run.payment_room
    ):
        run.status = codes.NEED_ROOM


@inner
def _open(run, begin_ms, now, order):
    """Let the candles that begin now open: all prices first, then what the venue takes, then the orders."""
    opened = False
    for b in range(run.book_count):
        book, track = book_of(run, b), track_of(run, b)
        if track.number == codes.OPENING and float(track.from_ms - begin_ms) <= now:
            opened = True
            candle = candle_of(track)
            length = run.detail_ms if track.fine else run.timeframe_ms
            begin_candle(run, book, market_of(run, book.market), candle, candle.open_ms + length, track.fine)
            if order == OWN:
                track.low_first = 1 if low_is_first(run, candle) else 0
            book.price = candle.open
            book.mark = book.mark_open
            book.now_ms = candle.open_ms
    if not opened:
        return
    _settle(run, begin_ms, now)
    for b in range(run.book_count):
        book, track = book_of(run, b), track_of(run, b)
        if track.number == codes.OPENING and float(track.from_ms - begin_ms) <= now and run.status == codes.OK:
            _make_room(run, book)
            run.b = b
            candle = candle_of(track)
            if run.status == codes.OK:
                walk_to(
                    book, candle.open_ms, candle.open_ms, candle.open, candle.open, candle.open, candle.open_ms, 1.0
                )
            next_leg(run, book, track)
            _settle(run, begin_ms, now)


@inner
def _advance_all(run, begin_ms, soon, which, price):
    """Walk every book to a time; the book whose order comes then, to exactly its price."""
    for b in range(run.book_count):
        book, track = book_of(run, b), track_of(run, b)
        if not is_walking(track) or run.status != codes.OK:
            continue
        share = share_at(track, begin_ms, soon)
        goal = track.start + (track.end - track.start) * share if share < 1.0 else track.end
        if b == which:
            goal = price
        _make_room(run, book)
        if run.status == codes.OK:
            run.b = b
            goal_ms = min(track.until_ms, begin_ms + int(soon))
            walk_to(book, track.from_ms, track.until_ms, track.start, track.end, goal, goal_ms, share)
            book.mark = book.mark_from + (book.mark_to - book.mark_from) * share


@inner
def _walk_all(run, row, order):
    """Take all books through the timestamp, one order of the extremes."""
    begin_ms = candle_at(row).open_ms
    now, latest = 0.0, float(run.timeframe_ms)
    take_seats(run, row, order)
    while run.status == codes.OK:
        _open(run, begin_ms, now, order)
        soon, which, price = soonest(run, begin_ms, now, min(latest, now + run.joint_step * latest))
        called = called_before(run, begin_ms, now, soon)
        if called < np.inf:
            soon, which = called, -1
        _advance_all(run, begin_ms, soon, which, price)
        now = soon
        _settle(run, begin_ms, now)
        over = run.status == codes.OK
        for b in range(run.book_count):
            book, track = book_of(run, b), track_of(run, b)
            if is_walking(track) and float(track.until_ms - begin_ms) <= now and run.status == codes.OK:
                next_leg(run, book, track)
            over = over and track.number == codes.DONE
        if over:
            break
    for b in range(run.book_count):
        book = book_of(run, b)
        market = market_of(run, book.market)
        if market.base_balance >= 0:
            coins = balance_of(run, market.base_balance)
            coins.price = coins.close = book.price


@inner
def _fingerprint(run):
    """Return a number that differs where positions or open orders do."""
    h = np.uint64(run.fill_count >= 0)
    for b in range(run.book_count):
        book = book_of(run, b)
        h = (h ^ bits_of(book.position)) * _MIX + book.signature + np.uint64(book.open_orders)
    return h


def joint(address, k, row, _d):
    """Play timestamp k with all books together; on lack of room nothing has happened and the logs must grow."""
    run = run_at(address)
    run.jointly = 1
    start, after = run.wide, run.wide + run.wide_size
    start_end = save_all(run, address, start)
    fills_0, events_0, payments_0 = run.fill_count, run.event_count, run.payment_count
    both = run.path == codes.ADVERSE or run.path == codes.FAVOURABLE
    _walk_all(run, row, LOWS if both else OWN)
    if both and run.status == codes.OK:
        fills_1, events_1, payments_1 = run.fill_count, run.event_count, run.payment_count
        worth, print_of = equity_of(run, -1), _fingerprint(run)
        after_end = save_all(run, address, after)
        load_all(run, address, start, start_end)
        run.fill_count, run.event_count, run.payment_count = fills_1, events_1, payments_1
        _walk_all(run, row, HIGHS)
        if run.status == codes.OK:
            other = equity_of(run, -1)
            if abs(other - worth) > 1e-9 * max(abs(worth), abs(other)) or print_of != _fingerprint(run):
                dependent = mark_byte(run.dependent + run.k)
            else:
                dependent = 0
            kept = other < worth if run.path == codes.ADVERSE else other > worth
            if kept:
                drop_between(run, fills_0, fills_1, events_0, events_1, payments_0, payments_1)
            else:
                load_all(run, address, after, after_end)
                if dependent:
                    mark_byte(run.dependent + run.k)
            run.dependent_count += dependent
    if run.status == codes.NEED_ROOM:
        load_all(run, address, start, start_end)
        run.status, run.starved, run.b = codes.NEED_ROOM, 1, 0
    run.jointly = 0
    if run.status == codes.OK:
        run.joint_k, run.b = k, 0
    return run.status


JOINT_STEP = Step(joint, "iiii")
