"""What a balance keeps above its requirement while its positions move, and which of them goes first (rule C4)."""

import numpy as np

from engine.core import codes
from engine.core.jit import inner
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
from engine.core.memory import balance_of, book_of, market_of, track_of
from engine.core.tracks import is_walking, share_at


@inner
def _mark_then(book, track, begin_ms, now):
    """Return the mark price of a book's market at a time within the timestamp."""
    if not is_walking(track):
        return mark_of(book)
    return book.mark_from + (book.mark_to - book.mark_from) * share_at(track, begin_ms, now)


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
def lowest(run, begin_ms, now):
    """Return (standing, balance) of the balance that stands lowest at a time."""
    least, index = np.inf, -1
    for i in range(run.balance_count):
        if balance_of(run, i).margined != 0:
            standing = _standing(run, i, begin_ms, now)
            if standing < least:
                least, index = standing, i
    return least, index


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
def first_to_go(run, index):
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
def called_before(run, begin_ms, now, soon):
    """Return the first time from now to soon at which a balance falls short; +inf: none does."""
    standing, _ = lowest(run, begin_ms, soon)
    if standing > 0.0:
        return np.inf
    standing, _ = lowest(run, begin_ms, now)
    if standing <= 0.0:
        return now
    good, bad = now, soon
    for _ in range(64):
        middle = 0.5 * (good + bad)
        standing, _index = lowest(run, begin_ms, middle)
        if standing > 0.0:
            good = middle
        else:
            bad = middle
    return bad
