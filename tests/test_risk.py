"""Declarations of risk rules: what is refused and how, profiles, tables of definitions, what a result says of them."""

from __future__ import annotations

import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from engine import AccountRules, ConfigError, RiskRules
from engine.definition import as_toml, inputs_of, read_definition
from engine.limits import ACTIONS, AccountFields, RiskFields
from engine.risk import PROFILES, sentences
from engine.settings import Settings
from tests.core.scripted import order, play, scripted

FLAT = (100.0, 100.0, 100.0, 100.0)

WRONG: list[tuple[dict[str, Any], str]] = [
    ({"stop_loss": 0.0}, "risk: stop_loss: expected a fraction above 0 up to 1, was 0.0"),
    ({"stop_loss": 1.1}, "risk: stop_loss: expected a fraction above 0 up to 1, was 1.1"),
    ({"stop_loss": "2 %"}, "risk: stop_loss: expected a fraction above 0 up to 1, was '2 %'"),
    ({"stop_loss": 0.1, "stop_atr": 2.0},
     "risk: expected one of stop_loss, stop_price, stop_atr, were stop_loss and stop_atr"),
    ({"size_quote": 1.0, "size_risk": 0.1},
     "risk: expected one of size_quote, size_fraction, size_risk, size_volatility, size_kelly, "
     "were size_quote and size_risk"),
    ({"trailing_activation": 0.1}, "risk: trailing_activation belongs to trailing_distance; declare that too"),
    ({"break_even_after": 0.01, "break_even_offset": 0.01},
     "risk: break_even_offset: expected less than break_even_after 0.01, was 0.01"),
    ({"take_profit_ladder": ((0.1, 0.6), (0.2, 0.5))},
     "risk: take_profit_ladder: expected shares that sum to at most 1, was 1.1"),
    ({"take_profit_ladder": ((0.2, 0.5), (0.1, 0.5))},
     "risk: take_profit_ladder: expected profits that rise from step to step, were [0.2, 0.1]"),
    ({"take_profit_ladder": ()}, "risk: take_profit_ladder: expected up to 8 pairs of profit and share, was ()"),
    ({"time_stop": "soon"}, "risk: time_stop: expected a duration such as \"2d\" or whole milliseconds, was 'soon'"),
    ({"size_kelly": 0.5, "size_cap": 0.5},
     "risk: size_kelly: expected kelly_mean, kelly_rate, kelly_sigma or kelly_win_rate, kelly_payoff, were none"),
    ({"size_kelly": 0.5, "kelly_win_rate": 0.55, "kelly_payoff": 1.0},
     "risk: size_kelly: expected a size_cap beside it; the estimate of the mean is never sure"),
    ({"size_kelly": 0.5, "kelly_win_rate": 0.4, "kelly_payoff": 1.0, "size_cap": 1.0},
     "risk: size_kelly: the Kelly fraction is -0.2: there is no edge"),
    ({"kelly_mean": 0.1}, "risk: kelly_mean belongs to size_kelly; declare that share too"),
]  # fmt: skip
WRONG_ACCOUNT: list[tuple[dict[str, Any], str]] = [
    ({"profile": "balancd"},
     "account: profile: expected one of conservative, balanced, aggressive, was 'balancd'; did you mean \"balanced\"?"),
    ({"max_gross": -1.0}, "account: max_gross: expected a fraction above 0 up to 1000, was -1.0"),
    ({"daily_loss_action": "panic"},
     "account: daily_loss_action: expected one of reduce_only, halt, flatten, was 'panic'"),
    ({"cooldown": "1h"}, "account: expected cooldown_losses and cooldown together, was one of them"),
    ({"correlated": (("A/B", "C/B"),)}, "account: expected correlated and correlated_limit together, was one of them"),
    ({"classes": {"A/B": "high_rsk"}, "class_limits": {"high_risk": 0.1}},
     'account: classes: A/B is of class "high_rsk", which has no limit in class_limits; did you mean "high_risk"?'),
    ({"class_limits": {"high_risk": 0}}, "account: class_limits: high_risk: expected a positive number, was 0"),
    ({"orders_per_minute": 0}, "account: orders_per_minute: expected a whole number from 1 to 1000, was 0"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("owner", "given", "said"), [(RiskRules, *one) for one in WRONG] + [(AccountRules, *one) for one in WRONG_ACCOUNT]
)
def test_a_declaration_that_makes_no_sense_is_one_sentence(owner: Any, given: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        owner(**given)
    assert str(caught.value) == said


def test_a_class_or_group_of_a_market_that_is_not_traded_is_refused() -> None:
    rules = AccountRules(class_limits={"high_risk": 0.1}, classes={"BTC/USDC": "high_risk"})
    with pytest.raises(ConfigError, match='account: unknown market BTC/USDC; did you mean "BTC/USDT"'):
        play(scripted(order("buy", 0, quantity=1.0)), [FLAT], account_rules=rules)


def test_a_profile_is_plain_numbers_and_what_is_said_beside_it_wins() -> None:
    said = AccountRules(profile="conservative", max_drawdown=0.3, max_drawdown_action="halt").resolved()
    assert (said.max_weight, said.max_drawdown, said.max_drawdown_action) == (0.2, 0.3, "halt")
    assert all(profile["class_limits"] == {"high_risk": 0.1} for profile in PROFILES.values())
    names = {one.name for one in fields(AccountFields)}
    assert all(set(profile) <= names for profile in PROFILES.values())
    assert all(profile["max_drawdown_action"] in ACTIONS for profile in PROFILES.values())


def test_every_rule_has_words() -> None:
    for owner in (RiskFields, AccountFields):
        assert all(one.metadata["help"].endswith(".") and one.metadata["expected"] for one in fields(owner))
    words = sentences(RiskRules(take_profit_ladder=((0.02, 0.5), (0.04, 0.5)), time_stop="2d"))
    assert [row[:2] for row in words] == [("take_profit_ladder", "(0.02, 0.5), (0.04, 0.5)"), ("time_stop", "2d")]


DEFINITION = """
strategy = "moving_average_short"
[candles]
market = "simulated:BTC/USDT"
timeframe = "1h"
from = "2024-01-01"
to = "2024-02-01"
[market]
kind = "linear"
tick = 0.01
lot = 0.001
"""
TABLES = """
[risk]
take_profit_ladder = [[0.02, 0.5], [0.05, 0.5]]
time_stop = "2d"
size_risk = 0.01
[account]
profile = "balanced"
classes = { "BTC/USDT" = "high_risk" }
daily_loss_action = "halt"
"""


def defined(folder: Path, tables: str, settings: Settings | None = None) -> Any:
    path = folder / "one.toml"
    path.write_text(DEFINITION + tables)
    return read_definition(path, settings or Settings())


def test_a_definition_declares_rules_and_is_written_out_with_them(tmp_path: Path) -> None:
    definition = defined(tmp_path, TABLES)
    risk = RiskRules(take_profit_ladder=((0.02, 0.5), (0.05, 0.5)), time_stop="2d", size_risk=0.01)
    account = AccountRules(profile="balanced", classes={"BTC/USDT": "high_risk"}, daily_loss_action="halt")
    assert (definition.risk, definition.account_rules) == (risk, account)
    written = as_toml(definition, inputs_of(definition, str(tmp_path)))
    assert tomllib.loads(written)["risk"]["take_profit_ladder"] == [[0.02, 0.5], [0.05, 0.5]]
    again = tmp_path / "again.toml"
    again.write_text(written)
    other = read_definition(again, Settings())
    assert (other.risk, other.account_rules) == (risk, account)


def test_without_tables_there_are_no_rules(tmp_path: Path) -> None:
    definition = defined(tmp_path, "")
    assert (definition.risk, definition.account_rules) == (None, None)


def test_a_definition_wins_over_the_settings_key_by_key_and_kind_by_kind(tmp_path: Path) -> None:
    settings = Settings(
        risk=RiskFields(stop_loss=0.1, time_stop="1d", size_quote=5.0),
        account=AccountFields(max_gross=2.0, max_weight=0.5),
    )
    definition = defined(
        tmp_path, "[risk]\nstop_atr = 3.0\nsize_fraction = 0.5\n[account]\nmax_gross = 1.0\n", settings
    )
    assert definition.risk == RiskRules(stop_atr=3.0, time_stop="1d", size_fraction=0.5)
    assert definition.account_rules == AccountRules(max_gross=1.0, max_weight=0.5)


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        ("[risk]\nstop_los = 0.1", '[risk]: unknown key "stop_los"; did you mean "stop_loss"?'),
        ("[account]\nmax_gros = 0.1", '[account]: unknown key "max_gros"; did you mean "max_gross"?'),
        ("[risk]\nstop_loss = 2", "[risk]: stop_loss: expected a fraction above 0 up to 1, was 2"),
        ("[account]\ncooldown = 3", "[account]: expected cooldown_losses and cooldown together, was one of them"),
    ],
)
def test_a_wrong_table_names_file_and_key(tmp_path: Path, tables: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        defined(tmp_path, tables)
    assert str(caught.value) == f"{tmp_path / 'one.toml'}: {said}"


def test_a_result_says_first_that_a_kill_rule_tripped_and_its_summary_what_state_followed() -> None:
    rows = [FLAT, FLAT, (100, 100, 90, 90), (89,) * 4]
    rules = AccountRules(max_drawdown=0.05)
    result = play(scripted(order("buy", 0, quantity=50.0)), rows, account_rules=rules)
    assert result.warnings[0] == (
        "2024-01-01T00:03Z: kill rule: the drawdown is 5.00% of the peak, the limit is 5.00%; "
        "the account is halted from then on, and everything was closed"
    )
    (change,) = result.summary()["trading_state"]
    assert (change["time"], change["state"], change["rule"]) == ("2024-01-01T00:03Z", "halted", "max_drawdown")
    assert (change["action"], change["was"], change["limit"]) == ("flatten", pytest.approx(0.05), 0.05)
    assert result.summary()["account_rules"]["max_drawdown"] == 0.05
    assert result.event_counts()["kill rule: drawdown"] == 1
