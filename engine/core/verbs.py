"""The order verbs and views of the account, written once: compiled methods take them, interpreted ones too.

Each function's first argument is `account`: the compiled type of account_type.py or the interpreted twin, both of
which offer `.address`. Sizes: exactly one of quantity (base), quote (settlement asset), fraction (of usable equity).
"""

import math

from engine.core.codes import (
    BUY,
    FRACTION,
    GTC,
    LIMIT,
    MARKET,
    POSITION,
    QUANTITY,
    QUOTE,
    SELL,
    STOP,
    STOP_LIMIT,
    TRAILING,
)
from engine.core.placing import cancel as cancel_at
from engine.core.placing import cancel_all as cancel_all_at
from engine.core.placing import place, view

NAN = math.nan


def buy(account, quantity=NAN, quote=NAN, fraction=NAN, price=NAN, stop_loss=NAN, take_profit=NAN, post_only=False,
        time_in_force=GTC, oco=0, reason=0, tag=0):  # fmt: skip  # type: ignore[no-untyped-def]
    """Buy at market, or at a limit when a price is given; stop_loss and take_profit are fractions of the fill price."""
    mode = QUOTE if not math.isnan(quote) else FRACTION if not math.isnan(fraction) else QUANTITY
    size = quote if mode == QUOTE else fraction if mode == FRACTION else quantity
    return place(account.address, MARKET if math.isnan(price) else LIMIT, BUY, mode, float(size), float(price), NAN, NAN,
                 float(stop_loss), float(take_profit), 0, int(post_only), int(time_in_force), int(oco), int(reason),
                 int(tag))  # fmt: skip


def sell(account, quantity=NAN, quote=NAN, fraction=NAN, price=NAN, stop_loss=NAN, take_profit=NAN, post_only=False,
         time_in_force=GTC, oco=0, reason=0, tag=0):  # fmt: skip  # type: ignore[no-untyped-def]
    """Sell at market, or at a limit when a price is given; a spot market denies more than is held."""
    mode = QUOTE if not math.isnan(quote) else FRACTION if not math.isnan(fraction) else QUANTITY
    size = quote if mode == QUOTE else fraction if mode == FRACTION else quantity
    return place(account.address, MARKET if math.isnan(price) else LIMIT, SELL, mode, float(size), float(price), NAN, NAN,
                 float(stop_loss), float(take_profit), 0, int(post_only), int(time_in_force), int(oco), int(reason),
                 int(tag))  # fmt: skip


def close(account, quantity=NAN, reason=0, tag=0):  # type: ignore[no-untyped-def]
    """Close the position at market, or `quantity` of it; does nothing when flat."""
    if account.position == 0.0:
        return 0
    side = SELL if account.position > 0.0 else BUY
    mode = POSITION if math.isnan(quantity) else QUANTITY
    return place(account.address, MARKET, side, mode, float(quantity), NAN, NAN, NAN, NAN, NAN, 1, 0, GTC, 0,
                 int(reason), int(tag))  # fmt: skip


def limit(account, side, quantity=NAN, quote=NAN, fraction=NAN, price=NAN, stop_loss=NAN, take_profit=NAN,
          reduce_only=False, post_only=False, time_in_force=GTC, oco=0, reason=0, tag=0):  # fmt: skip  # type: ignore[no-untyped-def]
    """Place a limit order; side is BUY or SELL."""
    mode = QUOTE if not math.isnan(quote) else FRACTION if not math.isnan(fraction) else QUANTITY
    size = quote if mode == QUOTE else fraction if mode == FRACTION else quantity
    return place(account.address, LIMIT, int(side), mode, float(size), float(price), NAN, NAN, float(stop_loss),
                 float(take_profit), int(reduce_only), int(post_only), int(time_in_force), int(oco), int(reason),
                 int(tag))  # fmt: skip


