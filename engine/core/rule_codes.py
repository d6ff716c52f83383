"""The small integers of the risk rules, and the words for what they do to orders and to the account."""

# Which position rule made an exit; from RULE_TARGET on, the steps of the ladder.
RULE_STOP, RULE_TRAILING, RULE_BREAK_EVEN, RULE_TIME, RULE_KILL, RULE_TARGET = 1, 2, 3, 4, 5, 8
MAX_TARGETS = 8

STOP_NONE, STOP_FRACTION, STOP_PRICE, STOP_ATR = 0, 1, 2, 3
SIZE_OWN, SIZE_QUOTE, SIZE_FRACTION, SIZE_RISK, SIZE_VOLATILITY = 0, 1, 2, 3, 4

ACTIVE, REDUCE_ONLY, HALTED = 0, 1, 2
STATES = ("active", "reduce-only", "halted")
ACT_REDUCE_ONLY, ACT_HALT, ACT_FLATTEN = 0, 1, 2
ACTIONS = ("reduce_only", "halt", "flatten")
CAUSE_DAILY_LOSS, CAUSE_DRAWDOWN = 1, 2

# Their numbers begin at 40: those of codes.py have room to grow.
DENIED_NO_STOP = 40
DENIED_STOP_SIDE = 41
DENIED_NO_HISTORY = 42
DENIED_SIZE_CAP = 43
DENIED_GROSS = 44
DENIED_NET = 45
DENIED_WEIGHT = 46
DENIED_CLASS = 47
DENIED_CORRELATED = 48
DENIED_COOLDOWN = 49
DENIED_ORDER_RATE = 50
DENIED_PRICE_BAND = 51
DENIED_STALE = 52
DENIED_REDUCE_ONLY = 53
DENIED_HALTED = 54
REDUCED_TO_CAP = 55
CANCELLED_BY_KILL_RULE = 56
CANCELLED_NOTHING_TO_COVER = 57
TRIPPED_DAILY_LOSS = 58
TRIPPED_DRAWDOWN = 59
REARMED_DAILY_LOSS = 60

STATE_CHANGES = (TRIPPED_DAILY_LOSS, TRIPPED_DRAWDOWN, REARMED_DAILY_LOSS)

LABEL = {
    DENIED_NO_STOP: "denied: risk per trade without a stop",
    DENIED_STOP_SIDE: "denied: the stop is on the wrong side",
    DENIED_NO_HISTORY: "denied: too little history for a rule",
    DENIED_SIZE_CAP: "denied: above the cap of one order",
    DENIED_GROSS: "denied: above the largest gross exposure",
    DENIED_NET: "denied: above the largest net exposure",
    DENIED_WEIGHT: "denied: above the largest weight of a market",
    DENIED_CLASS: "denied: above the largest weight of a risk class",
    DENIED_CORRELATED: "denied: above the largest weight of correlated markets",
    DENIED_COOLDOWN: "denied: cooldown after losses",
    DENIED_ORDER_RATE: "denied: too many orders a minute",
    DENIED_PRICE_BAND: "denied: too far from the price",
    DENIED_STALE: "denied: the market's data is stale",
    DENIED_REDUCE_ONLY: "denied: the account is reduce-only",
    DENIED_HALTED: "denied: the account is halted",
    REDUCED_TO_CAP: "reduced to what a cap leaves",
    CANCELLED_BY_KILL_RULE: "cancelled: a kill rule tripped",
    CANCELLED_NOTHING_TO_COVER: "cancelled: nothing left for this exit",
    TRIPPED_DAILY_LOSS: "kill rule: daily loss",
    TRIPPED_DRAWDOWN: "kill rule: drawdown",
    REARMED_DAILY_LOSS: "daily loss re-armed",
}

TEXT = {
    DENIED_NO_STOP: "denied: sizing by risk needs a stop; give the order a stop_loss or declare one",
    DENIED_STOP_SIDE: "denied: the rule's stop {a:.10g} is not on the losing side of the entry {b:.10g}",
    DENIED_NO_HISTORY: "denied: too few candles before this one to measure range or volatility",
    DENIED_SIZE_CAP: "denied: the order is {a:.6g} of the equity, its cap is {b:.6g}",
    DENIED_GROSS: "denied: gross exposure would be {a:.6g} of the equity, the limit is {b:.6g}",
    DENIED_NET: "denied: net exposure would be {a:.6g} of the equity, the limit is {b:.6g}",
    DENIED_WEIGHT: "denied: the market's weight would be {a:.6g} of the equity, the limit is {b:.6g}",
    DENIED_CLASS: "denied: the risk class's weight would be {a:.6g} of the equity, the limit is {b:.6g}",
    DENIED_CORRELATED: "denied: the correlated markets' weight would be {a:.6g} of the equity, the limit is {b:.6g}",
    DENIED_COOLDOWN: "denied: after {b:.0f} losses in a row no entry for another {a:.0f} s",
    DENIED_ORDER_RATE: "denied: {a:.0f} orders within a minute, the limit is {b:.0f}",
    DENIED_PRICE_BAND: "denied: the limit price is {a:.6g} of the price away, the band is {b:.6g}",
    DENIED_STALE: "denied: the market's last candle closed {a:.0f} s ago, the limit is {b:.0f} s",
    DENIED_REDUCE_ONLY: "denied: the account is reduce-only since a kill rule tripped",
    DENIED_HALTED: "denied: the account is halted since a kill rule tripped",
    REDUCED_TO_CAP: "reduced: from {a:.10g} to the {b:.10g} that the account's limits leave",
    CANCELLED_BY_KILL_RULE: "cancelled: a kill rule tripped",
    CANCELLED_NOTHING_TO_COVER: "cancelled: this exit has nothing left to cover",
    TRIPPED_DAILY_LOSS: "kill rule: the day's loss is {a:.2%} of its first equity, the limit is {b:.2%}",
    TRIPPED_DRAWDOWN: "kill rule: the drawdown is {a:.2%} of the peak, the limit is {b:.2%}",
    REARMED_DAILY_LOSS: "re-armed: a new day after a loss of {a:.2%}, the limit was {b:.2%}",
}
