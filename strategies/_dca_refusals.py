"""What forbids a DCA, and what a person should hear before it starts; each with its numbers."""

import math
from itertools import pairwise

from engine import Refusal
from strategies._dca_checks import answers
from strategies._dca_ladder import deviation
from strategies._dca_steps import funds_of, orders_of, steps_of
from strategies._margin import above_the_tier, too_near


def refusals_of(dca, start, m, steps):
    """Yield what forbids deals on one market."""
    past_zero = _past_zero(dca, start.markets[m], steps, m)
    if past_zero:
        yield past_zero
        return
    yield from _cap(dca, start.markets[m], steps)
    yield from _too_small(dca, start.markets[m], steps, m)
    yield from _stop(dca, start.markets[m], steps)
    yield from _funds(dca, start, m, steps)
    if answers(dca, start.markets[m]):
        yield from _margin(dca, start, m, steps)


def _past_zero(dca, market, steps, m):
    for number in range(1, dca.max_safety_orders + 1):
        away = deviation(dca.safety_step_rate, dca.step_scale, number)
        if dca.sign > 0 and (away >= 1.0 or dca.safety_price(steps[0].price, number, m) <= 0.0):
            return Refusal(
                "ladder_past_zero",
                f"{market.symbol}: safety order {number} of {dca.max_safety_orders} would lie {away:.2%} below the "
                "entry, at zero or less; lower max_safety_orders, safety_step_rate or step_scale",
            )
    return None


def _cap(dca, market, steps):
    limit = dca.investment_limit
    if steps[0].value > limit:
        yield Refusal(
            "above_max_investment",
            f"{market.symbol}: the base order of {steps[0].value:.2f} is above max_investment_quote, {limit:.2f}",
        )
    elif dca.max_safety_orders > 0 and len(steps) == 1:
        yield Refusal(
            "zero_levels",
            f"{market.symbol}: max_investment_quote, {limit:.2f}, leaves no safety order; raise it, or set "
            "max_safety_orders = 0",
        )


def _too_small(dca, market, steps, m):
    for step in steps:
        if step.quantity < dca.least_base[m] or step.value < dca.least_quote[m]:
            yield Refusal(
                "below_min_notional",
                f"{market.symbol}: {step.name} of {step.quantity:.10g} {market.base}, {step.value:.2f} "
                f"{market.quote}, is below the market's minimum of {dca.least_base[m]:.10g} {market.base}, "
                f"{dca.least_quote[m]:.2f} {market.quote}",
            )
            return


def _stop(dca, market, steps):
    last = steps[-1]
    counted = dca.stop_loss_rate is not None and dca.stop_loss_from == "entry" and len(steps) > 1
    if counted and dca.sign * (last.stop - last.price) >= 0.0:
        yield Refusal(
            "stop_inside_range",
            f"{market.symbol}: the stop at {last.stop:.10g} lies before the last safety order at {last.price:.10g}; "
            f"raise stop_loss_rate above {last.away:.4g}, or count it from the average",
        )


def _margin(dca, start, m, steps):
    market, last, of = start.markets[m], steps[-1], f"{start.markets[m].symbol}: "
    yield from above_the_tier(market, last.cost, of)
    orders = orders_of(dca, m, steps)
    yield from too_near(market, start.cash, dca.sign, orders, last.stop, last.price, dca.liquidation_distance_rate, of)


def _funds(dca, start, m, steps):
    market, all_of_them = start.markets[m], len(steps) - 1
    kept = {"all": all_of_them, "active": min(dca.resting_limit, all_of_them), "none": 0}[dca.reserve_funds]
    needed = funds_of(dca, m, steps, kept)
    if needed > start.cash * (1.0 + 1e-9):
        whose = f"the base order and {kept} safety orders" if kept else "the base order"
        yield Refusal(
            "insufficient_funds",
            f"{market.symbol}: {needed:.2f} {market.quote} are needed for {whose} with fees, the account has "
            f"{start.cash:.2f}",
        )


def warnings_of(dca, market, steps):
    """Yield what deals on one market may surprise with."""
    left = len(steps) - 1
    if left < dca.max_safety_orders and steps[0].value <= dca.investment_limit:
        cut = f"from {dca.max_safety_orders} to {left} safety orders"
        yield f"{market.symbol}: max_investment_quote cuts the ladder {cut}"
    now = steps[0].price
    for name, beyond in (("min_price", lambda edge: now < edge), ("max_price", lambda edge: now > edge)):
        edge = getattr(dca, name)
        if edge is not None and beyond(edge):
            where = f"the price {now:.10g} is beyond {name} {edge:.10g}"
            yield f"{market.symbol}: {where}: no deal opens until it comes back"
    first = steps[0]
    back = first.target * (1.0 - dca.sign * dca.trailing_take_profit_rate)
    if dca.sign * (back - first.average) < 0.0:
        yield (
            f"{market.symbol}: trailing_take_profit_rate {dca.trailing_take_profit_rate:.2%} is wider than the target: "
            f"touched at {first.target:.10g}, the deal may end at {back:.10g}, a loss"
        )
    if dca.stop_loss_rate is None:
        yield (
            f"{market.symbol}: without a stop, a deal that does not recover holds {steps[-1].cost:.2f} {market.quote} "
            "for good"
        )
    elif dca.stop_loss_from == "average":
        for step, following in pairwise(steps):
            if dca.sign * (step.stop - following.price) >= 0.0:
                yield (
                    f"{market.symbol}: the stop counts from the average: at {step.stop:.10g} it ends the deal before "
                    f"{following.name} at {following.price:.10g}"
                )
                return


def account_warnings(dca, start):
    """Yield what the deals of all pairs need together."""
    needs = []
    for m, price in enumerate(start.prices):
        if not math.isnan(price):
            steps = steps_of(dca, start, m)
            needs.append(funds_of(dca, m, steps, len(steps) - 1))
    at_once = min(dca.max_active_deals, len(needs))
    together = sum(sorted(needs)[-at_once:])
    if together > start.cash and (dca.reserve_funds != "all" or at_once > 1):
        waits = dca.reserve_funds == "all"
        then = "deals wait until their funds are free" if waits else "safety orders without funds are denied"
        yield f"{at_once} deals at once take up to {together:.2f} with fees, the account has {start.cash:.2f}: {then}"
