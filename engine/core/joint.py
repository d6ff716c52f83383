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
from engine.core.margin import (
    crosses,
    first_of,
    is_netted,
    maintenance_at,
    mark_of,
    net_of,
    notional_of,
    wallet_of,
    worth_at,
)
from engine.core.matching import ahead, walk_to
from engine.core.memory import (
    balance_of,
    bits_of,
    book_of,
    candle_at,
    mark_byte,
    market_of,
    order_of,
    run_at,
    track_of,
)
from engine.core.paths import begin_candle, close_candle, drop_between, finer, low_is_first
from engine.core.records import CANDLE_SIZE
from engine.core.snapshots import load_all, save_all

_MIX = np.uint64(0x9E3779B97F4A7C15)
LOWS, HIGHS, OWN = 0, 1, 2  # which extreme comes first: of all markets, or as the run's path says for each


@inner
def _candle(track):
    return candle_at(track.rows + track.at * CANDLE_SIZE)


@inner
def _is_walking(track):
    return codes.OPENING < track.number < codes.DONE


@inner
def _mark_then(book, track, begin_ms, now):
    """Return the mark price of a book's market at a time within the timestamp."""
    if not _is_walking(track):
        return mark_of(book)
    return book.mark_from + (book.mark_to - book.mark_from) * _share_at(track, begin_ms, now)


@inner
def _share_at(track, begin_ms, now):
    # Times count from the timestamp's beginning, or a millisecond's fraction would drown in the digits of UTC.
    share = (now - float(track.from_ms - begin_ms)) / float(track.until_ms - track.from_ms)
    return min(max(share, 0.0), 1.0)


@inner
def _standing(run, index, begin_ms, now):
    """Return what a balance keeps above its requirement at a time; +inf where nothing answers with it."""
    standing, answered = wallet_of(run, index), False
    for b in range(run.book_count):
        book = book_of(run, b)
        market = market_of(run, book.market)
        if not crosses(book, market, index):
            continue
        answered = True
        mark = _mark_then(book, track_of(run, b), begin_ms, now)
        standing += worth_at(book, market, mark)
        size = abs(book.position)
        if is_netted(market):
            net, _ = net_of(run, book, market)
            size = abs(net) if first_of(run, book) else 0.0
        if size > 0.0:
            standing -= maintenance_at(market, notional_of(market, size, mark))
    return standing if answered else np.inf


@inner
def _lowest(run, begin_ms, now):
    """Return (standing, balance) of the balance that stands lowest at a time."""
    lowest, index = np.inf, -1
    for i in range(run.balance_count):
        standing = _standing(run, i, begin_ms, now)
        if standing < lowest:
            lowest, index = standing, i
    return lowest, index


@inner
def _first_to_go(run, index):
    """Return the book with the largest loss among those that answer with a balance; equal ones go by index.

    On a netted market the net counts, and what nets to nothing goes last: closing it frees nothing.
    """
    first, worst = -1, np.inf
    for nets in range(2):
        for b in range(run.book_count):
            book = book_of(run, b)
            market = market_of(run, book.market)
            if not crosses(book, market, index):
                continue
            worth = _gain(run, book, market)
            net, _ = net_of(run, book, market)
            if (net == 0.0) == (nets == 1) and worth < worst:
                first, worst = b, worth
        if first >= 0:
            return first
    return first


@inner
def _gain(run, book, market):
    """Return what the position, or all that the venue nets with it, gains at the last mark."""
    total = 0.0
    for b in range(run.book_count):
        other = book_of(run, b)
        if b == book.index or (other.market == book.market and is_netted(market) and other.position != 0.0):
            total += worth_at(other, market, mark_of(other))
            if market.kind == codes.MARGIN:
                total -= other.position * other.entry
    return total


@inner
def _settle(run, begin_ms, now):
    """Liquidate until every balance keeps what it must, at the marks of this instant."""
    while run.status == codes.OK:
        standing, index = _lowest(run, begin_ms, now)
        if standing > 0.0:
            return
        book = book_of(run, _first_to_go(run, index))
        _make_room(run, book)
        if run.status == codes.OK:
            run.b = book.index
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
def _seat(run, row, order):
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
                track.from_ms = track.until_ms = _candle(track).open_ms
            else:
                run.detail_short += 1


@inner
def _open(run, begin_ms, now, order):
    """Let the candles that begin now open: all prices first, then what the venue takes, then the orders."""
    opened = False
    for b in range(run.book_count):
        book, track = book_of(run, b), track_of(run, b)
        if track.number == codes.OPENING and float(track.from_ms - begin_ms) <= now:
            opened = True
            candle = _candle(track)
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
            candle = _candle(track)
            if run.status == codes.OK:
                walk_to(book, candle.open_ms, candle.open_ms, candle.open, candle.open, candle.open, candle.open_ms, 1.0)
            _next_leg(run, book, track)
            _settle(run, begin_ms, now)


