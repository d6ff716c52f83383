"""The embedded simulated market: seeded candles that look real and are labelled simulated.

Owns the minutes of a day; the days are those of scenarios.py. Must not know files or clocks.

Each minute belongs to a UTC day, and each day has a random stream of its own that is derived from seed, symbol,
scenario and the day's number. The day's first and last level are given, the minutes between are bridged. So a span
holds the same candles whatever longer span it is cut from, and every timeframe is made of the same minutes.
Rounding to the tick hides that exp() differs in its last bit between machines, but for one cent in decades of minutes.
"""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from engine.candles.candles import Candles
from engine.candles.columns import Columns
from engine.candles.scenarios import ANCHOR_DAY, FIRST_DAY, LAST_DAY, Skeleton, skeleton, stream
from engine.candles.timeframes import DAY_MS, MINUTE_MS, grid_origin_ms, iso, parse_market, timeframe_ms
from engine.errors import ConfigError

Grid = NDArray[np.float64]  # days by minutes

_MINUTES = 1_440
_PRICE_2024 = {"BTC": 42_000.0, "ETH": 2_300.0, "BNB": 310.0, "SOL": 100.0}  # quote, roughly as it was
_DAILY_QUOTE_VOLUME = 2e9  # traded on a day of ordinary volatility
_ORDINARY_VOLATILITY = 0.02  # a day's
_CALM_VOLATILITY = 0.013  # below it, a minute of the night may pass without a trade

FROM_MS, UNTIL_MS = ANCHOR_DAY * DAY_MS, (ANCHOR_DAY + 366) * DAY_MS  # the year 2024


