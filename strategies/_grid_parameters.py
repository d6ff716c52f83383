"""The parameters of the grid: one declaration each, for validation, command line, pages and search alike."""

from engine import Strategy, param
from strategies._margin import NEAREST

ENDS = ("keep", "cancel_only", "close", "to_quote", "to_base")
NEEDS_VENUE = ("catch_up", "on_stop")


class GridParameters(Strategy):
    """Declare what a grid takes; prices are quote per base, rates are fractions."""

    lower = param(None, optional=True, low=0.0, help="lower edge of the range, itself a line")
    upper = param(None, optional=True, low=0.0, help="upper edge of the range, itself a line")
    levels = param(None, optional=True, low=2, high=500, help="number of lines, both edges included")
    spacing = param(
        None, optional=True, choices=("geometric", "arithmetic"), help="equal ratio (default) or difference"
    )
    center = param(None, optional=True, low=0.0, words=("market",), help="centre line, instead of lower and upper")
    step = param(None, optional=True, low=0.0, help="difference of two lines, with center")
    step_rate = param(None, optional=True, low=0.0, high=1.0, help="ratio of two lines minus one, with center")
    buy_levels: int = param(0, low=0, high=250, help="lines below center")
    sell_levels: int = param(0, low=0, high=250, help="lines above center")

    direction = param(
        None,
        optional=True,
        choices=("long", "neutral", "short"),
        help="starting position; spot long, contracts neutral",
    )
    open_initial_position: bool = param(True, help="take the starting position at once; else its cells sleep")
    start_order_type = param("limit", choices=("limit", "market"), help="how the starting position is taken")
    open_slippage_rate: float = param(0.005, low=0.0, high=0.1, help="worst price of the opening order")
    close_slippage_rate: float = param(0.01, low=0.0, high=0.1, help="worst price of a closing order; it is retried")

    investment_quote = param(None, optional=True, low=0.0, help="quote committed to the grid; or one of the next two")
    order_quote = param(None, optional=True, low=0.0, help="fixed value of each order")
    order_base = param(None, optional=True, low=0.0, help="fixed quantity of each order")
    investment_base: float = param(0.0, low=0.0, help="base coin put in besides; it must lie in the account")
    order_unit = param(None, optional=True, choices=("quote", "base"), help="what all lines have in common; quote")
    fee_buffer_rate = param(None, optional=True, low=0.0, high=0.05, help="extra coins bought for fees taken in base")

    trigger_price = param(None, optional=True, low=0.0, help="wait until the price crosses this")
    trigger_direction = param(
        None, optional=True, choices=("up", "down"), help="how it crosses; from where price is now"
    )
    post_only: bool = param(True, help="line orders are makers, or are placed a tick off")
    time_in_force = param("gtc", choices=("gtc",), help="line orders rest until they fill")
    max_open_buys = param(None, optional=True, low=1, high=500, help="only the nearest so many buys rest")
    max_open_sells = param(None, optional=True, low=1, high=500, help="only the nearest so many sells rest")

    stop_loss_low = param(None, optional=True, low=0.0, help="price below the range that ends the grid")
    stop_loss_high = param(None, optional=True, low=0.0, help="price above the range that ends the grid")
    stop_loss_type = param(
        "price", choices=("price", "pnl_quote", "pnl_rate", "price_limit"), help="what stops measure"
    )
    take_profit = param(None, optional=True, help="price, total PnL, or fraction of the investment that ends the grid")
    take_profit_type = param("price", choices=("price", "pnl_quote", "pnl_rate"), help="what take_profit measures")
    price_source = param(None, optional=True, choices=("last", "mark", "index"), help="price that triggers the ends")
    on_stop_loss = param("close", choices=ENDS, help="what a stop leaves behind")
    on_take_profit = param("close", choices=ENDS, help="what a take-profit leaves behind")
    on_stop = param(None, optional=True, choices=ENDS, help="what an operator's stop leaves behind")

    trailing_up: bool = param(False, help="shift the range up once the price is a full step above it")
    trailing_down: bool = param(False, help="shift the range down once the price is a full step below it")
    trailing_up_limit = param(None, optional=True, low=0.0, words=("none",), help="the upper edge never passes this")
    trailing_down_limit = param(None, optional=True, low=0.0, words=("none",), help="the lower edge never passes this")
    trail_stops: bool = param(True, help="the stop left behind moves with the range")

    fees_check = param("refuse", choices=("refuse", "warn", "off"), help="what a cell that nets too little means")
    min_profit_rate: float = param(0.0, low=0.0, high=1.0, help="what the narrowest cell must net after two fees")
    catch_up = param(None, optional=True, choices=("net", "rest"), help="what is done with fills missed while down")
    leverage = param(None, optional=True, low=1.0, help="set in [market]; given here, it must be the same")
    margin_mode = param(None, optional=True, choices=("isolated", "cross"), help="set in [market]; as leverage")
    liquidation_distance_rate: float = param(
        NEAREST, low=0.0, high=1.0, help="contracts: least distance of a liquidation beyond stop or edge"
    )

    later = (
        "center_spread", "reversal", "size_mode", "buy_funds", "sell_funds", "profit_currency", "reinvest_rate",
        "reinvest_interval", "withdraw_profit", "extra_margin_quote", "auto_margin", "trigger_signal", "stop_delay",
        "take_profit_delay", "stop_limit_price", "take_profit_limit_price", "barriers", "hard_limit_price",
        "time_limit", "close_at", "trail_step", "trail_indicator", "expand_up", "expand_down", "expand_stop_price",
        "activation_distance_rate", "min_touch_distance_rate", "orders_per_batch", "order_interval", "counter_delay",
        "level_take_profit_rate", "pause_price_up", "pause_price_down", "keep_stops_when_paused", "adjust", "reduce",
        "adopt_orders", "redistribute", "auto_params",
    )  # fmt: skip
