"""Indicators: golden values, causality (rule T2), agreement with pandas and `ta`, undefined inputs."""

import json
import math
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import indicators
from engine.errors import ConfigError
from engine.indicators import (
    atr,
    bollinger,
    crossed_above,
    crossed_below,
    ema,
    fibonacci,
    highest,
    lowest,
    roc,
    rsi,
    sma,
    true_range,
)

GOLDEN = json.loads((Path(__file__).parent / "golden" / "indicators.json").read_text(encoding="utf-8"))
CASES = {case["name"]: case for case in GOLDEN["cases"]}
PRICES = 100.0 + np.cumsum(np.random.default_rng(7).standard_normal((400, 3)), axis=0)
NAN = math.nan

# Each takes prices and a window; the same list serves causality, markets side by side and late beginnings.
EVERY: dict[str, Callable[[Any, int], np.ndarray]] = {
    "sma": sma,
    "ema": ema,
    "rsi": rsi,
    "roc": roc,
    "highest": highest,
    "lowest": lowest,
    "bollinger lower": lambda x, n: bollinger(x, n).lower,
    "bollinger upper": lambda x, n: bollinger(x, n, 1.5).upper,
    "true range": lambda x, _: true_range(x + 1.0, x - 0.5, x),
    "atr": lambda x, n: atr(x + 1.0, x - 0.5, x, n),
    "crossed above": lambda x, n: crossed_above(x, sma(x, n)),
    "crossed below": lambda x, n: crossed_below(x, sma(x, n)),
    "average of an rsi": lambda x, n: sma(rsi(x, n), n),
    "ema of a roc": lambda x, n: ema(roc(x, n), n),
}
every = pytest.mark.parametrize("name", EVERY)


def agrees(got: Any, want: Any, tol: float = GOLDEN["tol"]) -> bool:
    return bool(np.allclose(got, want, rtol=tol, atol=1e-12, equal_nan=True))


def test_the_rsi_equals_the_golden_values_and_the_published_figures() -> None:
    case = CASES["rsi14_wilder"]
    got = rsi(case["inputs"], 14)
    assert np.isnan(got[:14]).all()
    assert agrees(got[14:], case["expected"])
    assert [round(value, 2) for value in got[14:16]] == case["published"]


def test_bollinger_bands_equal_the_golden_values() -> None:
    case = CASES["bollinger_5_2"]
    bands, want = bollinger(case["inputs"], 5, 2.0), case["expected"]
    assert agrees([band[-1] for band in bands], [want["lower"], want["mid"], want["upper"]])
    assert agrees((bands.upper[-1] - bands.mid[-1]) / 2.0, want["sd_population"])


def test_the_ema_equals_the_golden_values() -> None:
    assert agrees(ema(CASES["ema3_seed_first"]["inputs"], 3), CASES["ema3_seed_first"]["expected"])


def test_the_true_range_equals_the_golden_values_and_its_average_starts_with_a_mean() -> None:
    case = CASES["true_range"]
    high, low, close = np.array(case["inputs"], dtype=np.float64).T
    assert true_range(high, low, close).tolist() == case["expected"]
    assert agrees(atr(high, low, close, 3), [NAN, NAN, 7 / 3, (7 / 3 * 2 + 4) / 3])


def test_fibonacci_levels_equal_the_golden_values_and_a_down_swing_mirrors_them() -> None:
    case = CASES["fib_retracement_of_up_swing"]
    got = fibonacci(case["inputs"]["low"], case["inputs"]["high"])
    want = {float(ratio): price for ratio, price in case["expected"].items()}
    assert got.keys() == want.keys()
    assert all(agrees(got[ratio], want[ratio]) for ratio in want)
    assert fibonacci(60_000.0, 50_000.0, [0.5, 1.0]) == {0.5: 55_000.0, 1.0: 60_000.0}
    assert fibonacci(np.array([1.0, 2.0]), np.array([3.0, 6.0]))[0.5].tolist() == [2.0, 4.0]


