"""Which inputs are written down, and when: before they take effect, so that nothing is ever acknowledged and lost.

A request that was written down and not answered is a lost reply, as any client must be ready for. Time that goes on is
written where something came of it. Must not know the file's form, or how the lines are read again.
"""

from __future__ import annotations

from collections.abc import Callable

from engine.venues.sandbox.exchange import Exchange
from engine.venues.sandbox.keeping.journal import Journal
from engine.venues.sandbox.keeping.witness import Witness, digest
from engine.venues.sandbox.signing import split
from engine.venues.sandbox.wire.intake import Input, Outcome

BEAT_MS = 1_000  # of the wall clock: how much time that nothing came of may be lost where the market runs by itself
TIME, REQUEST, BROKEN, END = "time", "request", "broken", "end"


class JournalKeeper:
    """Keep inputs in a journal. beats: the market's time cannot be told from the wall's, so it is written as well."""

    def __init__(self, journal: Journal, exchange: Exchange, witness: Witness, beats: bool) -> None:
        self.journal, self.exchange, self.witness, self._beats = journal, exchange, witness, beats
        self._kept = (exchange.now_ms, 0)

    def keep(self, one: Input, play: Callable[[Input], Outcome]) -> Outcome:
        """Write an input down and let it take effect; DataError: it cannot be written, and nothing was done."""
        mark = self.witness.mark()
        if one.only_time:
            restless, changes = self.exchange.restless, self.exchange.changes
            outcome = play(one)
            if restless or changes != self.exchange.changes or self._is_due(one):
                self._write(TIME, mark, one)
            return outcome
        asked = one.query if not one.only_asks else split(one.query)[0]
        self._write(REQUEST, mark, one, one.method, one.path, asked, one.body, one.header)
        try:
            outcome = play(one)
        except Exception as error:
            self.journal.append([BROKEN, mark, repr(error)])  # a fault of ours: it will be one again
            raise
        if not one.only_asks:
            self.witness.note(outcome.status)
        return outcome

    def end(self, one: Input, play: Callable[[Input], Outcome]) -> None:
        """Write down when it ended, and what it held then."""
        self._write(TIME, self.witness.mark(), one)
        play(one)
        self.journal.append([END, self.witness.mark(), digest(self.exchange)])

    def _is_due(self, one: Input) -> bool:
        market_ms, wall_ms = self._kept
        return self._beats and one.market_ms > market_ms and not 0 <= one.wall_ms - wall_ms < BEAT_MS

    def _write(self, kind: str, mark: str, one: Input, *rest: object) -> None:
        self.journal.append([kind, mark, one.market_ms, one.wall_ms, *rest])
        self._kept = one.market_ms, one.wall_ms
