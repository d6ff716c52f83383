"""The end of a position that the venue decides: liquidation, and the settlement of a contract that expires.

All its orders are cancelled, the whole position goes at once, whatever the candle's volume. An isolated position loses
its margin at most, the last one on a balance all that is there: beyond that price the venue's fund bears the loss.
"""

import numpy as np

from engine.core import codes
from engine.core.costs import taker_cost
from engine.core.fills import execute
from engine.core.jit import Step, inner
from engine.core.lending import closable
from engine.core.margin import answers, gain_of, notional_of, proceeds_of
from engine.core.memory import address_of, balance_of, book_at, book_of, call_leg, market_of, order_of, run_at
from engine.core.orders import end_order, note, take_slot, write_exit
from engine.core.rounding import worse_tick


@inner
def _answering(run, book, market):
    """Return the amount that the position can lose, settlement asset; +inf where others answer with it."""
    if market.isolated != 0:
        return book.margin
    balance = balance_of(run, market.quote_balance)
    for i in range(run.book_count):
        other = book_of(run, i)
        its = market_of(run, other.market)
        if i != book.index and its.quote_balance == market.quote_balance and its.isolated == 0 and answers(other, its):
            return np.inf
    return balance.amount - proceeds_of(book, market)


@inner
def _bankrupt_at(book, market, quantity, wallet):
    """Return the price at which closing takes all of the wallet, taker fee included; NaN where none does."""
    side = 1.0 if book.position > 0.0 else -1.0
    fee = market.taker_fee_rate
    if market.kind == codes.INVERSE:
        units = quantity * market.contract_size
        rest = wallet + side * units / book.entry
        return units * (side + fee) / rest if rest * side > 0.0 else np.nan
    held = abs(book.position)
    # wallet + side * (P - E) * held - quantity * P * fee = 0; borrowed coins: quantity - held is bought for the fee
    price = (side * held * book.entry - wallet) / (side * held - quantity * fee)
    return price if price > 0.0 else np.nan


def force_out(address, kind, _b, planned, _y):
    """Close the book's position at this path price, worsened as any taker's where it is liquidated."""
    book = book_at(address)
    run = run_at(book.run)
    market = market_of(run, book.market)
    liquidating = kind == codes.LIQUIDATION
    mark = book.liquidated_below if book.position > 0.0 else book.liquidated_above
    for i in range(book.used):
        if order_of(book, i).state != codes.FREE:
            end_order(
                book, i, codes.CANCELLED_BY_LIQUIDATION if liquidating else codes.CANCELLED_BY_SETTLEMENT, 0.0, 0.0
            )
    if book.position == 0.0:
        return codes.OK
    side = -1 if book.position > 0.0 else 1
    quantity = abs(book.position)
    owes = market.kind == codes.MARGIN and book.position < 0.0
    if owes:
        quantity = closable(book, market, market.taker_fee_rate)
    price, book.forced_fee_rate = planned, market.taker_fee_rate
    reason = codes.REASON_SETTLEMENT
    if liquidating:
        reason = codes.REASON_LIQUIDATION
        price = worse_tick(planned * (1.0 + side * taker_cost(run, book, market, quantity, quantity)), side, market)
        wallet = _answering(run, book, market)
        if wallet < np.inf:
            limit = _bankrupt_at(book, market, quantity, wallet)
            if side * (price - limit) > 0.0:  # never so for NaN
                price = limit
            notional = notional_of(market, quantity, price)
            gain = gain_of(market, book.position, book.entry, price)
            left = (wallet + gain) / notional - market.taker_fee_rate
            book.forced_fee_rate += min(market.liquidation_fee_rate, max(0.0, left))
        else:
            book.forced_fee_rate += market.liquidation_fee_rate
        note(book, 0, codes.LIQUIDATED, reason, price, mark)
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
    return call_leg(run_at(book.run).step_force, address_of(book), kind, 0, planned, 0.0)
