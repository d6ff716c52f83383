"""The exchange: its accounts and keys, its floors, and time, which moves all of them side by side.

Must not know HTTP or signatures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from heapq import heappop, heappush

from engine.venues.sandbox.floor import Floor, Settings
from engine.venues.sandbox.keys import KeyRing
from engine.venues.sandbox.matching.instrument import Instrument
from engine.venues.sandbox.matching.tape import Tape
from engine.venues.sandbox.spot.floor import SpotFloor
from engine.venues.sandbox.usdm.contract import Contract
from engine.venues.sandbox.usdm.floor import UsdmFloor


class Exchange:
    """Hold the floors from a time on, ms; it moves only when it is told to.

    markets: those of spot; contracts: those of USD-M.
    """

    def __init__(
        self, markets: Iterable[tuple[Instrument, Tape]], start_ms: int, settings: Settings | None = None,
        contracts: Iterable[tuple[Contract, Tape]] = (),
    ) -> None:  # fmt: skip
        self.settings = settings or Settings()
        self.ring = KeyRing(self.settings.seed)
        self.start_ms = self.now_ms = start_ms
        self.spot = SpotFloor(markets, start_ms, self.settings)
        self.usdm = UsdmFloor(contracts, start_ms, self.settings)
        self.floors: dict[str, Floor] = {floor.name: floor for floor in (self.spot, self.usdm) if floor.pits}
        self.accounts: dict[str, int] = {}  # with the time they were opened
        self._plans = 0
        self._planned: list[tuple[int, int, Callable[[], object]]] = []
        self.step_ms = min(pit.tape.step_ms for floor in self.floors.values() for pit in floor.pits.values())
        self.moved: list[Callable[[], None]] = []  # who is told whenever time has gone on, a candle at most
        self.advance(start_ms)

    @property
    def changes(self) -> int:
        """Return a number that has grown when time changed more than prices."""
        return sum(floor.changes for floor in self.floors.values())

    @property
    def restless(self) -> bool:
        """Return whether it may matter in how many steps time goes on, though nothing seems to come of it."""
        return bool(self._planned) or any(floor.restless for floor in self.floors.values())

    def open_account(self, name: str, balances: dict[str, Decimal], floor: str = "spot") -> None:
        """Open an account, or deposit more into it, on a floor."""
        self.accounts.setdefault(name, self.now_ms)
        for asset, amount in sorted(balances.items()):
            self.floors[floor].deposit(name, asset, amount)

    def plan(self, delay_ms: int, what: Callable[[], object]) -> None:
        """Do something when the market's time has gone on by a delay."""
        self._plans += 1
        heappush(self._planned, (self.now_ms + delay_ms, self._plans, what))

    def advance(self, until_ms: int) -> None:
        """Let the market's time go on, candle by candle, so that several markets stay side by side."""
        while True:
            next_ms = min(until_ms, (self.now_ms // self.step_ms + 1) * self.step_ms)
            if self._planned:
                next_ms = min(next_ms, max(self.now_ms, self._planned[0][0]))
            for floor in self.floors.values():
                floor.advance(next_ms)
            self.now_ms = max(self.now_ms, next_ms)
            for one in self.moved:
                one()
            while self._planned and self._planned[0][0] <= self.now_ms:
                heappop(self._planned)[2]()
            if self.now_ms >= until_ms:
                return
