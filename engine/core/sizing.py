"""The size of an entry by rule: fixed, a fraction of the equity, by the stop's distance, by volatility; and its cap."""

import numpy as np

from engine.core import codes, rule_codes
from engine.core.account import usable_equity
from engine.core.jit import Step, inner
from engine.core.margin import gain_of, notional_of, quantity_for
from engine.core.memory import book_at, gauge_of, market_of, run_at, slot_of
from engine.core.orders import note
from engine.core.rounding import to_lot, to_tick
from engine.core.rule_records import risk_at

YEAR = np.sqrt(365.0)  # from a day's standard deviation to a year's: these markets never close


@inner
def stop_of(run, market, risk, side, price, stop_loss):
    """Return the price at which the entry would be stopped; NaN where nothing stops it."""
    if not np.isnan(stop_loss):
        return to_tick(price * (1.0 - side * stop_loss), market)
    if risk.stop_kind == rule_codes.STOP_FRACTION:
        return to_tick(price * (1.0 - side * risk.stop), market)
    if risk.stop_kind == rule_codes.STOP_PRICE:
        return risk.stop
    if risk.stop_kind == rule_codes.STOP_ATR:
        return to_tick(price - side * risk.stop * gauge_of(run, market).atr, market)
    return np.nan


@inner
def _wanted(run, market, risk, equity, price, stop):
    """Return the quantity that the rule asks for, before the lot and the cap."""
    fee = 0.0 if market.fee_in_base else market.taker_fee_rate
    if risk.size_kind == rule_codes.SIZE_QUOTE:
        return quantity_for(market, risk.size / (1.0 + fee), price)
    if risk.size_kind == rule_codes.SIZE_FRACTION:
        return quantity_for(market, equity * risk.size / (1.0 + fee), price)
    if risk.size_kind == rule_codes.SIZE_RISK:
        lost = abs(gain_of(market, 1.0, price, stop))
        return (
            equity
            * risk.size
            / (lost + (notional_of(market, 1.0, price) + notional_of(market, 1.0, stop)) * market.taker_fee_rate)
        )
    return quantity_for(market, equity * risk.size / (gauge_of(run, market).sigma_day * YEAR), price)


def size_entry(address, side, _kind, _reduce_only, reason, size_mode, quantity, price, stop_loss):
    """Size one entry: writes run.sized_quantity, returns the size mode it now has, or -1 after a denied event.

    What goes against the open position is no entry, and keeps its size.
    """
    book = book_at(address)
    run = run_at(book.run)
    market = market_of(run, book.market)
    risk = risk_at(slot_of(run, book.slot).risk)
    run.sized_quantity = quantity
    if book.position * side < 0.0:
        return size_mode
    equity = usable_equity(book)
    stop = stop_of(run, market, risk, side, price, stop_loss)
    measured = (risk.stop_kind == rule_codes.STOP_ATR and np.isnan(stop_loss)) and np.isnan(stop)
    if measured or (risk.size_kind == rule_codes.SIZE_VOLATILITY and not gauge_of(run, market).sigma_day > 0.0):
        note(book, 0, rule_codes.DENIED_NO_HISTORY, reason, 0.0, 0.0)
        return -1
    if risk.size_kind == rule_codes.SIZE_RISK and np.isnan(stop):
        note(book, 0, rule_codes.DENIED_NO_STOP, reason, 0.0, 0.0)
        return -1
    own = not np.isnan(stop_loss)
    if side * (price - stop) <= 0.0 and (not own or risk.size_kind == rule_codes.SIZE_RISK):
        note(book, 0, rule_codes.DENIED_STOP_SIDE, reason, stop, price)
        return -1
    most = equity * risk.cap
    if risk.size_kind == rule_codes.SIZE_OWN:
        value = notional_of(market, quantity, price)
        if value > most * (1.0 + 1e-9):
            note(book, 0, rule_codes.DENIED_SIZE_CAP, reason, value / equity, risk.cap)
            return -1
        return size_mode
    wanted = _wanted(run, market, risk, equity, price, stop)
    if notional_of(market, wanted, price) > most:
        wanted = most / notional_of(market, 1.0, price)
    run.sized_quantity = to_lot(wanted, market)
    return codes.QUOTE  # as an order given in quote: what funds do not cover is reduced, and recorded


SIZE_STEP = Step(size_entry, "iiiiiifff")
