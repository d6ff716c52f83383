"""What a DCA's parameters must be to one another: missing, doubled, idle or not yet supported ones are named.

Owns the tables of names. The numbers of a ladder are judged in _dca_plan.py.
"""

import math
from decimal import Decimal

from engine import ConfigError
from strategies._dca_ladder import BASE, QUOTE, RATE

UNITS = {"quote": QUOTE, "base": BASE, "rate": RATE}

# Names taken for what is still to come; a definition that sets one is refused by that name.
LATER = (
    "deals_per_pair", "deal_start_delay", "custom_steps", "safety_conditions", "trailing_buy_rate", "dynamic_step",
    "take_profit_steps", "stop_loss_delay", "trailing_stop", "breakeven_after", "close_conditions", "min_profit_rate",
    "min_profit_from", "deal_timeout", "min_price_rate", "max_price_rate", "min_volume_quote", "reinvest_rate",
    "risk_reduction_rate", "profit_currency", "execution", "activation_distance_rate", "max_holding_rate",
    "cancel_entries_on_new",
)  # fmt: skip
# Values that need a live venue or more of the ladder; anything but the first is refused.
INERT = {
    "missed_purchases": "once",
    "on_stop": "finish",
    "step_from": "entry",
}
SCHEDULE_ONLY = (
    "schedule", "purchase_quote", "purchase_base", "purchase_rate", "budget_quote", "max_purchases", "end_at",
)  # fmt: skip
LADDER_ONLY = (
    "max_active_deals", "start_condition", "base_order_quote", "base_order_base", "base_order_rate",
    "start_order_type", "safety_order_quote", "safety_order_base", "safety_order_rate", "max_safety_orders",
    "active_safety_orders", "safety_step_rate", "step_scale", "volume_scale", "take_profit_rate", "take_profit_from",
    "take_profit_net", "take_profit_order", "trailing_take_profit_rate", "stop_loss_rate", "cooldown", "max_deals",
    "min_price", "max_price", "max_investment_quote", "reserve_funds",
)  # fmt: skip
# A parameter that works only together with another: (name, the other, its value; None: any).
NEEDS = (
    ("entry_offset_rate", "start_order_type", "limit"),
    ("entry_timeout", "start_order_type", "limit"),
    ("start_signal", "start_condition", "signal"),
    ("signal_length", "start_condition", "signal"),
    ("signal_level", "start_condition", "signal"),
    ("stop_loss_from", "stop_loss_rate", None),
    ("on_stop_loss", "stop_loss_rate", None),
)


def check(dca):
    """Return (unit, size of base order or purchase, size of the first safety order); ConfigError says what to edit."""
    if dca.kind is None:
        raise _error("kind", 'expected "ladder" or "schedule"', "none")
    for name in LADDER_ONLY if dca.kind == "schedule" else SCHEDULE_ONLY:
        if _set(dca, name):
            other = "ladder" if dca.kind == "schedule" else "schedule"
            raise _error(name, f'it belongs to kind = "{other}"; remove it', getattr(dca, name))
    for name, other, value in NEEDS:
        held = getattr(dca, other)
        if _set(dca, name) and (held is None if value is None else held != value):
            beside = other if value is None else f"{other} = {value}"
            raise _error(name, f"it does nothing without {beside}", getattr(dca, name))
    return _schedule(dca) if dca.kind == "schedule" else _ladder(dca)


def _schedule(dca):
    if dca.schedule is None:
        raise _error("schedule", 'expected a time such as "daily 08:00" or "every 4 hours"', "none")
    if dca.budget_quote is None and dca.max_purchases is None and dca.end_at is None:
        raise _error("budget_quote", "expected at least one of budget_quote, max_purchases and end_at", "none")
    unit, size = _sized(dca, "purchase")
    return unit, size, 0.0


