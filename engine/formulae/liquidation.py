"""At which mark price a position is taken over: where its margin balance has sunk to its maintenance margin.

Every function returns a price in quote, or NaN where there is none (a long of leverage 1, say). rate is the maintenance
margin rate, 0 <= rate < 1; deduction and cum are the tier's maintenance amount, in the currency of the margin.
Which venue reckons by which is the market's to know.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from engine.errors import ConfigError
from engine.formulae.ranges import check_finite, check_fraction, check_not_negative, check_positive, check_side


@dataclass(frozen=True, slots=True)
class Liquidation:
    """Hold a liquidation price with the rate and the maintenance amount of the tier it falls into."""

    price: float  # quote, NaN where there is none
    rate: float
    cum: float  # quote


def binance(
    side: int,
    quantity: float,
    entry: float,
    wallet: float,
    rate: float,
    *,
    cum: float = 0.0,
    other_maintenance: float = 0.0,
    other_floating: float = 0.0,
) -> float:
    """Return the price by Binance's rule (support article "liquidation price").

    quantity: base. wallet: quote; cross the balance, isolated that position's margin. other_maintenance,
    other_floating: quote, of the account's other contracts; isolated 0.
    """
    _check(side, entry, rate, quantity=quantity)
    check_finite(wallet=wallet, other_floating=other_floating)
    check_not_negative(cum=cum, other_maintenance=other_maintenance)
    free = wallet - other_maintenance + other_floating + cum
    return _price(free - side * quantity * entry, quantity * (rate - side))


def cum_table(tiers: Sequence[tuple[float, float]]) -> list[float]:
    """Return the maintenance amount of each tier, in quote: what makes maintenance continuous at the tiers' floors.

    tiers: (floor of notional in quote, rate), lowest first, beginning at 0.
    """
    _check_tiers(tiers)
    cums = [0.0]
    for (_, below), (floor, rate) in pairwise(tiers):
        cums.append(cums[-1] + floor * (rate - below))
    return cums


def binance_tiered(
    side: int,
    quantity: float,
    entry: float,
    wallet: float,
    tiers: Sequence[tuple[float, float]],
    *,
    other_maintenance: float = 0.0,
    other_floating: float = 0.0,
) -> Liquidation:
    """Return the price by Binance's rule, in the tier that holds the notional at that very price.

    tiers as in `cum_table`, the rest as in `binance`. The tier of the entry's notional would give another price.
    """
    caps = [floor for floor, _ in tiers[1:]] + [math.inf]
    for (_, rate), cum, cap in zip(tiers, cum_table(tiers), caps, strict=True):
        others = {"other_maintenance": other_maintenance, "other_floating": other_floating}
        price = binance(side, quantity, entry, wallet, rate, cum=cum, **others)
        # Maintenance has no jumps, so the lowest tier whose cap is not reached is the one that holds the price.
        if math.isnan(price) or quantity * price < cap:
            break
    return Liquidation(price, rate, cum)


def bybit_linear_2024(
    side: int,
    quantity: float,
    entry: float,
    leverage: float,
    rate: float,
    *,
    deduction: float = 0.0,
    extra: float = 0.0,
) -> float:
    """Return the price by Bybit's help page of 2024-09-10, which values the maintenance margin at the entry.

    quantity: base. extra: margin added to the initial one, quote.
    """
    _check(side, entry, rate, quantity=quantity, leverage=leverage)
    check_not_negative(deduction=deduction, extra=extra)
    spare = quantity * entry / leverage - (quantity * entry * rate - deduction) + extra
    return _price(entry - side * spare / quantity, 1.0)


def bybit_inverse_2024(
    side: int, contracts: float, entry: float, leverage: float, rate: float, *, deduction: float = 0.0
) -> float:
    """Return the price by Bybit's help page of 2024-09-10; contracts of 1 USD each, deduction in coin."""
    _check(side, entry, rate, contracts=contracts, leverage=leverage)
    check_not_negative(deduction=deduction)
    coin = contracts / entry
    return _price(contracts, coin + side * (coin / leverage - (coin * rate - deduction)))


def bybit_linear_2026(
    side: int,
    quantity: float,
    entry: float,
    leverage: float,
    rate: float,
    *,
    deduction: float = 0.0,
    extra: float = 0.0,
) -> float:
    """Return the price with maintenance valued at the mark, as in Bybit's revision of 2026-05-27.

    Our own derivation for linear contracts: test it against the venue's own liqPrice before trusting it.
    quantity: base. extra: margin added to the initial one, quote.
    """
    _check(side, entry, rate, quantity=quantity, leverage=leverage)
    check_not_negative(deduction=deduction, extra=extra)
    margin = quantity * entry / leverage + extra
    return _price(quantity * entry - side * margin - side * deduction, quantity * (1.0 - side * rate))


def bybit_inverse_2026(
    side: int,
    contracts: float,
    entry: float,
    leverage: float,
    rate: float,
    *,
    taker: float = 0.0,
    deduction: float = 0.0,
    extra: float = 0.0,
) -> float:
    """Return the price by Bybit's revision of 2026-05-27; contracts of 1 USD each.

    extra, deduction: coin. taker: the fee rate of the close, which the venue takes out of the margin added.
    """
    _check(side, entry, rate, contracts=contracts, leverage=leverage)
    check_not_negative(deduction=deduction, extra=extra)
    check_fraction(taker=taker)
    coin = contracts / entry
    margin = coin / leverage + extra / (1.0 + side * taker) + deduction
    return _price(contracts * (1.0 + side * rate), coin + side * margin)


def okx(side: int, quantity: float, entry: float, margin: float, rate: float, fee_rate: float) -> float:
    """Return the price at which OKX's margin ratio is 100 %: isolated, margined in USDT.

    quantity: base, contracts times contract size. margin: quote. fee_rate: of the liquidating order, a fraction.
    """
    _check(side, entry, rate, quantity=quantity)
    check_finite(margin=margin)
    check_fraction(fee_rate=fee_rate)
    return _price(quantity * entry - side * margin, quantity * (1.0 - side * (rate + fee_rate)))


def _check(side: int, entry: float, rate: float, **sizes: float) -> None:
    check_side(side)
    check_positive(entry=entry, **sizes)
    check_fraction(rate=rate)


def _check_tiers(tiers: Sequence[tuple[float, float]]) -> None:
    floors = [floor for floor, _ in tiers]
    if not floors or floors[0] != 0.0 or any(low >= high for low, high in pairwise(floors)):
        raise ConfigError(f"tiers: expected floors that begin at 0 and rise, were {floors}")
    for _, rate in tiers:
        check_fraction(rate=rate)


def _price(above: float, below: float) -> float:
    """Return the quotient where it is a price, else NaN."""
    price = above / below if below else math.nan
    return price if price > 0.0 else math.nan
