from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from engine.core.codes import PATHS
from engine.errors import ConfigError
from engine.settings import RuleSettings, Settings, described, load_settings

SHIPPED = Path(__file__).parent.parent / "settings.toml"


def test_every_setting_stands_in_the_shipped_file_with_its_help_and_default() -> None:
    text = SHIPPED.read_text("utf-8")
    given = tomllib.loads(text)
    for name, help_, default in described():
        assert f"# {help_}\n" in text, f"{name} is undocumented in settings.toml"
        *tables, key = name.split(".")
        table = given
        for one in tables:
            table = table[one]
        if default is None:
            assert f"# {key} = " in text
        else:
            assert table[key] == default


def test_the_shipped_file_says_what_no_file_says(tmp_path: Path) -> None:
    assert load_settings(SHIPPED.parent) == load_settings(tmp_path) == Settings()


def test_the_paths_named_are_those_of_the_core() -> None:
    (help_,) = [help_ for name, help_, _ in described() if name == "rules.path"]
    assert ", ".join(PATHS) in help_


def test_the_environment_wins_over_the_file_and_the_file_over_defaults(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "settings.toml").write_text('cash = 20_000\n[rules]\nlatency_ms = 50\npath = "nearest"\n')
    monkeypatch.setenv("TRADEWIND_RULES__LATENCY_MS", "250")
    monkeypatch.setenv("TRADEWIND_DATA_ROOT", "elsewhere")
    rules = RuleSettings(latency_ms=250, path="nearest")
    assert load_settings(tmp_path) == Settings(cash=20_000.0, data_root="elsewhere", rules=rules)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("csah = 1", 'unknown setting "csah"; did you mean "cash"?'),
        ('[rules]\npaht = "nearest"', '[rules] unknown setting "paht"; did you mean "path"?'),
        ('cash = "much"', "cash: expected a positive amount, was 'much'"),
        ("cash = -1", "cash: expected a positive amount, was -1"),
        ("cash = inf", "cash: expected a positive amount, was inf"),
        ("cash = {a = 1}", "cash: expected a positive amount, was {'a': 1}"),
        ("data_root = 3", "data_root: expected a folder's path, was 3"),
        ("rules = 3", "rules: expected a table [rules], was 3"),
        (
            '[rules]\npath = "advers"',
            "rules.path: expected one of adverse, favourable, nearest, low_first, high_first, was 'advers'; "
            'did you mean "adverse"?',
        ),
        ("[rules]\nparticipation = 2.0", "rules.participation: expected a fraction above 0 up to 1, was 2.0"),
        ("[rules]\nlatency_ms = 1.5", "rules.latency_ms: expected 0 or more whole milliseconds, was 1.5"),
        (
            '[rules]\ntouch_fills = "perhaps"',
            "rules.touch_fills: expected true, false or a chance from 0 to 1, was 'perhaps'",
        ),
        ("cash = ", "not valid TOML: invalid value (at line 1, the end)"),
        ("\ncash 3", "not valid TOML: expected '=' after a key in a key/value pair (at line 2, column 6)"),
    ],
)
def test_a_bad_setting_is_one_sentence_that_names_the_file(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_settings(tmp_path)
    assert str(caught.value) == f"{file}: {said}"


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("TRADEWIND_CASH", "much", "TRADEWIND_CASH: expected a positive amount, was 'much'"),
        ("TRADEWIND_CAHS", "1", 'TRADEWIND_CAHS: unknown setting in the environment; did you mean "TRADEWIND_CASH"?'),
    ],
)
def test_a_bad_variable_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, said: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(ConfigError) as caught:
        load_settings(tmp_path)
    assert str(caught.value) == said


def test_variables_that_are_no_settings_are_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRADEWIND_CACHE", "/somewhere")
    monkeypatch.setenv("TRADEWIND_BOUNDSCHECK", "1")
    assert load_settings(tmp_path) == Settings()