def simulate(
    symbol: str = "BTC/USDT",
    timeframe: str = "1m",
    from_ms: int = FROM_MS,
    until_ms: int = UNTIL_MS,
    scenario: str = "mixed",
    seed: int = 1,
) -> Candles:
    """Return the simulated candles that open at or after `from_ms` and before `until_ms`."""
    parse_market(f"simulated:{symbol}")
    step_ms, origin_ms = timeframe_ms(timeframe), grid_origin_ms(timeframe)
    days = skeleton(symbol, scenario, seed)
    # The span in whole candles: the last one opens before `until_ms` and may close after it.
    start_ms = origin_ms - (origin_ms - from_ms) // step_ms * step_ms
    stop_ms = origin_ms - (origin_ms - until_ms) // step_ms * step_ms
    _refuse_span(from_ms, until_ms, start_ms, stop_ms)
    first_day, last_day = start_ms // DAY_MS, (stop_ms - 1) // DAY_MS + 1
    columns = _minutes(symbol, scenario, seed, days, first_day, last_day)
    skip = (start_ms - first_day * DAY_MS) // MINUTE_MS
    columns = columns.take(slice(skip, skip + (stop_ms - start_ms) // MINUTE_MS))
    source = f"simulated market, scenario {scenario}, seed {seed}"
    minutes = Candles(*columns, timeframe="1m", symbol=symbol, venue="simulated", source=source)
    return minutes.resample(timeframe)


def _minutes(symbol: str, scenario: str, seed: int, days: Skeleton, first: int, last: int) -> Columns:
    count = last - first
    shape = (count, _MINUTES)
    noise, bursts, heat_shock, above, below, size = (np.empty(shape) for _ in range(6))
    for row in range(count):
        random = stream(seed, scenario, symbol, first + row)
        random.standard_normal(out=noise[row])
        random.standard_normal(out=heat_shock[row])
        random.random(out=bursts[row])
        random.standard_exponential(out=above[row])
        random.standard_exponential(out=below[row])
        random.standard_normal(out=size[row])
    at = slice(first - FIRST_DAY, last - FIRST_DAY)
    level, volatility = days.level[first - FIRST_DAY : last - FIRST_DAY + 1], days.volatility[at, None]

    heat = _clustered(heat_shock)
    daily, hourly = _rhythm()
    deviation = volatility * daily * np.exp(heat - 0.1) / np.sqrt(_MINUTES)  # of a minute's log return
    silent = (bursts > 0.99) & (volatility < _CALM_VOLATILITY) & (hourly < 0.7)
    deviation[silent] = 0.0
    # A jump in a few minutes a day, and heavier tails than the bell's everywhere.
    noise *= np.where(bursts < 0.002, 4.0, 0.85 + 0.15 * np.abs(noise))

    steps = deviation * noise
    # What is missing to the day's close is spread over its minutes by their variance, as in a bridge.
    share = deviation * deviation
    share /= share.sum(axis=1, keepdims=True)
    steps += share * (np.diff(level)[:, None] - steps.sum(axis=1, keepdims=True))
    close = np.cumsum(steps, axis=1)
    close += level[:-1, None]
    close[:, -1] = level[1:]  # to the last bit, for the next day opens there
    open_ = np.empty(shape)
    open_[:, 0] = level[:-1]
    open_[:, 1:] = close[:, :-1]
    # Extremes of a Brownian bridge from open to close: exact for each alone, drawn independently.
    reach = np.maximum(deviation, np.abs(steps) * 0.5)
    high = 0.5 * (open_ + close + np.sqrt(steps * steps + 2.0 * reach * reach * above))
    low = 0.5 * (open_ + close - np.sqrt(steps * steps + 2.0 * reach * reach * below))

    price = _price_2024(symbol)
    opens, highs, lows, closes = (_on_tick(price * np.exp(part)) for part in (open_, high, low, close))
    activity = hourly * (0.35 + np.abs(noise)) * np.exp(0.5 * size + 0.6 * heat)
    per_minute = _DAILY_QUOTE_VOLUME / _MINUTES / price
    volume = np.rint(per_minute * (volatility / _ORDINARY_VOLATILITY) * activity * 1e5) / 1e5
    volume = np.where(silent, 0.0, np.maximum(volume, 1e-5))
    open_ms = np.arange(first * DAY_MS, last * DAY_MS, MINUTE_MS, dtype=np.int64)
    highs, lows = np.maximum(highs, np.maximum(opens, closes)), np.minimum(lows, np.minimum(opens, closes))
    return Columns(open_ms, *(column.reshape(-1) for column in (opens, highs, lows, closes, volume)))


def _clustered(shock: Grid) -> Grid:
    """Return log volatility that remembers: half of a minute's excess is left half an hour later."""
    keep = 0.978
    heat = 0.45 * shock.T.copy()  # minutes by days: each step then works on contiguous memory
    heat[1:] *= np.sqrt(1.0 - keep * keep)
    for minute in range(1, _MINUTES):
        heat[minute] += keep * heat[minute - 1]
    return np.ascontiguousarray(heat.T)


def _rhythm() -> tuple[Grid, Grid]:
    """Return each minute's volatility and volume relative to the day's mean: busy at 15:00, asleep at 04:00 UTC."""
    hour = np.arange(_MINUTES) / 60.0
    volume = 1.0 + 0.45 * np.cos((hour - 15.5) * np.pi / 12.0) + 0.15 * np.cos((hour - 2.5) * np.pi / 6.0)
    volume /= volume.mean()
    volatility = np.sqrt(volume)
    return volatility / np.sqrt((volatility**2).mean()), volume


def _on_tick(price: Grid) -> Grid:
    """Round to cents, one division, never below the first."""
    return np.maximum(np.rint(price * 100.0), 1.0) / 100.0


def _price_2024(symbol: str) -> float:
    base = symbol.split("/")[0]
    if base in _PRICE_2024:
        return _PRICE_2024[base]
    return float(50 + int.from_bytes(hashlib.sha256(base.encode()).digest()[:4], "little") % 950)


def _refuse_span(from_ms: int, until_ms: int, start_ms: int, stop_ms: int) -> None:
    first_ms, last_ms = FIRST_DAY * DAY_MS, LAST_DAY * DAY_MS
    if start_ms >= stop_ms:
        raise ConfigError(
            f"simulated market: expected a span that begins before it ends, was {iso(from_ms)} to {iso(until_ms)}"
        )
    if start_ms < first_ms or stop_ms > last_ms:
        raise ConfigError(
            f"simulated market: expected a span within {iso(first_ms)} to {iso(last_ms)}, "
            f"was {iso(from_ms)} to {iso(until_ms)}"
        )
