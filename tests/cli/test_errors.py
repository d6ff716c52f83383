"""What is wrong is one sentence on stderr and an exit code; never a traceback."""

from __future__ import annotations

import pytest

from engine.candles import Store

from ..candles.making import candles
from .running import SHORT, Shell

CASES = [  # definition, flags, sentence
    (SHORT.replace('"moving_average_short"', '"moving_averge_short"'), (),
     'd.toml: strategy: unknown "moving_averge_short"; did you mean "moving_average_short"?'),
    (SHORT.replace("fast = 5", "fsat = 5"), (),
     'd.toml: [parameters]: moving_average_short: unknown parameter "fsat"; did you mean "fast"?'),
    (SHORT.replace("fast = 5", "fast = 1"), (),
     "d.toml: [parameters]: fast: expected a whole number from 2 to 200, was 1"),
    (SHORT, ("--param", "fast=1"), "--param: fast: expected a whole number from 2 to 200, was '1'"),
    (SHORT, ("--param", "fsat=9"), '--param: moving_average_short: unknown parameter "fsat"; did you mean "fast"?'),
    (SHORT, ("--param", "fast"), '--param: expected NAME=VALUE such as fast=10, was "fast"'),
    (SHORT.replace("timeframe", "timefame"), (),
     'd.toml: [candles]: unknown key "timefame"; did you mean "timeframe"?'),
    ("stratgy = 'x'" + SHORT, (), 'd.toml: unknown key "stratgy"; did you mean "strategy"?'),
    (SHORT.replace("kind =", "knid ="), (), 'd.toml: [market]: unknown key "knid"; did you mean "kind"?'),
    (SHORT.replace('"linear"', '"linaer"'), (),
     'd.toml: [market]: kind: expected one of spot, margin, linear, inverse, future, was "linaer"; did you mean "linear"?'),
    (SHORT.replace('"1h"', '"1x"'), (), 'd.toml: [candles]: timeframe: unknown "1x"'),
    (SHORT + '[rules]\npath = "advers"\n', (),
     "d.toml: [rules]: path: expected one of adverse, favourable, nearest, low_first, high_first, "
     'was "advers"; did you mean "adverse"?'),
    (SHORT + "[rules]\nlatency = 3\n", (), 'd.toml: [rules]: unknown key "latency"; did you mean "latency_ms"?'),
    (SHORT + "[rules]\ntouch_fills = 2\n", (), "d.toml: [rules]: touch_fills: expected true, false or a chance from 0 to 1, was 2"),
    (SHORT + '[markets."BTC/USTD"]\nlot = 1\n', (),
     'd.toml: [markets]: unknown key "BTC/USTD"; did you mean "BTC/USDT"?'),
    (SHORT.replace("[market]", "[market"), (),
     "d.toml: not valid TOML: expected ']' at the end of a table declaration (at line 8"),
    (SHORT, ("--path", "advers"),
     '--path: expected one of adverse, favourable, nearest, low_first, high_first, was "advers"'),
    (SHORT, ("--from", "yesterday"), "--from: time: expected a date such as 2024-01-01"),
    (SHORT, ("--cash", "-5"), "--cash: expected a positive amount, was -5.0"),
    (SHORT, ("--cash", "many"), "invalid value for '--cash'"),
    (SHORT, ("--pth", "nearest"), "no such option: --pth"),
    (SHORT, ("--market", "BTC/USDT"), 'market: expected VENUE:BASE/QUOTE such as binance:BTC/USDT, was "BTC/USDT"'),
    (SHORT, ("--market", "binance:BTC/USDT"), "no candles of binance:BTC/USDT in data; the store is empty"),
    (SHORT.replace('"linear"', '"spot"'), (), "the strategy goes short, but BTC/USDT is a spot market"),
    (SHORT.replace("slow = 20", "slow = 500"), ("--to", "2024-01-10"), "candles: the strategy needs 500 candles"),
    (SHORT.replace('strategy = "moving_average_short"', ""), (),
     'd.toml: strategy is missing; write strategy = "moving_average_short"'),
    (SHORT.replace('from = "2024-01-01"', "from = 3.5"), (), "d.toml: [candles]: from: expected a time"),
]  # fmt: skip


