"""The end of a position that the venue decides: liquidation, and the settlement of a contract that expires.

All its orders are cancelled, the whole position goes at once at the market, whatever the candle's volume. The
liquidation fee is taken from what is left only; what is lost beyond that the venue bears (bearing.py).
"""

import numpy as np

from engine.core import codes
from engine.core.costs import taker_cost
from engine.core.fills import execute
from engine.core.jit import Step, inner
from engine.core.lending import closable
from engine.core.margin import equity_on, mark_of, net_of, notional_of, worth_at
from engine.core.memory import address_of, book_at, book_of, call_leg, market_of, order_of, run_at
from engine.core.orders import end_order, note, take_slot, write_exit
from engine.core.rounding import worse_tick


@inner
def _left(run, book, market, price):
    """Return what a position leaves of what answers for it if it closes at this price, before fees."""
    gains = worth_at(book, market, price)
    if market.isolated == 0:
        return equity_on(run, market.quote_balance) + gains - worth_at(book, market, mark_of(book))
    if market.kind == codes.MARGIN:
        gains -= book.position * book.entry  # the proceeds of the sale answer too
    return book.margin + gains


@inner
def _end_orders(book, code):
    for i in range(book.used):
        if order_of(book, i).state != codes.FREE:
            end_order(book, i, code, 0.0, 0.0)


def force_out(address, kind, _b, planned, given):
    """Close the book's position at this path price, worsened as any taker's where it is liquidated.

    given: the price of the venue's one fill, where that closes what several books hold; else NaN.
    """
    book = book_at(address)
    run = run_at(book.run)
    market = market_of(run, book.market)
    liquidating = kind == codes.LIQUIDATION
    _end_orders(book, codes.CANCELLED_BY_LIQUIDATION if liquidating else codes.CANCELLED_BY_SETTLEMENT)
    if book.position == 0.0:
        return codes.OK
    side = -1 if book.position > 0.0 else 1
    quantity = abs(book.position)
    if market.kind == codes.MARGIN:
        quantity = closable(book, market, market.taker_fee_rate)
    price, reason = planned, codes.REASON_SETTLEMENT
    book.forced_fee_rate = market.taker_fee_rate
    if liquidating:
        reason = codes.REASON_LIQUIDATION
        price = given
        if np.isnan(given):
            book.forced_share = 1.0
            price = worse_tick(planned * (1.0 + side * taker_cost(run, book, market, quantity, quantity)), side, market)
        left = _left(run, book, market, price) / notional_of(market, quantity, price) - market.taker_fee_rate
        book.forced_fee_rate += min(market.liquidation_fee_rate, max(0.0, left))
        book.forced_fee_rate *= book.forced_share
        note(book, 0, codes.LIQUIDATED, reason, price, mark_of(book))
    else:
        note(book, 0, codes.SETTLED, reason, price, 0.0)
    slot = take_slot(book)
    write_exit(book, slot, kind, side, codes.POSITION, quantity, np.nan, np.nan, np.nan, 0, reason, 0, 0)
    order_of(book, slot).state = codes.ARRIVING
    execute(book, slot, quantity, price, planned, 0)
    return run.status


FORCE_STEP = Step(force_out, "iiiff")


@inner
def force(book, market, kind, planned):
    """Call the forced end through its address: it is rare, and its callers need not be compiled with it."""
    return call_leg(run_at(book.run).step_force, address_of(book), kind, 0, planned, np.nan)


@inner
def liquidate(run, book, market):
    """Let the venue take the book's position at its path price; on a netted market, what all books hold of it at one.

    There the venue trades the net alone: the rest changes hands among the books, and the fee is shared by quantity.
    """
    net, gross = net_of(run, book, market)
    if gross == abs(book.position):
        force(book, market, codes.LIQUIDATION, book.price)
        return
    planned, side = book.price, -1.0 if net > 0.0 else 1.0
    price = planned
    if net != 0.0:
        cost = taker_cost(run, book, market, abs(net), abs(net))
        price = worse_tick(planned * (1.0 + side * cost), side, market)
    for losing in range(2):  # what gained goes first, so that nothing is borne that another book has won
        for i in range(run.book_count):
            other = book_of(run, i)
            if other.market != book.market or other.position == 0.0 or run.status != codes.OK:
                continue
            if losing == 1 or worth_at(other, market, price) >= 0.0:
                other.forced_share = abs(net) / gross
                call_leg(run.step_force, address_of(other), codes.LIQUIDATION, 0, planned, price)
