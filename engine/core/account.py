"""What the account is worth, what of it is free, and what resting orders and positions hold of it.

Owns BALANCE. Equity is measured from balances; the identity A1 adds the same number up from fills.
"""

from engine.core import codes
from engine.core.jit import inlined, inner
from engine.core.margin import answers, gain_of, is_ahead, is_contract, is_netted, net_of, notional_of
from engine.core.memory import balance_of, book_of, market_of, run_at


@inlined
def cash_of(run):
    """Return what all balances are worth at the last prices, settlement asset; contracts apart."""
    total = 0.0
    for i in range(run.balance_count):
        balance = balance_of(run, i)
        total += balance.amount * balance.price
    return total


@inlined
def price_of(run, index, other):
    """Return the price at which a book that is on its way through a candle sees another; index -1: nothing is hidden.

    Within a timestamp books are matched one after the other: what one has been through is not known to the next.
    """
    if index < 0 or other.index == index or not is_ahead(run, other):
        return other.price
    if other.market == book_of(run, index).market:
        return book_of(run, index).price
    return other.price_before


@inlined
def equity_of(run, index):
    """Return the account's equity at the last prices, settlement asset, as the book of this index sees it."""
    floating = 0.0
    for i in range(run.book_count):
        book = book_of(run, i)
        market = market_of(run, book.market)
        if is_contract(market) and book.position != 0.0:
            floating += gain_of(market, book.position, book.entry, price_of(run, index, book))
    return cash_of(run) + floating


@inner
def worth_of(run, book, market):
    """Return what the book and its own balances are worth: enough to compare two paths of one candle."""
    worth = balance_of(run, market.quote_balance).amount
    if is_contract(market):
        return worth + gain_of(market, book.position, book.entry, book.price)
    return worth + balance_of(run, market.base_balance).amount * book.price


@inner
def free_quote(run, market, index):
    """Return what a new order of a book may claim; floating PnL on cross margin counts, of isolated positions not."""
    balance = balance_of(run, market.quote_balance)
    free, floating = balance.amount - balance.claimed, 0.0
    for i in range(run.book_count):
        book = book_of(run, i)
        other = market_of(run, book.market)
        if other.quote_balance == market.quote_balance and other.isolated == 0 and answers(book, other):
            floating += gain_of(other, book.position, book.entry, price_of(run, index, book))
    if not is_contract(market):  # coins cost money, and a profit that is not realised is none
        floating = min(0.0, floating)
    return free + floating


@inner
def claim_with(run, book, market, side, quantity, value):
    """Return the quote the book would claim with one more order of this side, quantity and value.

    Coins: what resting buys would cost, fee included; a short holds back what its sale brought, and margin besides.
    Contracts: the margin of the larger side if all its orders fill.
    """
    buys, buy_value = book.buy_quantity, book.buy_value
    sells, sell_value = book.sell_quantity, book.sell_value
    if side > 0:
        buys += quantity
        buy_value += value
    elif side < 0:
        sells += quantity
        sell_value += value
    if not is_contract(market):
        owed = max(0.0, -book.position)
        cost = buy_value * (1.0 + (0.0 if market.fee_in_base else market.taker_fee_rate))
        if market.kind == codes.SPOT:
            return cost
        if owed > 0.0:
            cost *= max(0.0, buys - owed) / buys if buys > 0.0 else 0.0
        over = sells - max(0.0, book.position)
        short = sell_value * (over / sells) if over > 0.0 else 0.0
        margin = book.margin if market.isolated != 0 else owed * book.entry / market.leverage
        return cost + owed * book.entry + margin + short / market.leverage
    position, elsewhere = book.position, 0.0
    held = abs(notional_of(market, position, book.entry)) if position != 0.0 else 0.0
    if is_netted(market):  # margin is claimed on the sum: by this book what the others do not claim already
        position, gross = net_of(run, book, market)
        held = 0.0
        for i in range(run.book_count):
            other = book_of(run, i)
            if other.market != book.market:
                continue
            if other.position != 0.0:
                held += notional_of(market, abs(other.position), other.entry)
            if i != book.index:
                buys += other.buy_quantity
                buy_value += other.buy_value
                sells += other.sell_quantity
                sell_value += other.sell_value
                elsewhere += other.claim
        held = held * abs(position) / gross if gross > 0.0 else 0.0
    if position >= 0.0:
        long = held + buy_value
        over = sells - position
        short = sell_value * (over / sells) if over > 0.0 else 0.0
    else:
        short = held + sell_value
        over = buys + position
        long = buy_value * (over / buys) if over > 0.0 else 0.0
    if market.isolated != 0:
        return book.margin + (max(held, long, short) - held) / market.leverage
    return max(held, long, short) / market.leverage - elsewhere


@inner
def refresh_claim(run, book, market):
    """Bring the balance's claimed amount up to date after an order or the position changed."""
    if book.buy_count == 0:
        book.buy_quantity = 0.0
        book.buy_value = 0.0
    if book.sell_count == 0:
        book.sell_quantity = 0.0
        book.sell_value = 0.0
    claim = claim_with(run, book, market, 0, 0.0, 0.0)
    balance = balance_of(run, market.quote_balance)
    balance.claimed += claim - book.claim
    book.claim = claim


@inner
def usable_equity(book):
    """Return the equity that `fraction=` is a fraction of: the account's, times the book's allocation."""
    run = run_at(book.run)
    equity = run.equity_now if run.phase == 1 else equity_of(run, book.index)
    return equity * book.allocation