def _ladder(dca):
    unit, base = _sized(dca, "base_order")
    safety = 0.0
    if dca.max_safety_orders > 0:
        of_safety, safety = _sized(dca, "safety_order")
        if of_safety != unit:
            raise ConfigError(
                "Dca: safety_order: expected the unit of the base order; give both in quote, base or rate"
            )
        if dca.safety_step_rate is None:
            raise _error("safety_step_rate", "expected a fraction from 0.001 to 0.5", "none")
    if dca.active_safety_orders is not None and dca.active_safety_orders > max(1, dca.max_safety_orders):
        expected = f"expected 1 to max_safety_orders, {dca.max_safety_orders}"
        raise _error("active_safety_orders", expected, dca.active_safety_orders)
    if dca.take_profit_rate is None or (dca.side == "short" and dca.take_profit_rate >= 1.0):
        raise _error("take_profit_rate", "expected a fraction above 0 (and below 1 when short)", dca.take_profit_rate)
    if dca.min_price is not None and dca.max_price is not None and dca.min_price > dca.max_price:
        raise _error("min_price", f"expected at most max_price, {dca.max_price:g}", dca.min_price)
    if dca.start_condition == "price" and dca.min_price is None and dca.max_price is None:
        raise _error("start_condition", "price: expected min_price or max_price beside it", "neither")
    return unit, base, safety


def _sized(dca, what):
    given = {unit: getattr(dca, f"{what}_{unit}") for unit in UNITS}
    found = [unit for unit, size in given.items() if size is not None]
    if len(found) != 1:
        names = ", ".join(f"{what}_{unit}" for unit in UNITS)
        raise _error(what, f"expected exactly one of {names}", " and ".join(found) or "none")
    return UNITS[found[0]], given[found[0]]


def _set(dca, name):
    return getattr(dca, name) != getattr(type(dca)(), name)


def _error(name, expected, was):
    return ConfigError(f"Dca: {name}: {expected}, was {was}")


def unsupported(dca, start):
    """Return one sentence for each parameter that is set to what is not yet supported."""
    found = [f"{name}: it is not yet supported; remove it" for name in LATER if getattr(dca, name) is not None]
    for name, inert in INERT.items():
        if getattr(dca, name) != inert:
            found.append(f"{name}: only {inert} is supported yet, was {getattr(dca, name)}")
    if dca.start_condition == "manual":
        found.append("start_condition: manual is not yet supported; use now, price or signal")
    if dca.side == "short" and dca.kind == "schedule":
        found.append("side: a short schedule is not yet supported; use long")
    spot = [market.symbol for market in start.markets if market.kind == "spot"]
    if dca.side == "short" and spot:
        found.append(f'side: short on the spot market {spot[0]} is not yet supported; set kind = "linear" in [market]')
    inverse = [market.symbol for market in start.markets if market.kind == "inverse"]
    if inverse:
        found.append(f"markets: the inverse contract {inverse[0]} counts in contracts and coin; use a linear one")
    geared = [market for market in start.markets if market.is_contract and market.leverage != 1.0]
    if geared and dca.kind == "schedule":
        found.append(
            f"schedule: with leverage {geared[0].leverage:g} in [market] of {geared[0].symbol} nobody knows where it "
            "would be liquidated, since it buys at prices to come; set 1"
        )
    if dca.kind == "ladder" and any(start.holdings):
        found.append("holdings: coins held at the start cannot be told from a deal's yet; remove [holdings]")
    return found


def answers(dca, market):
    """Return whether what a deal holds on this market stands on margin: a contract, or borrowed coins."""
    return market.is_contract or (market.kind == "margin" and dca.side == "short")


def units_of(step):
    """Return whole numbers (units, scale) with step = units / scale."""
    exact = Decimal(str(step))
    exponent = max(0, -int(exact.normalize().as_tuple().exponent))
    return float(exact.scaleb(exponent)), float(10**exponent)


def or_infinite(value):
    """Return a limit as a number: none is no limit."""
    return math.inf if value is None else float(value)
