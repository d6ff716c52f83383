"""What a position is worth, what it must keep, and at which mark price the venue takes it (rule C4).

Owns the requirement's formulae; sources and traps in formulae.md section 5. `f(P) = wallet + gain(P) - maintenance(P)`
is linear in the price of a linear contract and in 1/price of an inverse one, so its zero needs no search but the tier.
"""

import numpy as np

from engine.core import codes
from engine.core.jit import compiled, inlined, inner
from engine.core.memory import balance_of, book_of, candle_at, market_at, market_of, tier_of
from engine.core.records import CANDLE_SIZE
from engine.core.rounding import nearest_lot


@inlined
def is_contract(market):
    """Return whether nothing of the base is held: profit and loss settle in one asset."""
    return market.kind == codes.LINEAR or market.kind == codes.INVERSE


@inlined
def notional_of(market, quantity, price):
    """Return what a quantity is worth at a price, settlement asset."""
    if market.kind == codes.INVERSE:
        return quantity * market.contract_size / price
    return quantity * price


@inlined
def quantity_for(market, value, price):
    """Return the quantity that a value in the settlement asset stands for."""
    if market.kind == codes.INVERSE:
        return value * price / market.contract_size
    return value / price


@inlined
def gain_of(market, position, entry, price):
    """Return what a signed position entered at one price gains at another, settlement asset."""
    if market.kind == codes.INVERSE:
        return position * market.contract_size * (1.0 / entry - 1.0 / price) if position != 0.0 else 0.0
    return position * (price - entry)


@inlined
def answers(book, market):
    """Return whether the book's position stands on margin: a contract, or coins that are owed."""
    return book.position != 0.0 and (is_contract(market) or (market.kind == codes.MARGIN and book.position < 0.0))


@inner
def requirement(market, tier):
    """Return the rate of a tier as the venue counts it: with the closing fee where it does."""
    rate = tier.rate + market.maintenance_fee_rate
    if market.kind == codes.MARGIN:
        rate += tier.rate * market.maintenance_fee_rate  # a debt of D needs D * (1 + rate) * (1 + fee)
    return rate


@inner
def maintenance_at(market, notional):
    """Return what a position of this notional must keep, settlement asset."""
    tier = tier_of(market, 0)
    for i in range(1, market.tier_count):
        if notional < tier_of(market, i).floor:
            break
        tier = tier_of(market, i)
    return max(0.0, notional * requirement(market, tier) - tier.amount)


@inner
def largest_notional(market):
    """Return the notional up to which the venue grants the market's leverage; +inf: any."""
    for i in range(market.tier_count):
        if market.leverage > tier_of(market, i).max_leverage * (1.0 + 1e-12):
            return tier_of(market, i).floor
    return np.inf


@inner
def zero_of(market, wallet, position, cost, size):
    """Return (below, above): the mark prices at and beyond which a position is taken; -inf and +inf: none.

    position: signed sum. cost: of position * entry, linear; of position / entry, inverse; 0.0 for borrowed coins, whose
    proceeds are in the wallet. size: what the requirement counts, >= abs(position) where both sides are held.
    """
    below, above = -np.inf, np.inf
    inverse = market.kind == codes.INVERSE
    for i in range(market.tier_count):
        tier = tier_of(market, i)
        rate = requirement(market, tier)
        price, falls = np.nan, True
        if inverse:
            a = wallet + tier.amount + market.contract_size * cost
            b = market.contract_size * (position + size * rate)
            falls = b > 0.0
            if falls:
                price = b / a if a > 0.0 else np.inf
            elif b < 0.0 and a < 0.0:
                price = b / a
        else:
            a = wallet + tier.amount - cost
            b = position - size * rate
            falls = b > 0.0
            if (falls and a < 0.0) or b < 0.0:
                price = max(-a / b, 0.0)
        if np.isnan(price):
            below, above = -np.inf, np.inf
        elif falls:
            below, above = price, np.inf
        else:
            below, above = -np.inf, price
        if i + 1 == market.tier_count or np.isnan(price):
            break
        if price > 0.0 and notional_of(market, size, price) < tier_of(market, i + 1).floor:
            break
    return below, above


@compiled
def foreseen(address, wallet, position, cost):
    """Return (below, above, most): zero_of for a market record at an address, and the notional its leverage allows.

    What plans ask before there is a book, in Python.
    """
    market = market_at(address)
    below, above = zero_of(market, wallet, position, cost, abs(position))
    return below, above, largest_notional(market)


@inner
def proceeds_of(book, market):
    """Return what the sale of borrowed coins brought, quote: it lies in the balance and answers for the debt."""
    return -book.position * book.entry if market.kind == codes.MARGIN and book.position < 0.0 else 0.0


@inner
def cost_of(book, market):
    """Return the book's part of `cost` as zero_of takes it."""
    if market.kind == codes.MARGIN or book.position == 0.0:
        return 0.0
    return book.position / book.entry if market.kind == codes.INVERSE else book.position * book.entry


