from __future__ import annotations

from pathlib import Path

import pytest

from engine.definition import Flags, as_toml, inputs_of, read_definition
from engine.errors import ConfigError
from engine.settings import RuleSettings, Settings

ROOT = Path(__file__).parent.parent
TWO = """
strategy = "momentum_rotation"
[candles]
market = ["simulated:BTC/USDT", "simulated:ETH/USDT"]
timeframe = "1h"
from = 2024-01-01
to = 2024-02-01T12:00:00Z
seed = 3
detail = "15m"
[market]
kind = "spot"
tick = 0.01
lot = 0.001
taker_fee_rate = 0.002
[markets."ETH/USDT"]
lot = 0.01
maker_fee_rate = 0
[parameters]
lookback = 24
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "two.toml"
    path.write_text(TWO)
    return path


def test_tables_of_one_market_stand_over_those_of_all(file: Path) -> None:
    inputs = inputs_of(read_definition(file, Settings()), "data")
    told = [(one.symbol, one.lot, one.taker_fee_rate, one.maker_fee_rate) for one in inputs.markets]
    assert told == [("BTC/USDT", 0.001, 0.002, 0.001), ("ETH/USDT", 0.01, 0.002, 0.0)]
    assert inputs.notes == []


def test_times_may_be_toml_dates_and_finer_candles_cover_the_same_span(file: Path) -> None:
    inputs = inputs_of(read_definition(file, Settings()), "data")
    assert [len(one) for one in inputs.candles] == [31 * 24 + 12] * 2
    assert inputs.detail is not None
    assert [len(one) for one in inputs.detail] == [4 * (31 * 24 + 12)] * 2
    assert inputs.candles[0].source.endswith("seed 3")


def test_what_is_written_out_in_full_reads_back_as_the_same_run(file: Path, tmp_path: Path) -> None:
    defined = Flags(parameters=("rebalance=monthly 1 00:00",), path="nearest").over(read_definition(file, Settings()))
    inputs = inputs_of(defined, "data")
    copy = tmp_path / "copy.toml"
    copy.write_text(as_toml(defined, inputs))
    again = inputs_of(read_definition(copy, Settings(cash=1.0, rules=RuleSettings(latency_ms=9))), "data")
    assert (again.markets, again.cash, again.rules) == (inputs.markets, inputs.cash, inputs.rules)
    assert again.strategy.values() == inputs.strategy.values()
    assert [one.content_hash() for one in again.candles] == [one.content_hash() for one in inputs.candles]


def test_another_symbol_does_not_inherit_tick_and_lot(file: Path) -> None:
    defined = Flags(markets=("simulated:SOL/USDT",)).over(read_definition(file, Settings()))
    inputs = inputs_of(defined, "data")
    assert [one.symbol for one in inputs.markets] == ["SOL/USDT"]
    assert inputs.markets[0].lot == 0.00001
    assert len(inputs.notes) == 2
    same = Flags(markets=("simulated:BTC/USDT",)).over(read_definition(file, Settings()))
    assert inputs_of(same, "data").notes == []


def test_the_settings_fill_in_cash_and_rules(file: Path) -> None:
    settings = Settings(cash=123.0, rules=RuleSettings(latency_ms=40))
    defined = read_definition(file, settings)
    assert (defined.cash, defined.rules.latency_ms) == (123.0, 40)


def test_a_seed_has_no_place_beside_real_candles(tmp_path: Path) -> None:
    path = tmp_path / "real.toml"
    path.write_text(TWO.replace('["simulated:BTC/USDT", "simulated:ETH/USDT"]', '"binance:BTC/USDT"'))
    with pytest.raises(ConfigError, match="seed belongs to the simulated market; remove it for binance:BTC/USDT"):
        read_definition(path, Settings())


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"1h"', "5", "[candles]: timeframe: expected a text in quotes, was 5"),
        ("seed = 3", 'seed = "a"', "[candles]: seed: expected a whole number, was 'a'"),
        ("tick = 0.01", "tick = true", "[market]: tick: expected a number such as 0.01"),
        ("tick = 0.01", "tick = -1", "[market]: tick: expected a positive number such as 0.01, was -1"),
        ("lot = 0.01", "lto = 0.01", '[markets."ETH/USDT"]: unknown key "lto"; did you mean "lot"?'),
        ("taker_fee_rate = 0.002", "taker_fee_rate = 2", "[market]: taker_fee_rate: expected a number -0.1 to 0.1"),
        ("[candles]", "[cnadles]", 'unknown key "cnadles"; did you mean "candles"?'),
        ("simulated:ETH/USDT", "simulated:BTC/USDT", "market: expected each once, found simulated:BTC/USDT twice"),
        ('["simulated:BTC/USDT", "simulated:ETH/USDT"]', "[]", "[candles]: market: expected VENUE:BASE/QUOTE"),
        ("lookback = 24", 'rebalance = "hourly"', '"hourly"'),
        ("[parameters]", "[market.x]", '[market]: unknown key "x"'),
        ("seed = 3", 'scenario = "bulll"', '[candles]: scenario: unknown "bulll"; did you mean "bull"?'),
    ],
)
def test_a_mistake_names_file_table_and_key(file: Path, old: str, new: str, said: str) -> None:
    file.write_text(TWO.replace(old, new))
    with pytest.raises(ConfigError) as caught:
        inputs_of(read_definition(file, Settings()), "data")
    assert str(caught.value).startswith(f"{file}: ")
    assert said in str(caught.value)


@pytest.mark.parametrize("path", sorted((ROOT / "backtests").glob("*.toml")), ids=lambda path: path.stem)
def test_every_shipped_definition_can_be_read(path: Path) -> None:
    defined = Flags(until="2024-02-01").over(read_definition(path, Settings()))
    assert inputs_of(defined, "data").notes == []
