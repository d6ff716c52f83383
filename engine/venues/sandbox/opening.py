"""From names to an exchange: which markets, driven by which candles, from when on.

Owns the defaults of a practice exchange. Must not know HTTP.
"""

from __future__ import annotations

from collections.abc import Mapping
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
from engine.venues.sandbox.usdm.contract import Contract

HISTORY_MS = 30 * DAY_MS
HISTORY_CANDLES = 500  # of stored ones, where no time was named
SHAPE = "binance-spot-btc"
CONTRACT_SHAPES = {"BTC": "binance-usdm-btc", "ETH": "binance-usdm-eth"}
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


def open_exchange(opening: Opening, now_ms: int, spans: Mapping[str, tuple[int, int]] | None = None) -> Exchange:
    """Return the exchange with one account that holds `cash` of each quote on each floor.

    now_ms: when simulated markets begin; spans: the first and last candle of stored ones, ms, where there may be more.
    """
    since_ms = parse_time(opening.since) if opening.since else None
    symbols = [parse_market(name)[1] for name in opening.markets]
    if len(set(symbols)) < len(symbols) or not symbols:
        raise ConfigError(f"--market: expected each symbol once, was {', '.join(opening.markets)}")
    stored = [name for name in opening.markets if not name.startswith("simulated:")]
    candles = {name: _stored(name, opening, since_ms) for name in stored}
    for name, (first_ms, last_ms) in (spans or {}).items():
        if name in candles:
            candles[name] = candles[name].between(first_ms, last_ms + 1)
    start_ms = since_ms
    if start_ms is None and stored:
        starts = [int(one.open_ms[min(HISTORY_CANDLES, len(one) // 2)]) for one in candles.values()]
        start_ms = max(starts)
    start_ms = now_ms if start_ms is None else start_ms
    coins: list[tuple[Instrument, Tape]] = []
    contracts: list[tuple[Contract, Tape]] = []
    for name in opening.markets:
        endless = name not in candles
        shown = _simulated(name, opening, start_ms) if endless else candles[name]
        if ":" in parse_market(name)[1]:
            contract = Contract.of(contract_market(shown, parse_market(name)[1]), opening.max_orders)
            contracts.append((contract, _tape(shown, contract, opening, endless)))
        else:
            instrument = Instrument.of(spot_market(shown), opening.max_orders)
            coins.append((instrument, _tape(shown, instrument, opening, endless)))
    for instrument, tape in [*coins, *contracts]:
        if not tape.candles.first_ms < start_ms <= int(tape.candles.open_ms[-1]):
            told = f"{iso(tape.candles.first_ms)} to {iso(int(tape.candles.open_ms[-1]))}"
            raise DataError(
                f"{instrument.symbol}: expected a beginning within its candles, {told}, was {iso(start_ms)}"
            )
    share = None if opening.participation is None else Decimal(str(opening.participation))
    exchange = Exchange(coins, start_ms, Settings(opening.seed, share), contracts)
    cash = down(Decimal(str(opening.cash)), UNIT)
    if coins:
        exchange.open_account(ACCOUNT, {one.quote: cash for one, _ in coins})
    if contracts:
        exchange.open_account(ACCOUNT, {one.margin_asset: cash for one, _ in contracts}, "usdm")
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


def contract_market(candles: Candles, symbol: str) -> Market:
    """Return the perpetual of some candles: its coin's shape, or that of a smaller coin with a tick as they show it."""
    base, _, rest = symbol.partition("/")
    quote, _, settle = rest.partition(":")
    if settle != quote:
        raise ConfigError(
            f'--market: expected a perpetual settled in its quote such as {base}/{quote}:{quote}, was "{symbol}"'
        )
    if base in CONTRACT_SHAPES:
        return replace(read_shape(CONTRACT_SHAPES[base]), symbol=symbol, half_spread=HALF_SPREAD)
    plain = spot_market(candles)
    like = read_shape(CONTRACT_SHAPES["ETH"])
    lot = max(Decimal(str(like.lot)), Decimal(str(plain.lot)))
    return replace(
        like, symbol=symbol, tick=plain.tick, lot=f"{lot:f}", min_quantity=float(lot), min_notional=5.0,
        half_spread=HALF_SPREAD,
    )  # fmt: skip


def _tape(candles: Candles, instrument: Instrument, opening: Opening, endless: bool) -> Tape:
    def more(from_ms: int, until_ms: int) -> Candles | None:
        try:
            return simulate(candles.symbol, opening.timeframe, from_ms, until_ms, opening.scenario, opening.seed)
        except ConfigError:
            return None  # the simulated market's last day has passed

    return Tape(candles, instrument.tick, instrument.lot, opening.path, more if endless else None)


def _simulated(name: str, opening: Opening, start_ms: int) -> Candles:
    step_ms = TIMEFRAMES.get(opening.timeframe, DAY_MS)
    symbol = parse_market(name)[1].split(":")[0]  # a perpetual goes as its coin does
    from_ms, until_ms = start_ms - max(HISTORY_MS, HISTORY_CANDLES * step_ms), start_ms + max(DAY_MS, 2 * step_ms)
    return simulate(symbol, opening.timeframe, from_ms, until_ms, opening.scenario, opening.seed)


def _stored(name: str, opening: Opening, since_ms: int | None) -> Candles:
    from_ms = None if since_ms is None else since_ms - max(HISTORY_MS, HISTORY_CANDLES * DAY_MS)
    return Store(opening.root).load(name, opening.timeframe, from_ms)
