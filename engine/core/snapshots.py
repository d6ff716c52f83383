"""Copies of the account's state as bytes, to play something twice or to take it back.

A fork of one candle copies one book with what it alone can change; what all books walk together copies everything.
"""

from engine.core.jit import inner
from engine.core.memory import book_of, copy_bytes, slot_of
from engine.core.records import BALANCE_SIZE, BOOK_SIZE, ORDER_SIZE, RUN_SIZE
from engine.core.rule_records import whole_at

FOOTER = 16  # which book an entry is of, and where it begins: entries are read from the last to the first


@inner
def copy(to_area, at, address, size):
    """Copy into an area (to_area) or out of it, and return where the next piece begins."""
    if to_area:
        copy_bytes(at, address, size)
    else:
        copy_bytes(address, at, size)
    return at + size


@inner
def copy_book(run, book, at, saving, with_state):
    """Copy the book, its open orders and its strategy's state."""
    own = run.books + book.index * BOOK_SIZE
    strategy = slot_of(run, book.slot)
    at = copy(saving, at, own, BOOK_SIZE)
    if with_state:
        at = copy(saving, at, strategy.state, strategy.state_size)
    return copy(saving, at, book.orders, book.used * ORDER_SIZE)  # after a load this is the saved book's own count


@inner
def fork(run, book, market, area, saving):
    """Copy all that one book can change within a candle: its two balances and the account's rules besides itself."""
    at = area
    if run.guard != 0:
        at = copy(saving, at, run.guard, run.guard_size)
    at = copy(saving, at, run.balances + market.quote_balance * BALANCE_SIZE, BALANCE_SIZE)
    at = copy(saving, at, run.balances + max(market.base_balance, 0) * BALANCE_SIZE, BALANCE_SIZE)
    copy_book(run, book, at, saving, True)


@inner
def copy_account(run, address, area, saving):
    """Copy what the books share: the run's own record with its counts, the balances, the rules' state."""
    at = copy(saving, area, address, RUN_SIZE)
    at = copy(saving, at, run.balances, run.balance_count * BALANCE_SIZE)
    if run.guard != 0:
        at = copy(saving, at, run.guard, run.guard_size)
    at = copy(saving, at, run.dependent + run.k, 1)
    return at + 7  # what follows is read as whole numbers


@inner
def save_book(run, book, begin, with_state):
    """Append one book, and return where its entry ends."""
    at = (copy_book(run, book, begin, True, with_state) + 7) // 8 * 8  # entries begin at a multiple of eight
    whole_at(at).value = book.index
    whole_at(at + 8).value = begin + with_state
    return at + FOOTER


@inner
def load_books(run, begin, end):
    """Bring books back, the last saved first: what was saved first of a state that several share is what counts."""
    at = end
    while at > begin:
        first = whole_at(at - 8).value
        with_state = first & 1
        copy_book(run, book_of(run, whole_at(at - FOOTER).value), first - with_state, False, with_state)
        at = first - with_state


@inner
def save_all(run, address, area):
    """Copy the whole account; returns where the copy ends."""
    at = copy_account(run, address, area, True)
    for b in range(run.book_count):
        book = book_of(run, b)
        at = save_book(run, book, at, 1 if slot_of(run, book.slot).first_book == b else 0)
    return at


@inner
def bring_back(run, address, area):
    """Bring back what the books share, and return where it ended.

    A request to stop that came meanwhile stands, and so do the logs: they may have been made larger, elsewhere.
    """
    stop, fills, fill_room = run.stop, run.fills, run.fill_room
    events, event_room, payments, payment_room = run.events, run.event_room, run.payments, run.payment_room
    begin = copy_account(run, address, area, False)
    run.stop, run.fills, run.fill_room = stop, fills, fill_room
    run.events, run.event_room, run.payments, run.payment_room = events, event_room, payments, payment_room
    return begin


@inner
def load_all(run, address, area, end):
    """Bring the whole account back."""
    load_books(run, bring_back(run, address, area), end)


@inner
def save_undo(run, address, book):
    """Keep a book as it stands before it is matched, and with the first of a timestamp what all books share."""
    if run.undo_k != run.k:
        run.undo_end = copy_account(run, address, run.undo, True)
        run.undo_k = run.k
    run.undo_end = save_book(run, book, run.undo_end, 1)


@inner
def take_back(run, address):
    """Bring the account back to where the timestamp began."""
    end = run.undo_end
    load_books(run, bring_back(run, address, run.undo), end)
    run.b = 0
    run.undo_k = -1
