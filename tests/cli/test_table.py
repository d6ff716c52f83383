"""The page of a result whose numbers are made up: what no short run shows."""

from __future__ import annotations

import io
from typing import Any

from rich.console import Console

from engine.cli.table import print_result
from engine.cli.words import days, money, number, percent

from .running import Shell


def page(summary: dict[str, Any]) -> str:
    console = Console(file=io.StringIO(), width=120, highlight=False)
    print_result(console, "made_up", summary)
    return console.file.getvalue()  # type: ignore[attr-defined]


def made_up(shell: Shell, **metrics: Any) -> dict[str, Any]:
    told = shell("backtest", "short.toml", "--to", "2024-01-20", "--no-save", "--json").json
    return {**told, "metrics": {**told["metrics"], **metrics}}


def test_a_range_that_crosses_zero_takes_the_place_of_the_headline_rule_p2(shell: Shell) -> None:
    summary = {**made_up(shell, total_return=0.05), "total_return_range": [-0.01, 0.05], "path_dependent_candles": 7}
    (line,) = [line for line in page(summary).splitlines() if line.startswith("  Total return")]
    assert "−1.00 % to +5.00 %" in line
    assert "its sign depends on the path inside 7 candles, so no one number stands for it" in line
    wide = page({**summary, "total_return_range": [0.01, 0.05]})
    assert "+5.00 %  of start equity; +1.00 % to +5.00 % over the paths, 7 candles depended on them" in wide


def test_what_is_not_defined_is_a_dash_and_short_runs_say_so(shell: Shell) -> None:
    told = page(made_up(shell, profit_factor=None, fee_share=None, cagr=None))
    assert "–  gains ÷ losses" in told
    assert "–  of profit before fees (nothing was made)" in told
    assert "–  a year; not defined for 19 days" in told


def test_numbers_are_written_as_people_read_them() -> None:
    assert number(-1234.5) == "−1,234.50"
    assert number(-0.001) == "0.00"
    assert number(0.001, sign=True) == "0.00"
    assert percent(0.0312, sign=True) == "+3.12 %"
    assert percent(None) == money(None, "USDT") == days(None) == "–"
    assert money(-5.0, "USDT") == "−5.00 USDT"
    assert (days(1.5), days(2724.2)) == ("36.0 hours", "2,724 days")
