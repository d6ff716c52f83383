"""`funding` in a definition's [market]: a file's rates in place of a constant, and never both by one hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.definition import as_toml, inputs_of, read_definition
from engine.definition.inputs import RunInputs
from engine.errors import EngineError
from engine.settings import Settings

from .test_shapes_in_definitions import HEAD


def made(folder: Path, market: str) -> RunInputs:
    (folder / "rates.csv").write_text("timestamp,funding_rate\n2024-01-01,0.0001\n2024-01-02,0.0002\n")
    file = folder / "funded.toml"
    file.write_text(HEAD.format(symbol="BTC/USDT") + market.replace("FILE", str(folder / "rates.csv")))
    return inputs_of(read_definition(file, Settings()), "data")


def test_a_file_wins_over_a_shapes_constant_without_complaint_and_can_be_run_again(tmp_path: Path) -> None:
    inputs = made(tmp_path, 'shape = "binance-usdm-btc"\nfunding = "FILE"')
    assert inputs.markets[0].funding_rate is None
    assert len(inputs.series.funding["BTC/USDT"]) == 2
    copy = tmp_path / "copy.toml"
    copy.write_text(as_toml(read_definition(tmp_path / "funded.toml", Settings()), inputs))
    assert inputs_of(read_definition(copy, Settings()), "data").markets == inputs.markets


@pytest.mark.parametrize(
    ("shared", "own", "series"),
    [("funding_rate = 0.0003", 'funding = "FILE"', 1), ('funding = "FILE"', "funding_rate = 0.0003", 0)],
)
def test_a_markets_own_table_wins_over_that_of_all(tmp_path: Path, shared: str, own: str, series: int) -> None:
    inputs = made(tmp_path, f'kind = "linear"\n{shared}\n[markets."BTC/USDT"]\n{own}')
    assert len(inputs.series.funding) == series
    assert inputs.markets[0].funding_rate == (None if series else 0.0003)


@pytest.mark.parametrize(
    ("market", "said"),
    [
        (
            'kind = "linear"\nfunding = "FILE"\nfunding_rate = 0.0001',
            "funding: the file's rates stand in place of a constant funding_rate; remove one of the two",
        ),
        ('kind = "linear"\nfunding = ""', "funding: expected a file of funding rates, was ''"),
        ('kind = "linear"\nfunding = "no.csv"', "no.csv: there is no such file of funding rates"),
        (
            'kind = "future"',
            "expiry: expected the end of a dated future, in TOML a date such as 2025-03-28T08:00:00Z, "
            "in Python UTC milliseconds, was None",
        ),
        ("expiry = 20250328", "expiry: write a date such as 2025-03-28T08:00:00Z, was 20250328"),
        ("expiry = true", "expiry: write a date such as 2025-03-28T08:00:00Z, was True"),
        ('expiry = ""', "expiry: write a date such as 2025-03-28T08:00:00Z, was ''"),
    ],
)
def test_what_cannot_be_is_one_sentence(tmp_path: Path, market: str, said: str) -> None:
    with pytest.raises(EngineError) as caught:
        made(tmp_path, market)
    assert str(caught.value) == f"{tmp_path / 'funded.toml'}: [market]: {said}"
