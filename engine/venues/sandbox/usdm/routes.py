"""The USD-M dialect as one table: which request is answered by what, at which weight, for whom."""

from __future__ import annotations

from engine.venues.sandbox.call import Route
from engine.venues.sandbox.rights import restrictions
from engine.venues.sandbox.transferring import transfer, transfers
from engine.venues.sandbox.usdm import (
    account_calls,
    algo_calls,
    listening,
    market_calls,
    order_calls,
    public_calls,
    rate_calls,
    setting_calls,
)

OF_CANDLES = ((99, 1), (499, 2), (1_000, 5), (1_500, 10))
OF_DEPTH = ((50, 2), (100, 5), (500, 10), (1_000, 20))

ROUTES: dict[tuple[str, str], Route] = {
    ("GET", "/fapi/v1/ping"): Route(public_calls.ping, 1),
    ("GET", "/fapi/v1/time"): Route(public_calls.time, 1),
    ("GET", "/fapi/v1/exchangeInfo"): Route(public_calls.exchange_info, 1),
    **{
        ("GET", f"/fapi/v1/{name}"): Route(answer, 5, by_limit=OF_CANDLES)
        for name, answer in (
            ("klines", market_calls.candles),
            ("continuousKlines", market_calls.continuous_candles),
            ("markPriceKlines", market_calls.mark_candles),
            ("indexPriceKlines", market_calls.index_candles),
            ("premiumIndexKlines", market_calls.premium_candles),
        )
    },
    ("GET", "/fapi/v1/ticker/24hr"): Route(market_calls.ticker_24h, 1, weight_of_all=40),
    ("GET", "/fapi/v1/ticker/price"): Route(market_calls.ticker_price, 1, weight_of_all=2),
    ("GET", "/fapi/v2/ticker/price"): Route(market_calls.ticker_price, 1, weight_of_all=2),
    ("GET", "/fapi/v1/ticker/bookTicker"): Route(market_calls.book_ticker, 2, weight_of_all=5),
    ("GET", "/fapi/v1/depth"): Route(market_calls.depth, 10, by_limit=OF_DEPTH),
    ("GET", "/fapi/v1/trades"): Route(market_calls.trades, 5),
    ("GET", "/fapi/v1/historicalTrades"): Route(market_calls.trades, 20),
    ("GET", "/fapi/v1/aggTrades"): Route(market_calls.aggregated_trades, 20),
    ("GET", "/fapi/v1/premiumIndex"): Route(rate_calls.premium_index, 1, weight_of_all=10),
    ("GET", "/fapi/v1/fundingRate"): Route(rate_calls.funding_rates, 1),
    ("GET", "/fapi/v1/fundingInfo"): Route(rate_calls.funding_info, 1),
    ("GET", "/fapi/v1/openInterest"): Route(rate_calls.open_interest, 1),
    ("POST", "/fapi/v1/order"): Route(order_calls.place, 1, "trade", orders=True),
    ("POST", "/fapi/v1/order/test"): Route(order_calls.test, 1, "trade"),
    ("GET", "/fapi/v1/order"): Route(order_calls.query, 1, "read"),
    ("DELETE", "/fapi/v1/order"): Route(order_calls.cancel, 1, "trade"),
    ("PUT", "/fapi/v1/order"): Route(order_calls.modify, 1, "trade", orders=True),
    ("POST", "/fapi/v1/batchOrders"): Route(order_calls.place_batch, 5, "trade", orders=True),
    ("PUT", "/fapi/v1/batchOrders"): Route(order_calls.modify_batch, 5, "trade", orders=True),
    ("DELETE", "/fapi/v1/batchOrders"): Route(order_calls.cancel_batch, 1, "trade"),
    ("GET", "/fapi/v1/openOrder"): Route(order_calls.query_open, 1, "read"),
    ("GET", "/fapi/v1/openOrders"): Route(order_calls.open_orders, 1, "read", weight_of_all=40),
    ("DELETE", "/fapi/v1/allOpenOrders"): Route(order_calls.cancel_all, 1, "trade"),
    ("GET", "/fapi/v1/allOrders"): Route(order_calls.all_orders, 5, "read"),
    ("GET", "/fapi/v1/userTrades"): Route(order_calls.user_trades, 5, "read"),
    ("GET", "/fapi/v1/forceOrders"): Route(order_calls.force_orders, 20, "read", weight_of_all=50),
    ("POST", "/fapi/v1/algoOrder"): Route(algo_calls.place, 1, "trade", orders=True),
    ("GET", "/fapi/v1/algoOrder"): Route(algo_calls.query, 1, "read"),
    ("DELETE", "/fapi/v1/algoOrder"): Route(algo_calls.cancel, 1, "trade"),
    ("GET", "/fapi/v1/openAlgoOrders"): Route(algo_calls.open_orders, 1, "read", weight_of_all=40),
    ("GET", "/fapi/v1/allAlgoOrders"): Route(algo_calls.all_orders, 5, "read"),
    ("DELETE", "/fapi/v1/algoOpenOrders"): Route(algo_calls.cancel_all, 1, "trade"),
    ("GET", "/fapi/v2/account"): Route(account_calls.account_v2, 5, "read"),
    ("GET", "/fapi/v3/account"): Route(account_calls.account_v3, 5, "read"),
    ("GET", "/fapi/v2/balance"): Route(account_calls.balance, 5, "read"),
    ("GET", "/fapi/v3/balance"): Route(account_calls.balance, 5, "read"),
    ("GET", "/fapi/v2/positionRisk"): Route(account_calls.position_risk_v2, 5, "read"),
    ("GET", "/fapi/v3/positionRisk"): Route(account_calls.position_risk_v3, 5, "read"),
    ("GET", "/fapi/v1/accountConfig"): Route(account_calls.account_config, 5, "read"),
    ("GET", "/fapi/v1/symbolConfig"): Route(account_calls.symbol_config, 5, "read"),
    ("GET", "/fapi/v1/leverageBracket"): Route(account_calls.leverage_bracket, 1, "read"),
    ("GET", "/fapi/v1/commissionRate"): Route(account_calls.commission_rate, 20, "read"),
    ("GET", "/fapi/v1/income"): Route(account_calls.income, 30, "read"),
    ("GET", "/fapi/v1/positionSide/dual"): Route(account_calls.position_side, 30, "read"),
    ("POST", "/fapi/v1/positionSide/dual"): Route(setting_calls.position_side, 1, "trade"),
    ("GET", "/fapi/v1/multiAssetsMargin"): Route(account_calls.multi_assets, 30, "read"),
    ("POST", "/fapi/v1/multiAssetsMargin"): Route(setting_calls.multi_assets, 1, "trade"),
    ("POST", "/fapi/v1/leverage"): Route(setting_calls.leverage, 1, "trade"),
    ("POST", "/fapi/v1/marginType"): Route(setting_calls.margin_type, 1, "trade"),
    ("POST", "/fapi/v1/positionMargin"): Route(setting_calls.position_margin, 1, "trade"),
    ("GET", "/fapi/v1/positionMargin/history"): Route(account_calls.margin_history, 1, "read"),
    ("POST", "/fapi/v1/listenKey"): Route(listening.start, 1, "read", unsigned=True),
    ("PUT", "/fapi/v1/listenKey"): Route(listening.keep, 1, "read", unsigned=True),
    ("DELETE", "/fapi/v1/listenKey"): Route(listening.stop, 1, "read", unsigned=True),
    ("POST", "/sapi/v1/asset/transfer"): Route(transfer, 1, "transfer"),
    ("GET", "/sapi/v1/asset/transfer"): Route(transfers, 1, "read"),
    ("GET", "/sapi/v1/account/apiRestrictions"): Route(restrictions, 1, "read"),
}
