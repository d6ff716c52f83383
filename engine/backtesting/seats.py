"""Who trades in a run: strategies as a person names them, and the seats they take at the account.

Owns `Seat`, one strategy instance with its markets: what the core calls a slot. Must not know runs or results.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.compiling import Native, Program
from engine.plans import Plan, Start
from engine.strategy import Strategy, is_portfolio

Rows = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """Hold one strategy instance and everything that is its own in a run; its books follow those of earlier seats."""

    name: str  # of the strategy in this run: all its seats share it
    given: Strategy  # as it was given, before `prepare`
    strategy: Strategy  # this seat's prepared copy
    program: Program
    native: Native
    markets: tuple[int, ...]  # the run's markets it trades, one book each
    allocation: float  # fraction of the account's equity that `fraction=` counts from, in each of its books
    indicators: Rows  # shape (timestamps,) or, for a portfolio strategy, (timestamps, its markets)
    start: Start
    plan: Plan | None

    @property
    def portfolio(self) -> bool:
        """Return whether it decides once a timestamp over all its markets."""
        return is_portfolio(type(self.given))
