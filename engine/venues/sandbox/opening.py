"""From names to an exchange: which markets, driven by which candles, from when on.

Owns the defaults of a practice exchange. Must not know HTTP.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

from engine.candles import Candles, Store
from engine.candles.simulate import simulate
from engine.candles.timeframes import DAY_MS, TIMEFRAMES, iso, parse_market, parse_time
from engine.errors import ConfigError, DataError
from engine.market import Market, tick_of
from engine.markets import read_shape
from engine.venues.sandbox.decimals import UNIT, down
from engine.venues.sandbox.exchange import Exchange
from engine.venues.sandbox.floor import Settings
from engine.venues.sandbox.matching.instrument import Instrument
from engine.venues.sandbox.matching.tape import Tape

HISTORY_MS = 30 * DAY_MS
HISTORY_CANDLES = 500  # of stored ones, where no time was named
SHAPE = "binance-spot-btc"
HALF_SPREAD = 0.0001
ACCOUNT = "practice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """Say what to open. since: "" is now for simulated markets, and after 500 candles for stored ones."""

    markets: tuple[str, ...] = ("simulated:BTC/USDT",)
    timeframe: str = "1m"
    scenario: str = "mixed"
    seed: int = 1
    since: str = ""
    root: Path = Path("data")
    path: str = "low_first"
    participation: float | None = 0.1
    max_orders: int = 200
    cash: float = 10_000.0


def open_exchange(opening: Opening, now_ms: int) -> Exchange:
    """Return the exchange with one account that holds `cash` of each quote; now_ms: when simulated markets begin."""
    since_ms = parse_time(opening.since) if opening.since else None
    symbols = [parse_market(name)[1] for name in opening.markets]
    if len(set(symbols)) < len(symbols) or not symbols:
        raise ConfigError(f"--market: expected each symbol once, was {', '.join(opening.markets)}")
    stored = [name for name in opening.markets if not name.startswith("simulated:")]
    candles = {name: _stored(name, opening, since_ms) for name in stored}
    start_ms = since_ms
    if start_ms is None and stored:
        starts = [int(one.open_ms[min(HISTORY_CANDLES, len(one) // 2)]) for one in candles.values()]
        start_ms = max(starts)
    start_ms = now_ms if start_ms is None else start_ms
    markets = []
    for name in opening.markets:
        if name in candles:
            markets.append(_opened(candles[name], opening, endless=False))
        else:
            markets.append(_opened(_simulated(name, opening, start_ms), opening, endless=True))
    for instrument, tape in markets:
        if not tape.candles.first_ms < start_ms <= int(tape.candles.open_ms[-1]):
            told = f"{iso(tape.candles.first_ms)} to {iso(int(tape.candles.open_ms[-1]))}"
            raise DataError(
                f"{instrument.symbol}: expected a beginning within its candles, {told}, was {iso(start_ms)}"
            )
    share = None if opening.participation is None else Decimal(str(opening.participation))
    exchange = Exchange(markets, start_ms, Settings(opening.seed, share))
    exchange.open_account(ACCOUNT, {one.quote: down(Decimal(str(opening.cash)), UNIT) for one, _ in markets})
    return exchange


def spot_market(candles: Candles) -> Market:
    """Return the market of some candles: the shape of a common venue, with the tick that the candles show."""
    shape = read_shape(SHAPE)
    tick = min(
        Decimal(str(shape.tick)), *(Decimal(f"{tick_of(prices[-10_000:]):.8f}") for prices in candles.columns[1:5])
    )
    lot = max(Decimal(str(shape.lot)), UNIT / tick)  # what is cheap trades in larger lots
    return replace(
        shape, symbol=candles.symbol, tick=f"{tick:f}", lot=f"{lot:f}", min_quantity=float(lot), half_spread=HALF_SPREAD
    )


def _opened(candles: Candles, opening: Opening, endless: bool) -> tuple[Instrument, Tape]:
    instrument = Instrument.of(spot_market(candles), opening.max_orders)

    def more(from_ms: int, until_ms: int) -> Candles | None:
        try:
            return simulate(candles.symbol, opening.timeframe, from_ms, until_ms, opening.scenario, opening.seed)
        except ConfigError:
            return None  # the simulated market's last day has passed

    return instrument, Tape(candles, instrument.tick, instrument.lot, opening.path, more if endless else None)


def _simulated(name: str, opening: Opening, start_ms: int) -> Candles:
    step_ms = TIMEFRAMES.get(opening.timeframe, DAY_MS)
    symbol = parse_market(name)[1]
    from_ms, until_ms = start_ms - max(HISTORY_MS, HISTORY_CANDLES * step_ms), start_ms + max(DAY_MS, 2 * step_ms)
    return simulate(symbol, opening.timeframe, from_ms, until_ms, opening.scenario, opening.seed)


def _stored(name: str, opening: Opening, since_ms: int | None) -> Candles:
    from_ms = None if since_ms is None else since_ms - max(HISTORY_MS, HISTORY_CANDLES * DAY_MS)
    return Store(opening.root).load(name, opening.timeframe, from_ms)
