"""The account's word on an order: when it is placed, and once more at the instant an entry would fill.

An entry is what adds to a book's exposure. Orders that only take away are stopped by nothing but a halted account;
they count among the orders of a minute all the same.
"""

import numpy as np

from engine.core import codes, rule_codes
from engine.core.account import refresh_claim
from engine.core.exposure import equity_at_hand, gather_exposures
from engine.core.jit import Step, inner
from engine.core.limiting import add_order, first_broken
from engine.core.margin import notional_of
from engine.core.memory import book_at, candle_at, market_of, order_of, run_at
from engine.core.orders import add_claim, end_order, mixed, note
from engine.core.records import CANDLE_SIZE
from engine.core.rounding import to_lot
from engine.core.rule_records import guard_at, whole_at

MINUTE_MS = 60_000


@inner
def _clock(run, book):
    """Return the account's time: the close of the candle at hand while strategies decide, else the book's own."""
    if run.phase != 1:
        return book.now_ms
    return candle_at(run.candles + run.k * run.market_count * CANDLE_SIZE).open_ms + run.timeframe_ms


@inner
def _grows(run, guard, book, side, value, with_orders):
    gather_exposures(run, guard, with_orders, book.index)
    return add_order(guard, book.index, side, value) > 0.0


@inner
def _too_far(book, guard, side, kind, reduce_only, price):
    if kind not in (codes.LIMIT, codes.STOP_LIMIT) or np.isnan(guard.price_band):
        return 0.0
    away = price / book.price - 1.0
    if reduce_only:  # an exit may wait as far away as it likes; it must not give the position away
        away = max(0.0, side * away)
    return abs(away) if abs(away) > guard.price_band * (1.0 + 1e-9) else 0.0


@inner
def _closed_to_entries(guard, now_ms):
    """Return (event code, a, b) where the trading state or a cooldown lets no entry through; code 0: open."""
    if guard.state == rule_codes.REDUCE_ONLY:
        return rule_codes.DENIED_REDUCE_ONLY, 0.0, 0.0
    if guard.state == rule_codes.HALTED:
        return rule_codes.DENIED_HALTED, 0.0, 0.0
    if now_ms < guard.cooldown_until_ms:
        return rule_codes.DENIED_COOLDOWN, (guard.cooldown_until_ms - now_ms) / 1000.0, float(guard.loss_limit)
    return 0, 0.0, 0.0


@inner
def _entry_denied(run, book, guard, side, now_ms):
    """Return (event code, a, b) of the first rule that stops an entry; its exposure stands in the figures already."""
    code, a, b = _closed_to_entries(guard, now_ms)
    if code != 0:
        return code, a, b
    if guard.stale_ms > 0 and now_ms - book.now_ms > guard.stale_ms:
        return rule_codes.DENIED_STALE, (now_ms - book.now_ms) / 1000.0, guard.stale_ms / 1000.0
    return first_broken(run, guard, book.index, side, equity_at_hand(run, book))


def admit(address, side, kind, reduce_only, reason, _mode, quantity, price, _stop):
    """Judge an order that is about to be placed; returns 1, or 0 after a denied event."""
    book = book_at(address)
    run = run_at(book.run)
    guard = guard_at(run.guard)
    now_ms = _clock(run, book)
    if guard.state == rule_codes.HALTED:
        note(book, 0, rule_codes.DENIED_HALTED, reason, 0.0, 0.0)
        return 0
    away = _too_far(book, guard, side, kind, reduce_only, price)
    if away > 0.0:
        note(book, 0, rule_codes.DENIED_PRICE_BAND, reason, away, guard.price_band)
        return 0
    value = notional_of(market_of(run, book.market), quantity, price)
    if not reduce_only and _grows(run, guard, book, side, value, True):
        code, a, b = _entry_denied(run, book, guard, side, now_ms)
        if code == 0 and guard.order_limit > 0 and now_ms - _oldest(guard).value < MINUTE_MS:
            code, a, b = rule_codes.DENIED_ORDER_RATE, guard.order_limit + 1.0, float(guard.order_limit)
        if code != 0:
            note(book, 0, code, reason, a, b)
            return 0
    if guard.order_limit > 0:
        _oldest(guard).value = now_ms
        guard.order_index = (guard.order_index + 1) % guard.order_limit
    return 1


ADMIT_STEP = Step(admit, "iiiiiifff")


@inner
def _oldest(guard):
    return whole_at(guard.times + guard.order_index * 8)


@inner
def _largest(run, book, guard, side, price, quantity, fee, equity):
    """Return the most of an entry that no limit forbids, by halving: limits are many, and each is monotonous."""
    market = market_of(run, book.market)
    low, high = 0.0, quantity
    for _ in range(60):
        middle = 0.5 * (low + high)
        gather_exposures(run, guard, False, book.index)
        add_order(guard, book.index, side, notional_of(market, middle, price))
        code, _a, _b = first_broken(run, guard, book.index, side, equity - fee * notional_of(market, middle, price))
        if code == 0:
            low = middle
        else:
            high = middle
    return to_lot(low, market)


def recheck(address, slot, _c, price, _y):
    """Judge an entry at the instant it would fill, at its price; returns 1, or 0 where it was denied and ended.

    Positions count, and this fill; equity is what the fill's costs leave. One given in quote or as a fraction is
    reduced to what the limits leave, as funds would have it (rule F7).
    """
    book = book_at(address)
    run = run_at(book.run)
    guard = guard_at(run.guard)
    market = market_of(run, book.market)
    order = order_of(book, slot)
    quantity = order.quantity - order.filled
    value = notional_of(market, quantity, price)
    if not _grows(run, guard, book, order.side, value, False):
        return 1
    code, a, b = _closed_to_entries(guard, book.now_ms)
    stays = order.state == codes.RESTING
    if code == 0:
        cost = abs(price - book.price) / price + max(market.maker_fee_rate, market.taker_fee_rate, 0.0)
        equity = equity_at_hand(run, book)
        code, a, b = first_broken(run, guard, book.index, order.side, equity - cost * value)
        if code != 0 and order.size_mode in (codes.QUOTE, codes.FRACTION):
            fits = _largest(run, book, guard, order.side, price, quantity, cost, equity)
            if (
                fits >= max(market.lot * 0.5, market.min_quantity)
                and notional_of(market, fits, price) >= market.min_notional
            ):
                note(book, order.id, rule_codes.REDUCED_TO_CAP, order.reason, quantity, fits)
                if stays:
                    add_claim(book, order, -1.0)
                    book.signature -= mixed(order)
                order.quantity = order.filled + fits
                if stays:
                    add_claim(book, order, 1.0)
                    book.signature += mixed(order)
                return 1
    if code == 0:
        return 1
    end_order(book, slot, code, a, b)
    if stays:
        refresh_claim(run, book, market)
    return 0


RECHECK_STEP = Step(recheck, "iiiff")
