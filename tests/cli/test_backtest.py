"""`tradewind backtest` on simulated candles and on a store: what it prints, saves and says."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from engine import Candles, load_candles
from engine.candles import Store
from engine.cli.words import money, number, percent

from .running import SHORT, Shell

RAISES = """
from engine import Strategy
class Raises(Strategy):
    def on_candle(self, candle, ind, account):
        if candle.open_ms >= 1704585600000:
            x = 1.0 / (account.position * 0.0)
        account.close()
"""


def stored(root: Path, without: slice | None = None) -> Candles:
    """Put two months of BTC into a store as if they were Binance's, maybe with a hole."""
    made = load_candles("simulated:BTC/USDT", "1h", "2024-01-01", "2024-03-01")
    keep = np.ones(len(made), dtype=bool)
    if without is not None:
        keep[without] = False
    columns = (column[keep] for column in made.columns)
    real = Candles(*columns, timeframe="1h", symbol="BTC/USDT", venue="binance", source="a test")
    Store(root).write(real)
    return real


def test_the_numbers_printed_are_those_of_the_summary(shell: Shell) -> None:
    told = shell("backtest", "short.toml", "--no-save", "--json").json
    page = shell("backtest", "short.toml", "--no-save").out
    metrics = told["metrics"]
    expected = {
        "Total return": percent(metrics["total_return"], sign=True),
        "Final equity": money(metrics["equity_end"], "USDT"),
        "Buy and hold": percent(metrics["buy_and_hold"], sign=True),
        "CAGR": percent(metrics["cagr"], sign=True),
        "Sharpe": number(metrics["sharpe"]),
        "Max drawdown": percent(metrics["max_drawdown"]),
        "Candle drawdown": percent(metrics["candle_drawdown"]),
        "Trades": f"{metrics['trades']:,}",
        "Win rate": percent(metrics["win_rate"]),
        "Profit factor": number(metrics["profit_factor"]),
        "Expectancy": money(metrics["expectancy"], "USDT", sign=True),
        "Exposure": percent(metrics["exposure"]),
        "Time in market": percent(metrics["time_in_market"]),
        "Turnover": number(metrics["turnover"]),
        "Fee share": percent(metrics["fee_share"]),
        "Maker share": percent(metrics["maker_share"]),
        "Realised": money(metrics["realised"], "USDT", sign=True),
        "= Equity change": money(metrics["equity_end"] - metrics["equity_start"], "USDT", sign=True),
    }
    lines = page.splitlines()
    for label, value in expected.items():
        assert any(line.split("  ")[1:] and line.strip().startswith(f"{label} ") and value in line for line in lines), (
            label
        )
    assert metrics["sampling"] in page
    for what, count in told["events"].items():
        assert f"{count:,}  {what}" in page


def test_a_simulated_market_is_called_so_first_and_the_way_to_real_candles_is_shown(shell: Shell) -> None:
    page = shell("backtest", "short.toml", "--no-save").out
    assert page.startswith("! BTC/USDT: the market is simulated")
    assert "tradewind data import FILE.csv --market binance:BTC/USDT --timeframe 1h" in page
    assert "tradewind backtest short.toml --market binance:BTC/USDT --timeframe 1h" in page


def test_with_json_there_is_nothing_else_on_stdout_and_nothing_on_stderr(shell: Shell) -> None:
    said = shell("backtest", "short.toml", "--json")
    assert said.json["complete"] is True
    assert (shell.folder / said.json["folder"] / "metrics.json").exists()
    assert said.err == ""


def test_a_run_is_saved_under_its_time_and_name_and_can_be_run_again(shell: Shell) -> None:
    first = shell("backtest", "short.toml", "--param", "fast=7", "--json").json
    folder = Path(first["folder"])
    assert folder.parent == Path("backtests/runs")
    assert folder.name.endswith("Z-short")
    again = shell("backtest", folder / "definition.toml", "--no-save", "--json").json
    assert again["parameters"]["fast"] == 7
    assert again["metrics"] == first["metrics"]
    assert json.loads((folder / "metrics.json").read_text())["metrics"] == first["metrics"]


def test_flags_win_over_the_file(shell: Shell) -> None:
    flags = ("--param", "fast=9", "--cash", "500", "--path", "nearest", "--from", "2024-01-10", "--to", "2024-02-01")
    told = shell("backtest", "short.toml", *flags, "--timeframe", "30m", "--no-bounds", "--no-save", "--json").json
    assert (told["parameters"]["fast"], told["cash"], told["rules"]["path"]) == (9, 500.0, "nearest")
    assert (told["candles"][0]["timeframe"], told["candles"][0]["count"]) == ("30m", 22 * 48)
    assert (list(told["final_equity_by_path"]), told["total_return_range"]) == (["nearest"], None)


