"""What a report is drawn from, the same whether a result is in memory or was read back from its folder.

Owns `Material`. Must not know HTML or charts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.candles import Candles
from engine.metrics.sampling import Floats, Integers

if TYPE_CHECKING:
    from engine.backtesting import Result

Table = Mapping[str, Any]  # columns by name, as `Result.columns` has them, times in ms


IN_CHUNKS = "the run went in chunks, over more candles than are drawn here"


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """Hold one run: its summary (what metrics.json holds), its tables, its series, and its candles where they exist."""

    name: str
    summary: Mapping[str, Any]
    fills: Table
    trades: Table
    close_ms: Integers
    equity: Floats  # at each close, quote
    exposure: Floats  # gross notional at each close, quote
    dependent: np.ndarray[Any, np.dtype[np.bool_]]  # whether the outcome of that candle depended on the path
    candles: list[Candles] = field(default_factory=list)  # one a market, or none at all
    problem: str = ""  # why there are no candles, or why they are not to be trusted
    definition: str = ""
    folder: str = ""  # where the CSV files lie, as a person may type it

    @property
    def metrics(self) -> Mapping[str, Any]:
        """Return the metrics of the shown path."""
        found: Mapping[str, Any] = self.summary["metrics"]
        return found

    @property
    def markets(self) -> list[dict[str, Any]]:
        """Return the markets as metrics.json describes them."""
        return list(self.summary["markets"])

    @property
    def symbols(self) -> list[str]:
        """Return the markets' symbols in order."""
        return [market["symbol"] for market in self.markets]

    @property
    def currency(self) -> str:
        """Return the account's currency."""
        told = self.summary.get("currency")  # runs saved by earlier versions do not say it
        return str(told or str(self.symbols[0]).partition("/")[2].partition(":")[0])

    @property
    def start_ms(self) -> int:
        """Return when the run began."""
        return min(int(one["from_ms"]) for one in self.summary["candles"])

    @property
    def bounds(self) -> tuple[float, float] | None:
        """Return the lowest and highest total return over the paths played."""
        found = self.summary["total_return_range"]
        return (float(found[0]), float(found[1])) if found else None

    @property
    def has_headline(self) -> bool:
        """Return whether one number may stand for the run (rule P2)."""
        return self.bounds is None or not self.bounds[0] < 0.0 < self.bounds[1]


def of_result(result: Result, name: str = "") -> Material:
    """Return the material of a result in memory."""
    if result.costs is None:
        from engine.honesty import study_costs  # brings the core along, which a page out of a folder does without

        study_costs(result)
    equity = result.columns("equity")
    summary = {**result.summary(), "notes": []}
    return Material(
        name=name or summary["strategy"],
        summary=summary,
        fills=with_times_in_ms(result.columns("fills")),
        trades=with_times_in_ms(result.columns("trades")),
        close_ms=np.asarray(result.close_ms),
        equity=result.equity_curve,
        exposure=equity["exposure"],
        dependent=equity["path_dependent"],
        candles=list(result.inputs.candles),
        problem=IN_CHUNKS if result.inputs.in_chunks else "",
    )


def with_times_in_ms(columns: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns with datetimes as UTC milliseconds; no time is the smallest integer, as in NaT."""
    return {
        name: values.astype("datetime64[ms]").astype(np.int64)
        if isinstance(values, np.ndarray) and values.dtype.kind == "M"
        else values
        for name, values in columns.items()
    }