@inner
def _next_leg(run, book, track):
    """Set the book on its next leg, or before its next finer candle, or at its close."""
    candle = _candle(track)
    length = run.detail_ms if track.fine else run.timeframe_ms
    until_ms, third = candle.open_ms + length, length // 3
    low_first = track.low_first == 1
    first, second = (candle.low, candle.high) if low_first else (candle.high, candle.low)
    mark_first, mark_second = (book.mark_low, book.mark_high) if low_first else (book.mark_high, book.mark_low)
    track.number += 1
    if track.number == 1:
        track.from_ms, track.until_ms, track.start, track.end = candle.open_ms, candle.open_ms + third, candle.open, first
        book.mark_from, book.mark_to = book.mark_open, mark_first
    elif track.number == 2:
        track.from_ms, track.until_ms, track.start, track.end = track.until_ms, candle.open_ms + 2 * third, first, second
        book.mark_from, book.mark_to = mark_first, mark_second
    elif track.number == 3:
        track.from_ms, track.until_ms, track.start, track.end = track.until_ms, until_ms, second, candle.close
        book.mark_from, book.mark_to = mark_second, book.mark_close
    else:
        close_candle(book, candle, until_ms)
        track.at += 1
        if track.at < track.count:
            track.number = codes.OPENING
            track.from_ms = track.until_ms = _candle(track).open_ms


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
def _soonest(run, begin_ms, now, latest):
    """Return (time, book, path price) of what comes next: an order of a book, or, book -1, the end of a leg."""
    soon, which, price = latest, -1, 0.0
    for b in range(run.book_count):
        track = track_of(run, b)
        if track.number == codes.OPENING:
            soon = min(soon, float(track.from_ms - begin_ms))
        elif _is_walking(track):
            soon = min(soon, float(track.until_ms - begin_ms))
    soon = max(soon, now)
    for b in range(run.book_count):
        book, track = book_of(run, b), track_of(run, b)
        if _is_walking(track) and book.open_orders > 0:
            ms, at = _next_order(run, book, track, begin_ms)
            ms = max(ms, now)
            if ms < soon or (which < 0 and ms == soon and soon < latest):
                soon, which, price = ms, b, at
    return soon, which, price


@inner
def _called_before(run, begin_ms, now, soon):
    """Return the first time from now to soon at which a balance falls short; +inf: none does."""
    standing, _ = _lowest(run, begin_ms, soon)
    if standing > 0.0:
        return np.inf
    standing, _ = _lowest(run, begin_ms, now)
    if standing <= 0.0:
        return now
    good, bad = now, soon
    for _ in range(64):
        middle = 0.5 * (good + bad)
        standing, _index = _lowest(run, begin_ms, middle)
        if standing > 0.0:
            good = middle
        else:
            bad = middle
    return bad


@inner
def _advance_all(run, begin_ms, soon, which, price):
    """Walk every book to a time; the book whose order comes then, to exactly its price."""
    for b in range(run.book_count):
        book, track = book_of(run, b), track_of(run, b)
        if not _is_walking(track) or run.status != codes.OK:
            continue
        share = _share_at(track, begin_ms, soon)
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
    _seat(run, row, order)
    while run.status == codes.OK:
        _open(run, begin_ms, now, order)
        soon, which, price = _soonest(run, begin_ms, now, min(latest, now + run.joint_step * latest))
        called = _called_before(run, begin_ms, now, soon)
        if called < np.inf:
            soon, which = called, -1
        _advance_all(run, begin_ms, soon, which, price)
        now = soon
        _settle(run, begin_ms, now)
        over = run.status == codes.OK
        for b in range(run.book_count):
            book, track = book_of(run, b), track_of(run, b)
            if _is_walking(track) and float(track.until_ms - begin_ms) <= now and run.status == codes.OK:
                _next_leg(run, book, track)
            over = over and track.number == codes.DONE
        if over:
            break
    for b in range(run.book_count):
        book = book_of(run, b)
        market = market_of(run, book.market)
        if market.base_balance >= 0:
            balance_of(run, market.base_balance).price = book.price


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
        worth, print_of = equity_of(run), _fingerprint(run)
        after_end = save_all(run, address, after)
        load_all(run, address, start, start_end)
        run.fill_count, run.event_count, run.payment_count = fills_1, events_1, payments_1
        _walk_all(run, row, HIGHS)
        if run.status == codes.OK:
            other = equity_of(run)
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
