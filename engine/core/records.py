"""The flat records everything is made of. A field's comment states unit, sign and range.

Every field is eight bytes wide, so that a record reads the same from compiled code and from Python's memoryview.
"Not defined" is NaN. Addresses are plain integers; who allocates a record keeps it alive.
"""

import numpy as np


def _record(*fields: tuple[str, str]) -> "np.dtype[np.void]":
    return np.dtype(list(fields), align=True)


CANDLE = _record(
    ("open_ms", "i8"),  # UTC milliseconds at which the candle opens; it is known one timeframe later
    ("open", "f8"),  # quote per base; NaN in all four prices: this market has no candle here
    ("high", "f8"),
    ("low", "f8"),
    ("close", "f8"),
    ("volume", "f8"),  # base
)

MARKET = _record(  # first what every candle touches
    ("kind", "i8"),  # codes.SPOT ... codes.INVERSE
    ("plain", "i8"),  # 1: a linear contract on cross margin, its own mark price, of one book
    ("isolated", "i8"),  # 1: a position answers with its own margin only
    ("mark", "i8"),  # address of mark-price CANDLE rows, one a timestamp, or 0: the candles are the mark
    ("base_balance", "i8"),  # index, or -1 where nothing of the base is ever held
    ("quote_balance", "i8"),  # index into the balances
    ("tiers", "i8"),  # address of TIER rows, lowest floor first
    ("tier_count", "i8"),
    ("maintenance_fee_rate", "f8"),  # fraction of notional on top of the tier's rate
    ("tick_units", "f8"),  # a tick of 0.025 is 25 units of 1/1000
    ("tick_scale", "f8"),
    ("lot_units", "f8"),
    ("lot_scale", "f8"),
    ("lot", "f8"),  # base
    ("min_quantity", "f8"),  # base
    ("min_notional", "f8"),  # quote
    ("maker_fee_rate", "f8"),  # fraction of notional
    ("taker_fee_rate", "f8"),
    ("fee_in_base", "i8"),  # 1: a buy's fee is taken from the coins that arrive
    ("half_spread", "f8"),  # fraction of price
    ("slippage", "f8"),  # fraction of price, on top of half the spread
    ("leverage", "f8"),  # 1.0: margin covers the whole notional
    ("detail", "i8"),  # address of finer CANDLE rows, or 0
    ("detail_count", "i8"),
    ("contract_size", "f8"),  # quote per contract of an inverse market, else 1.0
    ("hedge", "i8"),  # 1: what several books hold on it is margined apart, 0: netted
    ("sharing", "i8"),  # books on this market
    ("largest", "f8"),  # settlement asset, the most that its books can come to hold within this timestamp
    ("liquidation_fee_rate", "f8"),  # fraction of notional, on top of the taker's fee
    ("funding", "i8"),  # address of STAMP rows
    ("funding_count", "i8"),
    ("expiry_ms", "i8"),  # codes.NEVER: none
    ("borrow_rate", "f8"),  # of the borrowed coin, per borrow_ms of the clock
    ("borrow_open_rate", "f8"),  # at the instant of borrowing
    ("borrow_ms", "i8"),
    ("gauge", "i8"),  # address of GAUGE rows, one a timestamp and one for after the last, or 0
    ("volume_unknown", "i8"),  # 1: its candles carry no volume at all, so a zero says nothing
    ("costs_vary", "i8"),  # 0: half_spread and slippage are all there is
    ("spread_multiple", "f8"),  # 0.0: half_spread above; else the gauge's half spread times this
    ("slippage_model", "i8"),  # codes.FIXED, VOLUME_SHARE, SQUARE_ROOT
    ("impact", "f8"),  # coefficient of the slippage model, see costs.py
)

TIER = _record(
    ("floor", "f8"),  # notional from which on it holds, settlement asset
    ("rate", "f8"),  # maintenance margin, fraction of the whole notional
    ("amount", "f8"),  # settlement asset, taken off the requirement
    ("max_leverage", "f8"),  # +inf: no limit
)

