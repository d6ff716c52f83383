"""Buy by the calendar, or in deals: a base order, safety orders on a ladder below, one exit above the average."""

import math

import numpy as np

from engine import LIQUIDATION, ConfigError
from engine.indicators import crossed_above, crossed_below, rsi, sma
from strategies._dca_checks import answers, check, or_infinite, units_of
from strategies._dca_ladder import BASE, RATE, beyond, deviation, nearest, quantity_of, size_of, target_of
from strategies._dca_parameters import PAIRS, DcaParameters
from strategies._dca_plan import plan_of
from strategies._dca_review import review_of

WAITING, ENTERING, OPEN, CLOSING = 0, 1, 2, 3  # of a pair
TARGET, STOP, TRAILED, TRIGGERED = -1, -2, -3, -4  # tags of exits; 0 is the base order, n safety order n


class Dca(DcaParameters):
    """Buy by the calendar, or in deals: a base order, safety orders on a ladder below, one exit above the average.

    The pairs are the definition's markets, on one account. docs/dca.md shows a ladder and how to read its plan.
    """

    def indicators(self, candles):
        close = candles.close
        start = np.ones(close.shape, np.bool_)
        if self.start_condition == "signal":
            start = self.signal(close)
        due = np.zeros(len(close), np.int64)
        if self.schedule is not None:
            due = self.schedule.due_count(candles.open_ms, candles.timeframe_ms, self.end_at)
            follows = np.diff(candles.open_ms, prepend=candles.open_ms[:1] - candles.timeframe_ms)
            if np.any((due > 1) & (follows == candles.timeframe_ms)):  # those of a hole are one: it was down
                most = f"expected at most one purchase a candle of {candles.timeframe}"
                raise ConfigError(f'Dca: schedule: {most}, was "{self.schedule}"')
        return {"start": start, "due": due > 0}

    def signal(self, close):
        if self.start_signal == "rsi_below":
            return rsi(close, self.signal_length) < self.signal_level
        if self.start_signal == "rsi_above":
            return rsi(close, self.signal_length) > self.signal_level
        average = sma(close, self.signal_length)
        crossed = crossed_below if self.start_signal == "crossed_below_average" else crossed_above
        return crossed(close, average)

    def warmup(self):
        return self.signal_length + 1 if self.start_condition == "signal" else 0

    def prepare(self, start):
        self.unit, self.base_size, self.safety_size = check(self)
        self.sign = 1 if self.side == "long" else -1
        self.pairs = len(start.markets)
        if self.pairs > PAIRS:
            raise ConfigError(f"Dca: markets: expected 1 to {PAIRS} pairs, were {self.pairs}")
        # A few lengths only: compiled code is made for each.
        length = next(n for n in (1, 8, 40, PAIRS) if n >= self.pairs)
        for name, kept in self.states.items():
            if kept.array:
                setattr(self, name, getattr(self, name)[:length])
        self.resting_limit = int(min(self.max_safety_orders, or_infinite(self.active_safety_orders)))
        self.investment_limit = or_infinite(self.max_investment_quote)
        for m, market in enumerate(start.markets):
            self.tick_units[m], self.tick_scale[m] = units_of(market.tick)
            self.lot_units[m], self.lot_scale[m] = units_of(market.lot)
            self.least_base[m] = max(market.min_quantity, float(market.lot))
            self.least_quote[m] = market.min_notional
            self.quote_fee[m] = 0.0 if market.fee_in == "base" else max(market.maker_fee_rate, market.taker_fee_rate)
            resting = self.take_profit_order == "limit" and self.trailing_take_profit_rate == 0.0
            self.exit_fee[m] = market.maker_fee_rate if resting else market.taker_fee_rate
            self.claim[m] = self.quote_fee[m] + (1.0 / market.leverage if answers(self, market) else 1.0)
            self.equity_then[m] = start.cash
        self.max_orders = self.resting_limit + 6

    def plan(self, start):
        return plan_of(self, start)

    def review(self, outcome):
        return review_of(self, outcome)

    def on_timestamp(self, candles, ind, account):
        if not self.calm:
            self.look(candles, ind, account)

    def look(self, candles, ind, account):
        buying = self.kind == "schedule"
        if buying and not ind[0].due:
            return
        self.calm = not buying
        pending = self.not_yet_filled(account) if buying else 0.0
        for m in range(len(account)):
            if math.isnan(candles[m].close):  # no candle, no price: looked at again when there is one
                self.calm = False
            elif buying:
                pending += self.purchase(candles[m].close, account, m, pending)
            else:
                if self.phase[m] != WAITING:
                    self.tend(candles[m], account[m], m)
                if self.phase[m] == WAITING and self.may_open(candles[m], ind[m], account[m], m):
                    pending += self.open_deal(candles[m].close, account, m, pending)
                self.fresh[m] = 0

    def on_fill(self, fill, account):
        self.calm = False
        if self.kind == "schedule":
            fee = fill.fee if self.quote_fee[fill.book] > 0.0 else 0.0
            self.spent += fill.quantity * fill.price + fee
        elif fill.tag >= 0 and fill.kind < LIQUIDATION:
            self.entered(fill, account, fill.book)
        else:
            self.left(fill, account, fill.book)

    # The schedule.

    def not_yet_filled(self, account):
        """Return the quote that purchases made before will still cost."""
        total = 0.0
        for m in range(len(account)):
            total += account[m].remaining(self.entry_id[m]) * account[m].price * (1.0 + self.quote_fee[m])
        return total

    def purchase(self, price, account, m, pending):
        """Buy once in a market; return the quote it will cost."""
        each = price * (1.0 + self.quote_fee[m])
        value = self.base_size
        if self.unit == BASE:
            value = self.base_size * each
        elif self.unit == RATE:
            value = self.base_size * max(0.0, account.cash - pending)
        left = self.budget_quote - self.spent - pending
        whole = not value > left  # NaN: there is no budget
        if not whole:
            value = left
        if self.purchases >= self.max_purchases or value < self.least_quote[m] or value < self.least_base[m] * each:
            self.calm = self.pairs == 1 and (not whole or self.purchases >= self.max_purchases)  # nothing follows
            return 0.0
        number = self.purchases + 1
        if self.unit == BASE and whole:
            self.entry_id[m] = account[m].buy(quantity=self.base_size, reason="scheduled purchase", tag=number)
        else:
            self.entry_id[m] = account[m].buy(quote=value, reason="scheduled purchase", tag=number)
        if self.entry_id[m] == 0:
            return 0.0
        self.purchases = number
        return value

    # A deal, from its opening on.

    def may_open(self, candle, ind, book, m):
        if self.just_closed[m] != 0:
            self.closed_ms[m] = book.now_ms
            self.just_closed[m] = 0
        if self.disabled or self.opened + self.entering() >= self.max_deals:
            return False
        outside = candle.close < self.min_price or candle.close > self.max_price
        if self.start_condition == "price":
            self.calm = False
            if outside:
                self.was_outside[m] = 1
            if self.was_outside[m] == 0:
                return False
        if self.active >= self.max_active_deals:
            return False
        self.calm = False
        if outside or not ind.start:
            return False
        return self.closed_ms[m] == 0 or book.now_ms - self.closed_ms[m] >= self.cooldown

    def entering(self):
        count = 0
        if not math.isnan(self.max_deals):
            for m in range(self.pairs):
                if self.phase[m] == ENTERING and self.held[m] == 0.0:
                    count += 1
        return count

    def open_deal(self, price, account, m, pending):
        """Place the base order; return the quote it will claim once it has arrived, 0.0 when there is none."""
        book = account[m]
        if self.start_order_type == "limit":
            price = nearest(price * (1.0 - self.sign * self.entry_offset_rate), self.tick_units[m], self.tick_scale[m])
        equity = account.equity
        quantity = self.quantity(self.base_size, price, equity, m)
        value = quantity * price
        if quantity < self.least_base[m] or value < self.least_quote[m]:
            self.denied += 1
            return 0.0
        self.planned[m] = price
        self.equity_then[m] = equity
        self.placed[m] = 0
        self.steps[m] = self.steps_within(price, value, m)
        needed = value * self.claim[m] + self.reserved(price, m)
        free = account.cash - pending
        for other in range(len(account)):
            if other != m and self.phase[other] != WAITING:
                free -= self.reserved(self.entry_price(other), other)
        if needed > free * (1.0 + 1e-9):
            self.short_of_funds += 1
            return 0.0
        if self.start_order_type == "limit":
            order = book.limit(self.sign, quantity=quantity, price=price, reason="base order")
        else:
            order = self.at_market(book, quantity, value, m)
        if order == 0:
            self.denied += 1
            return 0.0
        self.entry_id[m] = order
        self.placed_ms[m] = book.now_ms
        self.phase[m] = ENTERING
        self.active += 1
        self.was_outside[m] = 0
        return value * self.claim[m]

    def at_market(self, book, quantity, value, m):
        """Place a base order at market; where a gap makes a value too dear it is reduced, a quantity is denied."""
        if self.unit == BASE and self.sign > 0:
            return book.buy(quantity=quantity, reason="base order")
        if self.unit == BASE:
            return book.sell(quantity=quantity, reason="base order")
        value *= 1.0 + self.quote_fee[m]
        if self.sign > 0:
            return book.buy(quote=value, reason="base order")
        return book.sell(quote=value, reason="base order")

    def tend(self, candle, book, m):
        """Look after a deal at a close: what was denied, what has timed out, what a candle has triggered."""
        if self.phase[m] == ENTERING:
            self.calm = False
            waits = book.is_open(self.entry_id[m])
            timed_out = self.start_order_type == "limit" and book.now_ms - self.placed_ms[m] >= self.entry_timeout
            if waits and timed_out:
                book.cancel(self.entry_id[m])
                waits = False
                if self.held[m] == 0.0:
                    self.expired += 1
                    self.just_closed[m] = 1
            elif not waits and self.held[m] == 0.0:
                self.denied += 1
            if not waits and self.held[m] == 0.0:
                self.phase[m] = WAITING
                self.active -= 1
            elif not waits:
                self.phase[m] = OPEN
                self.place_safety(book, m)
        elif self.phase[m] == OPEN:
            resting = (1 if book.is_open(self.exit_id[m]) else 0) + (1 if book.is_open(self.stop_id[m]) else 0)
            missing = self.placed[m] - self.done[m] - (book.open_orders - resting)
            if missing > 0:  # denied on arrival: the deal goes on without it
                self.denied += missing
                self.done[m] += missing
            if self.take_profit_order == "market" and self.trailing_take_profit_rate == 0.0:
                self.calm = False
                best = candle.close if self.fresh[m] != 0 else candle.high if self.sign > 0 else candle.low
                if self.sign * (best - self.target[m]) >= 0.0:
                    book.cancel_all()
                    self.exit_id[m] = book.close(reason="take_profit", tag=TRIGGERED)
                    self.phase[m] = CLOSING
        else:
            self.calm = False
            if not book.is_open(self.exit_id[m]):
                self.exit_id[m] = book.close(reason="closing what is left", tag=TRIGGERED)

    def entered(self, fill, account, m):
        """Take in a fill of the base order or of a safety order; its exits exist from this instant on."""
        paid = fill.fee if self.quote_fee[m] > 0.0 else 0.0
        value = fill.quantity * fill.price
        self.held[m] = abs(fill.position)
        self.cost[m] += value
        self.fees[m] += paid
        self.fresh[m] = 1
        complete = not account.is_open(fill.order_id)
        if fill.tag == 0:
            if self.base_quantity[m] == 0.0:
                self.opened += 1
                self.entry[m] = fill.price  # as it is: a quotient of sums would be off by a last bit
            else:
                self.entry[m] = (self.base_cost[m] + value) / (self.base_quantity[m] + fill.quantity)
            self.base_quantity[m] += fill.quantity
            self.base_cost[m] += value
            self.base_fees[m] += paid
            self.base_held[m] = self.held[m]
            self.steps[m] = self.steps_within(self.entry_price(m), self.base_cost[m], m)
            self.phase[m] = OPEN if complete else ENTERING
        elif complete:
            self.done[m] += 1
        self.arm(account, m, fill.tag == 0)
        if self.phase[m] == OPEN:
            self.place_safety(account, m)

    def left(self, fill, account, m):
        """Take in a fill of an exit; the deal ends when nothing is held."""
        self.calm = False
        self.fresh[m] = 1
        before = self.held[m]
        self.held[m] = abs(fill.position)
        if fill.position != 0.0:
            share = self.held[m] / before
            self.cost[m] *= share
            self.fees[m] *= share
            if fill.tag != TARGET:  # what is left of an exit at market waits for volume; nothing may come before it
                account.cancel_all()
                self.exit_id[m] = account.close(reason="closing what is left", tag=int(fill.tag))
                self.phase[m] = CLOSING
            return
        account.cancel_all()
        if fill.tag == STOP and self.on_stop_loss == "close_and_disable":
            self.disabled = True
        self.phase[m] = WAITING
        self.just_closed[m] = 1
        self.active -= 1
        self.closed += 1
        self.placed[m] = 0
        self.done[m] = 0
        self.cost[m] = 0.0
        self.fees[m] = 0.0
        self.base_quantity[m] = 0.0
        self.base_cost[m] = 0.0
        self.base_fees[m] = 0.0
        self.base_held[m] = 0.0

    # The ladder and the exits of one deal.

    def entry_price(self, m):
        """Return the average fill price of the base order, or the price it was placed at."""
        return self.entry[m] if self.base_quantity[m] > 0.0 else self.planned[m]

    def quantity(self, size, price, equity, m):
        return quantity_of(size, self.unit, price, equity, self.quote_fee[m], self.lot_units[m], self.lot_scale[m])

    def safety_price(self, entry, number, m):
        away = deviation(self.safety_step_rate, self.step_scale, number)
        return nearest(entry * (1.0 - self.sign * away), self.tick_units[m], self.tick_scale[m])

    def safety_quantity(self, price, number, m):
        return self.quantity(size_of(self.safety_size, self.volume_scale, number), price, self.equity_then[m], m)

    def steps_within(self, entry, base_value, m):
        """Return how many safety orders the cap of the investment leaves."""
        total = base_value
        for number in range(1, self.max_safety_orders + 1):
            price = self.safety_price(entry, number, m)
            if price <= 0.0:
                return number - 1
            total += price * self.safety_quantity(price, number, m)
            if total > self.investment_limit * (1.0 + 1e-12):
                return number - 1
        return self.max_safety_orders

    def reserved(self, entry, m):
        """Return the quote to be kept free for safety orders of this deal that do not rest yet."""
        last = self.steps[m]
        if self.reserve_funds == "none":
            last = 0
        elif self.reserve_funds == "active":
            last = min(last, self.resting_limit)
        total = 0.0
        for number in range(self.placed[m] + 1, last + 1):
            price = self.safety_price(entry, number, m)
            total += price * self.safety_quantity(price, number, m)
        return total * self.claim[m]

    def place_safety(self, book, m):
        entry = self.entry_price(m)
        while self.placed[m] < self.steps[m] and self.placed[m] - self.done[m] < self.resting_limit:
            self.placed[m] += 1
            number = self.placed[m]
            price = self.safety_price(entry, number, m)
            quantity = self.safety_quantity(price, number, m)
            book.limit(self.sign, quantity=quantity, price=price, reason="safety order", tag=number)

    def arm(self, book, m, moved):
        """Place the exits anew for what is held now; moved: the entry price has changed."""
        by_entry = self.take_profit_from == "entry"
        goal = target_of(
            self.sign,
            self.base_cost[m] if by_entry else self.cost[m],
            self.base_fees[m] if by_entry else self.fees[m],
            self.base_held[m] if by_entry else self.held[m],
            self.take_profit_rate,
            self.take_profit_net,
            self.exit_fee[m],
        )
        goal = beyond(goal, self.sign, self.tick_units[m], self.tick_scale[m])
        self.target[m] = goal
        book.cancel(self.exit_id[m])
        if self.trailing_take_profit_rate > 0.0:
            self.exit_id[m] = book.trailing_stop(
                -self.sign, quantity=math.inf, distance=self.trailing_take_profit_rate, activation=goal,
                reduce_only=True, reason="trailing_take_profit", tag=TRAILED,
            )  # fmt: skip
        elif self.take_profit_order == "limit":
            self.exit_id[m] = book.take_profit(price=goal, reason="take_profit", tag=TARGET)
        if math.isnan(self.stop_loss_rate):
            return
        of_entry = self.stop_loss_from == "entry"
        if of_entry and not moved and book.is_open(self.stop_id[m]):
            return
        book.cancel(self.stop_id[m])
        average = self.entry_price(m) if of_entry else self.cost[m] / self.held[m]
        self.stop_id[m] = book.stop(
            -self.sign, quantity=self.may_hold(m), trigger=average * (1.0 - self.sign * self.stop_loss_rate),
            reduce_only=True, reason="stop_loss", tag=STOP,
        )  # fmt: skip

    def may_hold(self, m):
        """Return what the deal holds if every order fills: a stop covers that, whatever fills before the next look."""
        entry, total = self.entry_price(m), self.held[m]
        for number in range(self.done[m] + 1, self.steps[m] + 1):
            total += self.safety_quantity(self.safety_price(entry, number, m), number, m)
        return total
