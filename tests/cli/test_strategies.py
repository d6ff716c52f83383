from __future__ import annotations

from .running import Shell


def test_the_list_names_every_strategy_and_shows_broken_ones_with_their_reason(shell: Shell) -> None:
    shell.write("strategies/broken.py", "x = nothing\n")
    said = shell("strategies")
    assert said.code == 0
    flat = " ".join(said.out.split())
    assert "moving_average_short Sell short when the fast average" in flat
    assert "strategies/broken.py:1: NameError" in flat
    listed = {one["name"]: one for one in shell("strategies", "--json").json}
    assert listed["moving_average_short"]["parameters"] == 5
    assert listed["broken"]["problem"] == "strategies/broken.py:1: NameError: name 'nothing' is not defined"


def test_show_gives_parameters_with_ranges_and_help(shell: Shell) -> None:
    page = shell("strategies", "show", "momentum_rotation").out
    flat = " ".join(page.split())
    assert "hold 2 a whole number from 1 to 50 markets held at once" in flat
    assert "Decides once a timestamp over all markets; steps: on_timestamp." in flat
    told = shell("strategies", "show", "momentum_rotation", "--json").json
    assert told["parameters"][-1]["default"] == "weekly mon 00:00"
    assert told["state"] == [{"name": "buying", "default": False, "length": 1}]


def test_an_unknown_strategy_is_answered_with_the_nearest(shell: Shell) -> None:
    said = shell("strategies", "show", "momentum_rotaton")
    assert (said.code, said.out) == (2, "")
    assert 'did you mean "momentum_rotation"?' in said.err
