"""The order verbs and views of the account, written once: compiled methods take them, interpreted ones too.

Each function's first argument is `account`: the compiled type of account_type.py or the interpreted twin, both of
which offer `.address`. Sizes: exactly one of quantity (base), quote (settlement asset), fraction (of usable equity).
"""

import math

from engine.core.codes import BUY, GTC, LIMIT, MARKET, SELL, STOP, STOP_LIMIT, TRAILING
from engine.core.placing import cancel as cancel_at
from engine.core.placing import cancel_all as cancel_all_at
from engine.core.placing import place, view

NAN = math.nan
WHOLE = math.inf  # a quantity that stands for the whole position

# The casts keep the compiler from making one `place` for each mix of whole and broken numbers.
# fmt: off


def buy(account, quantity=NAN, quote=NAN, fraction=NAN, price=NAN, stop_loss=NAN, take_profit=NAN, post_only=False,
        time_in_force=GTC, oco=0, reason=0, tag=0):
    """Buy at market, or at a limit price; stop_loss and take_profit are fractions of the fill price."""
    return place(account.address, MARKET, BUY, float(quantity), float(quote), float(fraction), float(price), NAN, NAN,
                 float(stop_loss), float(take_profit), 0, int(post_only), int(time_in_force), int(oco), int(reason),
                 int(tag))


def sell(account, quantity=NAN, quote=NAN, fraction=NAN, price=NAN, stop_loss=NAN, take_profit=NAN, post_only=False,
         time_in_force=GTC, oco=0, reason=0, tag=0):
    """Sell at market, or at a limit price; a spot market denies more than is held."""
    return place(account.address, MARKET, SELL, float(quantity), float(quote), float(fraction), float(price), NAN, NAN,
                 float(stop_loss), float(take_profit), 0, int(post_only), int(time_in_force), int(oco), int(reason),
                 int(tag))


def close(account, quantity=WHOLE, reason=0, tag=0):
    """Close the position at market, or `quantity` of it; does nothing when flat."""
    if account.position == 0.0:
        return 0
    side = SELL if account.position > 0.0 else BUY
    return place(account.address, MARKET, side, float(quantity), NAN, NAN, NAN, NAN, NAN, NAN, NAN, 1, 0, GTC, 0,
                 int(reason), int(tag))


def limit(account, side, quantity=NAN, quote=NAN, fraction=NAN, price=NAN, stop_loss=NAN, take_profit=NAN,
          reduce_only=False, post_only=False, time_in_force=GTC, oco=0, reason=0, tag=0):
    """Place a limit order; side is BUY or SELL."""
    return place(account.address, LIMIT, int(side), float(quantity), float(quote), float(fraction), float(price), NAN,
                 NAN, float(stop_loss), float(take_profit), int(reduce_only), int(post_only), int(time_in_force),
                 int(oco), int(reason), int(tag))


def stop(account, side, quantity=NAN, quote=NAN, fraction=NAN, trigger=NAN, stop_loss=NAN, take_profit=NAN,
         reduce_only=False, oco=0, reason=0, tag=0):
    """Place a stop: a market order once the price reaches the trigger."""
    return place(account.address, STOP, int(side), float(quantity), float(quote), float(fraction), NAN, float(trigger),
                 NAN, float(stop_loss), float(take_profit), int(reduce_only), 0, GTC, int(oco), int(reason), int(tag))


def stop_limit(account, side, quantity=NAN, quote=NAN, fraction=NAN, trigger=NAN, price=NAN, stop_loss=NAN,
               take_profit=NAN, reduce_only=False, oco=0, reason=0, tag=0):
    """Place a stop-limit: a limit order at `price` once the path reaches the trigger."""
    return place(account.address, STOP_LIMIT, int(side), float(quantity), float(quote), float(fraction), float(price),
                 float(trigger), NAN, float(stop_loss), float(take_profit), int(reduce_only), 0, GTC, int(oco),
                 int(reason), int(tag))


def trailing_stop(account, side, quantity=NAN, quote=NAN, fraction=NAN, distance=NAN, activation=NAN,
                  reduce_only=True, oco=0, reason=0, tag=0):
    """Place a stop that follows the best price at a distance (a fraction), from an activation price on."""
    return place(account.address, TRAILING, int(side), float(quantity), float(quote), float(fraction), NAN,
                 float(activation), float(distance), NAN, NAN, int(reduce_only), 0, GTC, int(oco), int(reason),
                 int(tag))


def take_profit(account, price=NAN, quantity=WHOLE, oco=0, reason=0, tag=0):
    """Place a reduce-only limit that takes profit on the position, or on `quantity` of it; nothing when flat."""
    if account.position == 0.0:
        return 0
    side = SELL if account.position > 0.0 else BUY
    return place(account.address, LIMIT, side, float(quantity), NAN, NAN, float(price), NAN, NAN, NAN, NAN, 1, 0, GTC,
                 int(oco), int(reason), int(tag))


def bracket(account, side, quantity=NAN, quote=NAN, fraction=NAN, price=NAN, stop_loss=NAN, take_profit=NAN,
            post_only=False, reason=0, tag=0):
    """Enter at market, or at a limit price, with both exits attached (fractions of the fill price)."""
    return place(account.address, MARKET, int(side), float(quantity), float(quote), float(fraction), float(price), NAN,
                 NAN, float(stop_loss), float(take_profit), 0, int(post_only), GTC, 0, int(reason), int(tag))


# fmt: on


def cancel(account, order_id):
    """Cancel one open order by the id its verb returned; returns True if it was open."""
    return cancel_at(account.address, int(order_id)) == 1


def cancel_all(account):
    """Cancel all open orders of this market; returns how many."""
    return cancel_all_at(account.address)


def is_open(account, order_id):
    """Return whether the order waits or rests."""
    return not math.isnan(view(account.address, 2, int(order_id)))


def remaining(account, order_id):
    """Return the open quantity of an order (base), 0.0 when it is not open."""
    left = view(account.address, 2, int(order_id))
    return 0.0 if math.isnan(left) else left


VERBS = {
    "buy": buy,
    "sell": sell,
    "short": sell,  # the same order; "short" says what is meant, and a spot market refuses it before the run
    "close": close,
    "limit": limit,
    "stop": stop,
    "stop_limit": stop_limit,
    "trailing_stop": trailing_stop,
    "take_profit": take_profit,
    "bracket": bracket,
    "cancel": cancel,
    "cancel_all": cancel_all,
    "is_open": is_open,
    "remaining": remaining,
}

VIEWS_OF_BOOK = {
    "position": "position",  # base, signed
    "entry_price": "entry",  # average of the open quantity, 0.0 when flat
    "price": "price",  # current path price, or the last close
    "realised": "realised",  # quote, before fees
    "fees": "fees",  # quote, paid
    "funding": "funding",  # settlement asset, + received
    "interest": "interest",  # settlement asset, + paid
    "margin": "margin",  # settlement asset that answers for an isolated position
    "open_orders": "open_orders",
    "now_ms": "now_ms",
}
