"""The parameters of a DCA and the numbers it keeps, declared once for checks, command line, pages and search."""

from engine import Strategy, param, state
from strategies._dca_checks import LATER
from strategies._margin import NEAREST

PAIRS = 200


class DcaParameters(Strategy):
    """Declare what strategies/dca.py decides with."""

    later = LATER

    kind: str = param(
        None, choices=["ladder", "schedule"], optional=True, help="deals, or purchases by the calendar; required"
    )
    side: str = param(
        "long", choices=["long", "short"], help='short sells into a rise; it needs a contract, or kind = "margin"'
    )

    schedule = param(None, unit="schedule", optional=True, help='purchases, such as "every 4 hours"; see docs/dca.md')
    purchase_quote: float = param(None, low=1e-9, optional=True, help="one purchase: quote spent, its fee within")
    purchase_base: float = param(None, low=1e-12, optional=True, help="one purchase: base quantity")
    purchase_rate: float = param(
        None, low=1e-6, high=1.0, optional=True, help="one purchase: fraction of the free quote"
    )
    budget_quote: float = param(None, low=1e-9, optional=True, help="the schedule ends when this much quote is spent")
    max_purchases: int = param(None, low=1, optional=True, help="the schedule ends after this many purchases")
    end_at = param(None, unit="time", optional=True, help="the schedule ends at this time (UTC)")
    missed_purchases: str = param(
        "once", choices=["skip", "once", "all"], help="purchases missed while down, when trading live"
    )

    max_active_deals: int = param(1, low=1, high=199, help="deals open at once, over all pairs")
    start_condition: str = param(
        "now",
        choices=["now", "price", "signal", "manual"],
        help="what opens a deal; price: the close comes to lie within min_price and max_price",
    )
    start_signal: str = param(
        "rsi_below",
        choices=["rsi_below", "rsi_above", "crossed_below_average", "crossed_above_average"],
        help="what start_condition signal waits for",
    )
    signal_length: int = param(14, low=2, high=5000, help="candles in the signal's RSI or average")
    signal_level: float = param(30.0, low=0.0, high=100.0, help="level of the signal's RSI")
    base_order_quote: float = param(None, low=1e-9, optional=True, help="base order: value in quote, before fees")
    base_order_base: float = param(None, low=1e-12, optional=True, help="base order: base quantity")
    base_order_rate: float = param(
        None, low=1e-6, high=1.0, optional=True, help="base order: fraction of equity, fee within"
    )
    start_order_type: str = param("limit", choices=["limit", "market"], help="how the base order is placed")
    entry_offset_rate: float = param(
        0.0, low=0.0, high=0.5, help="distance of a limit base order on the good side of the close"
    )
    entry_timeout: int = param(
        "5m", low=1, unit="duration", help="an unfilled limit base order is cancelled after this"
    )

    safety_order_quote: float = param(
        None, low=1e-9, optional=True, help="first safety order: value in quote, before fees"
    )
    safety_order_base: float = param(None, low=1e-12, optional=True, help="first safety order: base quantity")
    safety_order_rate: float = param(
        None, low=1e-6, high=1.0, optional=True, help="first safety order: fraction of equity at the deal's start"
    )
    max_safety_orders: int = param(5, low=0, high=200, help="safety orders of a deal")
    active_safety_orders: int = param(
        None, low=1, high=200, optional=True, help="of them at rest at once, nearest first; none: all"
    )
    safety_step_rate: float = param(
        None, low=0.001, high=0.5, optional=True, help="distance of the first safety order from the entry; required"
    )
    step_scale: float = param(1.0, low=0.1, high=10.0, help="each further step is the one before times this")
    volume_scale: float = param(1.0, low=0.1, high=10.0, help="each further size is the one before times this")
    step_from: str = param("entry", choices=["entry", "last_fill", "average"], help="what the steps are counted from")

    take_profit_rate: float = param(
        None, low=1e-6, high=100.0, optional=True, help="profit at which a deal closes; required"
    )
    take_profit_from: str = param("average", choices=["average", "entry"], help="price the target is counted from")
    take_profit_net: bool = param(True, help="whether the rate is net of the fees in and out")
    take_profit_order: str = param(
        "limit", choices=["limit", "market"], help="resting at the target, or at market once a candle has touched it"
    )
    trailing_take_profit_rate: float = param(
        0.0, low=0.0, high=0.5, help="after the target, leave when price falls back this much from its best; 0: off"
    )
    stop_loss_rate: float = param(
        None, low=1e-6, high=0.999, optional=True, help="loss at which a deal closes at market"
    )
    stop_loss_from: str = param("entry", choices=["entry", "average"], help="price the stop is counted from")
    on_stop_loss: str = param("close", choices=["close", "close_and_disable"], help="whether new deals follow a stop")

    cooldown: int = param(
        0, low=0, high=30 * 86_400_000, unit="duration", help="wait after a deal of the same pair has closed"
    )
    max_deals: int = param(None, low=1, optional=True, help="no further deal after this many have opened")
    min_price: float = param(None, low=0.0, optional=True, help="a deal opens only at this close or above")
    max_price: float = param(None, low=0.0, optional=True, help="a deal opens only at this close or below")
    max_investment_quote: float = param(
        None, low=1e-9, optional=True, help="cap on a deal's orders together; the ladder is cut to it"
    )
    reserve_funds: str = param(
        "all", choices=["all", "active", "none"], help="safety orders that a deal's opening must leave funds for"
    )

    leverage = param(None, optional=True, low=1.0, help="set in [market]; given here, it must be the same")
    margin_mode = param(None, optional=True, choices=["isolated", "cross"], help="set in [market]; as leverage")
    liquidation_distance_rate: float = param(
        NEAREST, low=0.0, high=1.0, help="least distance of a liquidation beyond the stop or the last safety order"
    )
    on_stop: str = param(
        "finish", choices=["finish", "close", "keep"], help="finish is what there is yet: a backtest ends by itself"
    )

    sign: int = state(1)
    unit: int = state(0)
    pairs: int = state(1)  # markets
    resting_limit: int = state(0)  # safety orders at rest at once
    investment_limit: float = state(0.0)  # quote
    base_size: float = state(0.0)
    safety_size: float = state(0.0)
    tick_units = state(array=PAIRS)
    tick_scale = state(array=PAIRS)
    lot_units = state(array=PAIRS)
    lot_scale = state(array=PAIRS)
    least_base = state(array=PAIRS)
    least_quote = state(array=PAIRS)
    quote_fee = state(array=PAIRS)  # highest fee rate that a purchase may cost in quote
    exit_fee = state(array=PAIRS)
    claim = state(array=PAIRS)  # quote that an order claims per quote of its value, its fee within

    calm: bool = state(False)  # nothing to look at until something fills
    disabled: bool = state(False)
    active: int = state(0)  # deals entering, open or closing
    opened: int = state(0)
    closed: int = state(0)
    expired: int = state(0)
    denied: int = state(0)  # base and safety orders
    short_of_funds: int = state(0)  # candles on which a deal was not opened for want of funds
    purchases: int = state(0)
    spent: float = state(0.0)  # quote, fees in quote included

    phase = state(0, array=PAIRS)
    entry_id = state(0, array=PAIRS)
    exit_id = state(0, array=PAIRS)
    stop_id = state(0, array=PAIRS)
    placed_ms = state(0, array=PAIRS)
    closed_ms = state(0, array=PAIRS)
    just_closed = state(0, array=PAIRS)
    was_outside = state(0, array=PAIRS)
    fresh = state(0, array=PAIRS)  # the deal changed within this candle
    steps = state(0, array=PAIRS)  # safety orders this deal may have
    placed = state(0, array=PAIRS)
    done = state(0, array=PAIRS)  # safety orders filled, or denied
    equity_then = state(array=PAIRS)
    planned = state(array=PAIRS)  # price the base order was placed at
    entry = state(array=PAIRS)  # average fill price of the base order
    base_quantity = state(array=PAIRS)
    base_cost = state(array=PAIRS)
    base_fees = state(array=PAIRS)
    base_held = state(array=PAIRS)
    cost = state(array=PAIRS)  # of what is held, quote
    fees = state(array=PAIRS)  # in quote, of what is held
    held = state(array=PAIRS)  # base, > 0 whichever the side
    target = state(array=PAIRS)