@every
@settings(max_examples=25, deadline=None)
@given(
    values=st.lists(st.one_of(st.floats(-1e6, 1e6), st.just(NAN)), min_size=1, max_size=60),
    window=st.integers(1, 12),
    cut=st.integers(0, 60),
)
def test_t2_an_indicator_of_a_cut_history_is_a_prefix_of_that_of_the_whole(
    name: str, values: list[float], window: int, cut: int
) -> None:
    x = np.array(values)
    assert EVERY[name](x[:cut], window).tobytes() == EVERY[name](x, window)[:cut].tobytes()


@every
def test_markets_side_by_side_are_the_same_as_one_by_one(name: str) -> None:
    together = EVERY[name](PRICES, 9)
    assert together.shape == PRICES.shape
    for market in range(PRICES.shape[1]):
        assert together[:, market].tobytes() == EVERY[name](PRICES[:, market], 9).tobytes()


@every
def test_a_market_that_begins_late_has_the_same_values_later(name: str) -> None:
    x = PRICES[:, 0]
    late = EVERY[name](np.concatenate((np.full(30, NAN), x)), 9)
    assert not (late[:30] > 0).any()
    assert late[30:].tobytes() == EVERY[name](x, 9).tobytes()


@every
def test_a_hole_in_the_data_is_forgotten(name: str) -> None:
    holed = PRICES[:, 0].copy()
    holed[50] = NAN
    out = EVERY[name](holed, 9)
    assert not out[50] > 0
    assert np.isfinite(out[120:]).all()


@every
def test_data_shorter_than_the_window_is_no_error(name: str) -> None:
    assert EVERY[name](PRICES[:3, 0], 50).shape == (3,)
    assert EVERY[name](PRICES[:0, 0], 50).shape == (0,)


@pytest.mark.parametrize("begin", [1, 17, 250])
def test_a_window_never_depends_on_where_the_array_begins(begin: int) -> None:
    x = np.random.default_rng(3).uniform(1e-3, 1e5, 40_000)  # more than two blocks
    n = 30
    for of in (lambda v: sma(v, n), lambda v: highest(v, n), lambda v: bollinger(v, n).upper, lambda v: roc(v, n)):
        assert of(x[begin:])[n:].tobytes() == of(x)[begin + n :].tobytes()


def test_an_extreme_of_zeros_has_no_sign() -> None:
    for of in (highest, lowest):
        assert [math.copysign(1.0, of(x, 2)[1]) for x in ([0.0, -0.0], [-0.0, 0.0], [-0.0, -0.0])] == [1.0, 1.0, 1.0]


def test_the_simple_average_adds_each_window_oldest_first() -> None:
    x = [1e16, 1.0, -1e16, 3.0, 5.0]
    assert sma(x, 3)[2:].tolist() == [(1e16 + 1.0 - 1e16) / 3, (1.0 - 1e16 + 3.0) / 3, (-1e16 + 3.0 + 5.0) / 3]


@pytest.mark.parametrize("window", [1, 2, 5, 20, 399, 400])
def test_windows_agree_with_pandas(window: int) -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(PRICES)
    rolling = frame.rolling(window)
    assert agrees(sma(frame, window), rolling.mean())
    assert np.array_equal(highest(frame, window), rolling.max(), equal_nan=True)
    assert np.array_equal(lowest(frame, window), rolling.min(), equal_nan=True)
    assert agrees(roc(frame, window), frame.pct_change(window))
    assert agrees(ema(frame, window), frame.ewm(span=window, adjust=False).mean())
    assert agrees(bollinger(frame, window, 1.0).upper - sma(frame, window), rolling.std(ddof=0), 1e-6)


def test_bands_and_atr_and_ema_agree_with_ta_once_it_is_warm() -> None:
    pytest.importorskip("ta")
    import pandas as pd
    from ta.trend import ema_indicator
    from ta.volatility import average_true_range, bollinger_hband, bollinger_lband

    close = pd.Series(PRICES[:, 0])
    high, low = close + 1.0, close - 0.5
    assert agrees(bollinger(close, 20).upper, bollinger_hband(close, 20, 2))
    assert agrees(bollinger(close, 20).lower, bollinger_lband(close, 20, 2))
    assert agrees(ema(close, 20), ema_indicator(close, 20, fillna=True))
    assert agrees(atr(high, low, close, 14)[13:], average_true_range(high, low, close, 14)[13:])


