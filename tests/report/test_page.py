"""What the page says, and that it says it safely."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine import Result
from engine.report.composing import page
from engine.report.material import of_result
from engine.report.words import number, percent
from tests.honesty.edges import played

from .making import HOSTILE, KINDS, Page, lattice

Get = Callable[[str], Any]
PARTS = [
    "headline",
    "equity",
    "money",
    "costs",
    "review",
    "plan",
    "price",
    "months",
    "groups",
    "trades",
    "exposure",
    "properties",
]


@pytest.mark.parametrize("kind", KINDS)
def test_every_figure_on_the_page_is_the_number_of_metrics_json(results: Get, pages: Get, kind: str) -> None:
    metrics = json.loads(json.dumps(results(kind).summary()))["metrics"]
    figures = pages(kind).figures
    assert len(figures) >= 20
    for metric, places in figures.items():
        for value, text in places:
            assert value == ("" if metrics[metric] is None else str(metrics[metric])), metric
            assert (text == "–") == (metrics[metric] is None), metric


def test_a_figure_is_printed_as_it_is_rounded_once(results: Get, pages: Get) -> None:
    result = results("a moving-average short")
    assert pages("a moving-average short").figures["total_return"][0][1] == percent(
        result.metrics.total_return, sign=True
    )


def test_the_parts_stand_in_their_order(pages: Get) -> None:
    ids = [attributes.get("id") for tag, attributes in pages("a lattice with plan and review").tags if tag == "section"]
    assert ids == PARTS


def test_the_first_thing_in_the_head_is_its_encoding(written: Get) -> None:
    assert re.search(r'<head>\s*<meta charset="utf-8">', written("no trades").read_text("utf-8"))


def test_no_single_number_is_the_headline_where_the_range_crosses_zero(results: Get, pages: Get) -> None:
    result, page = results("a range across zero"), pages("a range across zero")
    assert not result.has_headline
    assert "total_return" not in page.figures
    low, high = (percent(bound, sign=True) for bound in result.range)
    assert f"{low} to {high}".replace("\u00a0", " ") in page.text.replace("\u00a0", " ")
    assert "no one number stands for it" in page.text


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_loads_nothing_and_may_not(written: Get, pages: Get, kind: str) -> None:
    page = pages(kind)
    for tag, attributes in page.tags:
        assert tag not in ("link", "img", "iframe", "object", "embed", "base"), tag
        assert "src" not in attributes, tag
        if "href" in attributes:
            assert attributes["href"].startswith("#") or attributes["href"] == "https://www.tradingview.com/"
    style = re.search(r"<style>(.*?)</style>", written(kind).read_text("utf-8"), re.DOTALL)[1]
    assert "url(" not in style
    assert "@import" not in style
    policy = next(a["content"] for t, a in page.tags if a.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'")
    assert "http" not in policy


def test_the_words_of_a_stranger_cannot_leave_their_element(written: Get, pages: Get) -> None:
    page = pages("a lattice with plan and review")
    assert sum(tag == "script" for tag, _ in page.tags) == 3  # data, library, ours
    assert not any(tag == "img" for tag, _ in page.tags)
    assert HOSTILE in page.text
    data = json.loads(page.scripts[0])
    assert HOSTILE in [level["label"] for level in data["prices"][0]["levels"]]
    assert "</script> line" in data["prices"][0]["fills"]["reasons"]


def test_a_hostile_name_is_only_a_name(results: Get, tmp_path: Path) -> None:
    from engine.report import write_result

    page = Page(write_result(results("no trades"), tmp_path / "named.html", HOSTILE).read_text("utf-8"))
    assert sum(tag == "script" for tag, _ in page.tags) == 3
    assert HOSTILE in page.text


def test_the_licence_is_kept_and_its_notice_is_seen(written: Get, pages: Get) -> None:
    text = pages("no trades").text
    assert "TradingView Lightweight Charts™, Copyright (c) 2025 TradingView, Inc. https://www.tradingview.com/" in text
    assert "Licensed under Apache License 2.0" in written("no trades").read_text("utf-8")


def test_plan_and_review_are_shown_in_their_units(pages: Get) -> None:
    text = re.sub(r"[\u00a0\u202f]", " ", pages("a lattice with plan and review").text)
    for shown in ("Total funds 5 590.00 USDT if every line fills", "Worst case –", "Grid profit −12.50 USDT",
                  "Matched pairs 1 234", "1 40 000.00 0.010 BTC 400.00 USDT 0.98 %", "a warning of the plan"):  # fmt: skip
        assert shown in text


def test_a_hole_in_the_candles_is_warned_of_and_left_open_in_the_chart(pages: Get) -> None:
    page = pages("a hole in the candles")
    assert "1 hole: 7 candles missing" in page.text
    buckets = json.loads(page.scripts[0])["prices"][0]["buckets"]
    assert buckets[1:] == [1] * 9 + [8] + [1] * 12


def test_few_days_and_few_trades_are_warned_of(pages: Get) -> None:
    text = pages("no trades").text.replace("\u00a0", " ")
    assert "only 2 days: too short" in text
    assert "only 0 closed trades" in text


def test_a_stopped_run_says_so_and_shows_only_what_it_saw() -> None:
    from engine.backtesting.run import Run

    whole = lattice(until="2024-01-05")
    half = Run(whole.inputs, whole.run.rules)
    half.advance(300)
    page = Page(_page(Result(half, {}, 0.1)))
    assert "the run stopped after 300 of 1,152 candles" in page.text
    assert len(json.loads(page.scripts[0])["prices"][0]["open"]) == 300
    assert "on path adverse alone" in page.text


def test_every_price_of_a_chart_is_exact(results: Get, pages: Get) -> None:
    price = json.loads(pages("a moving-average short").scripts[0])["prices"][0]
    candles, close = results("a moving-average short").inputs.candles[0], 0
    for i in range(len(candles)):
        opened = close + price["open"][i]
        close = opened + price["close"][i]
        assert opened / 10 ** price["decimals"] == candles.open[i]
        assert close / 10 ** price["decimals"] == candles.close[i]
        assert (max(opened, close) + price["high"][i]) / 10 ** price["decimals"] == candles.high[i]
        assert (min(opened, close) - price["low"][i]) / 10 ** price["decimals"] == candles.low[i]


def test_a_result_whose_writer_was_not_handed_in_says_how(results: Get, monkeypatch: pytest.MonkeyPatch) -> None:
    from engine.errors import EngineError

    result = results("no trades")
    monkeypatch.setattr(Result, "report_writer", None)
    with pytest.raises(EngineError, match="import backtest from engine"):
        result.report("nowhere.html")


def test_a_page_that_cannot_be_written_is_one_sentence_and_leaves_nothing(results: Get, tmp_path: Path) -> None:
    from engine.errors import ConfigError

    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot write the report to"):
        results("no trades").report(tmp_path / "file" / "report.html")
    assert [one.name for one in tmp_path.iterdir()] == ["file"]


def _page(result: Result) -> str:
    from engine.report.composing import page

    return page(of_result(result))


def test_costs_are_told_by_kind_with_their_share_and_where_the_edge_dies(results: Get, pages: Get) -> None:
    told, text = results("a moving-average short").costs, " ".join(pages("a moving-average short").text.split())
    taker = next(one["amount"] for one in told["by_kind"] if one["kind"] == "taker fees")
    assert f"Taker fees market orders, stops, and limits that traded at once {number(taker)}" in text
    multiple, reason = told["break_even"]["multiple"], told["break_even"]["reason"]
    sentence = (
        f"No break-even cost multiple: {reason}." if multiple is None else f"The edge dies at {number(multiple)}× the"
    )
    assert sentence in text


def test_a_run_of_an_older_version_has_no_costs_by_kind_and_says_so(results: Get) -> None:
    material = of_result(results("one candle"))
    older = replace(material, summary={**material.summary, "costs": None})
    assert "This run was saved without its costs by kind" in page(older)


def test_the_capacity_curve_is_drawn_with_its_table() -> None:
    shown = page(of_result(played()))
    points = played_points(shown)
    assert len(points) >= 3
    assert points == sorted(points)  # more money, a smaller part of it
    assert "its own impact eats the edge" in shown
    assert "Result by size of the account" in shown


def played_points(shown: str) -> list[float]:
    """Return how far below the top of the curve each of its points lies."""
    line = re.search(r'<polyline points="([^"]+)"', shown)
    assert line is not None
    return [float(point.split(",")[1]) for point in line[1].split()]
