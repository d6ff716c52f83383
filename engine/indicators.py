"""Indicators for strategy authors: whole arrays in, arrays of the same length out.

Owns their definitions (`reference/formulae.md` section 18). Must not know candles, markets or strategies.

What holds for all of them:
- Rule T2: a value at candle i depends on candles up to i only.
- The first axis is time; a second one, where there is one, is markets. Lists and pandas Series are taken too.
- A value that is not defined yet is NaN, and a crossing False. NaN in, NaN out: a window that holds one is not
  defined, a recursive average (ema, rsi, atr) steps over it and goes on. NaN at the beginning only shifts the warm-up.

All of them are computed here. The `ta` library agrees where the tests say so, but it imports pandas (0.4 s, which a
backtest shall not pay), takes one market at a time, sums in a rolling way (so that a result depends on where its
history begins), starts the RSI from the first change instead of a mean, and writes 0.0 into the ATR's warm-up.
"""

from collections.abc import Sequence
from operator import index
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.core.jit import compiled
from engine.errors import ConfigError

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

FIBONACCI = (0.0, 0.236, 0.382, 0.5, 0.618, 0.786, 1.0)  # the usual retracements, fractions of a swing
_BLOCK = 16_384  # sums that are added up together: 128 KiB, so that they and their input stay in the L2 cache


class Bands(NamedTuple):
    """Hold a lower band, a middle line and an upper band, in the unit of the input."""

    lower: Floats
    mid: Floats
    upper: Floats


def sma(values: ArrayLike, window: int) -> Floats:
    """Average the last `window` values.

    Every window is added up afresh, oldest first, so a result never depends on where the array begins.
    """
    x, n = _series(values), _window(window)
    out = np.full_like(x, np.nan)
    if n <= len(x):
        with np.errstate(all="ignore"):
            out[n - 1 :] = _sums(x, n) / n
    return out


def ema(values: ArrayLike, window: int) -> Floats:
    """Average exponentially with alpha = 2 / (window + 1), starting at the first value; it has no warm-up."""
    x = _series(values)
    out = np.empty_like(x)
    _exponential(_columns(x), 2.0 / (_window(window) + 1), _columns(out))
    return out


def rsi(values: ArrayLike, window: int = 14) -> Floats:
    """Compute Wilder's relative strength index, 0 to 100; NaN while no price has changed.

    The first averages are plain means of the first `window` changes, so `window` values are warm-up.
    """
    x = _series(values)
    out = np.empty_like(x)
    _strength(_columns(x), _window(window), _columns(out))
    return out


def bollinger(values: ArrayLike, window: int = 20, deviations: float = 2.0) -> Bands:
    """Put bands `deviations` **population** standard deviations below and above the simple average."""
    x, n = _series(values), _window(window)
    if not (np.isfinite(deviations) and deviations > 0):
        raise ConfigError(f"deviations: expected a number above 0, was {deviations}; bands are usually 2.0 wide")
    mid, deviation = sma(x, n), np.full_like(x, np.nan)
    with np.errstate(all="ignore"):
        if n <= len(x):
            deviation[n - 1 :] = np.sqrt(_sums(x, n, mid[n - 1 :]) / n)
        return Bands(mid - deviations * deviation, mid, mid + deviations * deviation)


def true_range(high: ArrayLike, low: ArrayLike, close: ArrayLike) -> Floats:
    """Take the greatest of high - low and the distances of both from the previous close; first, high - low."""
    h, lo, c = _series(high), _series(low), _series(close)
    if not h.shape == lo.shape == c.shape:
        raise ConfigError(f"high, low, close: expected one shape, was {h.shape}, {lo.shape}, {c.shape}; cut them alike")
    with np.errstate(all="ignore"):
        out = h - lo
        if len(out) > 1:
            reach = np.fmax(h[1:], c[:-1]) - np.fmin(lo[1:], c[:-1])  # fmax and fmin pass over an undefined close
            out[1:] = np.where(np.isnan(out[1:]), np.nan, reach)
    return out


def atr(high: ArrayLike, low: ArrayLike, close: ArrayLike, window: int = 14) -> Floats:
    """Average the true range as Wilder does: mean of the first `window`, then (old · (window - 1) + new) / window."""
    ranges = true_range(high, low, close)
    out = np.empty_like(ranges)
    _wilder(_columns(ranges), _window(window), _columns(out))
    return out


def highest(values: ArrayLike, window: int) -> Floats:
    """Find the greatest of the last `window` values."""
    return _extreme(np.maximum, values, window)


def lowest(values: ArrayLike, window: int) -> Floats:
    """Find the least of the last `window` values."""
    return _extreme(np.minimum, values, window)


def roc(values: ArrayLike, window: int) -> Floats:
    """Compute the rate of change over `window` candles, a fraction (0.01 = 1 %); NaN where it began at zero."""
    x, n = _series(values), _window(window)
    out = np.full_like(x, np.nan)
    if n < len(x):
        before = x[:-n]
        with np.errstate(all="ignore"):
            out[n:] = np.where(before == 0.0, np.nan, x[n:] / before - 1.0)
    return out