def stop(account, side, quantity=NAN, quote=NAN, fraction=NAN, trigger=NAN, stop_loss=NAN, take_profit=NAN,
         reduce_only=False, oco=0, reason=0, tag=0):  # fmt: skip  # type: ignore[no-untyped-def]
    """Place a stop: a market order once the price reaches the trigger."""
    mode = QUOTE if not math.isnan(quote) else FRACTION if not math.isnan(fraction) else QUANTITY
    size = quote if mode == QUOTE else fraction if mode == FRACTION else quantity
    return place(account.address, STOP, int(side), mode, float(size), NAN, float(trigger), NAN, float(stop_loss),
                 float(take_profit), int(reduce_only), 0, GTC, int(oco), int(reason), int(tag))  # fmt: skip


def stop_limit(account, side, quantity=NAN, quote=NAN, fraction=NAN, trigger=NAN, price=NAN, stop_loss=NAN,
               take_profit=NAN, reduce_only=False, oco=0, reason=0, tag=0):  # fmt: skip  # type: ignore[no-untyped-def]
    """Place a stop-limit: a limit order at `price` once the path reaches the trigger."""
    mode = QUOTE if not math.isnan(quote) else FRACTION if not math.isnan(fraction) else QUANTITY
    size = quote if mode == QUOTE else fraction if mode == FRACTION else quantity
    return place(account.address, STOP_LIMIT, int(side), mode, float(size), float(price), float(trigger), NAN,
                 float(stop_loss), float(take_profit), int(reduce_only), 0, GTC, int(oco), int(reason),
                 int(tag))  # fmt: skip


def trailing_stop(account, side, quantity=NAN, quote=NAN, fraction=NAN, distance=NAN, activation=NAN,
                  reduce_only=True, oco=0, reason=0, tag=0):  # fmt: skip  # type: ignore[no-untyped-def]
    """Place a stop that follows the best price at `distance` (a fraction), from the activation price on if given."""
    mode = QUOTE if not math.isnan(quote) else FRACTION if not math.isnan(fraction) else QUANTITY
    size = quote if mode == QUOTE else fraction if mode == FRACTION else quantity
    return place(account.address, TRAILING, int(side), mode, float(size), NAN, float(activation), float(distance), NAN,
                 NAN, int(reduce_only), 0, GTC, int(oco), int(reason), int(tag))  # fmt: skip


def take_profit(account, price=NAN, quantity=NAN, oco=0, reason=0, tag=0):  # type: ignore[no-untyped-def]
    """Place a reduce-only limit that takes profit on the position, or on `quantity` of it; nothing when flat."""
    if account.position == 0.0:
        return 0
    side = SELL if account.position > 0.0 else BUY
    mode = POSITION if math.isnan(quantity) else QUANTITY
    return place(account.address, LIMIT, side, mode, float(quantity), float(price), NAN, NAN, NAN, NAN, 1, 0, GTC,
                 int(oco), int(reason), int(tag))  # fmt: skip


def bracket(account, side, quantity=NAN, quote=NAN, fraction=NAN, price=NAN, stop_loss=NAN, take_profit=NAN,
            post_only=False, reason=0, tag=0):  # fmt: skip  # type: ignore[no-untyped-def]
    """Enter at market, or at a limit when a price is given, with both exits attached (fractions of the fill price)."""
    mode = QUOTE if not math.isnan(quote) else FRACTION if not math.isnan(fraction) else QUANTITY
    size = quote if mode == QUOTE else fraction if mode == FRACTION else quantity
    return place(account.address, MARKET if math.isnan(price) else LIMIT, int(side), mode, float(size), float(price), NAN,
                 NAN, float(stop_loss), float(take_profit), 0, int(post_only), GTC, 0, int(reason), int(tag))  # fmt: skip


def cancel(account, order_id):  # type: ignore[no-untyped-def]
    """Cancel one open order by the id its verb returned; returns True if it was open."""
    return cancel_at(account.address, int(order_id)) == 1


def cancel_all(account):  # type: ignore[no-untyped-def]
    """Cancel all open orders of this market; returns how many."""
    return cancel_all_at(account.address)


def is_open(account, order_id):  # type: ignore[no-untyped-def]
    """Return whether the order waits or rests."""
    return not math.isnan(view(account.address, 2, int(order_id)))


def remaining(account, order_id):  # type: ignore[no-untyped-def]
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
    "open_orders": "open_orders",
    "now_ms": "now_ms",
}