def test_the_rsi_forgets_how_it_began_and_then_agrees_with_ta() -> None:
    pytest.importorskip("ta")
    import pandas as pd
    from ta.momentum import rsi as of_ta

    close = pd.Series(PRICES[:, 0])
    difference = np.abs(rsi(close, 5) - of_ta(close, 5).to_numpy())
    assert difference[5] > 1.0  # `ta` starts its averages at the first change, Wilder at the mean of the first five
    assert np.nanmax(difference[200:]) < 1e-9


@pytest.mark.parametrize(
    ("values", "want"),
    [
        ([1.0, 2.0, 3.0, 4.0], 100.0),
        ([4.0, 3.0, 2.0, 1.0], 0.0),
        ([5.0, 5.0, 5.0, 5.0], NAN),  # nothing moved: not defined, rather than 0, 50 or 100 as others have it
    ],
)
def test_the_rsi_at_its_ends(values: list[float], want: float) -> None:
    assert agrees(rsi(values, 3)[-1], want)


@pytest.mark.parametrize(
    ("first", "second", "above", "below"),
    [
        ([1, 3], [2, 2], [0, 1], [0, 0]),
        ([3, 1], [2, 2], [0, 0], [0, 1]),
        ([1, 2, 3], [2, 2, 2], [0, 0, 1], [0, 0, 0]),  # a touch crosses only when it is left
        ([3, 2, 3], [2, 2, 2], [0, 0, 1], [0, 0, 0]),
        ([1, NAN, 3], [2, 2, 2], [0, 0, 0], [0, 0, 0]),
        ([1, 3, 1], 2, [0, 1, 0], [0, 0, 1]),
        (2, [1, 3, 1], [0, 0, 1], [0, 1, 0]),
    ],
)
def test_crossings(first: Any, second: Any, above: list[int], below: list[int]) -> None:
    assert crossed_above(first, second).tolist() == [bool(x) for x in above]
    assert crossed_below(first, second).tolist() == [bool(x) for x in below]


def test_a_rate_of_change_from_zero_is_not_defined() -> None:
    assert agrees(roc([0.0, 2.0, 3.0], 1), [NAN, NAN, 0.5])


@pytest.mark.parametrize("window", [0, -3, 2.5, True, None, "9"])
@pytest.mark.parametrize("name", ["sma", "ema", "rsi", "atr", "bollinger upper", "highest", "roc"])
def test_a_window_that_is_no_number_of_candles_is_an_error(name: str, window: Any) -> None:
    with pytest.raises(ConfigError, match="window: expected a whole number of candles, 1 or more, was"):
        EVERY[name](PRICES[:, 0], window)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: sma(np.zeros((2, 2, 2)), 2), "was 3 dimensions"),
        (lambda: sma(5.0, 2), "was 0 dimensions"),
        (lambda: crossed_above([1.0, 2.0], [1.0]), "arrays of one shape or an array and a number"),
        (lambda: crossed_above(1.0, 2.0), "arrays of one shape or an array and a number"),
        (lambda: true_range([1.0, 2.0], [1.0], [1.0]), "expected one shape"),
        (lambda: bollinger([1.0, 2.0], 2, 0.0), "deviations: expected a number above 0"),
    ],
)
def test_shapes_that_do_not_fit_are_an_error(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        call()


def test_the_inputs_are_left_as_they_were() -> None:
    x = PRICES[:, 0].copy()
    x.setflags(write=False)
    for of in EVERY.values():
        of(x, 5)


def test_an_indicator_of_one_candle_is_its_value() -> None:
    assert ema([7.0], 5).tolist() == sma([7.0], 1).tolist() == highest([7.0], 1).tolist() == [7.0]


def test_importing_the_indicators_does_not_import_pandas() -> None:
    code = "import sys, engine.indicators, engine.metrics, engine.trades; sys.exit('pandas' in sys.modules)"
    root = Path(indicators.__file__).parents[1]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0
