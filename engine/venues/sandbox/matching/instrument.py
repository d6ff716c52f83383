"""What can be traded here: names, steps, minimums, fees.

Owns the dialect's view of a `Market`; must not know orders."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from engine.errors import ConfigError
from engine.market import Market
from engine.venues.sandbox.decimals import UNIT, ZERO, against, text

ORDER_TYPES = (
    "LIMIT", "LIMIT_MAKER", "MARKET", "STOP_LOSS", "STOP_LOSS_LIMIT", "TAKE_PROFIT", "TAKE_PROFIT_LIMIT",
)  # fmt: skip
LARGEST = Decimal(9_000_000)
LARGEST_NOTIONAL = Decimal(9_000_000_000)
BAND_UP, BAND_DOWN = Decimal(5), Decimal("0.2")  # multiples of the price that a limit may ask for


@dataclass(frozen=True, slots=True)
class Instrument:
    """Describe one spot market. tick in quote, lot in base, rates and half_spread as fractions."""

    symbol: str  # BTCUSDT
    base: str
    quote: str
    tick: Decimal
    lot: Decimal
    min_quantity: Decimal
    min_notional: Decimal
    maker_fee_rate: Decimal
    taker_fee_rate: Decimal
    half_spread: Decimal
    max_orders: int = 200
    max_stops: int = field(default=5, kw_only=True)

    @classmethod
    def of(cls, market: Market, max_orders: int = 200) -> Instrument:
        """Return the instrument of a spot market; ConfigError: it is of another kind, or finer than the ledger."""
        if market.kind != "spot":
            raise ConfigError(f'market kind: the practice exchange trades spot only, was "{market.kind}"')
        base, quote = market.symbol.split("/")
        tick, lot = Decimal(str(market.tick)), Decimal(str(market.lot))
        if (tick * lot) % UNIT or lot % UNIT:
            raise ConfigError(f"market {market.symbol}: tick times lot must be whole units of {UNIT}, was {tick * lot}")
        return cls(
            base + quote, base, quote, tick, lot, max(lot, Decimal(str(market.min_quantity))),
            Decimal(str(market.min_notional)), Decimal(str(market.maker_fee_rate)),
            Decimal(str(market.taker_fee_rate)), Decimal(str(market.half_spread + market.slippage)), max_orders,
        )  # fmt: skip

    def taker_price(self, price: Decimal, side: int) -> Decimal:
        """Return a path price worsened by half the spread, on the tick (rule F1)."""
        return price if self.half_spread == ZERO else against(price * (1 + side * self.half_spread), self.tick, side)

    def filters(self) -> list[dict[str, object]]:
        """Return the market's filters as `exchangeInfo` lists them."""
        band = {"MultiplierUp": text(BAND_UP), "MultiplierDown": text(BAND_DOWN)}
        tick, lot = text(self.tick), text(self.lot)
        return [
            {"filterType": "PRICE_FILTER", "minPrice": tick, "maxPrice": text(LARGEST), "tickSize": tick},
            {"filterType": "LOT_SIZE", "minQty": text(self.min_quantity), "maxQty": text(LARGEST), "stepSize": lot},
            {"filterType": "NOTIONAL", "minNotional": text(self.min_notional), "applyMinToMarket": True,
             "maxNotional": text(LARGEST_NOTIONAL), "applyMaxToMarket": False, "avgPriceMins": 0},
            {"filterType": "PERCENT_PRICE_BY_SIDE", "avgPriceMins": 0,
             **{f"bid{name}": value for name, value in band.items()},
             **{f"ask{name}": value for name, value in band.items()}},
            {"filterType": "MAX_NUM_ORDERS", "maxNumOrders": self.max_orders},
            {"filterType": "MAX_NUM_ALGO_ORDERS", "maxNumAlgoOrders": self.max_stops},
        ]  # fmt: skip
