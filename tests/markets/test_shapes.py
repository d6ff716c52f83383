from __future__ import annotations

import re
from pathlib import Path

import pytest

from engine.errors import ConfigError
from engine.market import Market
from engine.markets import read_shape, shape, shapes

NAMES = [one.name for one in shapes()]
FULL = """
title = "My venue"
dated = 2026-03-01
fee_tiers = [[0, 0.001, 0.002], [1_000, -0.0001, 0.001]]
[market]
symbol = "BTC/USDT:USDT-260327"
kind = "future"
expiry = 2026-03-27T08:00:00Z
tick = 0.1
lot = 0.001
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "mine.toml"
    path.write_text(text, "utf-8")
    return path


def test_shapes_of_every_kind_are_shipped() -> None:
    assert {one.market.kind for one in shapes()} == {"spot", "margin", "linear", "inverse", "future"}
    assert {"binance-spot-btc", "binance-usdm-btc", "binance-coinm-btc", "kraken-spot-btc"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_shape_is_dated_and_says_that_it_is_an_example(name: str) -> None:
    found = shape(name)
    assert re.fullmatch(r"\d{4}-\d{2}", found.dated)
    assert found.title
    assert isinstance(read_shape(name), Market)
    text = (Path(__file__).parents[2] / "engine" / "markets" / "shapes" / f"{name}.toml").read_text("utf-8")
    assert text.startswith("# An example, not the venue's word")


@pytest.mark.parametrize("name", [one.name for one in shapes() if one.market.is_contract])
def test_the_maintenance_of_a_shipped_contract_rises_and_its_leverage_falls(name: str) -> None:
    tiers = read_shape(name).tiers
    assert [tier.rate for tier in tiers] == sorted(tier.rate for tier in tiers)
    for tier in tiers:  # what must be kept is less than what must be put in
        assert tier.max_leverage is not None
        assert tier.rate < 1.0 / tier.max_leverage


def test_the_first_tiers_of_the_binance_shape_are_those_of_the_golden_case() -> None:
    assert [(tier.floor, tier.rate) for tier in read_shape("binance-usdm-btc").tiers[:4]] == [
        (0.0, 0.004), (50_000.0, 0.005), (250_000.0, 0.01), (1_000_000.0, 0.025),
    ]  # fmt: skip


def test_a_file_of_ones_own_is_read_with_its_date_its_expiry_and_its_fees(tmp_path: Path) -> None:
    found = shape(written(tmp_path, FULL))
    assert (found.name, found.title, found.dated) == ("mine", "My venue", "2026-03-01")
    assert found.market.expiry == 1774598400000
    assert (found.market.maker_fee_rate, found.market.taker_fee_rate) == (0.001, 0.002)
    rebate = found.at_volume(5_000.0)
    assert (rebate.maker_fee_rate, rebate.taker_fee_rate) == (-0.0001, 0.001)


def test_a_shape_without_fee_tiers_has_none_to_choose_from() -> None:
    with pytest.raises(ConfigError, match="volume_30d: the shape okx-swap-btc has no fee tiers"):
        shape("okx-swap-btc").at_volume(1.0)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("dated = 2026-03-01", "", "title, dated: expected texts"),
        ("title =", "titel =", 'unknown key "titel"; did you mean "title"?'),
        ("tick =", "tik =", '[market]: unknown key "tik"; did you mean "tick"?'),
        ("lot = 0.001", "", "[market]: lot is missing"),
        ("tick = 0.1", "tick = -1", "tick: expected a positive number such as 0.01, was -1"),
        (
            "expiry = 2026-03-27T08:00:00Z",
            'expiry = "soon"',
            "expiry: write a date such as 2026-03-27T08:00:00Z, was 'soon'",
        ),
        ("[[0, 0.001, 0.002],", "[[1, 0.001, 0.002],", "fee_tiers: expected volumes that rise from 0"),
        ('title = "My venue"', "title = ", "not valid TOML"),
        ("[market]", "[coins]", 'unknown key "coins"; known: dated, fee_tiers, market, title'),
        (
            FULL[FULL.index("[market]") :],
            "",
            "the table [market] is missing; it holds symbol, kind, tick, lot and the rest",
        ),
    ],
)
def test_a_broken_file_is_one_sentence_that_names_it(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    path = written(tmp_path, FULL.replace(old, new))
    with pytest.raises(ConfigError, match=re.escape(sentence)) as caught:
        shape(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("binance-usdm-bct", 'shape: there is none called "binance-usdm-bct"; did you mean "binance-usdm-btc"?'),
        ("nowhere/mine.toml", "shape: there is no file nowhere/mine.toml"),
    ],
)
def test_a_shape_that_is_not_there_is_answered_with_the_nearest(name: str, sentence: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(sentence)):
        shape(name)
