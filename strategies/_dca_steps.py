"""The ladder of one deal as it would stand now, order by order: pre-flight, refusals and page read this table."""

import math
from dataclasses import dataclass

from strategies._dca_ladder import beyond, deviation, nearest, target_of


@dataclass(frozen=True, slots=True)
class Step:
    """Hold one order of a ladder and what the deal is once it has filled."""

    number: int  # 0: the base order
    away: float  # fraction from the entry
    price: float
    quantity: float  # base
    value: float  # quote
    held: float  # base, all orders so far
    cost: float  # quote, all orders so far, before fees
    fees: float  # quote, all orders so far
    fees_in_quote: float
    average: float
    target: float
    stop: float  # NaN: there is none
    fee_rate: float  # of this order

    @property
    def name(self):
        """Return what the order is called."""
        return f"safety order {self.number}" if self.number else "the base order"


def steps_of(dca, start, m):
    """Return the ladder of a deal that would open now: the base order and every safety order."""
    market, price = start.markets[m], start.prices[m]
    taker, maker = market.taker_fee_rate, market.maker_fee_rate
    of_base = market.fee_in == "base"
    if dca.start_order_type == "limit":
        price = float(nearest(price * (1.0 - dca.sign * dca.entry_offset_rate), dca.tick_units[m], dca.tick_scale[m]))
    quantity = float(dca.quantity(dca.base_size, price, start.cash, m))
    orders = [(price, quantity, taker if dca.start_order_type == "market" else maker)]
    for number in range(1, dca.steps_within(price, quantity * price, m) + 1):
        at = float(dca.safety_price(price, number, m))
        orders.append((at, float(dca.safety_quantity(at, number, m)), maker))
    steps: list[Step] = []
    held, cost, fees = 0.0, 0.0, 0.0
    for number, (at, size, rate) in enumerate(orders):
        held += size * (1.0 - rate) if of_base else size
        cost += size * at
        fees += size * at * rate
        first = steps[0] if steps and dca.take_profit_from == "entry" else None
        paid = 0.0 if of_base else fees
        goal, stop = math.nan, math.nan
        if held > 0.0:
            goal = target_of(
                dca.sign,
                first.cost if first else cost,
                first.fees_in_quote if first else paid,
                first.held if first else held,
                dca.take_profit_rate,
                dca.take_profit_net,
                dca.exit_fee[m],
            )
            goal = float(beyond(goal, dca.sign, dca.tick_units[m], dca.tick_scale[m]))
            if dca.stop_loss_rate is not None:
                counted = price if dca.stop_loss_from == "entry" else cost / held
                away = counted * (1.0 - dca.sign * dca.stop_loss_rate)
                stop = float(nearest(away, dca.tick_units[m], dca.tick_scale[m]))
        steps.append(
            Step(
                number,
                deviation(dca.safety_step_rate, dca.step_scale, number) if number else 0.0,
                at,
                size,
                size * at,
                held,
                cost,
                fees,
                paid,
                cost / held if held > 0.0 else math.nan,
                goal,
                stop,
                rate,
            )
        )
    return steps


def funds_of(dca, m, steps, upto):
    """Return the quote that the base order and `upto` safety orders claim, as margin or whole, highest fee within."""
    return sum(step.value for step in steps[: upto + 1]) * float(dca.claim[m])


def orders_of(dca, m, steps):
    """Return the orders of a deal as _margin takes them, (base, price, fee rate in quote) each."""
    return [(step.quantity, step.price, step.fee_rate if dca.quote_fee[m] else 0.0) for step in steps if step.quantity]
