"""What every run checks before it is laid out: candles and markets that go together, cash, coins, rules.

Owns the sentences. Must not know grids, indicators or strategies.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.candles import Candles
from engine.candles.streaming import Source
from engine.errors import ConfigError, DataError, did_you_mean
from engine.limits import is_number
from engine.market import Market
from engine.risk import AccountRules, RiskRules


def check_kinds(candles: Sequence[Any], markets: Sequence[Any], *kinds: type) -> None:
    """Refuse what is no candles or no market, or not as many of the one as of the other."""
    for one in candles:
        if not isinstance(one, kinds):
            raise ConfigError(
                f"candles: expected Candles (Candles.from_frame makes them of a DataFrame), was {one!r:.80}"
            )
    for other in markets:
        if not isinstance(other, Market):
            raise ConfigError(f'market: expected Market(symbol="BTC/USDT", tick=0.01, lot=0.001), was {other!r:.80}')
    if not candles or len(candles) != len(markets):
        raise ConfigError(f"candles and markets: expected one market for each, were {len(candles)} and {len(markets)}")


def check_tick(market: Market, lowest: float) -> None:
    """Refuse a step of price above the lowest price."""
    tick = float(market.tick)
    if tick > lowest:
        raise ConfigError(f"market tick: expected a step of price, was {tick:g}, above the lowest price {lowest:g}")


def check_rules(risk: Any, account_rules: Any, markets: Sequence[Market]) -> None:
    """Refuse rules of another kind, and names of markets that are not in the run."""
    for given, owner, name in ((risk, RiskRules, "risk"), (account_rules, AccountRules, "account_rules")):
        if given is not None and not isinstance(given, owner):
            raise ConfigError(f"{name}: expected {owner.__name__}(...), was {given!r:.80}")
    if account_rules is not None:
        account_rules.check_symbols([market.symbol for market in markets])


def cash_by_venue(cash: float | Mapping[str, float], markets: Sequence[Market]) -> dict[str, float]:
    """Return each venue's cash; one number is for one venue, since money does not move between them by itself."""
    venues = list(dict.fromkeys(market.venue for market in markets))
    if not isinstance(cash, Mapping):
        if len(venues) > 1:
            example = ", ".join(f'"{venue}": 5000' for venue in venues)
            raise ConfigError(f"cash: expected an amount for each venue, {{{example}}}, was {cash!r}")
        cash = {venues[0]: cash}
    if set(cash) != set(venues):
        raise ConfigError(f"cash: expected an amount for each of {', '.join(venues)}, was for {', '.join(cash)}")
    for amount in cash.values():
        if not is_number(amount) or amount <= 0.0:
            raise ConfigError(f"cash: expected a positive amount, was {amount!r}")
    return {venue: float(cash[venue]) for venue in venues}


def holdings_of(given: Mapping[str, float] | None, markets: Sequence[Market]) -> list[float]:
    """Return the base coin of each market that lies in the account at the start."""
    given = dict(given or {})
    held = []
    for market in markets:
        quantity = given.pop(market.symbol, 0.0)
        if not is_number(quantity) or quantity < 0.0:
            raise ConfigError(f"holdings: {market.symbol}: expected base coin of at least 0, was {quantity!r}")
        if quantity and market.is_contract:
            raise ConfigError(f"holdings: {market.symbol}: a {market.kind} contract holds no coin; remove it")
        lots = quantity / float(market.lot)
        if abs(lots - round(lots)) > 1e-9 * max(1.0, lots):
            raise ConfigError(
                f"holdings: {market.symbol}: expected a whole number of lots of {market.lot}, was {quantity!r}"
            )
        held.append(float(quantity))
    for symbol in given:
        raise ConfigError(f"holdings: unknown market {symbol}{did_you_mean(symbol, [m.symbol for m in markets])}")
    return held


def check_together(candles: Sequence[Source], markets: Sequence[Market], detail: Sequence[Source] | None) -> None:
    """Refuse candles and markets that cannot stand in one run."""
    for one in candles:
        if isinstance(one, Candles) and len(one) == 0:
            raise DataError(f"{one.market}: no candles in the chosen span; widen --from and --to")
        if one.timeframe != candles[0].timeframe:
            raise DataError(
                f"timeframe: expected {candles[0].timeframe} like {candles[0].market}, "
                f"was {one.timeframe} for {one.market}; resample one of them"
            )
    quotes = sorted({market.settle for market in markets})
    if len(quotes) > 1:
        raise ConfigError(f"markets: expected one settlement currency on the account, were {' and '.join(quotes)}")
    keys = [(market.venue, market.symbol, market.kind) for market in markets]
    if len(set(keys)) < len(keys):
        raise ConfigError("markets: expected each market once, found one twice")
    if detail is None:
        return
    if len(detail) != len(candles):
        raise ConfigError(f"detail: expected finer candles for each of the {len(candles)} markets, were {len(detail)}")
    for fine, coarse in zip(detail, candles, strict=True):
        if fine.timeframe_ms >= coarse.timeframe_ms or coarse.timeframe_ms % fine.timeframe_ms:
            raise DataError(
                f"detail: expected candles finer than {coarse.timeframe} that divide it, was {fine.timeframe}"
            )
        if fine.timeframe != detail[0].timeframe:
            raise DataError("detail: expected one timeframe for all markets")