STAMP = _record(
    ("ms", "i8"),  # UTC milliseconds of the settlement, on a whole minute
    ("rate", "f8"),  # of this one settlement: > 0: longs pay
    ("mark", "f8"),  # quote; NaN: the mark candle's open
)

GAUGE = _record(
    ("atr", "f8"),  # quote, Wilder's average of the true range; NaN: too little history
    ("sigma_day", "f8"),  # standard deviation of a day's return, fraction; NaN: too little history
    ("volume_day", "f8"),  # base, mean over the window
    ("half_spread", "f8"),  # fraction of price
)

BALANCE = _record(
    ("amount", "f8"),  # units of the asset
    ("claimed", "f8"),  # of it, held for resting orders or as margin
    ("price", "f8"),  # settlement asset per unit at the last mark; 1.0 for the settlement asset itself
    ("close", "f8"),  # at the close that has been reached, and becomes the price with the next mark
    ("margined", "i8"),  # 1: positions on cross margin answer with it
    ("reserve", "f8"),  # at least what cross margin keeps above its requirement all through this timestamp
)

ORDER = _record(
    ("state", "i8"),  # codes.FREE, WAITING (not arrived yet), RESTING
    ("direction", "i8"),  # +1: a rising path triggers it, -1: a falling one
    ("point", "f8"),  # path price that triggers it
    ("id", "i8"),  # counts up from 1 within the book
    ("next", "i8"),  # next slot in the queue of waiting orders, or -1
    ("kind", "i8"),  # codes.MARKET ... codes.TRAILING
    ("side", "i8"),  # +1 buy, -1 sell
    ("reduce_only", "i8"),
    ("post_only", "i8"),
    ("time_in_force", "i8"),  # codes.GTC, IOC, FOK
    ("size_mode", "i8"),  # codes.QUANTITY, QUOTE, FRACTION, POSITION
    ("quantity", "f8"),  # base, > 0
    ("filled", "f8"),  # base
    ("price", "f8"),  # limit price, NaN where there is none
    ("trigger", "f8"),  # stop price, NaN where there is none
    ("distance", "f8"),  # of a trailing stop, fraction of price
    ("extreme", "f8"),  # best price a trailing stop has seen; NaN before its activation
    ("stop_loss", "f8"),  # attached exit, fraction of the fill price; NaN: none
    ("take_profit", "f8"),
    ("exits", "i8"),  # group of the exits that this entry made, 0: none yet
    ("oco", "i8"),  # one-cancels-other group, 0: none
    ("claim_price", "f8"),  # settlement asset claimed per unit of quantity; 0.0: claims nothing
    ("placed_ms", "i8"),
    ("live_ms", "i8"),
    ("reason", "i8"),  # index into the run's table of reason tags
    ("tag", "i8"),  # the author's own number
    ("rule", "i8"),  # rule_codes.RULE_...: the position rule that made this exit, 0: none did
)

