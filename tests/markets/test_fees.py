from __future__ import annotations

import re
from typing import Any

import ccxt
import pytest

from engine.errors import ConfigError
from engine.markets import FeeSchedule, FeeTier

ROWS = [[0, 0.0002, 0.0005], [1_000_000, 0.0, 0.0004], [10_000_000, -0.00005, 0.0003]]


@pytest.mark.parametrize(
    ("volume", "maker", "taker"),
    [
        (0.0, 0.0002, 0.0005),
        (999_999.99, 0.0002, 0.0005),
        (1_000_000.0, 0.0, 0.0004),
        (10_000_000.0, -0.00005, 0.0003),  # a rebate
        (1e12, -0.00005, 0.0003),
    ],
)
def test_a_tier_holds_from_its_volume_on(volume: float, maker: float, taker: float) -> None:
    found = FeeSchedule.of_rows(ROWS).fees_at(volume)
    assert (found.maker, found.taker) == (maker, taker)


def test_ccxts_tiers_by_side_are_read_whole() -> None:
    schedule = FeeSchedule.of_ccxt(ccxt.kraken().fees["trading"])
    assert schedule.fees_at(0.0) == FeeTier(0.0, 0.0016, 0.0026)
    assert schedule.fees_at(300_000.0) == FeeTier(250_000.0, 0.001, 0.002)


def test_a_venue_without_tiers_has_one() -> None:
    schedule = FeeSchedule.of_ccxt(ccxt.binance().fees["trading"])
    assert schedule.tiers == (FeeTier(0.0, 0.001, 0.001),)


def test_sides_with_steps_of_their_own_are_merged() -> None:
    sides = {"tiers": {"maker": [[0, 0.002], [50, 0.001]], "taker": [[0, 0.003], [100, 0.0025]]}}
    assert FeeSchedule.of_ccxt(sides).tiers == (
        FeeTier(0.0, 0.002, 0.003),
        FeeTier(50.0, 0.001, 0.003),
        FeeTier(100.0, 0.001, 0.0025),
    )


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([], "fee_tiers: expected volumes that rise from 0, were []"),
        ([[5, 0.001, 0.001]], "fee_tiers: expected volumes that rise from 0, were [5.0]"),
        ([[0, 0.1, 0.1], [0, 0.1, 0.1]], "fee_tiers: expected volumes that rise from 0, were [0.0, 0.0]"),
        ([[0, 0.1]], "fee_tiers: expected rows of [volume, maker fee, taker fee], was [[0, 0.1]]"),
        (["abc"], "fee_tiers: expected rows of [volume, maker fee, taker fee], was ['abc']"),
        ([[0, 10, 0.1]], "fee_tiers: expected fees as fractions from -0.1 to 0.1 (0.001 is 0.1 %), were 10 and 0.1"),
    ],
)
def test_rows_that_leave_a_volume_without_a_fee_are_refused(rows: Any, sentence: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(sentence)):
        FeeSchedule.of_rows(rows)


def test_a_volume_is_not_negative() -> None:
    with pytest.raises(ConfigError, match=r"volume_30d: expected a volume, 0 or more, was -1\.0"):
        FeeSchedule.of_rows(ROWS).fees_at(-1.0)
