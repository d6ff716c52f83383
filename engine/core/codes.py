"""The small integers that stand in records, and what they are called outside."""

SPOT, LINEAR = 0, 1
KINDS_OF_MARKET = ("spot", "linear")

BUY, SELL = 1, -1

FREE, WAITING, RESTING, ARRIVING = 0, 1, 2, 3

MARKET, LIMIT, STOP, STOP_LIMIT, TRAILING = 0, 1, 2, 3, 4
KINDS_OF_ORDER = ("market", "limit", "stop", "stop_limit", "trailing_stop")

QUANTITY, QUOTE, FRACTION, POSITION = 0, 1, 2, 3

# The run's table of reason tags begins with these; an author's own tags follow.
REASONS = ("", "stop_loss", "take_profit", "held at the start")
REASON_STOP_LOSS, REASON_TAKE_PROFIT, REASON_HELD = 1, 2, 3

GTC, IOC, FOK = 0, 1, 2
TIMES_IN_FORCE = ("gtc", "ioc", "fok")

FIXED, VOLUME_SHARE, SQUARE_ROOT = 0, 1, 2
SLIPPAGE_MODELS = ("fixed", "volume_share", "square_root")

ADVERSE, FAVOURABLE, NEAREST, LOW_FIRST, HIGH_FIRST = 0, 1, 2, 3, 4
PATHS = ("adverse", "favourable", "nearest", "low_first", "high_first")

OK, NEED_ROOM, STRATEGY_FAILED, TOO_MANY_FILLS, TOO_MANY_EVENTS, STOPPED = 0, 1, 2, 3, 4, 5

# What happened to an order besides being filled. Denied is always our own word; a venue would say rejected.
DENIED_SIZE = 1
DENIED_PRICE = 2
DENIED_FUNDS = 3
DENIED_MINIMUM = 4
DENIED_NO_SLOT = 5
DENIED_SPOT_SHORT = 6
DENIED_POST_ONLY = 7
DENIED_NOTHING_TO_REDUCE = 8
REDUCED_TO_FUNDS = 9
REDUCED_TO_POSITION = 10
CANCELLED_BY_STRATEGY = 11
CANCELLED_BY_OTHER = 12
CANCELLED_NOTHING_TO_REDUCE = 13
CANCELLED_NOT_FILLED_AT_ONCE = 14
DENIED_ARGUMENT = 15

LABEL = {
    DENIED_SIZE: "denied: no proper size",
    DENIED_PRICE: "denied: no proper price",
    DENIED_FUNDS: "denied: not covered by free funds",
    DENIED_MINIMUM: "denied: below the market's minimum",
    DENIED_NO_SLOT: "denied: too many open orders",
    DENIED_SPOT_SHORT: "denied: more than is held on a spot market",
    DENIED_POST_ONLY: "denied: post-only would have traded at once",
    DENIED_NOTHING_TO_REDUCE: "denied: reduce-only without a position",
    DENIED_ARGUMENT: "denied: side or oco is none",
    REDUCED_TO_FUNDS: "reduced to what funds cover",
    REDUCED_TO_POSITION: "reduced to the position",
    CANCELLED_BY_STRATEGY: "cancelled by the strategy",
    CANCELLED_BY_OTHER: "cancelled: the other exit filled",
    CANCELLED_NOTHING_TO_REDUCE: "cancelled: the position was closed",
    CANCELLED_NOT_FILLED_AT_ONCE: "cancelled: not filled at once",
}

TEXT = {
    DENIED_SIZE: "denied: the size is not a positive number (was {a:.10g})",
    DENIED_PRICE: "denied: a price is missing, not positive or not a number (was {a:.10g})",
    DENIED_FUNDS: "denied: needs {a:.10g}, free are {b:.10g}",
    DENIED_MINIMUM: "denied: {a:.10g} is below the market's minimum {b:.10g}",
    DENIED_NO_SLOT: "denied: no room for another order ({a:.0f} open, capacity {b:.0f}; declare max_orders)",
    DENIED_SPOT_SHORT: "denied: a spot market cannot go short (sell {a:.10g}, held {b:.10g})",
    DENIED_POST_ONLY: "denied: post-only, but {a:.10g} would trade at once against {b:.10g}",
    DENIED_NOTHING_TO_REDUCE: "denied: reduce-only, but there is no position on the other side",
    DENIED_ARGUMENT: "denied: expected side BUY or SELL and oco of at least 0, were {a:.0f} and {b:.0f}",
    REDUCED_TO_FUNDS: "reduced: from {a:.10g} to the {b:.10g} that funds cover",
    REDUCED_TO_POSITION: "reduced: from {a:.10g} to the {b:.10g} of the position",
    CANCELLED_BY_STRATEGY: "cancelled by the strategy",
    CANCELLED_BY_OTHER: "cancelled: its one-cancels-other partner filled",
    CANCELLED_NOTHING_TO_REDUCE: "cancelled: the position it would reduce is closed",
    CANCELLED_NOT_FILLED_AT_ONCE: "cancelled: not filled at once (immediate-or-cancel, fill-or-kill)",
}
