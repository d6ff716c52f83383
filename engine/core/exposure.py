"""What every book holds or may come to hold, in settlement asset: positions, entries that are open, the order in hand.

A book's two figures are what it comes to if all its buys fill, and if all its sells do; reduce-only orders count for
nothing, since they only take away.
"""

from engine.core import codes
from engine.core.account import equity_of, price_of
from engine.core.jit import inner
from engine.core.margin import notional_of
from engine.core.memory import balance_of, book_of, market_of, order_of
from engine.core.rule_records import float_at

PAIR = 16  # bytes of one book's two figures


@inner
def equity_at_hand(run, book):
    """Return the account's equity: the mark of this close while strategies decide, else at the path's prices.

    The price of a coin's balance is marked at closes; the book that is on its way through a candle is ahead of it.
    """
    if run.phase == 1:
        return run.equity_now
    equity = equity_of(run, book.index)
    base = market_of(run, book.market).base_balance
    if base >= 0:
        equity += balance_of(run, base).amount * (book.price - balance_of(run, base).price)
    return equity


@inner
def gather_exposures(run, guard, with_orders, index):
    """Write each book's figures: long if all buys fill, and short if all sells do; open entries count if asked.

    index: the book whose order is judged, and which sees the others where they were when the timestamp began.
    """
    for b in range(run.book_count):
        book = book_of(run, b)
        market = market_of(run, book.market)
        held = notional_of(market, book.position, price_of(run, index, book)) if book.position != 0.0 else 0.0
        long, short = held, -held
        if with_orders and book.open_orders > book.reducing:
            for i in range(book.used):
                order = order_of(book, i)
                if order.state != codes.FREE and not order.reduce_only:
                    value = (order.quantity - order.filled) * order.claim_price
                    if order.side > 0:
                        long += value
                    else:
                        short += value
        float_at(guard.exposures + b * PAIR).value = long
        float_at(guard.exposures + b * PAIR + 8).value = short


@inner
def long_of(guard, b):
    """Return what the book comes to if its buys fill, + long."""
    return float_at(guard.exposures + b * PAIR).value


@inner
def short_of(guard, b):
    """Return what the book comes to if its sells fill, + short."""
    return float_at(guard.exposures + b * PAIR + 8).value


@inner
def most_of(guard, b):
    """Return the larger of both: what counts as the book's exposure."""
    return max(long_of(guard, b), short_of(guard, b), 0.0)
