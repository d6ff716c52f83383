"""`tradewind plan` as a person reads it."""

from __future__ import annotations

import pytest

from tests.cli.running import Shell


@pytest.mark.parametrize("columns", ["60", "80", "200"])
@pytest.mark.parametrize("name", ["dca", "grid", "perpetual_grid"])
def test_no_number_of_a_plan_is_cut_however_narrow_the_terminal(
    shell: Shell, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, name: str, columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    said = shell("plan", request.config.rootpath / "backtests" / f"{name}.toml", "--to", "2024-01-10")
    assert said.code == 0
    assert "…" not in said.out
    assert {"dca": "43,841.67", "grid": "38,222.58", "perpetual_grid": "25,776.8"}[name] in said.out


def test_a_plan_that_forbids_the_start_says_so_with_its_exit_code(shell: Shell, request: pytest.FixtureRequest) -> None:
    grid = request.config.rootpath / "backtests" / "grid.toml"
    said = shell("plan", grid, "--to", "2024-01-10", "--param", "stop_loss_low=39000")
    assert said.code == 2
    assert "stop_inside_range: stop_loss_low: expected a price below the lowest line 38000, was 39000" in said.out
    assert "verdict: refused" in said.out
