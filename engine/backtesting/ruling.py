"""The risk rules of one run: their records, the places their exits need, and the steps the core calls for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from engine.core.admitting import ADMIT_STEP, RECHECK_STEP
from engine.core.protecting import PROTECT_STEP
from engine.core.sizing import SIZE_STEP
from engine.core.watching import WATCH_STEP
from engine.risk.records import Places, account_places, risk_places

if TYPE_CHECKING:
    from engine.backtesting.inputs import Inputs

STEPS_OF_RULES = {"step_size": SIZE_STEP, "step_protect": PROTECT_STEP}
STEPS_OF_ACCOUNT = {"step_admit": ADMIT_STEP, "step_recheck": RECHECK_STEP, "step_watch": WATCH_STEP}


class Ruling:
    """Hold the records of the rules of one run; a run without rules has none, and compiles nothing for them."""

    def __init__(self, inputs: Inputs) -> None:
        """Make the records; the account's begins anew with each run."""
        self.risks: list[Places] = []  # one a slot
        self.guard: Places | None = None
        self.gauges = inputs.gauges
        declared = [inputs.risk if seat.risk is None else seat.risk for seat in inputs.seats]
        if inputs.account_rules is not None or any(one is not None for one in declared):
            self.risks = [risk_places(one) for one in declared]
        if inputs.account_rules is not None:
            symbols = [inputs.markets[market].symbol for _, market in inputs.books]
            first_ms = int(inputs.grid["open_ms"][0, 0])
            self.guard = account_places(inputs.account_rules, symbols, inputs.equity_start, first_ms)

    @property
    def exits(self) -> int:
        """Return for how many exits each book keeps a place."""
        most = max((one.exits for one in self.risks), default=0)
        return most + (0 if self.guard is None else self.guard.exits)

    @property
    def guard_size(self) -> int:
        """Return the bytes of the account's record that a fork copies."""
        return 0 if self.guard is None else self.guard.size

    def watch_events(self, orders: int) -> int:
        """Return the room the kill rules want in the events: all orders may be taken off the books at once."""
        return 0 if self.guard is None else 8 + orders

    def point(self, run: Any, books: Any, slots: Any, markets: Any) -> None:
        """Write the addresses into the records of the run."""
        books["promised"] = self.exits
        books["wake_ms"] = np.iinfo(np.int64).max
        if self.gauges is not None:
            markets["gauge"] = [row.ctypes.data for row in self.gauges]
        if not self.risks:
            return
        slots["risk"] = [one.address for one in self.risks]
        for name, step in STEPS_OF_RULES.items():
            run[name] = step.address
        if self.guard is None:
            return
        run["guard"], run["guard_size"] = self.guard.address, self.guard.size
        run["watch_events"] = self.watch_events(int(books["capacity"].sum()))
        for name, step in STEPS_OF_ACCOUNT.items():
            run[name] = step.address