@pytest.mark.parametrize(("definition", "flags", "sentence"), CASES, ids=[sentence[:60] for _, _, sentence in CASES])
def test_a_mistake_is_one_sentence_and_exit_code_2(
    shell: Shell, definition: str, flags: tuple[str, ...], sentence: str
) -> None:
    shell.write("d.toml", definition)
    said = shell("backtest", "d.toml", "--no-save", *flags)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("error: ")
    assert sentence in said.err
    assert said.err.count("\n") == 1


def test_a_definition_that_is_not_there_names_the_one_that_was_meant(shell: Shell) -> None:
    said = shell("backtest", "shrot.toml")
    assert (said.code, said.err) == (2, "error: shrot.toml: there is no such definition; did you mean short.toml?\n")


def test_a_timeframe_that_is_not_stored_names_the_one_that_is(shell: Shell) -> None:
    Store("data").write(candles(48))
    said = shell("backtest", "short.toml", "--market", "binance:BTC/USDT", "--timeframe", "5m")
    assert said.code == 2
    assert "binance:BTC/USDT is stored as 1h candles only, not 5m; ask for 1h" in said.err


def test_candles_that_are_broken_on_disk_are_refused(shell: Shell) -> None:
    Store("data").write(candles(48))
    shell.write("data/binance/BTC-USDT/1h/2024.parquet", "not parquet")
    said = shell("backtest", "short.toml", "--market", "binance:BTC/USDT")
    assert said.code == 2
    assert "2024.parquet is not a readable file of candles" in said.err


def test_bad_settings_name_their_file(shell: Shell) -> None:
    shell.write("settings.toml", "csah = 1")
    said = shell("backtest", "short.toml")
    assert (said.code, said.err) == (2, 'error: settings.toml: unknown setting "csah"; did you mean "cash"?\n')


def test_a_plugin_that_cannot_be_imported_is_an_error_with_its_line_when_asked_for(shell: Shell) -> None:
    shell.write("strategies/broken.py", "from engine import Strategy\n\nx = nothing\n")
    shell.write("broken.toml", SHORT.replace("moving_average_short", "broken"))
    said = shell("backtest", "broken.toml")
    assert said.code == 1
    assert said.err == "error: strategies/broken.py:3: NameError: name 'nothing' is not defined\n"


def test_an_unknown_command_is_a_usage_error(shell: Shell) -> None:
    said = shell("bactest")
    assert said.code == 2
    assert said.err.startswith("error: no such command 'bactest'")


@pytest.mark.parametrize("command", [(), ("data",)])
def test_without_a_command_the_help_is_shown_as_it_is(shell: Shell, command: tuple[str, ...]) -> None:
    said = shell(*command)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith(f"Usage: {' '.join(('tradewind', *command))} ")
    assert "error" not in said.err


@pytest.mark.parametrize("command", ["backtest", "plan"])
def test_what_only_shows_when_all_is_gathered_names_the_definition_too(shell: Shell, command: str) -> None:
    shell.write("short.toml", SHORT + '[holdings]\n"BTC/USDT" = 1.0\n')
    said = shell(command, "short.toml")
    assert said.code == 2
    assert said.err == "error: short.toml: holdings: BTC/USDT: a linear contract holds no coin; remove it\n"


@pytest.mark.parametrize(
    ("head", "flags", "noted"),
    [("", (), True), ("cash = 2.0\n", (), False), ("", ("--cash", "3"), False)],
)
def test_cash_that_nobody_gave_is_noted_where_it_is_counted_in_the_coin(
    shell: Shell, head: str, flags: tuple[str, ...], noted: bool
) -> None:
    shaped = SHORT.replace('kind = "linear"\ntick = 0.01\nlot = 0.001', 'shape = "binance-coinm-btc"')
    shell.write("coin.toml", head + shaped)
    told = shell("backtest", "coin.toml", "--no-save", "--no-costs", "--json", *flags)
    assert told.code == 0, told.err
    note = (
        "cash: 10,000 BTC, the settings' number: an inverse contract's account is counted in the coin; "
        "write cash = … for another"
    )
    assert (note in told.json["notes"]) == noted
