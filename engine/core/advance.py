"""The loop over time: match all markets, mark the account, let the strategies decide; stop and resume between any two.

Order of things at one timestamp: every book is matched in order; then every strategy is asked (design.md, section 3).
"""

import numpy as np

from engine.core import codes
from engine.core.account import cash_of, equity_of
from engine.core.jit import compiled, inlined
from engine.core.margin import gain_of, notional_of
from engine.core.memory import balance_of, book_of, call, candle_at, market_of, run_at, slot_of, store_float
from engine.core.records import BOOK_SIZE, CANDLE_SIZE, SLOT_SIZE
from engine.core.reserving import has_work, is_called, stand, sums_of
from engine.core.rule_records import guard_at, whole_at
from engine.core.snapshots import save_undo, take_back


@inlined
def _has_room(run, capacity):
    # Both paths of one candle of one book, or the decisions of one strategy, must fit the logs without a check a fill.
    fills = 2 * run.max_candle_fills + 2 + run.cross_books
    events = 2 * run.max_candle_fills + (4 + run.cross_books) * capacity + run.watch_events
    return (
        run.fill_count + fills <= run.fill_room
        and run.event_count + events <= run.event_room
        and run.payment_count + fills <= run.payment_room
    )


@inlined
def _match(run, book, market, address, candle):
    """Match one book; others then see it as it was before, and what it has opened meanwhile at its entry."""
    book.price_before, was = book.price, book.position
    if call(run.step_match, run.books + book.index * BOOK_SIZE, address, 0, 0) == codes.OK:
        if was * book.position <= 0.0:
            book.price_before = book.mark_before = book.entry
        if market.base_balance >= 0:
            balance_of(run, market.base_balance).close = candle.close
    return run.status


@inlined
def _match_all(run, row, first):
    """Match the books from `first` on; returns the gross notional and the floating PnL of those."""
    gross, floating = 0.0, 0.0
    timeframe_ms = run.timeframe_ms
    for b in range(first, run.book_count):
        book = book_of(run, b)
        address = row + book.market * CANDLE_SIZE
        candle = candle_at(address)
        market = market_of(run, book.market)
        if not np.isnan(candle.close):
            now_ms = candle.open_ms + timeframe_ms
            busy = has_work(book, candle, now_ms)
            if book.position != 0.0 and market.kind != codes.SPOT:
                busy = is_called(run, book, market, candle) or busy
            if busy:
                run.b = b
                if not _has_room(run, book.capacity):
                    run.status = codes.NEED_ROOM
                    break
                if _match(run, book, market, address, candle) != codes.OK:
                    break
            else:
                stand(run, book, market, candle, now_ms)
        more, floats = sums_of(book, market)
        gross += more
        floating += floats
    return gross, floating


@inlined
def _match_crossed(run, address, row, first):
    """Do the same where positions share a balance: each by itself only where no margin can be called."""
    if first == 0 and call(run.step_survey, address, row, 0, 0) != 0:
        call(run.step_joint, address, run.k, row, 0)
        return 0.0, 0.0
    gross, floating = run.quiet_gross, run.quiet_floating
    for i in range(run.busy_count):
        b = whole_at(run.busy + i * 8).value
        if b < first:
            continue
        book = book_of(run, b)
        run.b = b
        if not _has_room(run, book.capacity):
            run.status = codes.NEED_ROOM
            break
        if run.asks != 0:
            save_undo(run, address, book)
        candle_address = row + book.market * CANDLE_SIZE
        market = market_of(run, book.market)
        if _match(run, book, market, candle_address, candle_at(candle_address)) != codes.OK:
            if run.status == codes.REPLAY:
                take_back(run, address)
                call(run.step_joint, address, run.k, row, 0)
            break
        more, floats = sums_of(book, market)
        gross += more
        floating += floats
    return gross, floating


@inlined
def _mark(run, k, first, gross, floating):
    for i in range(run.balance_count):
        balance_of(run, i).price = balance_of(run, i).close
    if first > 0 or run.joint_k == k:  # the sums are of the later books only, or of none
        gross = 0.0
        for b in range(run.book_count):
            book = book_of(run, b)
            if book.position != 0.0:
                gross += notional_of(market_of(run, book.market), abs(book.position), book.price)
        value = equity_of(run, -1)
    else:
        value = cash_of(run) + floating
    run.equity_now = value
    store_float(run.equity + k * 8, value)
    store_float(run.exposure + k * 8, gross)


@inlined
def _decide(run, k, row, first):
    for s in range(first, run.slot_count):
        slot = slot_of(run, s)
        book = book_of(run, slot.first_book)
        if run.event_count + run.decision_events > run.event_room:
            run.b = s
            run.status = codes.NEED_ROOM
            return
        indicators = slot.indicators + k * slot.indicator_stride
        failed = 0
        if slot.on_timestamp != 0:
            address = run.slots + s * SLOT_SIZE
            if slot.started == 0 and slot.on_start != 0:
                failed = call(slot.on_start, slot.state, row, indicators, address)
            if failed == 0:
                failed = call(slot.on_timestamp, slot.state, row, indicators, address)
            slot.started = 1
        elif not np.isnan(candle_at(row + book.market * CANDLE_SIZE).open):
            candle = row + book.market * CANDLE_SIZE
            address = run.books + slot.first_book * BOOK_SIZE
            if slot.started == 0:
                slot.started = 1
                if slot.on_start != 0:
                    failed = call(slot.on_start, slot.state, candle, indicators, address)
            if failed == 0 and slot.on_candle != 0:
                failed = call(slot.on_candle, slot.state, candle, indicators, address)
        if failed != 0:
            run.status = codes.STRATEGY_FAILED
        if run.status != codes.OK:
            run.b = s
            return


