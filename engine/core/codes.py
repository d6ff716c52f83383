"""The small integers that stand in records, and what they are called outside."""

from engine.core import rule_codes

SPOT, LINEAR, MARGIN, INVERSE = 0, 1, 2, 3

NEVER = 1 << 62  # a time that does not come

BUY, SELL = 1, -1

FREE, WAITING, RESTING, ARRIVING = 0, 1, 2, 3

MARKET, LIMIT, STOP, STOP_LIMIT, TRAILING, LIQUIDATION, SETTLEMENT = 0, 1, 2, 3, 4, 5, 6
ARMED = 7  # becomes a stop at its price once the path reaches its trigger on the profitable side
KINDS_OF_ORDER = ("market", "limit", "stop", "stop_limit", "trailing_stop", "liquidation", "settlement", "armed_stop")

FUNDING, INTEREST, BORNE = 0, 1, 2
KINDS_OF_PAYMENT = ("funding", "interest", "borne")

QUANTITY, QUOTE, FRACTION, POSITION = 0, 1, 2, 3

# The run's table of reason tags begins with these; an author's own tags follow.
REASONS = (
    "", "stop_loss", "take_profit", "held at the start", "trailing_stop", "break_even", "time_stop", "kill_rule",
    "liquidation", "settlement",
)  # fmt: skip
REASON_STOP_LOSS, REASON_TAKE_PROFIT, REASON_HELD = 1, 2, 3
REASON_TRAILING, REASON_BREAK_EVEN, REASON_TIME, REASON_KILL = 4, 5, 6, 7
REASON_LIQUIDATION, REASON_SETTLEMENT = 8, 9

GTC, IOC, FOK = 0, 1, 2
TIMES_IN_FORCE = ("gtc", "ioc", "fok")

FIXED, VOLUME_SHARE, SQUARE_ROOT = 0, 1, 2
SLIPPAGE_MODELS = ("fixed", "volume_share", "square_root")

ADVERSE, FAVOURABLE, NEAREST, LOW_FIRST, HIGH_FIRST = 0, 1, 2, 3, 4
PATHS = ("adverse", "favourable", "nearest", "low_first", "high_first")

OK, NEED_ROOM, STRATEGY_FAILED, TOO_MANY_FILLS, TOO_MANY_EVENTS, STOPPED = 0, 1, 2, 3, 4, 5
REPLAY = 6  # inside a timestamp only: cross margin may be called after all, so all books must walk it together

OPENING, DONE = 0, 4  # of a TRACK; its legs are 1, 2, 3

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
DENIED_LEVERAGE = 16
DENIED_STOP_BEYOND_LIQUIDATION = 17
LIQUIDATED = 18
CANCELLED_BY_LIQUIDATION = 19
SETTLED = 20
CANCELLED_BY_SETTLEMENT = 21
DENIED_EXPIRED = 22

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
    DENIED_LEVERAGE: "denied: too large for its leverage",
    DENIED_STOP_BEYOND_LIQUIDATION: "denied: stop beyond the liquidation price",
    DENIED_EXPIRED: "denied: the contract has been settled",
    LIQUIDATED: "liquidated",
    SETTLED: "settled at expiry",
    CANCELLED_BY_LIQUIDATION: "cancelled: the position was liquidated",
    CANCELLED_BY_SETTLEMENT: "cancelled: the contract was settled",
    REDUCED_TO_FUNDS: "reduced to what funds cover",
    REDUCED_TO_POSITION: "reduced to the position",
    CANCELLED_BY_STRATEGY: "cancelled by the strategy",
    CANCELLED_BY_OTHER: "cancelled: the other exit filled",
    CANCELLED_NOTHING_TO_REDUCE: "cancelled: the position was closed",
    CANCELLED_NOT_FILLED_AT_ONCE: "cancelled: not filled at once",
    **rule_codes.LABEL,
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
    DENIED_LEVERAGE: "denied: a notional of {a:.10g} is above the {b:.10g} that the venue allows at this leverage",
    DENIED_STOP_BEYOND_LIQUIDATION: "denied: a stop at {a:.10g} lies beyond the liquidation price {b:.10g}",
    DENIED_EXPIRED: "denied: the contract has been settled",
    LIQUIDATED: "liquidated at a mark price of {b:.10g}: the position went at {a:.10g}",
    SETTLED: "settled at expiry at {a:.10g}",
    CANCELLED_BY_LIQUIDATION: "cancelled: the position was liquidated",
    CANCELLED_BY_SETTLEMENT: "cancelled: the contract was settled",
    REDUCED_TO_FUNDS: "reduced: from {a:.10g} to the {b:.10g} that funds cover",
    REDUCED_TO_POSITION: "reduced: from {a:.10g} to the {b:.10g} of the position",
    CANCELLED_BY_STRATEGY: "cancelled by the strategy",
    CANCELLED_BY_OTHER: "cancelled: its one-cancels-other partner filled",
    CANCELLED_NOTHING_TO_REDUCE: "cancelled: the position it would reduce is closed",
    CANCELLED_NOT_FILLED_AT_ONCE: "cancelled: not filled at once (immediate-or-cancel, fill-or-kill)",
    **rule_codes.TEXT,
}
