"""Coins that a margin short borrows: the debt grows by interest and is bought back whole (rule C3).

Interest is simple, of the principal, in the coin, and joins the debt; it is charged at the borrow and at every full
hour of the clock after it (formulae.md section 6; the interval and the opening rate are the market's).
"""

import numpy as np

from engine.core import codes
from engine.core.jit import inner
from engine.core.memory import balance_of, payment_of


@inner
def pay(run, book, market, kind, rate, quantity, price, amount):
    """Log one payment and move the balance; the caller has made sure that there is room. amount: + received."""
    payment = payment_of(run, run.payment_count)
    payment.ms = book.now_ms
    payment.candle = run.k
    payment.book = book.index
    payment.kind = kind
    payment.rate = rate
    payment.quantity = quantity
    payment.price = price
    payment.amount = amount
    run.payment_count += 1
    if kind == codes.INTEREST:
        book.interest -= amount
    else:
        balance_of(run, market.quote_balance).amount += amount
        if kind == codes.FUNDING:
            book.funding += amount
        else:
            book.borne += amount
    if market.isolated != 0 and kind != codes.BORNE:
        book.margin += amount


@inner
def charge_interest(run, book, market, principal, rate, price):
    """Let the debt grow by `rate` of the principal; at the price of the instant, so that floating PnL does not move."""
    coins = principal * rate
    if coins <= 0.0:
        return
    owed = -book.position
    book.entry = (owed * book.entry + coins * price) / (owed + coins)
    book.position -= coins
    balance_of(run, market.base_balance).amount -= coins
    pay(run, book, market, codes.INTEREST, rate, -principal, price, -coins * price)


@inner
def borrow(run, book, market, was, price):
    """After a fill: what more is owed was borrowed now and is charged at once; what was bought back is not owed."""
    owed, before = max(0.0, -book.position), max(0.0, -was)
    if owed > before:
        more = owed - before
        if book.principal == 0.0:
            book.charged_ms = book.now_ms
        book.principal += more
        charge_interest(run, book, market, more, market.borrow_open_rate, price)
        if market.borrow_rate > 0.0:
            run.due_ms = min(run.due_ms, (book.now_ms // market.borrow_ms + 1) * market.borrow_ms)
    elif owed == 0.0:
        book.principal = 0.0
    else:
        book.principal = min(book.principal, owed)


@inner
def closable(book, market, fee_rate):
    """Return the quantity that buys the debt back whole: up to the lot, and with the coins that the fee takes."""
    owed = -book.position
    if market.fee_in_base:
        owed /= 1.0 - fee_rate
    lots = owed * market.lot_scale / market.lot_units
    nearest = np.rint(lots)
    if abs(lots - nearest) > max(1e-9, 1e-15 * lots):
        nearest = np.ceil(lots)
    return nearest * market.lot_units / market.lot_scale
