from __future__ import annotations

import re
from dataclasses import fields

from engine.cli.markets import TOPICS
from engine.market import Market
from engine.markets import shapes

from .running import SHORT, Shell


def test_the_list_names_every_shape_with_its_steps_and_says_that_they_are_examples(shell: Shell) -> None:
    said = shell("markets")
    assert said.code == 0
    flat = " ".join(said.out.split())
    assert "binance-usdm-btc linear 0.1 0.001 0.02 % 0.05 % 125x 2025-01" in flat
    assert "kraken-spot-btc spot 0.1 0.00000001 0.25 % 0.4 % – 2025-01" in flat
    assert "Each is an example, not the venue's word: compare it with the venue before trusting it." in flat
    listed = shell("markets", "--json").json
    assert [one["name"] for one in listed] == [one.name for one in shapes()]
    assert {one["name"]: one["largest_leverage"] for one in listed}["binance-usdm-btc"] == 125.0


def test_show_gives_every_field_the_tiers_and_the_fees_by_volume(shell: Shell) -> None:
    page = shell("markets", "show", "binance-usdm-btc").out
    flat = " ".join(page.split())
    assert "Figures of 2025-01, an example, not the venue's word" in flat
    assert "min_notional 100 USDT" in flat
    assert "funding_rate 0.01 % of notional, every 8 hours" in flat
    assert "Maintenance tiers, by notional in USDT" in flat
    assert "50,000 0.5 % 100" in flat
    assert "50,000,000 0.014 % 0.035 %" in flat


def test_show_says_contracts_and_coin_where_the_market_settles_in_the_coin(shell: Shell) -> None:
    flat = " ".join(shell("markets", "show", "binance-coinm-btc").out.split())
    assert "lot 1 contracts" in flat
    assert "contract_size 100 USD a contract" in flat
    assert "Maintenance tiers, by notional in BTC" in flat
    assert "Fees by the volume" not in flat


def test_show_sorts_every_field_by_topic_in_columns_that_hold_through_the_page(shell: Shell) -> None:
    named = [name for _, names, _ in TOPICS for name in names]
    assert sorted([*named, "maintenance"]) == sorted(one.name for one in fields(Market))
    page = shell("markets", "show", "binance-usdm-btc").out.split("Maintenance tiers")[0].splitlines()
    rows = [line for line in page if line.startswith("  ")]
    starts = [re.match(r"  [a-z_]+ +", row).end() for row in rows]  # type: ignore[union-attr]
    assert len(set(starts)) == 1
    assert [line for line in page[3:] if line and not line.startswith("  ")] == [
        "What it is", "Steps and minimums", "Fees", "Spread and slippage", "Margin", "Funding",
    ]  # fmt: skip


def test_show_leaves_out_what_says_nothing_of_the_kind(shell: Shell) -> None:
    page = shell("markets", "show", "kraken-spot-btc").out
    assert not [name for name in ("leverage", "funding", "borrow", "contract_size", "half_spread_file") if name in page]


def test_show_prints_json_with_the_warning(shell: Shell) -> None:
    told = shell("markets", "show", "binance-quarter-btc", "--json").json
    assert told["market"]["expiry"] == 1743148800000
    assert told["market"]["maintenance"][0] == [0.0, 0.02, 25.0]
    assert (told["dated"], told["fee_tiers"]) == ("2025-01", [])
    assert told["warning"].startswith("an example")


def test_show_reads_a_file_of_ones_own(shell: Shell) -> None:
    shell.write("mine.toml", 'dated = "2026-02"\n[market]\nsymbol = "ETH/EUR"\ntick = 0.05\nlot = 0.00001\n')
    flat = " ".join(shell("markets", "show", "mine.toml").out.split())
    assert "mine: mine Figures of 2026-02" in flat
    assert "lot 0.00001 ETH" in flat


def test_an_unknown_shape_is_answered_with_the_nearest(shell: Shell) -> None:
    said = shell("markets", "show", "binance-usdm-bct")
    assert (said.code, said.out) == (2, "")
    assert said.err == 'error: shape: there is none called "binance-usdm-bct"; did you mean "binance-usdm-btc"?\n'


def test_a_run_with_a_shape_says_which_and_of_when(shell: Shell) -> None:
    shell.write("shaped.toml", SHORT.replace('kind = "linear"\ntick = 0.01\nlot = 0.001', 'shape = "binance-usdm-btc"'))
    said = shell("backtest", "shaped.toml")
    assert said.code == 0, said.err
    assert "BTC/USDT: filled in by the shape binance-usdm-btc of 2025-01, an example" in said.out
