"""The USD-M dialect as one table: which request is answered by what, at which weight, for whom."""

from __future__ import annotations

from engine.venues.sandbox.call import Route
from engine.venues.sandbox.rights import restrictions
from engine.venues.sandbox.usdm import market_calls, public_calls, rate_calls

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
    ("GET", "/sapi/v1/account/apiRestrictions"): Route(restrictions, 1, "read"),
}
