"""A value of the wrong kind: one sentence for every field of rules and markets, from Python and from a definition."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from engine import AccountRules, ConfigError, EngineError, Market, RiskRules
from engine.definition import inputs_of, read_definition
from engine.settings import Settings

HUGE = 10**400  # whole, and too large for a float
# What no field of any kind takes; as Python has it, and as TOML writes it where it can.
NEVER: list[tuple[Any, str]] = [
    (float("nan"), "nan"),
    (float("inf"), "inf"),
    (-1, "-1"),
    (HUGE, str(HUGE)),
    (["a"], '["a"]'),
    ([[5, "a"]], '[[5, "a"]]'),
    ([[]], "[[]]"),
    ({"BTC/USDT": [1]}, '{ "BTC/USDT" = [1] }'),
    (b"x", ""),
    (object(), ""),
]
OTHERS: list[tuple[str, Any]] = [
    *((name, 5) for name in ("classes", "class_limits", "correlated", "profile", "take_profit_ladder", "maintenance")),
    *((name, 5) for name in ("daily_loss_action", "venue", "symbol", "half_spread_file", "maintenance_fee", "kind")),
    *((name, "x") for name in ("class_limits", "classes", "correlated", "take_profit_ladder", "maintenance")),
    *((name, True) for name in ("stop_loss", "max_gross", "orders_per_minute", "time_stop", "leverage", "tick")),
    ("correlated", ["BTC/USDT", "ETH/USDT"]),
    ("classes", {"BTC/USDT": 5}),
    ("classes", {5: "a"}),
    ("class_limits", {"a": "x"}),
    ("class_limits", {"a": True}),
    ("time_stop", "infd"),
    ("time_stop", "1e300d"),
    ("stale_after", "nand"),
    ("cooldown_losses", 1.5),
    ("maintenance", [5]),
    ("maintenance", [[0.0, "0.01"]]),
]
NEGATIVE = ("kelly_mean", "kelly_rate", "maker_fee_rate", "taker_fee_rate", "funding_rate")  # may be below 0
OWNERS: dict[str, Any] = {"risk": RiskRules, "account": AccountRules, "market": Market}
DEFINITION = """
strategy = "moving_average_short"
[candles]
market = "simulated:BTC/USDT"
timeframe = "1h"
from = "2024-01-01"
to = "2024-01-03"
"""


def made(owner: str, name: str, value: Any) -> None:
    plain = {"symbol": "BTC/USDT", "tick": 0.01, "lot": 0.001} if owner == "market" else {}
    OWNERS[owner](**{**plain, name: value})


def owner_of(name: str) -> str:
    return next(owner for owner, kind in OWNERS.items() if name in [one.name for one in fields(kind)])


@pytest.mark.parametrize(
    ("owner", "name"), [(owner, one.name) for owner, kind in OWNERS.items() for one in fields(kind)]
)
def test_no_field_takes_what_is_of_no_kind(owner: str, name: str) -> None:
    for value, _ in NEVER:
        if value == -1 and name in NEGATIVE:
            continue
        with pytest.raises(ConfigError) as caught:
            made(owner, name, value)
        assert str(caught.value).startswith(f"{owner}"), value
        assert name in str(caught.value), value


@pytest.mark.parametrize(("name", "value"), OTHERS)
def test_a_value_of_another_kind_is_one_sentence_that_names_the_field(name: str, value: Any) -> None:
    with pytest.raises(ConfigError, match=rf"{name}: expected|{name} expected|symbol: expected|{name}: a: expected"):
        made(owner_of(name), name, value)


def test_a_flat_list_of_symbols_is_not_read_letter_by_letter() -> None:
    with pytest.raises(ConfigError) as caught:
        AccountRules(correlated=["BTC/USDT", "ETH/USDT"], correlated_limit=0.5)  # type: ignore[arg-type]
    assert str(caught.value) == (
        "account: correlated: expected a list of lists of symbols, "
        "such as [[\"BTC/USDT\", \"ETH/USDT\"]], was ['BTC/USDT', 'ETH/USDT']"
    )


@pytest.mark.parametrize(
    ("owner", "name"), [(owner, one.name) for owner, kind in OWNERS.items() for one in fields(kind)]
)
def test_a_definition_with_such_a_value_names_its_file_and_the_key(tmp_path: Path, owner: str, name: str) -> None:
    path = tmp_path / "one.toml"
    for value, written in NEVER:
        if not written or (value == -1 and name in NEGATIVE):
            continue
        path.write_text(f"{DEFINITION}[{owner}]\n{name} = {written}\n")
        with pytest.raises(EngineError) as caught:
            inputs_of(read_definition(path, Settings()), "nowhere")
        assert str(caught.value).startswith(f"{path}: [{owner}]"), written
        assert name in str(caught.value), written