BOOK = _record(
    # What every candle of a quiet book touches comes first, and so shares a few cache lines.
    ("market", "i8"),  # index of the market
    ("position", "f8"),  # base, + long, - short, exactly 0.0 when closed
    ("entry", "f8"),  # quote per base, average of the open quantity, 0.0 when closed
    ("price", "f8"),  # current path price, or the last close
    ("now_ms", "i8"),
    ("open_orders", "i8"),
    ("wake_ms", "i8"),  # when the first waiting order goes live; the greatest whole number: none waits
    ("above", "f8"),  # lowest price at which a rising path triggers an order; +inf: none
    ("below", "f8"),  # highest price at which a falling path triggers one; -inf: none
    ("trailing", "i8"),  # resting trailing stops
    ("mark", "f8"),  # last mark price, NaN before the first candle
    ("liquidated_below", "f8"),  # mark price at which the position is liquidated; -inf: none
    ("liquidated_above", "f8"),  # likewise; +inf: none
    ("price_before", "f8"),  # price when the timestamp began, of a book that has been through it
    ("mark_before", "f8"),  # likewise, where the mark price is not the market's
    ("trade_high", "f8"),  # path extremes since the position was opened
    ("trade_low", "f8"),
    ("run", "i8"),  # address of the RUN
    ("index", "i8"),  # of this book in the run
    ("slot", "i8"),  # index of the strategy instance
    ("orders", "i8"),  # address of ORDER rows
    ("capacity", "i8"),
    ("used", "i8"),  # slots ever used: scans end here
    ("first_free", "i8"),  # list of freed slots below `used`, -1: none
    ("reducing", "i8"),  # open reduce-only orders
    ("promised", "i8"),  # slots held back for the exits of entries that are still open
    ("first_waiting", "i8"),  # queue of orders that have not arrived, in order of placing; -1: empty
    ("last_waiting", "i8"),
    ("above_slot", "i8"),
    ("below_slot", "i8"),
    ("next_id", "i8"),
    ("next_group", "i8"),
    ("signature", "u8"),  # order-free checksum of the resting orders
    ("realised", "f8"),  # quote, before fees, + gain
    ("fees", "f8"),  # quote, + paid
    ("dust", "f8"),  # base, less than a lot a time, left behind by base-coin fees
    ("dust_cost", "f8"),  # quote, what the dust was bought for
    ("allocation", "f8"),  # fraction of the account's equity this book may use, 0..1
    ("buy_count", "i8"),  # resting orders that claim funds, by side
    ("buy_quantity", "f8"),
    ("buy_value", "f8"),
    ("sell_count", "i8"),
    ("sell_quantity", "f8"),
    ("sell_value", "f8"),
    ("claim", "f8"),  # quote this book claims of its balance
    ("volume_left", "f8"),  # base that fills of this candle may still take; +inf: no cap
    ("candle_fills", "i8"),
    ("candle_end_ms", "i8"),
    ("margin", "f8"),  # quote that answers for an isolated position, 0.0 when closed
    ("mark_open", "f8"),  # of the candle that is being played
    ("mark_high", "f8"),
    ("mark_low", "f8"),
    ("mark_close", "f8"),
    ("mark_from", "f8"),  # of the leg that is being walked
    ("mark_to", "f8"),
    ("goal", "f8"),  # path price up to which the leg is walked now: its end, or where all markets pause together
    ("goal_ms", "i8"),
    ("goal_share", "f8"),  # of the leg, 0..1
    ("forced_fee_rate", "f8"),  # of the liquidation or settlement that is under way
    ("forced_share", "f8"),  # of the venue's one fill on a netted market: the part of the fee that is this book's
    ("forced_loss", "f8"),  # settlement asset, what forced fills have lost at this timestamp
    ("forced_k", "i8"),  # that timestamp
    ("borne", "f8"),  # settlement asset, losses beyond what answered for them: the venue bore them
    ("funding", "f8"),  # settlement asset, + received
    ("interest", "f8"),  # settlement asset, + paid
    ("next_stamp", "i8"),  # index of the funding stamp that comes next
    ("principal", "f8"),  # base that was borrowed, before interest
    ("charged_ms", "i8"),  # up to which interest has been charged
    ("settled", "i8"),  # 1: the contract has expired
    ("opened", "f8"),  # base, all that position rules have seen filled into the open position
    ("opened_ms", "i8"),
    ("stop_distance", "f8"),  # quote, of the rule's stop in true ranges; fixed when the position opens
    ("targets_done", "i8"),  # bits: steps of the rule's ladder that have filled
    ("trade_from", "f8"),  # quote, what all round trips had netted when the last one ended
    ("volume", "f8"),  # base, of the candle being played
    ("taken", "f8"),  # base, what our fills have taken of it
)

