"""The chart library's JavaScript, out of the `lwcharts` wheel. Must not import that package: it would bring pandas."""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from engine.errors import EngineError

FILE = "lwcharts/vendor/lightweight-charts.standalone.production.js"
# The licence asks for these words where people see them; the wheel has no NOTICE of its own.
NOTICE = "TradingView Lightweight Charts™, Copyright (c) 2025 TradingView, Inc."


@cache
def chart_library() -> str:
    """Return the chart library's JavaScript (UTF-8 text, version 5.2.0)."""
    try:
        return Path(str(distribution("lwcharts").locate_file(FILE))).read_text("utf-8")
    except (PackageNotFoundError, OSError):
        raise EngineError(
            "report: the package lwcharts is missing or incomplete; pip install lwcharts==0.3.0"
        ) from None
