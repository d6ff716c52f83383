"""The spot dialect as one table: which request is answered by what, at which weight, for whom."""

from __future__ import annotations

from engine.venues.sandbox.call import Route
from engine.venues.sandbox.rights import restrictions
from engine.venues.sandbox.spot import account_calls, order_calls, public_calls
from engine.venues.sandbox.transferring import transfer, transfers

OF_DEPTH = ((100, 5), (500, 25), (1_000, 50), (5_000, 250))

ROUTES: dict[tuple[str, str], Route] = {
    ("GET", "/api/v3/ping"): Route(public_calls.ping, 1),
    ("GET", "/api/v3/time"): Route(public_calls.time, 1),
    ("GET", "/api/v3/exchangeInfo"): Route(public_calls.exchange_info, 20),
    ("GET", "/api/v3/klines"): Route(public_calls.candles, 2),
    ("GET", "/api/v3/ticker/24hr"): Route(public_calls.ticker_24h, 2, weight_of_all=80),
    ("GET", "/api/v3/ticker/price"): Route(public_calls.ticker_price, 2, weight_of_all=4),
    ("GET", "/api/v3/ticker/bookTicker"): Route(public_calls.book_ticker, 2, weight_of_all=4),
    ("GET", "/api/v3/depth"): Route(public_calls.depth, 5, by_limit=OF_DEPTH),
    ("GET", "/api/v3/trades"): Route(public_calls.trades, 25),
    ("GET", "/api/v3/aggTrades"): Route(public_calls.aggregated_trades, 4),
    ("GET", "/api/v3/historicalTrades"): Route(public_calls.trades, 25),
    ("GET", "/api/v3/uiKlines"): Route(public_calls.candles, 2),
    ("GET", "/api/v3/avgPrice"): Route(public_calls.average_price, 2),
    ("GET", "/api/v3/rateLimit/order"): Route(account_calls.order_counts, 40, "read"),
    ("GET", "/api/v3/account/commission"): Route(account_calls.commission, 20, "read"),
    ("GET", "/sapi/v1/capital/config/getall"): Route(account_calls.coins, 10, "read"),
    ("GET", "/api/v3/account"): Route(account_calls.account, 20, "read"),
    ("POST", "/api/v3/order"): Route(order_calls.place, 1, "trade", orders=True),
    ("POST", "/api/v3/order/test"): Route(order_calls.test, 1, "trade"),
    ("GET", "/api/v3/order"): Route(order_calls.query, 4, "read"),
    ("DELETE", "/api/v3/order"): Route(order_calls.cancel, 1, "trade"),
    ("GET", "/api/v3/openOrders"): Route(account_calls.open_orders, 6, "read", weight_of_all=80),
    ("DELETE", "/api/v3/openOrders"): Route(order_calls.cancel_all, 1, "trade"),
    ("POST", "/api/v3/order/cancelReplace"): Route(order_calls.replace, 1, "trade", orders=True),
    ("GET", "/api/v3/allOrders"): Route(account_calls.all_orders, 20, "read"),
    ("GET", "/api/v3/myTrades"): Route(account_calls.my_trades, 20, "read"),
    ("GET", "/sapi/v1/system/status"): Route(public_calls.status, 1),
    ("GET", "/sapi/v1/asset/tradeFee"): Route(account_calls.fees, 1, "read"),
    ("POST", "/sapi/v1/asset/transfer"): Route(transfer, 1, "transfer"),
    ("GET", "/sapi/v1/asset/transfer"): Route(transfers, 1, "read"),
    ("GET", "/sapi/v1/account/apiRestrictions"): Route(restrictions, 1, "read"),
}
