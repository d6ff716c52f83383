from __future__ import annotations

from .running import SHORT, Shell


def test_a_profiles_limits_are_shown_with_their_help(shell: Shell) -> None:
    flat = " ".join(shell("risk", "show", "balanced").out.split())
    assert "max_drawdown 0.2 Largest drawdown, fraction of the highest equity." in flat
    told = shell("risk", "show", "balanced", "--json").json
    assert (told["profile"], told["class_limits"], told["cooldown"]) == ("balanced", {"high_risk": 0.1}, "12h")


def test_the_profiles_are_listed(shell: Shell) -> None:
    said = shell("risk")
    assert (said.code, said.err) == (0, "")
    assert "balanced      max_gross 1.5, daily_loss 0.05, max_drawdown 0.2\n" in said.out


def test_show_without_a_name_says_which_there_are(shell: Shell) -> None:
    said = shell("risk", "show")
    assert (said.code, said.out) == (2, "")
    assert said.err == "error: risk show: expected the name of a profile, one of conservative, balanced, aggressive\n"


def test_an_unknown_profile_is_answered_with_the_nearest(shell: Shell) -> None:
    said = shell("risk", "show", "balancd")
    assert (said.code, said.out) == (2, "")
    assert 'did you mean "balanced"?' in said.err


def test_a_backtest_runs_under_the_rules_of_its_definition(shell: Shell) -> None:
    tables = (
        "[risk]\nsize_fraction = 0.5\ntime_stop = '3h'\n[account]\nmax_drawdown = 0.01\nmax_drawdown_action = 'halt'\n"
    )
    shell.write("short.toml", SHORT + tables)
    told = shell("backtest", "short.toml", "--json", "--no-save")
    assert told.code == 0, told.err
    assert told.json["risk"] == {"time_stop": "3h", "size_fraction": 0.5}
    assert [one["state"] for one in told.json["trading_state"]] == ["halted"]
    assert "kill rule: the drawdown" in told.json["warnings"][0]
