"""What the daily equity series says: return, volatility, Sharpe, Sortino, drawdown, Calmar.

The traps that each line avoids stand in `reference/metrics.md` section 3.
"""

import math
from dataclasses import dataclass

import numpy as np

from engine.errors import ConfigError, DataError
from engine.metrics.sampling import DAY_MS, DAYS_A_YEAR, YEAR_MS, Floats, Integers

SHORTEST_MS = 30 * DAY_MS  # nothing is annualised below it but what is labelled so
ZERO = 1e-12  # a deviation of at most this, times max(1, abs(mean)), is rounding noise


@dataclass(frozen=True, slots=True)
class EquityMetrics:
    """Hold the metrics of an equity series; fractions, None where undefined."""

    total_return: float | None = None
    cagr: float | None = None
    volatility: float | None = None  # a year
    sharpe: float | None = None
    sortino: float | None = None
    max_drawdown: float | None = None  # <= 0
    max_drawdown_days: float | None = None  # the longest time from a peak until equity is there again
    max_drawdown_ongoing: bool | None = None  # that longest time has not ended
    calmar: float | None = None
    under_a_year: bool | None = None  # the annual figures come from less than a year: print the flag


def equity_metrics(
    point_ms: Integers,
    equity: Floats,
    rf: float = 0.0,
    *,
    target: float | None = None,
    transfers: Floats | None = None,
) -> EquityMetrics:
    """Measure a daily equity series, as `daily_points` makes it.

    `rf` and Sortino's `target` (default: rf) are fractions a year; `transfers` is quote per point, deposits minus
    withdrawals since the point before.
    """
    if len(equity) < 2:
        return EquityMetrics()
    if not np.isfinite(equity).all():
        where = int(np.flatnonzero(~np.isfinite(equity))[0])
        raise DataError(f"equity: expected finite numbers, was {equity[where]} at point {where}; check the candles")
    index = equity
    if transfers is not None and np.any(transfers):
        if (equity[:-1] <= 0.0).any():
            return EquityMetrics()
        index = np.append(1.0, np.cumprod((equity - transfers)[1:] / equity[:-1]))
    if index[0] <= 0.0:
        return EquityMetrics()
    total, drawdown = float(index[-1] / index[0]) - 1.0, deepest_drawdown(index)
    if (equity <= 0.0).any() or (index <= 0.0).any():
        return EquityMetrics(total_return=total, max_drawdown=drawdown)  # returns have lost their meaning

    elapsed_ms = int(point_ms[-1] - point_ms[0])
    growth = _growth_a_year(index, elapsed_ms)
    longest_ms, ongoing = _longest_drawdown(point_ms, index)
    volatility, sharpe, sortino = _ratios(index[1:] / index[:-1] - 1.0, rf, rf if target is None else target)
    return EquityMetrics(
        total_return=total,
        cagr=growth,
        volatility=volatility,
        sharpe=sharpe,
        sortino=sortino,
        max_drawdown=drawdown,
        max_drawdown_days=longest_ms / DAY_MS,
        max_drawdown_ongoing=ongoing,
        calmar=None if growth is None or drawdown == 0.0 else growth / -drawdown,
        under_a_year=elapsed_ms < YEAR_MS,
    )


def deepest_drawdown(equity: Floats, first: float | None = None) -> float:
    """Return the lowest fraction below the running peak, <= 0; `first`, where given, is the peak to begin with."""
    peak = np.maximum.accumulate(equity)
    if first is not None:
        np.maximum(peak, first, out=peak)
    return min(float((equity / peak).min()) - 1.0, 0.0)


def _growth_a_year(index: Floats, elapsed_ms: int) -> float | None:
    if elapsed_ms < SHORTEST_MS:
        return None
    try:
        growth = float(index[-1] / index[0]) ** (YEAR_MS / elapsed_ms) - 1.0
    except OverflowError:
        return None
    return growth if math.isfinite(growth) else None


def _ratios(returns: Floats, rf: float, target: float) -> tuple[float | None, float | None, float | None]:
    """Return volatility, Sharpe and Sortino of daily returns."""
    year = math.sqrt(DAYS_A_YEAR)
    volatility = sharpe = sortino = None
    if len(returns) >= 2:
        excess = returns - _a_day(rf)
        mean, deviation = float(excess.mean()), float(excess.std(ddof=1))
        steady = deviation <= ZERO * max(1.0, abs(mean))
        volatility = 0.0 if steady else deviation * year
        sharpe = None if steady else mean / deviation * year
        short = returns - _a_day(target)
        mean, downside = float(short.mean()), math.sqrt(float(np.square(np.minimum(short, 0.0)).mean()))
        sortino = None if downside <= ZERO * max(1.0, abs(mean)) else mean / downside * year
    return volatility, sharpe, sortino


def _a_day(rate: float) -> float:
    if not rate > -1.0:
        raise ConfigError(f"rf, target: expected a fraction a year above -1, was {rate}; 0.05 is 5 %")
    return float((1.0 + rate) ** (1.0 / DAYS_A_YEAR)) - 1.0


def _longest_drawdown(point_ms: Integers, index: Floats) -> tuple[int, bool]:
    """Return the longest time from the last moment at a peak to recovery or the end, and whether it is the end."""
    peaks = np.flatnonzero(index >= np.maximum.accumulate(index))
    spans = np.where(np.diff(peaks) > 1, np.diff(point_ms[peaks]), 0)
    recovered, open_end = int(spans.max(initial=0)), int(point_ms[-1] - point_ms[peaks[-1]])
    return max(recovered, open_end), open_end > 0 and open_end >= recovered
