"""`tradewind runs` and `tradewind report`, as a person meets them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.report.making import Page

from .running import SHORT, Shell


@pytest.fixture
def runs(shell: Shell) -> list[Path]:
    """Return the folders of two runs, oldest first."""
    shell.write("other.toml", SHORT)
    for name in ("short", "other"):
        assert shell("backtest", f"{name}.toml").code == 0
    made = {folder.name.partition("-")[2]: folder for folder in Path("backtests/runs").iterdir()}
    older = made["short"].rename(made["short"].with_name("20240101T000000Z-short"))
    return [older, made["other"]]


def test_runs_are_listed_newest_first(shell: Shell, runs: list[Path]) -> None:
    told = shell("runs", "--json").json
    assert [one["name"] for one in told] == ["other", "short"]
    metrics = json.loads((runs[0] / "metrics.json").read_text("utf-8"))
    assert told[1]["total_return"] == metrics["metrics"]["total_return"]
    assert told[1]["total_return_range"] == metrics["total_return_range"]
    assert (told[1]["trades"], told[1]["timeframe"], told[1]["markets"]) == (
        metrics["metrics"]["trades"],
        "1h",
        ["BTC/USDT"],
    )
    assert told[1]["when"] == "2024-01-01T00:00:00+00:00"
    shown = shell("runs").out
    assert shown.index("other") < shown.index("short")
    assert "2024-01-01 00:00" in shown


def test_a_damaged_folder_is_listed_with_the_reason(shell: Shell, runs: list[Path]) -> None:
    (runs[0] / "metrics.json").write_text("{ half")
    shell.write("backtests/runs/empty/notes.txt", "")
    told = {one["name"]: one for one in shell("runs", "--json").json}
    assert "cannot be read" in told["short"]["problem"]
    assert "there is no metrics.json" in told["empty"]["problem"]
    assert told["other"]["problem"] is None
    assert "metrics.json" in shell("runs").out


def test_without_runs_the_way_to_one_is_told(shell: Shell) -> None:
    assert "tradewind backtest" in shell("runs").out
    assert shell("runs", "--json").json == []
    said = shell("report")
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("error: no runs in backtests/runs yet")


def test_the_newest_run_is_reported_into_its_folder(shell: Shell, runs: list[Path]) -> None:
    said = shell("report")
    assert said.out == f"{runs[1] / 'report.html'}\n"
    page = Page((runs[1] / "report.html").read_text("utf-8"))
    metrics = json.loads((runs[1] / "metrics.json").read_text("utf-8"))["metrics"]
    assert page.figures["sharpe"][0][0] == str(metrics["sharpe"])
    assert len(json.loads(page.scripts[0])["prices"][0]["open"]) == 1_440
    assert not [one for one in runs[1].iterdir() if one.name.startswith(".")]


@pytest.mark.parametrize("said", ["{folder}", "{name}", "20240101", "short", "sho"])
def test_a_run_is_found_by_what_a_person_calls_it(shell: Shell, runs: list[Path], said: str) -> None:
    words = said.format(folder=runs[0], name=runs[0].name)
    assert shell("report", words, "--out", "page.html").out == "page.html\n"
    assert "<title>short" in Path("page.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("shrt", 'did you mean "short"?'),
        ("20", 'begins the names of 2 runs'),
        (".", "there is no metrics.json in it"),
    ],
)  # fmt: skip
def test_what_is_no_run_is_one_sentence(shell: Shell, runs: list[Path], said: str, told: str) -> None:
    found = shell("report", said)
    assert (found.code, found.out) == (2, "")
    assert told in found.err
    assert found.err.count("\n") == 1


def test_a_report_out_of_a_folder_is_that_of_memory(shell: Shell, runs: list[Path]) -> None:
    from engine import backtest
    from engine.definition import inputs_of, read_definition
    from engine.settings import load_settings

    given = inputs_of(read_definition(Path("short.toml"), load_settings()), "data")
    result = backtest(given.strategy, given.candles, given.markets, cash=given.cash, rules=given.rules)
    memory = Page(result.report("memory.html").read_text("utf-8"))
    shell("report", "short")
    disk = Page((runs[0] / "report.html").read_text("utf-8"))
    assert json.loads(disk.scripts[0]) == json.loads(memory.scripts[0])
    assert disk.figures == memory.figures


def test_without_its_candles_a_run_is_reported_without_the_price_chart(shell: Shell, runs: list[Path]) -> None:
    definition = runs[0] / "definition.toml"
    text = definition.read_text("utf-8")
    definition.write_text(text.replace('timeframe = "1h"', 'timeframe = "1h"\nseed = 2'), "utf-8")
    assert shell("report", "short").code == 0
    page = Page((runs[0] / "report.html").read_text("utf-8"))
    assert "no price chart: the candles in the store are not those of the run" in page.text
    assert json.loads(page.scripts[0])["prices"] == []

    definition.write_text(text.replace("simulated:", "binance:"), "utf-8")
    assert shell("report", "short").code == 0
    page = Page((runs[0] / "report.html").read_text("utf-8"))
    assert "the run's candles cannot be loaded any more" in page.text

    definition.unlink()
    assert shell("report", "short").code == 0
    assert "no definition.toml" in (runs[0] / "report.html").read_text("utf-8")


def test_a_run_of_an_older_version_is_still_drawn(shell: Shell, runs: list[Path]) -> None:
    import pyarrow.parquet as pq

    equity = runs[0] / "equity.parquet"
    pq.write_table(pq.read_table(equity).select(["time", "equity"]), equity)
    summary = json.loads((runs[0] / "metrics.json").read_text("utf-8"))
    for name in ("plans", "reviews", "versions"):
        del summary[name]
    (runs[0] / "metrics.json").write_text(json.dumps(summary))
    assert shell("report", "short").code == 0


def test_a_damaged_table_is_one_sentence(shell: Shell, runs: list[Path]) -> None:
    (runs[0] / "fills.parquet").write_bytes(b"PAR1 no more")
    said = shell("report", "short")
    assert said.code == 2
    assert "fills.parquet: cannot be read" in said.err


def test_a_damaged_folder_does_not_keep_the_newest_whole_run_from_its_report(shell: Shell, runs: list[Path]) -> None:
    newest = max(runs, key=lambda one: one.name)
    junk = newest.parent / "29990101T000000Z-junk"
    junk.mkdir()
    said = shell("report")
    assert said.code == 0
    assert said.out.strip() == str(newest / "report.html")
    assert (
        said.err
        == "skipped backtests/runs/29990101T000000Z-junk: there is no metrics.json in it; it is no run, or an incomplete one\n"
    )


def test_an_empty_name_and_a_file_of_runs_are_one_sentence(shell: Shell, runs: list[Path]) -> None:
    empty, file = shell("report", ""), shell("runs", "--runs", "short.toml")
    assert (empty.code, file.code) == (2, 2)
    assert empty.err == "error: expected a run's folder or name, was nothing; leave it away for the newest run\n"
    assert file.err == "error: short.toml: expected the folder of the runs, was a file\n"
