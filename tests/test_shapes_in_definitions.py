"""`shape = "NAME"` in a definition's [market]: what it fills in, what stands over it, what is said of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from engine.definition import as_toml, inputs_of, read_definition
from engine.definition.inputs import RunInputs
from engine.errors import ConfigError
from engine.markets import read_shape
from engine.settings import Settings

HEAD = """
strategy = "moving_average_short"
[candles]
market = "simulated:{symbol}"
timeframe = "1h"
from = "2024-01-01"
to = "2024-01-03"
[market]
"""


def made(folder: Path, market: str, symbol: str = "BTC/USDT") -> RunInputs:
    file = folder / "shaped.toml"
    file.write_text(HEAD.format(symbol=symbol) + market, "utf-8")
    return inputs_of(read_definition(file, Settings()), "data")


def test_a_shape_fills_in_the_market_and_the_run_says_which_and_of_when(tmp_path: Path) -> None:
    inputs = made(tmp_path, 'shape = "binance-usdm-btc"')
    market, shaped = inputs.markets[0], read_shape("binance-usdm-btc")
    assert (market.kind, market.tick, market.lot, market.tiers) == ("linear", 0.1, 0.001, shaped.tiers)
    assert (market.symbol, market.venue) == ("BTC/USDT", "simulated")  # those of the candles
    assert inputs.notes == [
        "BTC/USDT: filled in by the shape binance-usdm-btc of 2025-01, "
        "an example, not the venue's word: compare it with the venue before trusting it"
    ]


def test_what_is_written_stands_over_the_shape(tmp_path: Path) -> None:
    market = made(tmp_path, 'shape = "binance-usdm-btc"\ntaker_fee_rate = 0.001\nleverage = 5\ntick = 0.5').markets[0]
    assert (market.taker_fee_rate, market.maker_fee_rate, market.leverage, market.tick) == (0.001, 0.0002, 5.0, 0.5)


def test_a_volume_chooses_the_shapes_fees(tmp_path: Path) -> None:
    market = made(tmp_path, 'shape = "binance-spot-btc"\nvolume_30d = 6_000_000').markets[0]
    assert (market.maker_fee_rate, market.taker_fee_rate) == (0.0008, 0.001)


def test_another_coin_does_not_inherit_the_shapes_tick_lot_and_minimums(tmp_path: Path) -> None:
    inputs = made(tmp_path, 'shape = "binance-usdm-btc"', "SOL/USDT")
    market = inputs.markets[0]
    assert (market.lot, market.min_quantity, market.min_notional, market.taker_fee_rate) == (0.00001, 0.0, 0.0, 0.0005)
    assert inputs.notes[0].endswith("its tick, lot and minimums are those of BTC/USDT:USDT and were left out")
    assert len(inputs.notes) == 3


def test_a_shape_of_ones_own_is_named_by_its_path(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(
        'title = "Mine"\ndated = "2026-02"\n[market]\nsymbol = "BTC/USDT"\ntick = 0.25\nlot = 0.5\n', "utf-8"
    )
    inputs = made(tmp_path, f'shape = "{file}"')
    assert (inputs.markets[0].tick, inputs.markets[0].lot) == (0.25, 0.5)
    assert "the shape mine of 2026-02" in inputs.notes[0]


@pytest.mark.parametrize(
    "market",
    [
        'shape = "binance-usdm-btc"\nmargin_mode = "isolated"\nleverage = 3',
        'shape = "binance-margin-btc"',
        'shape = "binance-coinm-btc"',
        'shape = "binance-quarter-btc"',
        'kind = "linear"\nmaintenance = [[0, 0.01, 50], [1000, 0.02]]\nmaintenance_fee = true\nhedge_mode = true',
        'kind = "future"\nexpiry = 2024-06-28T08:00:00Z',
    ],
)
def test_a_market_written_out_in_full_reads_back_the_same(tmp_path: Path, market: str) -> None:
    inputs = made(tmp_path, market)
    copy = tmp_path / "copy.toml"
    copy.write_text(as_toml(read_definition(tmp_path / "shaped.toml", Settings()), inputs), "utf-8")
    again = inputs_of(read_definition(copy, Settings()), "data")
    assert again.markets == inputs.markets
    assert again.notes == []


@pytest.mark.parametrize(
    ("market", "sentence"),
    [
        (
            'shape = "binance-usdm-bct"',
            '[market]: shape: there is none called "binance-usdm-bct"; did you mean "binance-usdm-btc"?',
        ),
        ("shape = 3", "[market]: shape: expected a text in quotes, was 3"),
        (
            'shape = "binance-usdm-btc"\nkind = "spot"',
            'kind: expected "linear" as the shape binance-usdm-btc has it, was "spot"',
        ),
        ("volume_30d = 5", "[market]: volume_30d: chooses among the fee tiers of a shape; write shape = … too"),
        ('shape = "okx-swap-btc"\nvolume_30d = 5', "[market]: volume_30d: the shape okx-swap-btc has no fee tiers"),
        ('shape = "binance-usdm-btc"\nleverage = 500', "[market]: leverage: 500 is above the venue's 125"),
        ('kind = "future"\nexpiry = "soon"', "[market]: expiry: write a date such as 2025-03-28T08:00:00Z, was 'soon'"),
        ("maintenance = 0.01", "[market]: maintenance: expected steps such as [[0, 0.004, 125]"),
        ('hedge_mode = "yes"', "[market]: hedge_mode: expected true or false, was 'yes'"),
    ],
)
def test_what_cannot_be_is_one_sentence_that_names_the_key(tmp_path: Path, market: str, sentence: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(sentence)) as caught:
        made(tmp_path, market)
    assert str(caught.value).startswith(str(tmp_path / "shaped.toml"))