def _made_glide(rich):
    """Make the way over quiet candles; rich: with all that a mark price, dues and rules of the account ask for.

    Twice the same source, since what is not asked for must cost nothing: the compiler leaves it out of the plain one.
    """

    @inlined
    def glide(run, run_address, k, until):
        """Take a lone book with a lone strategy over candles in which no order can trigger; returns the next candle.

        The same arithmetic as below, with everything at hand that cannot change while nothing fills: no balance moves.
        """
        book, slot = book_of(run, 0), slot_of(run, 0)
        market = market_of(run, book.market)
        portfolio = slot.on_timestamp != 0
        step, account = (slot.on_timestamp, run.slots) if portfolio else (slot.on_candle, run.books)
        if slot.started == 0 or step == 0:
            return k
        state, indicators, stride = slot.state, slot.indicators, slot.indicator_stride
        candles, timeframe_ms = run.candles, run.timeframe_ms
        equity, exposure, last_event = run.equity, run.exposure, run.event_room - run.decision_events
        if book.trailing > 0:
            return k
        coins, inverse = market.base_balance >= 0, market.kind == codes.INVERSE
        position, entry = book.position, book.entry
        # Orders given on the way wait first, which ends it; what is cancelled on it can only leave it wider.
        low, high = book.below, book.above
        marked, called_low, called_high = market.mark != 0, book.liquidated_below, book.liquidated_above
        if not marked:
            low, high = max(low, called_low), min(high, called_high)
        bounded = low > -np.inf or high < np.inf
        due_ms = run.due_ms
        cash, held = cash_of(run), 0.0
        base = balance_of(run, 0)
        if coins:
            cash = balance_of(run, market.quote_balance).amount
            base = balance_of(run, market.base_balance)
            held = base.amount
        watched, guard = run.guard != 0, guard_at(run.guard)
        run.phase = 1
        while k < until and run.event_count <= last_event and run.stop == 0:
            address = candles + k * CANDLE_SIZE
            candle = candle_at(address)
            close = candle.close
            now_ms = candle.open_ms + timeframe_ms
            if np.isnan(close) or (bounded and (candle.low <= low or candle.high >= high)) or book.wake_ms < now_ms:
                break
            if rich and candle.open_ms >= due_ms:
                break
            if rich and marked:
                mark = candle_at(market.mark + k * CANDLE_SIZE)
                if mark.low <= called_low or mark.high >= called_high:
                    break
            value, gross = cash, 0.0
            if position != 0.0:
                book.trade_high = max(book.trade_high, candle.high)
                book.trade_low = min(book.trade_low, candle.low)
                gross = abs(position) * close
            if coins:
                base.price = base.close = close
                value = cash + held * close
            elif position != 0.0:
                value = cash + position * (close - entry)
                if rich and inverse:
                    gross = notional_of(market, abs(position), close)
                    value = cash + gain_of(market, position, entry, close)
            book.price = close
            book.now_ms = now_ms
            run.k = k
            run.equity_now = value
            store_float(equity + k * 8, value)
            store_float(exposure + k * 8, gross)
            if rich and watched and (value <= guard.floor or value > guard.peak or now_ms >= guard.day_until_ms):
                call(run.step_watch, run_address, now_ms, 0, 0)
            if call(step, state, address, indicators + k * stride, account) != 0:
                run.status = codes.STRATEGY_FAILED
            if run.status != codes.OK:
                return k
            k += 1
        run.phase = 0
        return k

    return glide


_glide, _rich_glide = _made_glide(False), _made_glide(True)


@inlined
def _wants_rich(run):
    market = market_of(run, book_of(run, 0).market)
    return run.guard != 0 or run.due_ms < codes.NEVER or market.mark != 0 or market.kind == codes.INVERSE


@compiled
def advance(address, until):
    """Take the run at this address forward until candle `until` (not included) or until something stops it.

    Returns a status of codes.py. After NEED_ROOM the caller makes the logs larger and calls again with the status
    set back.
    """
    run = run_at(address)
    start = run.start
    first = run.b  # where the last call stopped within its candle
    candles, stride = run.candles, run.market_count * CANDLE_SIZE
    lone = run.book_count == 1
    k = run.k
    while k < until:
        if lone and k >= start and run.phase == 0:
            k = _rich_glide(run, address, k, until) if _wants_rich(run) else _glide(run, address, k, until)
            if run.status != codes.OK:
                return run.status
            if k >= until:
                break
        run.k = k
        if run.stop != 0 and run.phase == 0 and first == 0:
            run.status = codes.STOPPED
            return run.status
        row = candles + k * stride
        if run.phase == 0:
            if first == 0 and candle_at(row).open_ms >= run.due_ms and call(run.step_charge, address, k, row, 0) != 0:
                return run.status
            if run.event_count + run.watch_events > run.event_room:
                run.status = codes.NEED_ROOM
                return run.status
            if run.together != 0:
                gross, floating = _match_crossed(run, address, row, first)
            else:
                gross, floating = _match_all(run, row, first)
            if run.status != codes.OK:
                return run.status
            _mark(run, k, first, gross, floating)
            run.phase = 1
            if run.guard != 0:
                call(run.step_watch, address, candle_at(row).open_ms + run.timeframe_ms, 0, 0)
                if run.status != codes.OK:
                    return run.status
            first = 0
        if k >= start:
            _decide(run, k, row, first)
            if run.status != codes.OK:
                return run.status
        run.phase = 0
        first = 0
        k += 1
    run.k = max(run.k, until)
    run.b = 0
    return run.status