SLOT = _record(
    ("run", "i8"),
    ("on_start", "i8"),  # addresses of int64 f(strategy, candle, indicators, account); 0: not written
    ("on_candle", "i8"),
    ("on_fill", "i8"),
    ("on_timestamp", "i8"),
    ("state", "i8"),  # address and size of the strategy's parameters and state
    ("state_size", "i8"),
    ("indicators", "i8"),  # address of the rows of this slot, and the bytes between two timestamps
    ("indicator_stride", "i8"),
    ("first_book", "i8"),
    ("book_count", "i8"),
    ("started", "i8"),
    ("timeless", "i8"),  # 1: on_fill reads neither times nor extremes, so equal fills mean equal decisions
    ("risk", "i8"),  # address of a RISK record, 0: no rules on this strategy, and none on the account
)

RUN = _record(
    ("candles", "i8"),
    ("candle_count", "i8"),
    ("market_count", "i8"),
    ("markets", "i8"),
    ("timeframe_ms", "i8"),
    ("slots", "i8"),
    ("slot_count", "i8"),
    ("books", "i8"),
    ("book_count", "i8"),
    ("balances", "i8"),
    ("balance_count", "i8"),
    ("k", "i8"),  # the candle that comes next
    ("phase", "i8"),  # 0 matching, 1 deciding
    ("b", "i8"),  # the book (phase 0) or slot (phase 1) that comes next
    ("start", "i8"),  # first candle on which strategies are asked: their warm-up is behind it
    ("path", "i8"),  # codes.ADVERSE ... codes.HIGH_FIRST
    ("touch_fills", "f8"),  # chance that a touch alone fills a limit order: 0.0 never, 1.0 always
    ("latency_ms", "i8"),
    ("participation", "f8"),  # fraction of a candle's volume that fills may take; NaN: no cap
    ("fills", "i8"),
    ("fill_room", "i8"),
    ("fill_count", "i8"),
    ("events", "i8"),
    ("event_room", "i8"),
    ("event_count", "i8"),
    ("equity", "i8"),  # address of f8 per timestamp
    ("exposure", "i8"),  # address of f8 per timestamp: gross notional, quote
    ("dependent", "i8"),  # address of u1 per timestamp: 1 where the outcome depended on the path
    ("dependent_count", "i8"),
    ("detail_ms", "i8"),  # timeframe of the finer candles
    ("detail_short", "i8"),  # candles replayed coarse because their finer candles were missing or disagreed
    ("scratch", "i8"),  # address of two snapshots
    ("scratch_size", "i8"),  # bytes of one
    ("max_candle_fills", "i8"),
    ("decision_events", "i8"),  # room that one strategy's decisions at one timestamp must find in the events
    ("step_match", "i8"),  # addresses of the compiled steps, see jit.Step
    ("step_leg", "i8"),
    ("step_fill", "i8"),
    ("step_end", "i8"),
    ("equity_now", "f8"),
    ("stop", "i8"),  # set from another thread: return before the next candle
    ("status", "i8"),
    ("due_ms", "i8"),  # first time at which funding, interest or a settlement is due
    ("payments", "i8"),
    ("payment_room", "i8"),
    ("payment_count", "i8"),
    ("cross_books", "i8"),  # books whose positions answer with the whole of a balance
    ("together", "i8"),  # 1: others move such a balance too, so that its books may have to walk together
    ("netted", "i8"),  # 1: several books share a netted market
    ("isolated_books", "i8"),  # books whose positions answer with margins of their own
    ("worst_rate", "f8"),  # highest maintenance rate of any tier
    ("asks", "i8"),  # 1: a strategy acts on fills, so that a candle may have to be taken back and played jointly
    ("undo", "i8"),  # address of what is taken back
    ("undo_end", "i8"),
    ("undo_k", "i8"),  # timestamp that it is of
    ("wide", "i8"),  # address of two snapshots of the whole account
    ("wide_size", "i8"),  # bytes of one
    ("tracks", "i8"),  # address of TRACK rows, one a book
    ("jointly", "i8"),  # 1 while all books walk together
    ("busy", "i8"),  # address of the indexes of the books to which something can happen at this timestamp
    ("busy_count", "i8"),
    ("quiet_gross", "f8"),  # settlement asset, gross notional and floating PnL of the books that are not busy
    ("quiet_floating", "f8"),
    ("joint_k", "i8"),  # timestamp that was played jointly
    ("joint_step", "f8"),  # largest part of a timestamp between two looks at cross margin
    ("starved", "i8"),  # 1: the logs must grow whatever they hold
    ("step_survey", "i8"),
    ("step_joint", "i8"),
    ("step_charge", "i8"),
    ("step_force", "i8"),
    ("guard", "i8"),  # address of the GUARD record, 0: no rules on the account
    ("guard_size", "i8"),  # bytes of it with what follows it, which a fork copies
    ("step_size", "i8"),  # addresses of the steps of the rules, 0 where there are none
    ("step_admit", "i8"),
    ("step_recheck", "i8"),
    ("step_protect", "i8"),
    ("step_watch", "i8"),
    ("watch_events", "i8"),  # room that the kill rules must find in the events at every timestamp
    ("sized_quantity", "f8"),  # base, what step_size answers
    ("seed", "i8"),  # of what is left to chance: which touched orders fill
)

