"""Funding and mark prices that a run of a contract finds in the store by itself, is told to take, or to do without."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.candles import Candles, Funding, Store
from engine.candles.timeframes import parse_time
from engine.definition import as_toml, inputs_of, read_definition
from engine.definition.inputs import RunInputs
from engine.errors import EngineError
from engine.settings import Settings

from .candles.making import columns, of, times

MARKET = "binance:BTC/USDT:USDT"
HEAD = f"""
strategy = "moving_average_short"
[candles]
market = "{MARKET}"
timeframe = "1h"
[market]
tick = 0.01
lot = 0.001
"""
EIGHT_HOURS_MS = 8 * 3_600_000


@pytest.fixture
def root(tmp_path: Path) -> Path:
    Store(tmp_path / "data").write(of(columns(times(48)), market=MARKET))
    return tmp_path / "data"


def with_funding(root: Path, since: str = "2024-01-01") -> None:
    ms = parse_time(since) + EIGHT_HOURS_MS * np.arange(6, dtype=np.int64)
    Store(root).write_funding(MARKET, Funding(ms, np.full(6, 0.0001), np.full(6, np.nan), "a test"))


def marks(timeframe: str, count: int) -> Candles:
    return of(columns(times(count, timeframe), seed=2), timeframe, MARKET)


def made(root: Path, market: str, name: str = "stored") -> RunInputs:
    file = root.parent / f"{name}.toml"
    file.write_text(market if market.startswith("#") else HEAD + market, "utf-8")
    return inputs_of(read_definition(file, Settings()), str(root))


def test_a_perpetual_takes_what_the_store_has_and_says_so_and_can_be_run_again(root: Path) -> None:
    with_funding(root)
    Store(root, "mark").write(marks("1h", 48))
    inputs = made(root, 'kind = "linear"')
    assert len(inputs.series.funding["BTC/USDT:USDT"]) == 6
    assert len(inputs.series.mark["BTC/USDT:USDT"]) == 48
    assert inputs.notes == [
        'BTC/USDT:USDT: funding: 6 settlements of the store; write funding = "none", or funding_rate = …, for another',
        'BTC/USDT:USDT: mark prices: 48 candles of the store; write mark = "none" to do without',
    ]
    again = made(root, as_toml(read_definition(root.parent / "stored.toml", Settings()), inputs), "again")
    assert again.series.said == inputs.series.said == {"BTC/USDT:USDT": {"funding": "store", "mark": "store"}}
    assert again.notes == []


def test_a_run_without_them_stays_without_when_they_are_imported_later(root: Path) -> None:
    inputs = made(root, 'kind = "linear"')
    assert (inputs.series.funding, inputs.series.mark, inputs.notes) == ({}, {}, [])
    written = as_toml(read_definition(root.parent / "stored.toml", Settings()), inputs)
    with_funding(root)
    Store(root, "mark").write(marks("1h", 48))
    again = made(root, written, "again")
    assert (again.series.funding, again.series.mark, again.notes) == ({}, {}, [])


@pytest.mark.parametrize(
    ("market", "funding", "rate", "mark"),
    [
        ('kind = "linear"\nfunding_rate = 0.0002', False, 0.0002, True),
        ('kind = "linear"\nfunding = "none"\nmark = "none"', False, None, False),
        ('kind = "linear"\nfunding = "store"\nmark = "store"', True, None, True),
        ('shape = "binance-usdm-btc"', True, None, True),
        ('shape = "binance-usdm-btc"\nfunding = "none"', False, None, True),
        ('kind = "inverse"\ncontract_size = 100', True, None, True),
        ('kind = "spot"', False, None, False),
    ],
)
def test_what_is_written_wins_over_what_is_stored(
    root: Path, market: str, funding: bool, rate: float | None, mark: bool
) -> None:
    with_funding(root)
    Store(root, "mark").write(marks("1h", 48))
    inputs = made(root, market)
    assert bool(inputs.series.funding) is funding
    assert inputs.markets[0].funding_rate == rate
    assert bool(inputs.series.mark) is mark


def test_a_shapes_constant_rate_stays_where_the_store_has_nothing(root: Path) -> None:
    inputs = made(root, 'shape = "binance-usdm-btc"')
    assert inputs.markets[0].funding_rate is not None
    again = made(root, as_toml(read_definition(root.parent / "stored.toml", Settings()), inputs), "again")
    assert again.markets == inputs.markets


def test_finer_mark_prices_are_resampled_and_coarser_ones_are_left_out_with_a_word(root: Path) -> None:
    Store(root, "mark").write(marks("15m", 192))
    inputs = made(root, 'kind = "linear"')
    assert (len(inputs.series.mark["BTC/USDT:USDT"]), inputs.series.mark["BTC/USDT:USDT"].timeframe) == (48, "1h")
    other = root.parent / "other"
    Store(other).write(of(columns(times(48)), market=MARKET))
    Store(other, "mark").write(marks("8h", 6))
    inputs = made(other, 'kind = "linear"')
    assert inputs.series.mark == {}
    assert inputs.notes[0].startswith(
        f"BTC/USDT:USDT: mark prices of the store left out: {MARKET} is stored as 8h candles only, not 1h"
    )


@pytest.mark.parametrize(
    ("market", "said"),
    [
        ('funding = "store"', f"[market]: no funding of {MARKET} in the store; import it: tradewind data import FILE"),
        ('mark = "store"', f"[market]: no candles of {MARKET} in "),
    ],
)
def test_what_is_asked_of_the_store_and_is_not_there_is_one_sentence(root: Path, market: str, said: str) -> None:
    with pytest.raises(EngineError) as caught:
        made(root, f'kind = "linear"\n{market}')
    assert said in str(caught.value)


def test_funding_of_another_span_is_no_funding(root: Path) -> None:
    with_funding(root, "2023-06-01")
    assert made(root, 'kind = "linear"').series.funding == {}
    with pytest.raises(EngineError, match="the store holds 2023-06-01T00:00Z to 2023-06-02T16:00Z; import more"):
        made(root, 'kind = "linear"\nfunding = "store"')
