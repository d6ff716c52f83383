"""Rules of settings.toml hold for every run of the folder: each example line, and markets that one run does not trade."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from engine import AccountRules, ConfigError
from engine.definition import Flags, as_toml, inputs_of, read_definition
from engine.settings import Settings, load_settings
from tests.core.scripted import order, play, scripted

ROOT = Path(__file__).parent.parent
SHIPPED = (ROOT / "settings.toml").read_text("utf-8")
EXAMPLES = re.findall(r"^# ([a-z_]+) = .+$", SHIPPED, re.MULTILINE)
BY_RETURNS = ["size_kelly", "size_cap", "kelly_mean", "kelly_rate", "kelly_sigma"]
BY_TRADES = ["size_kelly", "size_cap", "kelly_win_rate", "kelly_payoff"]
# A line that is refused alone, by the lines it belongs to.
TOGETHER = {
    "trailing_activation": ["trailing_distance"],
    "break_even_offset": ["break_even_after"],
    "classes": ["class_limits"],
    "correlated": ["correlated_limit"],
    "correlated_limit": ["correlated"],
    "cooldown": ["cooldown_losses"],
    "cooldown_losses": ["cooldown"],
    "size_kelly": BY_TRADES,
    **{name: BY_RETURNS for name in BY_RETURNS if name.startswith("kelly")},
    **{name: BY_TRADES for name in BY_TRADES if name.startswith("kelly")},
}
ELSEWHERE = '[account]\nclass_limits = { risky = 0.1 }\nclasses = { "DOGE/USDT" = "risky" }\n' + (
    'correlated = [["BTC/USDT", "SOL/USDT"], ["DOGE/USDT", "SOL/USDT"]]\ncorrelated_limit = 0.5\n'
)


def uncommented(names: list[str]) -> str:
    return re.sub(rf"^# ((?:{'|'.join(names)}) = .+)$", r"\1", SHIPPED, flags=re.MULTILINE)


def settings_of(folder: Path, text: str) -> Settings:
    (folder / "settings.toml").write_text(text, "utf-8")
    return load_settings(folder)


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_line_loads_and_the_shipped_definitions_with_it(tmp_path: Path, name: str) -> None:
    settings = settings_of(tmp_path, uncommented([name, *TOGETHER.get(name, [])]))
    assert settings != Settings()
    for path in sorted((ROOT / "backtests").glob("*.toml")):
        inputs_of(Flags(until="2024-01-03").over(read_definition(path, settings)), "data")


def test_a_rule_of_the_folder_leaves_out_markets_that_a_definition_does_not_trade(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, ELSEWHERE)
    definition = read_definition(ROOT / "backtests" / "moving_average_short.toml", settings)
    inputs = inputs_of(Flags(until="2024-01-03").over(definition), "data")
    assert inputs.account_rules is not None
    assert (inputs.account_rules.classes, inputs.account_rules.correlated) == ({}, (("BTC/USDT",),))
    again = tmp_path / "again.toml"
    again.write_text(as_toml(definition, inputs))
    assert inputs_of(read_definition(again, Settings()), "data").account_rules == inputs.account_rules


def test_a_definitions_own_rule_must_name_its_markets_and_says_where_it_does_not(tmp_path: Path) -> None:
    path = tmp_path / "one.toml"
    shipped = (ROOT / "backtests" / "moving_average_short.toml").read_text("utf-8")
    path.write_text(shipped + ELSEWHERE)
    with pytest.raises(ConfigError) as caught:
        inputs_of(Flags(until="2024-01-03").over(read_definition(path, Settings())), "data")
    assert str(caught.value) == f"{path}: [account]: unknown market DOGE/USDT; known: BTC/USDT"


def test_a_rule_that_makes_no_sense_names_the_settings_where_they_alone_said_it(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, '[account]\ncooldown = "1h"\n')
    with pytest.raises(ConfigError, match=r"^settings.toml: \[account\]: expected cooldown_losses and cooldown"):
        read_definition(ROOT / "backtests" / "grid.toml", settings)


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        (
            AccountRules(class_limits={"risky": 0.1}),
            ["account: class_limits hold no market back: no market is of a class; name theirs in classes"],
        ),
        (AccountRules(class_limits={"risky": 0.1}, classes={"BTC/USDT": "risky"}), []),
        (AccountRules(profile="balanced"), []),
        (
            AccountRules(stale_after="30s"),
            [
                "account: stale_after 30s is shorter than a candle of 1m: "
                "one candle that is missing lets no entry through"
            ],
        ),
        (AccountRules(stale_after="1m"), []),
    ],
)
def test_a_rule_that_says_less_or_more_than_it_seems_is_a_warning(rules: AccountRules, said: list[str]) -> None:
    result = play(scripted(order("buy", 0, quantity=0.01)), [(100.0,) * 4] * 3, account_rules=rules)
    assert [one for one in result.warnings if one.startswith("account: ")] == said