TRACK = _record(  # where a book is within a timestamp that all books walk together; times in ms since it began
    ("rows", "i8"),  # address of its candles: one, or finer ones
    ("count", "i8"),
    ("at", "i8"),  # index of the one it is in
    ("fine", "i8"),
    ("number", "i8"),  # codes.OPENING, its leg 1..3, or codes.DONE
    ("low_first", "i8"),
    ("from_ms", "i8"),  # UTC, of the leg
    ("until_ms", "i8"),
    ("start", "f8"),  # path prices of the leg
    ("end", "f8"),
    ("high", "f8"),  # extremes of the book's position when the timestamp began
    ("low", "f8"),
)

FILL = _record(
    ("ms", "i8"),
    ("candle", "i8"),
    ("book", "i8"),
    ("order_id", "i8"),
    ("side", "i8"),  # +1 buy, -1 sell
    ("quantity", "f8"),  # base, > 0
    ("price", "f8"),
    ("planned", "f8"),  # path price before spread and slippage
    ("fee", "f8"),  # quote, + paid
    ("maker", "i8"),
    ("kind", "i8"),
    ("reason", "i8"),
    ("tag", "i8"),
    ("realised", "f8"),  # quote, before fees, of this fill
    ("position", "f8"),  # base, after the fill
    ("entry", "f8"),  # average entry after the fill
    ("high", "f8"),  # path extremes since the position was opened, this fill included
    ("low", "f8"),
)

EVENT = _record(
    ("ms", "i8"),
    ("candle", "i8"),
    ("book", "i8"),
    ("order_id", "i8"),  # 0: denied before it had one
    ("code", "i8"),  # codes.DENIED_..., REDUCED_..., CANCELLED_...
    ("reason", "i8"),
    ("a", "f8"),  # the numbers behind the code, as codes.TEXT words them
    ("b", "f8"),
)

PAYMENT = _record(
    ("ms", "i8"),
    ("candle", "i8"),
    ("book", "i8"),
    ("kind", "i8"),  # codes.FUNDING, INTEREST or BORNE
    ("rate", "f8"),  # fraction
    ("quantity", "f8"),  # base or contracts, signed, that it was taken on
    ("price", "f8"),  # quote
    ("amount", "f8"),  # settlement asset, + received
)

CANDLE_SIZE = CANDLE.itemsize
ORDER_SIZE = ORDER.itemsize
BOOK_SIZE = BOOK.itemsize
BALANCE_SIZE = BALANCE.itemsize
FILL_SIZE = FILL.itemsize
EVENT_SIZE = EVENT.itemsize
SLOT_SIZE = SLOT.itemsize
MARKET_SIZE = MARKET.itemsize
TIER_SIZE = TIER.itemsize
STAMP_SIZE = STAMP.itemsize
PAYMENT_SIZE = PAYMENT.itemsize
GAUGE_SIZE = GAUGE.itemsize
TRACK_SIZE = TRACK.itemsize
RUN_SIZE = RUN.itemsize
