"""What borrowing coins costs: hours, interest, the buy-back that leaves no debt, margin liquidation; and the CFD.

Sources: Binance's support article on dynamic interest (2024-10-18); OKX's help page on isolated margin. Kraken and
others charge otherwise: the interval and the rate belong to the market.
"""

from __future__ import annotations

from engine.errors import ConfigError
from engine.formulae.ranges import check_finite, check_fraction, check_not_negative, check_positive, check_side

HOUR_MS = 3_600_000


def periods_charged(borrowed_ms: int, now_ms: int, every_ms: int = HOUR_MS) -> int:
    """Return how many periods of interest are owed: one at the borrow and one at each full period of the clock since.

    Times are UTC milliseconds, now not before the borrow. A borrow on the full hour is not charged twice for that hour.
    """
    if every_ms <= 0:
        raise ConfigError(f"every_ms: expected a number of milliseconds above 0, was {every_ms}")
    if now_ms < borrowed_ms:
        raise ConfigError(f"now_ms: expected a time not before the borrow at {borrowed_ms}, was {now_ms}")
    return 1 + now_ms // every_ms - borrowed_ms // every_ms


def interest(principal: float, rate: float, periods: float) -> float:
    """Return simple interest in the borrowed coin; rate: a fraction for one period."""
    check_not_negative(principal=principal, rate=rate, periods=periods)
    return principal * rate * periods


def buy_back(quantity: float, owed: float, fee_rate: float) -> float:
    """Return the base to buy so that the whole debt is paid, where the fee is taken out of the coins that arrive.

    quantity: base borrowed. owed: interest, base. fee_rate: 0 <= rate < 1. Buying only the quantity leaves dust debt.
    """
    check_not_negative(quantity=quantity, owed=owed)
    check_fraction(fee_rate=fee_rate)
    return (quantity + owed) / (1.0 - fee_rate)


def sale_proceeds(quantity: float, price: float, fee_rate: float) -> float:
    """Return the quote that a sale of base brings after its fee, taken in quote."""
    check_not_negative(quantity=quantity)
    check_positive(price=price)
    check_fraction(fee_rate=fee_rate)
    return quantity * price * (1.0 - fee_rate)


def short_pnl(quantity: float, sold_at: float, bought_at: float, owed: float, fee_rate: float) -> float:
    """Return the result of a margin short in quote: the sale less the buy-back of quantity, interest and fee."""
    check_positive(bought_at=bought_at)
    return sale_proceeds(quantity, sold_at, fee_rate) - buy_back(quantity, owed, fee_rate) * bought_at


def okx_short_liquidation(assets: float, liability: float, owed: float, rate: float, taker: float) -> float:
    """Return the mark price, in quote, at which OKX takes over an isolated margin short.

    assets: quote. liability, owed (interest): base, together above 0. rate: maintenance, taker: fee, both fractions.
    """
    return assets / _requirement(assets, liability, owed, rate, taker)


def okx_long_liquidation(assets: float, liability: float, owed: float, rate: float, taker: float) -> float:
    """Return the mark price, in quote, at which OKX takes over an isolated margin long.

    assets: base. liability, owed (interest): quote. The rest as in `okx_short_liquidation`.
    """
    return _requirement(assets, liability, owed, rate, taker) / assets


def cfd_pnl(
    side: int,
    quantity: float,
    entry: float,
    exit_price: float,
    annual_rate: float,
    nights: float,
    *,
    spread: float = 0.0,
    day_count: float = 365.0,
) -> float:
    """Return the result of a contract for difference in quote, after nightly financing of the entry's notional.

    quantity: base. annual_rate: a fraction a year of day_count days (365 or 360). spread: quote, paid once.
    Common terms, own definition: no venue that ccxt knows offers one.
    """
    check_side(side)
    check_not_negative(quantity=quantity, nights=nights, spread=spread)
    check_positive(entry=entry, exit_price=exit_price, day_count=day_count)
    check_finite(annual_rate=annual_rate)
    financing = quantity * entry * annual_rate / day_count * nights
    return side * quantity * (exit_price - entry) - financing - spread


def _requirement(assets: float, liability: float, owed: float, rate: float, taker: float) -> float:
    check_positive(assets=assets, liability=liability)
    check_not_negative(owed=owed)
    check_fraction(rate=rate, taker=taker)
    return (liability + owed) * (1.0 + rate) * (1.0 + taker)
