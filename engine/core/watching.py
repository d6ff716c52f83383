"""The kill rules: looked at after every mark of the account, once its equity passes what they have computed before.

Tripped, a rule takes entries off the books, or closes everything, and stays so: only a person re-arms it, or, where
that was declared, the next day re-arms the daily loss.
"""

import numpy as np

from engine.core import codes, rule_codes
from engine.core.account import refresh_claim
from engine.core.jit import Step, inner
from engine.core.memory import book_of, event_of, market_of, order_of, run_at
from engine.core.orders import end_order
from engine.core.protecting import make_exit
from engine.core.rule_records import float_at, guard_at

DAY_MS = 86_400_000


@inner
def _note(run, now_ms, code, a, b):
    """Record what happened to the account: an event of no book."""
    if run.event_count >= run.event_room:
        run.status = codes.TOO_MANY_EVENTS
        return
    event = event_of(run, run.event_count)
    event.ms = now_ms
    event.candle = run.k
    event.book = -1
    event.order_id = 0
    event.code = code
    event.reason = codes.REASON_KILL
    event.a = a
    event.b = b
    run.event_count += 1


@inner
def _aim(guard):
    """Compute the equity at which the next kill rule trips; one that has tripped does not trip again."""
    guard.floor = -np.inf
    if not np.isnan(guard.max_drawdown) and not guard.causes & rule_codes.CAUSE_DRAWDOWN:
        guard.floor = guard.peak * (1.0 - guard.max_drawdown)
    if not np.isnan(guard.daily_loss) and not guard.causes & rule_codes.CAUSE_DAILY_LOSS:
        guard.floor = max(guard.floor, guard.day_start * (1.0 - guard.daily_loss))


@inner
def _combine(guard):
    """Set the trading state: the most restrictive of its causes wins."""
    guard.state = rule_codes.ACTIVE
    if guard.causes & rule_codes.CAUSE_DAILY_LOSS:
        halts = guard.daily_action != rule_codes.ACT_REDUCE_ONLY
        guard.state = rule_codes.HALTED if halts else rule_codes.REDUCE_ONLY
    if guard.causes & rule_codes.CAUSE_DRAWDOWN:
        halts = guard.drawdown_action != rule_codes.ACT_REDUCE_ONLY
        guard.state = rule_codes.HALTED if halts else max(guard.state, rule_codes.REDUCE_ONLY)


@inner
def _clear(run, flatten):
    """Take entries off all books; to flatten, take everything off and close all positions at market."""
    for b in range(run.book_count):
        book = book_of(run, b)
        for i in range(book.used):
            order = order_of(book, i)
            entry = not order.reduce_only and order.side * book.position >= 0.0
            if order.state != codes.FREE and (flatten or entry):
                end_order(book, i, rule_codes.CANCELLED_BY_KILL_RULE, 0.0, 0.0)
        refresh_claim(run, book, market_of(run, book.market))
        if flatten and book.position != 0.0:
            live_ms = book.now_ms + run.latency_ms
            make_exit(book, rule_codes.RULE_KILL, codes.MARKET, abs(book.position), np.nan, np.nan, np.nan, live_ms)


@inner
def _trip(run, guard, now_ms, cause, code, action, loss, limit):
    guard.causes |= cause
    _note(run, now_ms, code, loss, limit)
    _combine(guard)
    _clear(run, action == rule_codes.ACT_FLATTEN)


@inner
def _next_day(run, guard, now_ms, value):
    # A close at midnight ends the day before; one after a hole belongs to the new day, which began with the last mark.
    began = value
    if now_ms > guard.day_until_ms and run.k > 0:
        began = float_at(run.equity + (run.k - 1) * 8).value
    loss = 1.0 - value / guard.day_start
    guard.day_until_ms = (now_ms // DAY_MS + 1) * DAY_MS
    if guard.causes & rule_codes.CAUSE_DAILY_LOSS and guard.rearm_daily:
        guard.causes &= ~rule_codes.CAUSE_DAILY_LOSS
        _note(run, now_ms, rule_codes.REARMED_DAILY_LOSS, loss, guard.daily_loss)
        _combine(guard)
    guard.day_start = began


@inner
def _judge(run, guard, now_ms, value):
    daily, drawdown = rule_codes.CAUSE_DAILY_LOSS, rule_codes.CAUSE_DRAWDOWN
    if not guard.causes & daily and value <= guard.day_start * (1.0 - guard.daily_loss):  # never so for NaN
        loss = 1.0 - value / guard.day_start
        _trip(run, guard, now_ms, daily, rule_codes.TRIPPED_DAILY_LOSS, guard.daily_action, loss, guard.daily_loss)
    if not guard.causes & drawdown and value <= guard.peak * (1.0 - guard.max_drawdown):
        loss = 1.0 - value / guard.peak
        _trip(
            run, guard, now_ms, drawdown, rule_codes.TRIPPED_DRAWDOWN, guard.drawdown_action, loss, guard.max_drawdown
        )


def watch(address, now_ms, _c, _d):
    """Look at the account after a mark."""
    run = run_at(address)
    guard = guard_at(run.guard)
    value = run.equity_now
    if value > guard.peak:
        guard.peak = value
        _aim(guard)
    midnight = now_ms == guard.day_until_ms  # its close still belongs to the day that ends
    if now_ms > guard.day_until_ms:
        _next_day(run, guard, now_ms, value)
        _aim(guard)
    if value <= guard.floor:
        _judge(run, guard, now_ms, value)
        _aim(guard)
    if midnight:
        _next_day(run, guard, now_ms, value)
        _aim(guard)
    return codes.OK


WATCH_STEP = Step(watch, "iiii")