def crossed_above(first: ArrayLike, second: ArrayLike) -> Bools:
    """Mark the candles at which `first` rises above `second`: not above one candle before, above now.

    Either may be a plain number. A touch is not yet a crossing.
    """
    a, b = _pair(first, second)
    out = np.zeros(a.shape, dtype=np.bool_)
    out[1:] = (a[:-1] <= b[:-1]) & (a[1:] > b[1:])
    return out


def crossed_below(first: ArrayLike, second: ArrayLike) -> Bools:
    """Mark the candles at which `first` falls below `second`: not below one candle before, below now."""
    return crossed_above(second, first)


def fibonacci(start: ArrayLike, end: ArrayLike, ratios: Sequence[float] = FIBONACCI) -> dict[float, Floats]:
    """Find the retracement prices of a swing by ratio: 0.0 is its end, 1.0 its start; numbers or arrays.

    An up-swing runs from low to high, a down-swing from high to low. A swing is known only once it is confirmed: pass
    extremes as they were known at each candle (`lowest`, `highest`), never the turning points that hindsight finds.
    """
    a, b = np.asarray(start, dtype=np.float64), np.asarray(end, dtype=np.float64)
    return {ratio: b - ratio * (b - a) for ratio in ratios}


def _series(values: ArrayLike) -> Floats:
    x = np.asarray(values, dtype=np.float64)
    if x.ndim not in (1, 2):
        raise ConfigError(
            f"values: expected one column a market, was {x.ndim} dimensions; pass candles.close or the like"
        )
    return np.ascontiguousarray(x)


def _window(window: int) -> int:
    try:
        n = 0 if isinstance(window, bool) else index(window)
    except TypeError:
        n = 0
    if n < 1:
        raise ConfigError(f"window: expected a whole number of candles, 1 or more, was {window!r}")
    return n


def _pair(first: ArrayLike, second: ArrayLike) -> tuple[Floats, Floats]:
    a, b = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if (a.ndim and b.ndim and a.shape != b.shape) or not (a.ndim or b.ndim):
        raise ConfigError(
            f"crossing: expected two arrays of one shape or an array and a number, was {a.shape}, {b.shape}"
        )
    a, b = np.broadcast_arrays(a, b)
    return a, b


def _columns(x: Floats) -> Floats:
    return x if x.ndim == 2 else x.reshape(-1, 1)


def _sums(x: Floats, window: int, centre: Floats | None = None) -> Floats:
    """Add up each window, or its squared distances from its own centre; row i is the window that begins at i."""
    rows, stride = len(x) - window + 1, x[0].size
    flat, total = x.reshape(-1), np.zeros(rows * stride)
    for start in range(0, total.size, _BLOCK):
        block = total[start : start + _BLOCK]
        for begin in range(start, start + window * stride, stride):
            part = flat[begin : begin + block.size]
            block += part if centre is None else np.square(part - centre.reshape(-1)[start : start + _BLOCK])
    return total.reshape(rows, *x.shape[1:])


def _extreme(pick: np.ufunc, values: ArrayLike, window: int) -> Floats:
    x, n = _series(values), _window(window)
    out = np.full_like(x, np.nan)
    if n <= len(x):
        best, width = x, 1
        while width < n:  # two windows that overlap make a wider one
            step = min(width, n - width)
            best = pick(best[step:], best[:-step])
            width += step
        out[n - 1 :] = best + 0.0  # -0.0 and 0.0 are one number
    return out


@compiled
def _exponential(x: Floats, alpha: float, out: Floats) -> None:
    average = np.full(x.shape[1], np.nan)
    for i in range(x.shape[0]):
        for m in range(x.shape[1]):
            value = x[i, m]
            if np.isnan(value):
                out[i, m] = np.nan
                continue
            if np.isnan(average[m]):
                average[m] = value
            else:
                average[m] += alpha * (value - average[m])
            out[i, m] = average[m]


@compiled
def _wilder(x: Floats, window: int, out: Floats) -> None:
    for m in range(x.shape[1]):
        average, count = 0.0, 0
        for i in range(x.shape[0]):
            out[i, m] = np.nan
            value = x[i, m]
            if np.isnan(value):
                continue
            count += 1
            if count < window:
                average += value
            elif count == window:
                average = (average + value) / window
            else:
                average = (average * (window - 1) + value) / window
            if count >= window:
                out[i, m] = average


@compiled
def _strength(x: Floats, window: int, out: Floats) -> None:
    for m in range(x.shape[1]):
        before, up, down, count = np.nan, 0.0, 0.0, 0
        for i in range(x.shape[0]):
            out[i, m] = np.nan
            value = x[i, m]
            if np.isnan(value):
                continue
            change = value - before  # NaN at the first value
            before = value
            if np.isnan(change):
                continue
            gain, loss = max(change, 0.0), max(-change, 0.0)
            count += 1
            if count < window:
                up, down = up + gain, down + loss
            elif count == window:
                up, down = (up + gain) / window, (down + loss) / window
            else:
                up, down = (up * (window - 1) + gain) / window, (down * (window - 1) + loss) / window
            if count >= window and up + down > 0.0:
                out[i, m] = 100.0 * (up / (up + down))
