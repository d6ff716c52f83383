from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.candles import Candles, holes
from engine.candles.scenarios import SCENARIOS
from engine.candles.simulate import FROM_MS, simulate
from engine.candles.timeframes import DAY_MS, MINUTE_MS, TIMEFRAMES, parse_time
from engine.errors import ConfigError

from .making import same

MONTH_MS = FROM_MS + 30 * DAY_MS


@pytest.fixture(scope="module")
def month() -> Candles:
    return simulate(until_ms=MONTH_MS)


def test_a_year_of_minutes_is_valid_without_holes_and_says_that_it_is_simulated() -> None:
    year = simulate()
    assert (len(year), holes(year).missing) == (366 * 1440, 0)
    assert year.simulated
    assert year.market == "simulated:BTC/USDT"
    assert year.source == "simulated market, scenario mixed, seed 1"


def test_the_same_seed_is_the_same_market_and_any_other_input_is_another(month: Candles) -> None:
    assert same(simulate(until_ms=MONTH_MS), month)
    others = [
        simulate(until_ms=MONTH_MS, seed=2),
        simulate(until_ms=MONTH_MS, scenario="bull"),
        simulate("ETH/USDT", until_ms=MONTH_MS),
    ]
    assert len({other.close.tobytes() for other in (month, *others)}) == 4


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 30 * 1440 - 2), st.integers(1, 4 * 1440))
def test_a_span_holds_the_same_candles_as_any_longer_one(skipped: int, minutes: int) -> None:
    from_ms = FROM_MS + skipped * MINUTE_MS
    until_ms = from_ms + minutes * MINUTE_MS
    whole = simulate(from_ms=FROM_MS, until_ms=until_ms)
    assert same(simulate(from_ms=from_ms, until_ms=until_ms), whole.between(from_ms, until_ms))


@pytest.mark.parametrize("timeframe", TIMEFRAMES)
def test_every_timeframe_is_made_of_the_same_minutes(month: Candles, timeframe: str) -> None:
    from_ms, until_ms = FROM_MS + 7 * MINUTE_MS, MONTH_MS - 2 * DAY_MS  # a Monday, so whole weeks
    coarse = simulate(timeframe=timeframe, from_ms=from_ms, until_ms=until_ms)
    assert same(coarse, month.between(from_ms, until_ms).resample(timeframe))


def test_the_last_candle_opens_before_the_end_and_may_close_after_it() -> None:
    made = simulate(timeframe="4h", until_ms=FROM_MS + DAY_MS + 1)
    assert made.end_ms == FROM_MS + DAY_MS + TIMEFRAMES["4h"]


def test_each_candle_opens_where_the_one_before_closed_and_prices_are_cents(month: Candles) -> None:
    assert np.array_equal(month.open[1:], month.close[:-1])
    for column in month.columns[1:5]:
        assert np.array_equal(np.rint(column * 100.0) / 100.0, column)


def test_a_candle_without_volume_did_not_move_and_there_are_few_only_on_calm_nights() -> None:
    calm = simulate(scenario="calm_range", until_ms=MONTH_MS)
    silent = calm.volume == 0.0
    assert 0 < np.count_nonzero(silent) < 0.005 * len(calm)
    assert np.array_equal(calm.high[silent], calm.low[silent])
    assert np.all((calm.open_ms[silent] // 3_600_000) % 24 < 9)
    assert np.count_nonzero(simulate(scenario="bull", until_ms=FROM_MS + 5 * DAY_MS).volume == 0.0) < 5


def test_returns_cluster_have_fat_tails_and_draw_volume(month: Candles) -> None:
    returns = np.diff(np.log(month.close))
    size = np.abs(returns)
    kurtosis = ((returns - returns.mean()) ** 4).mean() / returns.var() ** 2
    assert kurtosis > 6.0  # a bell has 3
    assert np.corrcoef(size[1:], size[:-1])[0, 1] > 0.1
    assert np.corrcoef(size[60:], size[:-60])[0, 1] > 0.03  # an hour later still
    assert np.corrcoef(size, month.volume[1:])[0, 1] > 0.4
    by_hour = month.volume.reshape(-1, 24, 60).mean(axis=(0, 2))
    assert by_hour[13:18].mean() > 1.5 * by_hour[1:6].mean()


def test_wicks_reach_beyond_the_bodies_but_not_far(month: Candles) -> None:
    body, span = np.abs(month.close - month.open), month.high - month.low
    # Of a Brownian path's range, whose mean is twice that of its net move, and a little more by fat tails.
    assert 1.6 < span.mean() / body.mean() < 3.0


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_scenario_and_symbol_makes_valid_candles_at_both_ends_of_time(scenario: str) -> None:
    for day in ("2017-01-01", "2030-12-31"):
        from_ms = parse_time(day)
        made = simulate("DOGE/USDT", "1m", from_ms, from_ms + DAY_MS, scenario, seed=5)
        assert (len(made), float(made.low.min()) >= 0.01) == (1440, True)


def test_a_calm_range_stays_near_its_start_and_a_bear_falls_minute_by_minute_too() -> None:
    calm, bear = (simulate(timeframe="1d", scenario=scenario) for scenario in ("calm_range", "bear"))
    assert 0.9 < calm.low.min() / calm.open[0] < calm.high.max() / calm.open[0] < 1.1
    assert bear.close[-1] < 0.75 * bear.open[0]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"from_ms": MONTH_MS, "until_ms": FROM_MS}, "expected a span that begins before it ends"),
        ({"from_ms": 0}, "expected a span within 2017-01-01T00:00Z to 2031-01-01T00:00Z, was 1970-01-01T00:00Z"),
        ({"until_ms": 2 * FROM_MS}, "expected a span within"),
        ({"scenario": "bul"}, 'unknown "bul"; did you mean "bull"'),
        ({"timeframe": "2m"}, "timeframe: unknown"),
        ({"symbol": "BTC"}, "market: expected"),
    ],
)
def test_what_cannot_be_simulated_is_told(arguments: dict[str, int], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        simulate(**arguments)  # type: ignore[arg-type]