@inner
def mark_of(book):
    """Return the last mark price of the book's market."""
    return book.price if np.isnan(book.mark) else book.mark


@inner
def is_ahead(run, book):
    """Return whether a book has been through the timestamp that others are still to be matched at, each by itself."""
    begin_ms = candle_at(run.candles + run.k * run.market_count * CANDLE_SIZE).open_ms
    return run.phase == 0 and run.jointly == 0 and book.now_ms > begin_ms


@inner
def worth_at(book, market, mark):
    """Return what the book's position adds to a balance at a mark price: what it gains, or the debt to buy back."""
    if market.kind == codes.MARGIN:
        return book.position * mark
    return gain_of(market, book.position, book.entry, mark)


@inner
def crosses(book, market, index):
    """Return whether the book's position answers with the whole of this balance."""
    return market.isolated == 0 and market.quote_balance == index and answers(book, market)


@inner
def wallet_of(run, index):
    """Return what cross margin on a balance can answer with: its amount, less what isolated positions keep of it."""
    wallet = balance_of(run, index).amount
    if run.isolated_books > 0:
        for i in range(run.book_count):
            book = book_of(run, i)
            market = market_of(run, book.market)
            if market.quote_balance == index and market.isolated != 0 and answers(book, market):
                wallet -= book.margin + proceeds_of(book, market)
    return wallet


@inner
def is_netted(market):
    """Return whether the venue holds the sum of what several books hold on this market."""
    return market.sharing > 1 and market.hedge == 0 and is_contract(market)


@inner
def net_of(run, book, market):
    """Return (net, gross) of what all books hold on a netted market, signed and absolute; elsewhere of the book."""
    if not is_netted(market):
        return book.position, abs(book.position)
    net, gross = 0.0, 0.0
    for i in range(run.book_count):
        other = book_of(run, i)
        if other.market == book.market:
            net += other.position
            gross += abs(other.position)
    return nearest_lot(net, market), gross


@inner
def around(run, book, market):
    """Return (wallet, position, size, cost): what the other positions on the balance leave for the book's own.

    Those of other markets, at their last marks, are in the wallet; one price moves all on the book's market, so they
    are in the sums: the signed position, what its requirement counts, and its cost as zero_of takes it.
    """
    wallet = wallet_of(run, market.quote_balance)
    position, size, cost = 0.0, 0.0, 0.0
    for i in range(run.book_count if run.together != 0 else 0):
        other = book_of(run, i)
        its = market_of(run, other.market)
        if i == book.index or not crosses(other, its, market.quote_balance):
            continue
        if other.market == book.market:
            position += other.position
            size += abs(other.position)
            cost += cost_of(other, its)
            continue
        mark = mark_of(other)
        if is_ahead(run, other):
            mark = other.price_before if its.mark == 0 else other.mark_before
        wallet += worth_at(other, its, mark)
        if not is_netted(its):
            wallet -= maintenance_at(its, notional_of(its, abs(other.position), mark))
        elif first_of(run, other):
            net, _ = net_of(run, other, its)
            wallet -= maintenance_at(its, notional_of(its, abs(net), mark))
    return wallet, position, size, cost


@inner
def first_of(run, book):
    """Return whether no book before this one holds anything on its market: it speaks for all of them."""
    for i in range(book.index):
        if book_of(run, i).market == book.market and book_of(run, i).position != 0.0:
            return False
    return True


@inner
def liquidation_of(run, book, market):
    """Return (below, above): the mark prices at which the book's position is liquidated, as the account stands."""
    if not answers(book, market):
        return -np.inf, np.inf
    if market.isolated != 0:
        wallet = book.margin + proceeds_of(book, market)
        return zero_of(market, wallet, book.position, cost_of(book, market), abs(book.position))
    wallet, position, size, cost = around(run, book, market)
    position += book.position
    size = size + abs(book.position) if market.hedge != 0 else abs(position)
    return zero_of(market, wallet, position, cost + cost_of(book, market), size)


@inner
def find_margin(run, book, market):
    """Set the mark prices at which the book's own path calls its margin.

    Where several books answer with one balance no single path can tell: reserving.py finds that no call is possible
    within the candle, or joint.py walks all of them together.
    """
    if run.together != 0 and market.isolated == 0:
        book.liquidated_below, book.liquidated_above = -np.inf, np.inf
    else:
        book.liquidated_below, book.liquidated_above = liquidation_of(run, book, market)


@inner
def any_crosses(run, index):
    """Return whether any position answers with this balance."""
    for i in range(run.book_count):
        book = book_of(run, i)
        if crosses(book, market_of(run, book.market), index):
            return True
    return False


@inner
def equity_on(run, index):
    """Return what cross margin has on a balance at the last marks: its wallet and what its positions are worth."""
    equity = wallet_of(run, index)
    for i in range(run.book_count):
        book = book_of(run, i)
        market = market_of(run, book.market)
        if crosses(book, market, index):
            equity += worth_at(book, market, mark_of(book))
    return equity
