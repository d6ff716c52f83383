"""What a position is worth, what it must keep, and at which mark price the venue takes it (rule C4).

Owns the requirement's formulae; sources and traps in formulae.md section 5. `f(P) = wallet + gain(P) - maintenance(P)`
is linear in the price of a linear contract and in 1/price of an inverse one, so its zero needs no search but the tier.
"""

import numpy as np

from engine.core import codes
from engine.core.jit import compiled, inlined, inner
from engine.core.memory import balance_of, book_of, market_at, market_of, tier_of


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
def weigh(run, book, market):
    """Bring the book's part of its balance's sums to the last mark price."""
    floating, maintenance = 0.0, 0.0
    if answers(book, market) and market.isolated == 0:
        mark = book.price if np.isnan(book.mark) else book.mark
        if market.kind == codes.MARGIN:
            floating = book.position * mark
        else:
            floating = gain_of(market, book.position, book.entry, mark)
        maintenance = maintenance_at(market, notional_of(market, abs(book.position), mark))
    balance = balance_of(run, market.quote_balance)
    balance.floating += floating - book.floating
    balance.maintenance += maintenance - book.maintenance
    book.floating = floating
    book.maintenance = maintenance


@inner
def find_liquidation(run, book, market):
    """Set the mark prices at which the book's position is liquidated, as the account stands."""
    book.liquidated_below = -np.inf
    book.liquidated_above = np.inf
    if not answers(book, market):
        return
    if market.isolated != 0:
        wallet = book.margin + proceeds_of(book, market)
        book.liquidated_below, book.liquidated_above = zero_of(
            market, wallet, book.position, cost_of(book, market), abs(book.position)
        )
        return
    balance = balance_of(run, market.quote_balance)
    if market.sharing < 2:
        wallet = balance.amount
        if run.cross_books > 1:
            wallet += (balance.floating - book.floating) - (balance.maintenance - book.maintenance)
        book.liquidated_below, book.liquidated_above = zero_of(
            market, wallet, book.position, cost_of(book, market), abs(book.position)
        )
        return
    # One price moves what all books on this market hold.
    position, size, cost, floating, maintenance = 0.0, 0.0, 0.0, 0.0, 0.0
    for i in range(run.book_count):
        other = book_of(run, i)
        if other.market == book.market and answers(other, market):
            position += other.position
            size += abs(other.position)
            cost += cost_of(other, market)
            floating += other.floating
            maintenance += other.maintenance
    wallet = balance.amount + (balance.floating - floating) - (balance.maintenance - maintenance)
    book.liquidated_below, book.liquidated_above = zero_of(
        market, wallet, position, cost, size if market.hedge != 0 else abs(position)
    )


@inner
def weigh_all(run):
    """Bring all sums to the last mark prices, once a timestamp and only where one is needed."""
    if run.weighed_k != run.k:
        run.weighed_k = run.k
        for i in range(run.book_count):
            weigh(run, book_of(run, i), market_of(run, book_of(run, i).market))


@inner
def has_headroom(run, book, market, move, growth):
    """Return whether cross margin surely bears this move of price on the book's position grown by this notional."""
    if run.plain_cross == 0 or run.phase != 0:
        return False
    now = run.headroom + standing(run, book, market) - run.standing
    return now - abs(book.position) * move * (1.0 + run.worst_rate) - growth * (1.0 + run.worst_rate) > 0.0


@inner
def find_margin(run, book, market):
    """After a fill: liquidation prices anew, or none where nothing within this candle can come to one."""
    move = max(book.price - book.mark_low, book.mark_high - book.price)
    if run.cross_books > 1 and run.plain_cross != 0 and has_headroom(run, book, market, move, 0.0):
        leave_margin(book)
        return
    find_margin_now(run, book, market)


@inner
def find_margin_now(run, book, market):
    """Bring sums and liquidation prices to what the account stands at now."""
    if run.cross_books > 1 and market.isolated == 0:
        if answers(book, market):
            weigh_all(run)
        if run.weighed_k == run.k:
            weigh(run, book, market)
    find_liquidation(run, book, market)


@inlined
def leave_margin(book):
    """Set no liquidation price: nothing can come to it within this candle."""
    book.liquidated_below = -np.inf
    book.liquidated_above = np.inf


@inner
def standing(run, book, market):
    """Return what the book adds to its balance's headroom: worth less the most that it may have to keep."""
    gross = abs(notional_of(market, book.position, book.price)) if book.position != 0.0 else 0.0
    gain = gain_of(market, book.position, book.entry, book.price) if is_contract(market) else 0.0
    return balance_of(run, market.quote_balance).amount + gain - run.worst_rate * gross


@inner
def worst_loser(run, book, market):
    """Return the index of the book that goes first when this one's balance no longer answers: the largest loss.

    Loss at the last mark prices, at this book's current path price for itself; equal losses go by index.
    """
    if market.isolated != 0:
        return book.index
    worst, first = 0.0, book.index
    for i in range(run.book_count):
        other = book_of(run, i)
        its = market_of(run, other.market)
        if its.quote_balance != market.quote_balance or its.isolated != 0 or not answers(other, its):
            continue
        price = book.price if other.market == book.market else other.price
        loss = gain_of(its, other.position, other.entry, price)
        if loss < worst:
            worst, first = loss, i
    return first