def test_settings_stand_below_the_definition(shell: Shell) -> None:
    shell.write("settings.toml", 'cash = 777.0\nruns_root = "elsewhere"\n[rules]\npath = "high_first"\n')
    told = shell("backtest", "short.toml", "--json").json
    assert (told["cash"], told["rules"]["path"]) == (777.0, "high_first")
    assert told["folder"].startswith("elsewhere/")
    shell.write("own.toml", "cash = 5_000\n" + SHORT + '[rules]\npath = "low_first"\n')
    told = shell("backtest", "own.toml", "--no-save", "--json").json
    assert (told["cash"], told["rules"]["path"]) == (5_000.0, "low_first")


def test_real_candles_drive_a_contract_and_the_page_says_so(shell: Shell) -> None:
    stored(shell.folder / "data")
    page = shell("backtest", "short.toml", "--market", "binance:BTC/USDT", "--no-save").out
    assert "traded as a linear contract on the candles of binance:BTC/USDT" in page
    assert "simulated" not in page


def test_holes_warn_and_strict_refuses_them(shell: Shell) -> None:
    stored(shell.folder / "elsewhere", without=slice(100, 103))
    words = ("backtest", "short.toml", "--market", "binance:BTC/USDT", "--root", "elsewhere", "--no-save")
    said = shell(*words)
    assert said.code == 0
    assert "! binance:BTC/USDT: 1 hole: 3 candles missing from 2024-01-05T04:00Z" in said.out
    strict = shell(*words, "--strict")
    assert (strict.code, strict.out) == (2, "")
    assert strict.err == (
        "error: binance:BTC/USDT 1h: 1 hole: 3 candles missing from 2024-01-05T04:00Z; import what is missing, "
        "or leave --strict away to go on with a warning\n"
    )


def test_a_strategy_that_raises_names_its_line_and_keeps_what_it_had(shell: Shell) -> None:
    shell.write("strategies/raises.py", RAISES)
    shell.write("raises.toml", SHORT.replace("moving_average_short", "raises").replace("fast = 5\nslow = 20", ""))
    said = shell("backtest", "raises.toml", "--interpreted", "--out", "kept")
    assert (said.code, said.out) == (1, "")
    assert "strategies/raises.py:6: " in said.err
    assert "ZeroDivisionError" in said.err
    assert "the results of 145 of 1,440 candles are in kept" in said.err
    kept = json.loads((shell.folder / "kept" / "metrics.json").read_text())
    assert kept["complete"] is False
    assert any("these are partial results" in warning for warning in kept["warnings"])


def test_a_tick_read_off_the_candles_is_said(shell: Shell) -> None:
    shell.write("auto.toml", SHORT.replace("tick = 0.01", 'tick = "auto"').replace("lot = 0.001", ""))
    told = shell("backtest", "auto.toml", "--no-save", "--json").json
    assert told["notes"] == [
        "BTC/USDT: tick 0.01, read off the candles; write tick = … to fix it",
        "BTC/USDT: lot 0.00001, assumed; write lot = … for the venue's own",
    ]
    assert "· BTC/USDT: tick 0.01, read off the candles" in shell("backtest", "auto.toml", "--no-save").out


def test_an_out_folder_that_exists_is_refused_before_the_run(shell: Shell) -> None:
    (shell.folder / "there").mkdir()
    said = shell("backtest", "short.toml", "--out", "there")
    assert (said.code, said.err) == (2, "error: --out: there exists already; choose a new folder, or remove that one\n")


