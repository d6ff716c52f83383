"""The flat records of the risk rules: what is declared for a strategy's positions, and for the whole account.

A rule that is not declared is NaN, or 0 where the field is a whole number. RISK never changes in a run; GUARD holds the
account's trading state as well, and is copied with a fork.
"""

import numpy as np

from engine.core.memory import record_reader
from engine.core.records import _record

RISK = _record(
    ("exits", "i8"),  # 1: there is a position rule
    ("stop_kind", "i8"),  # rule_codes.STOP_NONE ... STOP_ATR
    ("stop", "f8"),  # fraction of the entry, price, or true ranges
    ("targets", "i8"),  # address of TARGET rows
    ("target_count", "i8"),
    ("whole", "i8"),  # 1: the shares sum to 1, and the last step takes all that is left
    ("trail_activation", "f8"),  # profit, fraction of the entry; 0.0: from the entry on
    ("trail_distance", "f8"),  # fraction of the best price
    ("break_even_after", "f8"),  # profit, fraction of the entry
    ("break_even_offset", "f8"),  # fraction of the entry
    ("time_stop_ms", "i8"),
    ("size_kind", "i8"),  # rule_codes.SIZE_OWN ... SIZE_VOLATILITY
    ("size", "f8"),  # quote, or a fraction of the equity
    ("cap", "f8"),  # of one entry's notional, fraction of the equity
)

TARGET = _record(
    ("profit", "f8"),  # fraction of the entry
    ("share", "f8"),  # of all that was filled into the position
)

GUARD = _record(
    ("max_gross", "f8"),  # times the equity
    ("max_net", "f8"),
    ("max_weight", "f8"),  # of one market, fraction of the equity
    ("caps", "i8"),  # address of CAP rows: risk classes and correlated groups
    ("cap_count", "i8"),
    ("daily_loss", "f8"),  # fraction of the equity at the day's start
    ("daily_action", "i8"),  # rule_codes.ACT_...
    ("rearm_daily", "i8"),  # 1: the next day trades again
    ("max_drawdown", "f8"),  # fraction of the peak
    ("drawdown_action", "i8"),
    ("loss_limit", "i8"),  # losing round trips in a row
    ("cooldown_ms", "i8"),
    ("order_limit", "i8"),  # a minute
    ("times", "i8"),  # address of the times of the last `order_limit` orders, right behind this record
    ("price_band", "f8"),  # fraction of the current price
    ("stale_ms", "i8"),
    ("exposures", "i8"),  # address of f8 pairs, one a book: what it may come to hold long, and short
    # From here on: the account's state.
    ("causes", "i8"),  # bits of rule_codes.CAUSE_...
    ("state", "i8"),  # rule_codes.ACTIVE, REDUCE_ONLY, HALTED: the most restrictive of the causes
    ("peak", "f8"),
    ("day_start", "f8"),  # equity
    ("day_until_ms", "i8"),  # when the next day begins
    ("floor", "f8"),  # equity at or below which a kill rule trips
    ("losses", "i8"),
    ("cooldown_until_ms", "i8"),
    ("order_index", "i8"),  # of the oldest of the times
)

CAP = _record(
    ("limit", "f8"),  # times the equity
    ("code", "i8"),  # the event of an order that would break it
    ("members", "i8"),  # address of i8, one a book: 1 where it counts
)

_VALUE = np.dtype([("value", "f8")])
_WHOLE = np.dtype([("value", "i8")])

risk_at = record_reader(RISK)
guard_at = record_reader(GUARD)
_target, _cap, float_at, whole_at = (record_reader(dtype) for dtype in (TARGET, CAP, _VALUE, _WHOLE))

RISK_SIZE = RISK.itemsize
GUARD_SIZE = GUARD.itemsize
TARGET_SIZE = TARGET.itemsize
CAP_SIZE = CAP.itemsize
target_at, cap_at = _target, _cap
