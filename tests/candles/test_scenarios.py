"""Each scenario shows what its name says, whatever the seed: judged by the days' closing levels."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.candles.scenarios import ANCHOR_DAY, FIRST_DAY, LAST_DAY, SCENARIOS, skeleton, stream
from engine.errors import ConfigError

SEEDS = range(40)
YEAR = slice(ANCHOR_DAY - FIRST_DAY, ANCHOR_DAY - FIRST_DAY + 367)


def prices(scenario: str, seed: int, symbol: str = "BTC/USDT") -> NDArray[np.float64]:
    """Return the day boundaries of 2024 as prices that begin at 1."""
    level = skeleton(symbol, scenario, seed).level[YEAR]
    return np.exp(level - level[0])


def steepest(day: NDArray[np.float64], days: int) -> tuple[float, float]:
    """Return the deepest fall and the highest rise within so many days, as fractions."""
    moves = [day[ahead:] / day[:-ahead] - 1.0 for ahead in range(1, days + 1)]
    return min(float(move.min()) for move in moves), max(float(move.max()) for move in moves)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_bull_ends_well_above_its_start(seed: int) -> None:
    assert prices("bull", seed)[-1] > 1.4


@pytest.mark.parametrize("seed", SEEDS)
def test_a_bear_ends_well_below_its_start(seed: int) -> None:
    assert prices("bear", seed)[-1] < 0.75


@pytest.mark.parametrize("seed", SEEDS)
def test_a_calm_range_stays_within_a_tenth(seed: int) -> None:
    assert np.abs(np.log(prices("calm_range", seed))).max() < 0.1


@pytest.mark.parametrize("seed", SEEDS)
def test_a_crash_falls_by_a_third_within_days_and_wins_back_more_than_half_within_weeks(seed: int) -> None:
    day = prices("crash_and_rebound", seed)
    assert steepest(day, 4)[0] < -0.3
    bottom = int(np.argmin(day[:60]))
    top = float(day[max(0, bottom - 6) : bottom].max())
    assert top / day[bottom] - 1.0 > 0.4
    assert day[bottom : bottom + 25].max() > (top + day[bottom]) / 2


@pytest.mark.parametrize("seed", SEEDS)
def test_a_short_squeeze_rises_by_more_than_three_fifths_within_days(seed: int) -> None:
    assert steepest(prices("short_squeeze", seed), 5)[1] > 0.6


@pytest.mark.parametrize("seed", SEEDS)
def test_a_mixed_year_holds_a_crash_a_squeeze_and_calm_weeks_and_stays_in_reach(seed: int) -> None:
    day = prices("mixed", seed)
    fall, rise = steepest(day, 5)
    assert fall < -0.25
    assert rise > 0.4
    monthly = np.lib.stride_tricks.sliding_window_view(np.diff(np.log(day)), 20).std(axis=1)
    assert monthly.min() < 0.015
    assert 0.1 < day.min() < day.max() < 10.0


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_levels_stay_finite_and_priced_above_the_tick_over_all_years(scenario: str) -> None:
    days = skeleton("BTC/USDT", scenario, 1)
    assert days.level.size == days.volatility.size + 1 == LAST_DAY - FIRST_DAY + 1
    assert 42_000 * np.exp(days.level.min()) > 10.0
    assert np.all((days.volatility > 0.001) & (days.volatility < 0.3))


def test_symbols_of_one_seed_move_together_but_not_alike() -> None:
    btc, eth = (np.diff(np.log(prices("mixed", 1, symbol))) for symbol in ("BTC/USDT", "ETH/USDT"))
    assert 0.5 < np.corrcoef(btc, eth)[0, 1] < 0.99


def test_every_name_has_a_stream_of_its_own() -> None:
    assert len({stream(1, *names).integers(2**62) for names in [(), ("a",), ("a", "b"), ("ab",), ("b", "a")]}) == 5


def test_an_unknown_scenario_offers_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r'scenario: unknown "beer"; did you mean "bear"\?'):
        skeleton("BTC/USDT", "beer", 1)
