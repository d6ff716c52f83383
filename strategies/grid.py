"""A grid: buy low and sell high between fixed lines, again and again."""

import numpy as np

from engine import BUY, LIQUIDATION, SELL, SETTLEMENT, state
from strategies._grid_layout import MAX_CELLS, lay_out, line
from strategies._grid_parameters import GridParameters
from strategies._grid_plan import plan_of
from strategies._grid_review import review_of

WAITING, OPENING, RUNNING, CLOSING, DONE = 0, 1, 2, 3, 4
OPENING_TAG, STOP_TAG, CLOSING_TAG = -1, -2, -3
TRIES = 10  # opening orders, a candle each; what is missing then sleeps


class Grid(GridParameters):
    """Buy low and sell high between fixed lines: every cell owns one order, and its fill places the opposite one.

    A cell lies between two lines. Empty, it has a buy at its lower line; loaded, a sell at its upper one. It sits in
    slot number % cells of the arrays, so that the range can move without renumbering the orders at rest.
    """

    low_of = state(0.0, array=MAX_CELLS)
    high_of = state(0.0, array=MAX_CELLS)
    quantity = state(0.0, array=MAX_CELLS)  # base, of the cell's next buy
    placed = state(0.0, array=MAX_CELLS)  # base, of the order at rest
    left = state(0.0, array=MAX_CELLS)  # base, of it still open
    order = state(0, array=MAX_CELLS)  # id, 0: none rests
    loaded = state(False, array=MAX_CELLS)
    asleep = state(False, array=MAX_CELLS)

    cells: int = state(0)
    bottom: int = state(0)  # number of the lowest line, 0 at the start
    phase: int = state(WAITING)
    upwards: bool = state(False)  # how the trigger is crossed
    armed: bool = state(False)  # the price has been on the side from which it can be crossed
    opening: float = state(0.0)  # base, signed, to buy or sell at the start
    opening_id: int = state(0)
    worst_open: float = state(0.0)
    tries: int = state(0)
    cover: int = state(0)  # +1: sells, -1: buys need what is held beyond cover_base; 0: neither
    cover_base: float = state(0.0)
    reserved: float = state(0.0)  # base, of it promised to orders at rest
    home: float = state(0.0)  # base, the position before the grid
    pnl_home: float = state(0.0)
    expected: int = state(0)  # orders of ours that should be open
    absent: int = state(0)  # cells that could not place theirs
    sleeping: int = state(0)
    stop_low: float = state(0.0)  # 0.0: none
    stop_high: float = state(0.0)
    stop_id: int = state(0)
    stop_side: int = state(0)
    target_above: bool = state(False)  # the take-profit price lay above the price at the start
    target_pnl: float = state(0.0)  # quote, 0.0: none
    goal: float = state(0.0)  # base, the position that closing leaves
    floor_limit: float = state(0.0)
    ceiling: float = state(0.0)  # 0.0: none
    line_low: float = state(0.0)
    line_step: float = state(0.0)
    line_ratio: float = state(0.0)
    value: float = state(0.0)
    spot: bool = state(False)
    tick_units: float = state(1.0)
    tick_scale: float = state(1.0)
    lot_units: float = state(1.0)
    lot_scale: float = state(1.0)
    min_quantity: float = state(0.0)
    min_notional: float = state(0.0)
    shifts: int = state(0)
    ended_by: int = state(0)  # 1 stop low, 2 stop high, 3 take profit, 4 liquidation, 5 settlement

    def prepare(self, start):
        made = lay_out(self, start)
        market = start.market
        fields = market.record(0, 0)
        self.cells = min(made.cells, MAX_CELLS)
        self.max_orders = max(1, self.cells + 8)
        for i in range(min(self.cells, len(made.quantity))):
            self.low_of[i], self.high_of[i] = made.lines[i], made.lines[i + 1]
            self.quantity[i] = made.quantity[i]
            self.loaded[i] = i >= made.free
        self.opening, self.worst_open = made.opening, made.worst_open
        self.spot = not market.is_contract
        self.cover = {"long": 1, "neutral": int(self.spot), "short": -1}[made.direction]
        self.home = start.holding
        self.cover_base = self.home if made.direction == "short" else self.home - made.base_in
        self.line_low, self.line_step, self.line_ratio, self.value = made.lower, made.step, made.ratio, made.value
        for name in ("tick_units", "tick_scale", "lot_units", "lot_scale", "min_quantity", "min_notional"):
            setattr(self, name, float(fields[name]))
        self.stop_low, self.stop_high = self.stop_loss_low or 0.0, self.stop_loss_high or 0.0
        if self.trigger_price is not None:
            above = self.trigger_price >= start.price
            self.upwards = above if self.trigger_direction is None else self.trigger_direction == "up"
            self.armed = start.price <= self.trigger_price if self.upwards else start.price >= self.trigger_price
        if self.take_profit is not None and self.take_profit_type != "price":
            invested = made.funds + made.base_in * made.reference
            self.target_pnl = self.take_profit * (invested if self.take_profit_type == "pnl_rate" else 1.0)
        self.target_above = self.take_profit is not None and self.take_profit >= made.reference
        self.floor_limit = self.trailing_down_limit if isinstance(self.trailing_down_limit, float) else 0.0
        self.ceiling = self.trailing_up_limit if isinstance(self.trailing_up_limit, float) else 0.0

    def plan(self, start):
        return plan_of(self, lay_out(self, start), start)

    def review(self, outcome):
        return review_of(self, outcome)

    # What follows is compiled.

    def on_start(self, candle, ind, account):
        if not self.trigger_price > 0.0:
            self.begin(account)

    def on_candle(self, candle, ind, account):
        if self.phase == RUNNING or self.phase == OPENING:
            self.watch(candle, account)
        elif self.phase == WAITING:
            crossed = candle.high >= self.trigger_price if self.upwards else candle.low <= self.trigger_price
            if self.armed and crossed:
                self.begin(account)
            elif self.upwards:
                self.armed = candle.close < self.trigger_price
            else:
                self.armed = candle.close > self.trigger_price
        elif self.phase == CLOSING:
            self.close_in(account)

    def on_fill(self, fill, account):
        if fill.tag == CLOSING_TAG or self.phase >= CLOSING:
            return
        if fill.kind == LIQUIDATION or fill.kind == SETTLEMENT:
            self.ended_by = 4 if fill.kind == LIQUIDATION else 5
            self.expected = 0
            self.stop_id = 0
            self.phase = DONE
            return
        if fill.tag > 0:
            self.cell_filled(fill.tag - 1, fill.quantity, account)
        elif fill.tag == OPENING_TAG:
            self.settle(account)
        elif fill.tag == STOP_TAG:
            self.ended_by = 1 if fill.side < 0 else 2
            self.finish(account, 2)
        if self.stop_low > 0.0 or self.stop_high > 0.0:
            self.protect(account)

    def begin(self, account):
        """Open the starting position and place what needs none of it."""
        self.pnl_home = self.pnl(account)
        self.phase = OPENING if self.opening != 0.0 and self.open_initial_position else RUNNING
        if self.phase == OPENING:
            self.open_more(account)
        self.settle(account)

    def pnl(self, account):
        """Return the total PnL of the book, quote."""
        return account.realised - account.fees + account.position * (account.price - account.entry_price)

    def open_more(self, account):
        """Ask for what is missing of the starting position."""
        missing = self.opening - (account.position - self.home)
        self.tries += 1
        side = BUY if self.opening > 0.0 else SELL
        if missing * side < self.lot_units / self.lot_scale * 0.5:
            self.phase = RUNNING
        elif self.start_order_type == "market":
            self.opening_id = account.limit(
                side, quantity=abs(missing), price=account.price * (1.0 + side * 0.1), time_in_force="ioc",
                tag=OPENING_TAG, reason="grid opens",
            )  # fmt: skip
        else:
            worst = account.price * (1.0 + side * self.open_slippage_rate)
            worst = min(worst, self.worst_open) if side > 0 else max(worst, self.worst_open)  # what the plan reserved
            self.opening_id = account.limit(
                side, quantity=abs(missing), price=worst, time_in_force="ioc", tag=OPENING_TAG, reason="grid opens"
            )

    def settle(self, account):
        """Place every cell's order that is not at rest and whose coins are there."""
        self.absent = 0
        if self.max_open_buys > 0.0 or self.max_open_sells > 0.0:
            self.arrange(account)
            return
        for i in range(self.cells):
            s = (self.bottom + i) % self.cells
            if self.order[s] == 0 and not self.asleep[s]:
                self.rest(account, s)

    def rest(self, account, s):
        """Place the order that cell s owns; without coins, funds or size it stays absent and is tried again."""
        sells = self.loaded[s]
        side = SELL if sells else BUY
        price = self.high_of[s] if sells else self.low_of[s]
        quantity = self.quantity[s]
        if self.cover == side * -1:
            covered = self.cover * (account.position - self.cover_base) - self.reserved
            quantity = min(quantity, self.to_lot(covered))
        if self.post_only and side * (price - account.price) >= 0.0:
            price = account.price - side * self.tick_units / self.tick_scale  # it would cross: a tick off
        if quantity <= 0.0 or quantity < self.min_quantity or quantity * price < self.min_notional:
            self.absent += 1
            return
        if sells:
            order = account.limit(
                SELL, quantity=quantity, price=price, post_only=self.post_only, tag=s + 1, reason="grid sell"
            )
        else:
            order = account.limit(
                BUY, quantity=quantity, price=price, post_only=self.post_only, tag=s + 1, reason="grid buy"
            )
        if order == 0:
            self.absent += 1
            return
        self.order[s] = order
        self.placed[s] = quantity
        self.left[s] = quantity
        self.expected += 1
        if self.cover == side * -1:
            self.reserved += quantity

    def to_lot(self, quantity):
        """Return a quantity rounded down to the lot, as the market does it."""
        return np.floor(quantity * self.lot_scale / self.lot_units + 1e-9) * self.lot_units / self.lot_scale

    def cell_filled(self, s, quantity, account):
        """Take a fill of cell s; once its order is done the cell flips."""
        self.left[s] -= quantity
        if self.cover == (1 if self.loaded[s] else -1):
            self.reserved -= quantity
        if self.left[s] > self.lot_units / self.lot_scale * 0.5:
            return
        self.expected -= 1
        self.order[s] = 0
        self.loaded[s] = not self.loaded[s]
        self.place(account, s)

    def place(self, account, s):
        """Place the order of cell s, or, where only the nearest may rest, whichever those now are."""
        if self.max_open_buys > 0.0 or self.max_open_sells > 0.0:
            self.arrange(account)
        else:
            self.rest(account, s)

    def withdraw(self, account, s):
        """Cancel the untouched order of cell s; returns whether nothing of it rests any more."""
        if self.order[s] == 0:
            return True
        if self.left[s] != self.placed[s]:
            return False
        account.cancel(self.order[s])
        self.order[s] = 0
        self.expected -= 1
        if self.cover == (1 if self.loaded[s] else -1):
            self.reserved -= self.left[s]
        return True

    def arrange(self, account):
        """Let only the nearest orders of each side rest; the others are virtual."""
        most_buys = self.max_open_buys if self.max_open_buys > 0.0 else self.cells
        most_sells = self.max_open_sells if self.max_open_sells > 0.0 else self.cells
        for pull in (True, False):  # what goes makes room for what comes
            buys, sells = 0, 0
            for i in range(self.cells):
                s = (self.bottom + self.cells - 1 - i) % self.cells  # buys from the top
                if not self.loaded[s] and not self.asleep[s]:
                    buys += 1
                    self.keep(account, s, buys <= most_buys, pull)
                s = (self.bottom + i) % self.cells  # sells from the bottom
                if self.loaded[s] and not self.asleep[s]:
                    sells += 1
                    self.keep(account, s, sells <= most_sells, pull)

    def keep(self, account, s, wanted, pull):
        """Withdraw an order that is not wanted, or place one that is."""
        if pull and not wanted:
            self.withdraw(account, s)
        elif wanted and not pull and self.order[s] == 0:
            self.rest(account, s)

    def watch(self, candle, account):
        """Look after the grid at a close: ends, opening, sleeping cells, orders that are missing, the range."""
        if self.stop_high > 0.0 and candle.high >= self.stop_high:
            self.ended_by = 2
            self.finish(account, 2)
            return
        if self.stop_low > 0.0 and candle.low <= self.stop_low:
            self.ended_by = 1
            self.finish(account, 2)
            return
        if self.profit_taken(candle, account):
            self.ended_by = 3
            self.finish(account, 3)
            return
        if self.phase == OPENING and not account.is_open(self.opening_id):
            self.settle(account)
            if self.tries < TRIES:
                self.open_more(account)
            else:
                self.phase = RUNNING
        if self.phase == RUNNING and self.absent > 0 and self.cover != 0 and self.shifts == 0:
            self.put_to_sleep(account)
        if self.sleeping > 0:
            self.wake(candle, account)
        if account.open_orders != self.expected + (1 if self.stop_id > 0 else 0) or self.absent > 0:
            self.repair(account)
        if self.trailing_up:
            self.follow_up(candle.close, account)
        if self.trailing_down:
            self.follow_down(candle.close, account)

    def profit_taken(self, candle, account):
        """Return whether the take-profit is reached."""
        if self.target_pnl > 0.0:
            return self.pnl(account) - self.pnl_home >= self.target_pnl
        if self.take_profit_type == "price" and self.take_profit > 0.0:
            return candle.high >= self.take_profit if self.target_above else candle.low <= self.take_profit
        return False

    def put_to_sleep(self, account):
        """Let cells whose starting position was never taken sleep until the price has passed their far line."""
        for s in range(self.cells):
            covered = self.cover == (1 if self.loaded[s] else -1)
            if covered and self.order[s] == 0 and not self.asleep[s] and not self.ever(account, s):
                self.asleep[s] = True
                self.sleeping += 1
                self.absent -= 1

    def ever(self, account, s):
        """Return whether the cell has had an order."""
        return self.placed[s] > 0.0

    def wake(self, candle, account):
        """Start the sleeping cells that the price has passed, empty (of a short grid: loaded)."""
        for s in range(self.cells):
            passed = candle.high > self.high_of[s] if self.cover > 0 else candle.low < self.low_of[s]
            if self.asleep[s] and passed:
                self.asleep[s] = False
                self.sleeping -= 1
                self.loaded[s] = self.cover < 0
                self.place(account, s)

    def repair(self, account):
        """Find cells whose order was denied on arrival and place it again."""
        open_stop = self.stop_id > 0 and account.is_open(self.stop_id)
        if not open_stop:
            self.stop_id = 0
        self.expected = 0
        self.reserved = 0.0
        for s in range(self.cells):
            if self.order[s] > 0 and not account.is_open(self.order[s]):
                self.order[s] = 0
            if self.order[s] > 0:
                self.expected += 1
                if self.cover == (1 if self.loaded[s] else -1):
                    self.reserved += self.left[s]
        if self.phase == OPENING and account.is_open(self.opening_id):
            self.expected += 1
        self.settle(account)
        if self.stop_low > 0.0 or self.stop_high > 0.0:
            self.protect(account)

    def protect(self, account):
        """Keep a stop order over what the grid holds; where none can rest, the candle's extremes are watched."""
        if self.on_stop_loss != "close" and self.on_stop_loss != "to_quote":
            return
        held = account.position - (0.0 if self.on_stop_loss == "to_quote" else self.home)
        side = SELL if held > 0.0 else BUY
        trigger = self.stop_low if held > 0.0 else self.stop_high
        known = self.stop_id > 0 and account.is_open(self.stop_id)
        if known and (side != self.stop_side or self.home > 0.0):
            account.cancel(self.stop_id)
            known = False
        if known:
            return
        self.stop_id = 0
        if held == 0.0 or trigger == 0.0 or (self.spot and side == BUY):
            return
        quantity = abs(held) if self.home > 0.0 else self.largest()
        if side == SELL:
            self.stop_id = account.stop(
                SELL, quantity=quantity, trigger=trigger, reduce_only=True, tag=STOP_TAG, reason="stop_loss_low"
            )
        else:
            self.stop_id = account.stop(
                BUY, quantity=quantity, trigger=trigger, reduce_only=True, tag=STOP_TAG, reason="stop_loss_high"
            )
        self.stop_side = side

    def largest(self):
        """Return all that the grid may ever hold, base: a stop is sized by that, and shrinks to the position."""
        total = abs(self.opening)
        for s in range(self.cells):
            total += self.quantity[s]
        return total

    def finish(self, account, why):
        """End the grid: 2 by a stop, 3 by its take-profit."""
        keeps = self.on_stop_loss == "keep" if why == 2 else self.on_take_profit == "keep"
        leaves = self.on_stop_loss == "cancel_only" if why == 2 else self.on_take_profit == "cancel_only"
        sells = self.on_stop_loss == "to_quote" if why == 2 else self.on_take_profit == "to_quote"
        buys = self.on_stop_loss == "to_base" if why == 2 else self.on_take_profit == "to_base"
        self.phase = DONE
        if keeps:
            return
        account.cancel_all()
        self.expected = 0
        self.stop_id = 0
        if leaves:
            return
        if buys:
            account.buy(fraction=1.0, tag=CLOSING_TAG, reason="grid to base")
            return
        self.goal = 0.0 if sells else self.home
        self.phase = CLOSING
        self.close_in(account)

    def close_in(self, account):
        """Bring the position to its goal at no worse than the closing slippage; what is left is tried again."""
        extra = self.to_lot(abs(account.position - self.goal))
        if extra <= 0.0 or extra < self.min_quantity or extra * account.price < self.min_notional:
            self.phase = DONE
            return
        side = SELL if account.position > self.goal else BUY
        account.limit(
            side, quantity=extra, price=account.price * (1.0 + side * self.close_slippage_rate), time_in_force="ioc",
            tag=CLOSING_TAG, reason="grid closes",
        )  # fmt: skip

    def line_at(self, number):
        """Return line `number` on the tick, counted from the lower edge at the start."""
        exact = line(number, self.line_low, self.line_step, self.line_ratio)
        return np.rint(exact * self.tick_scale / self.tick_units) * self.tick_units / self.tick_scale

    def follow_up(self, close, account):
        """Move the range up a line for every full step that the price is above it."""
        while self.phase == RUNNING:
            above = self.line_at(self.bottom + self.cells + 1)
            s = self.bottom % self.cells
            if close < above or (self.ceiling > 0.0 and above > self.ceiling) or self.loaded[s]:
                return
            if not self.withdraw(account, s):
                return
            was = self.low_of[s]
            self.low_of[s] = self.line_at(self.bottom + self.cells)
            self.high_of[s] = above
            self.quantity[s] = self.to_lot(self.value / self.low_of[s])
            if self.asleep[s]:
                self.asleep[s] = False
                self.sleeping -= 1
            self.bottom += 1
            self.shifts += 1
            if self.trail_stops and self.stop_low > 0.0:
                self.move_stop(account, self.stop_low + self.low_of[self.bottom % self.cells] - was)
            self.place(account, s)

    def follow_down(self, close, account):
        """Move the range down a line for every full step that the price is below it; the top coins come along."""
        while self.phase == RUNNING:
            below = self.line_at(self.bottom - 1)
            s = (self.bottom + self.cells - 1) % self.cells
            if below <= 0.0 or close > below or below < self.floor_limit or not self.loaded[s]:
                return
            if self.stop_low >= below or not self.withdraw(account, s):
                return
            self.high_of[s] = self.line_at(self.bottom)
            self.low_of[s] = below
            self.bottom -= 1
            self.shifts += 1
            if self.trail_stops and self.stop_high > 0.0:
                self.stop_high += self.high_of[(self.bottom + self.cells - 1) % self.cells] - self.line_at(
                    self.bottom + self.cells + 1
                )
            if not self.asleep[s]:
                self.place(account, s)

    def move_stop(self, account, price):
        """Let the lower stop follow the range."""
        self.stop_low = price
        if self.stop_id > 0:
            account.cancel(self.stop_id)
            self.stop_id = 0
        self.protect(account)
