"""What is due at a time and not at a price: funding, borrow interest, the end of a dated contract (rules C2, C3).

Each is taken before anything fills at the open of the first candle that begins at or after its time, on the position
held just before, and exactly once.
"""

import numpy as np

from engine.core import codes
from engine.core.account import refresh_claim
from engine.core.forcing import force
from engine.core.jit import Step, inner
from engine.core.lending import charge_interest, pay
from engine.core.margin import find_margin, is_contract, mark_of, notional_of
from engine.core.memory import book_of, candle_at, market_of, run_at, stamp_of
from engine.core.records import CANDLE_SIZE


@inner
def _fund(run, book, market, open_mark, now_ms):
    """Settle the funding stamps up to now; returns False where the log must grow first."""
    while book.next_stamp < market.funding_count:
        stamp = stamp_of(market, book.next_stamp)
        if stamp.ms > now_ms:
            break
        if book.position != 0.0 and is_contract(market):
            if run.payment_count >= run.payment_room:
                return False
            price = open_mark if np.isnan(stamp.mark) else stamp.mark
            amount = -notional_of(market, book.position, price) * stamp.rate
            pay(run, book, market, codes.FUNDING, stamp.rate, book.position, price, amount)
        book.next_stamp += 1
    if book.next_stamp < market.funding_count:
        run.due_ms = min(run.due_ms, stamp_of(market, book.next_stamp).ms)
    return True


@inner
def _lend(run, book, market, price, now_ms):
    """Charge the interest of the full hours that have passed; returns False where the log must grow first."""
    if book.principal <= 0.0 or market.borrow_rate <= 0.0:
        return True
    if run.payment_count >= run.payment_room:
        return False
    periods = now_ms // market.borrow_ms - book.charged_ms // market.borrow_ms
    if periods > 0:
        book.charged_ms = now_ms
        charge_interest(run, book, market, book.principal, market.borrow_rate * periods, price)
    run.due_ms = min(run.due_ms, (now_ms // market.borrow_ms + 1) * market.borrow_ms)
    return True


def charge(address, k, row, _d):
    """Take what is due at the open of timestamp k, and find out when something is due next."""
    run = run_at(address)
    run.due_ms = codes.NEVER
    for b in range(run.book_count):
        book = book_of(run, b)
        market = market_of(run, book.market)
        candle = candle_at(row + book.market * CANDLE_SIZE)
        now_ms = candle.open_ms
        price = book.price if np.isnan(candle.open) else candle.open
        mark = candle_at(market.mark + k * CANDLE_SIZE).open if market.mark != 0 else price
        if np.isnan(mark):  # no candle here: the last price that there was
            mark = mark_of(book)
        book.now_ms = max(book.now_ms, now_ms)
        if not (_fund(run, book, market, mark, now_ms) and _lend(run, book, market, price, now_ms)):
            run.due_ms = now_ms
            run.status = codes.NEED_ROOM
            return run.status
        if book.settled == 0 and market.expiry_ms < codes.NEVER:
            if now_ms >= market.expiry_ms:
                borne = run.payment_count + run.cross_books + 1
                if (
                    run.fill_count + 8 > run.fill_room
                    or run.event_count + book.capacity + 8 > run.event_room
                    or borne > run.payment_room
                ):
                    run.due_ms = now_ms
                    run.status = codes.NEED_ROOM
                    return run.status
                book.settled = 1
                book.price = price
                if force(book, market, codes.SETTLEMENT, mark) != codes.OK:
                    return run.status
            else:
                run.due_ms = min(run.due_ms, market.expiry_ms)
        find_margin(run, book, market)
        refresh_claim(run, book, market)
    return codes.OK


CHARGE_STEP = Step(charge, "iiii")
