"""What a strategy says of itself before a run and after it, in plain values that any page can show.

Owns `Start` (what is known when a strategy is prepared), `Plan` (the pre-flight), `Outcome` (what a strategy is told of
its own run) and `Review` (its own split of the result). Must not know how they are printed or drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from engine.market import Market

UNITS = ("", "price", "base", "quote", "%", "count")  # "%": the value is a fraction


@dataclass(frozen=True, slots=True)
class Start:
    """Hold what is known at the instant a strategy begins: one market, or all of a portfolio strategy's, in order.

    price is the close of the candle at which `on_start` is called, NaN where a market has none there; holding is the
    base coin that lies in the account already. cash is in quote, the whole account's.
    """

    markets: tuple[Market, ...]
    prices: tuple[float, ...]
    holdings: tuple[float, ...]
    cash: float

    @property
    def market(self) -> Market:
        """Return the first, or only, market."""
        return self.markets[0]

    @property
    def price(self) -> float:
        """Return the first market's price, quote per base."""
        return self.prices[0]

    @property
    def holding(self) -> float:
        """Return the first market's base coin at hand."""
        return self.holdings[0]


@dataclass(frozen=True, slots=True)
class Fact:
    """Hold one line: a label, a value in its unit, and what it is a part of or means. None prints as "–"."""

    label: str
    value: float | int | str | None
    unit: str = ""  # one of UNITS
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Hold rows of values under (name, unit) columns."""

    title: str
    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[float | int | str | None, ...], ...]


@dataclass(frozen=True, slots=True)
class Level:
    """Hold a horizontal price line of the chart; role is "line", "ladder", "target", "stop" or "entry"."""

    price: float
    label: str
    role: str = "line"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Hold why a strategy must not start: a code that programs read, a sentence with the numbers for people."""

    code: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Hold a pre-flight: what would be placed, what it takes, what the worst case costs, and what forbids it."""

    facts: Sequence[Fact] = ()
    tables: Sequence[Table] = ()
    levels: Sequence[Level] = ()
    refusals: Sequence[Refusal] = ()
    warnings: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """Hold what a strategy is told of its own run: its fills in order, and the terms of rule A1 over its markets.

    fills is a structured array with the fields of engine.core.records.FILL (book, side, quantity, price, fee, tag ...).
    """

    start: Start
    fills: np.ndarray[Any, np.dtype[np.void]]
    prices: tuple[float, ...]  # last closes
    positions: tuple[float, ...]  # base, signed
    entries: tuple[float, ...]
    realised: float  # before fees
    floating_change: float
    fees: float
    carried: float  # funding received less interest paid
    borne: float  # >= 0: losses beyond what answered for them, which the venue bore
    state: np.ndarray[Any, np.dtype[np.void]]  # the strategy's record at the end, one row, by field name


@dataclass(frozen=True, slots=True)
class Review:
    """Hold a strategy's own view of its result, beside the figures that every run has."""

    title: str
    facts: Sequence[Fact] = ()
    tables: Sequence[Table] = ()
    levels: Sequence[Level] = ()
