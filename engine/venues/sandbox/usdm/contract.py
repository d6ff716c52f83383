"""What a perpetual contract is, beyond an instrument: its margin asset, its maintenance tiers, its funding.

Owns the dialect's view of a linear `Market`. Must not know orders or positions.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from engine.errors import ConfigError
from engine.market import Market
from engine.venues.sandbox.decimals import UNIT, ZERO, text
from engine.venues.sandbox.matching.instrument import BAND_DOWN, BAND_UP, LARGEST, Instrument

HOUR_MS = 3_600_000
MOST_LEVERAGE = 125  # where a market's tiers name none
ORDER_TYPES = (
    "LIMIT", "MARKET", "STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET", "TRAILING_STOP_MARKET",
)  # fmt: skip
TIMES_IN_FORCE = ("GTC", "IOC", "FOK", "GTX")


@dataclass(frozen=True, slots=True)
class Bracket:
    """Hold one maintenance tier: notional from floor up to cap, in the margin asset; what must be kept is
    notional * rate - cum, and the leverage is at most max_leverage. cap None: there is no end."""

    floor: Decimal
    cap: Decimal | None
    rate: Decimal
    cum: Decimal
    max_leverage: int


@dataclass(frozen=True, slots=True)
class Contract(Instrument):
    """Describe one linear perpetual. margin_asset: what pays and answers for it; funding_rate per funding_ms.

    funding: rates of single stamps, by time in ms; elsewhere funding_rate holds. liquidation_fee_rate: of notional.
    """

    margin_asset: str = ""
    brackets: tuple[Bracket, ...] = ()
    funding_rate: Decimal = ZERO
    funding_ms: int = 8 * HOUR_MS
    funding: tuple[tuple[int, Decimal], ...] = ()
    liquidation_fee_rate: Decimal = ZERO
    max_algo_orders: int = 100

    @classmethod
    def of(cls, market: Market, max_orders: int = 200, funding: tuple[tuple[int, Decimal], ...] = ()) -> Contract:
        """Return the contract of a linear market; ConfigError: it is of another kind, or finer than the ledger."""
        if market.kind != "linear":
            raise ConfigError(f'market kind: expected "linear" for a perpetual in USD, was "{market.kind}"')
        tick, lot = Decimal(str(market.tick)), Decimal(str(market.lot))
        if (tick * lot) % UNIT or lot % UNIT:
            raise ConfigError(f"market {market.symbol}: tick times lot must be whole units of {UNIT}, was {tick * lot}")
        return cls(
            market.base + market.quote, market.base, market.quote, tick, lot,
            max(lot, Decimal(str(market.min_quantity))), Decimal(str(market.min_notional)),
            Decimal(str(market.maker_fee_rate)), Decimal(str(market.taker_fee_rate)),
            Decimal(str(market.half_spread + market.slippage)), max_orders, market.settle, _brackets(market),
            Decimal(str(market.funding_rate or 0.0)), int(market.funding_hours * HOUR_MS), funding,
            Decimal(str(market.liquidation_fee_rate)),
        )  # fmt: skip

    @property
    def most_leverage(self) -> int:
        """Return the largest leverage of the lowest tier."""
        return self.brackets[0].max_leverage

    def bracket(self, notional: Decimal) -> Bracket:
        """Return the tier that a notional falls into, margin asset."""
        for one in self.brackets:
            if one.cap is None or notional < one.cap:
                return one
        return self.brackets[-1]

    def maintenance(self, notional: Decimal) -> Decimal:
        """Return what a position of this notional must keep, margin asset."""
        tier = self.bracket(notional)
        return max(ZERO, notional * tier.rate - tier.cum)

    def largest_notional(self, leverage: int) -> Decimal | None:
        """Return the notional up to which a leverage is granted, margin asset; None: any."""
        for one in self.brackets:
            if leverage > one.max_leverage:
                return one.floor
        return None

    def filters(self) -> list[dict[str, object]]:
        """Return the contract's filters as `exchangeInfo` lists them."""
        tick, lot = text(self.tick), text(self.lot)
        size = {"minQty": text(self.min_quantity), "maxQty": text(LARGEST), "stepSize": lot}
        return [
            {"filterType": "PRICE_FILTER", "minPrice": tick, "maxPrice": text(LARGEST), "tickSize": tick},
            {"filterType": "LOT_SIZE", **size},
            {"filterType": "MARKET_LOT_SIZE", **size},
            {"filterType": "MAX_NUM_ORDERS", "limit": self.max_orders},
            {"filterType": "MAX_NUM_ALGO_ORDERS", "limit": self.max_algo_orders},
            {"filterType": "MIN_NOTIONAL", "notional": text(self.min_notional)},
            {"filterType": "PERCENT_PRICE", "multiplierUp": text(BAND_UP), "multiplierDown": text(BAND_DOWN),
             "multiplierDecimal": "4"},
        ]  # fmt: skip


def _brackets(market: Market) -> tuple[Bracket, ...]:
    """Return the tiers in Decimal, with the amounts that make maintenance continuous (formulae: cum)."""
    tiers = market.tiers
    found: list[Bracket] = []
    for i, tier in enumerate(tiers):
        floor, rate = Decimal(str(tier.floor)), Decimal(str(tier.rate))
        cap = Decimal(str(tiers[i + 1].floor)) if i + 1 < len(tiers) else None
        cum = found[-1].cum + floor * (rate - found[-1].rate) if found else ZERO
        most = MOST_LEVERAGE if tier.max_leverage is None else int(tier.max_leverage)
        found.append(Bracket(floor, cap, rate, cum, most))
    return tuple(found)