def test_an_interrupted_run_leaves_nothing_behind(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    import engine.backtesting.export

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(engine.backtesting.export, "_write_csv", interrupted)
    said = shell("backtest", "short.toml")
    assert (said.code, said.err) == (130, "error: stopped before the end; nothing was saved\n")
    assert list((shell.folder / "backtests/runs").iterdir()) == []


def test_a_portfolio_strategy_runs_from_its_definition(shell: Shell, request: pytest.FixtureRequest) -> None:
    shipped = request.config.rootpath / "backtests/momentum_rotation.toml"
    said = shell("backtest", shipped, "--to", "2024-04-01", "--no-save")
    assert said.code == 0
    assert "! BTC/USDT, ETH/USDT, BNB/USDT, SOL/USDT: the market is simulated" in said.out
    assert "several markets, so no one of them compares" in said.out


def test_the_break_even_multiple_is_printed_and_saved(shell: Shell) -> None:
    said = shell("backtest", "short.toml", "--out", "kept")
    told = json.loads((shell.folder / "kept" / "metrics.json").read_text("utf-8"))["costs"]
    found = told["break_even"]
    expected = "–" if found["multiple"] is None else f"{number(found['multiple'])} ×"
    line = next(line for line in said.out.splitlines() if "Break-even" in line)
    assert expected in line
    assert told["by_kind"]
    assert told["capacity"]["points"] or told["capacity"]["reason"]


@pytest.mark.parametrize(
    ("flag", "reason"),
    [
        ("--no-costs", "not asked for (--no-costs)"),
        ("--interpreted", "not computed for an interpreted run: it takes about twenty runs more"),
    ],
)
def test_the_study_of_costs_is_left_out_with_its_reason(shell: Shell, flag: str, reason: str) -> None:
    told = shell("backtest", "short.toml", "--no-save", "--json", flag).json["costs"]
    assert told["break_even"]["reason"] == told["capacity"]["reason"] == reason
    assert told["by_kind"]


def test_ctrl_c_while_costs_are_studied_keeps_the_run(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*given: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("engine.honesty.study.capacity", stop)
    said = shell("backtest", "short.toml", "--out", "kept")
    assert said.code == 0
    assert "stopped while the costs were studied; the run itself is whole and kept" in said.err
    told = json.loads((shell.folder / "kept" / "metrics.json").read_text("utf-8"))
    assert told["complete"]
    assert told["costs"]["capacity"] == {"points": [], "reason": "stopped before its end"}


def test_a_definition_sets_every_cost_and_rule_of_execution(shell: Shell) -> None:
    more = 'half_spread = 0.0001\nhalf_spread_volatility = 0.002\nslippage_model = "square_root"\nimpact = 1.5\n'
    rules = "[rules]\nparticipation = 0.1\ntouch_fills = 0.3\nseed = 4\n"
    shell.write("dear.toml", SHORT.replace("lot = 0.001\n", f"lot = 0.001\n{more}") + rules)
    told = shell("backtest", "dear.toml", "--out", "kept", "--json").json
    assert {"participation": 0.1, "touch_fills": 0.3, "seed": 4}.items() <= told["rules"].items()
    assert {one["kind"] for one in told["costs"]["by_kind"] if one["amount"] > 0.0} >= {
        "taker fees",
        "spread",
        "impact",
    }
    again = shell("backtest", "kept/definition.toml", "--no-save", "--json").json
    assert again["costs"] == told["costs"]
    assert again["metrics"] == told["metrics"]


def test_a_run_that_would_need_too_much_memory_goes_in_chunks_and_says_so(shell: Shell) -> None:
    stored(shell.folder / "data", slice(300, 340))
    real = ("backtest", "short.toml", "--market", "binance:BTC/USDT", "--no-costs")
    whole = shell(*real, "--out", "whole")
    chunks = shell(*real, "--out", "chunks", "--chunked")
    assert "in chunks" not in whole.err + chunks.err  # it was asked for
    told, also = (json.loads((shell.folder / name / "metrics.json").read_text("utf-8")) for name in ("whole", "chunks"))
    assert (told["in_chunks"], also["in_chunks"]) == (False, True)
    for name in ("metrics", "hashes", "final_equity_by_path", "warnings", "events"):
        assert told[name] == also[name]
    for name in ("fills.csv", "trades.csv", "fills.parquet"):
        assert (shell.folder / "whole" / name).read_bytes() == (shell.folder / "chunks" / name).read_bytes()
    assert shell("report", "chunks", "--out", "page.html").code == 0
    shell.write("settings.toml", "[backtest]\nmemory_mb = 1\n")
    long = shell(*real, "--from", "2024-01-01", "--no-save")
    assert "in chunks" not in long.err  # 1,400 candles take less than that
    minutes = load_candles("simulated:BTC/USDT", "1m", "2024-01-01", "2024-01-10")
    Store(shell.folder / "data").write(Candles.of_checked(minutes.columns, "binance:BTC/USDT", "1m", "a test"))
    decided = shell(*real, "--timeframe", "1m", "--from", "2024-01-01", "--to", "2024-01-10", "--no-save", "--json")
    assert decided.err == (
        "in chunks: in one piece it would take about 3 MB, and [backtest] memory_mb is 1; "
        "--whole loads all candles nevertheless\n"
    )
    assert decided.json["in_chunks"]
    kept = shell(
        *real, "--timeframe", "1m", "--from", "2024-01-01", "--to", "2024-01-10", "--no-save", "--json", "--whole"
    )
    assert (kept.err, kept.json["in_chunks"]) == ("", False)
    assert kept.json["metrics"] == decided.json["metrics"]


def test_chunks_take_a_tick_read_off_the_candles_and_simulated_ones_too(shell: Shell) -> None:
    shell.write("short.toml", SHORT.replace("tick = 0.01\n", ""))
    stored(shell.folder / "data")
    for market in ("binance:BTC/USDT", "simulated:BTC/USDT"):
        both = [
            shell("backtest", "short.toml", "--market", market, "--no-save", "--json", "--no-costs", how).json
            for how in ("--whole", "--chunked")
        ]
        assert both[0]["notes"] == both[1]["notes"]
        assert both[0]["markets"] == both[1]["markets"]
        assert both[0]["metrics"] == both[1]["metrics"]
    refused = shell("backtest", "short.toml", "--chunked", "--interpreted")
    assert refused.code == 2
    assert "must be compiled" in refused.err
