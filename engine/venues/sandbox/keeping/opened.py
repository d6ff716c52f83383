"""An exchange on a socket, new or as it was left. Owns what is done in which order when one is started and ended."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from engine.venues.sandbox.clock import Clock, wall_ms
from engine.venues.sandbox.exchange import Exchange
from engine.venues.sandbox.keeping.header import header_of, refuse_other_candles, refuse_other_settings, spans_of
from engine.venues.sandbox.keeping.journal import Journal
from engine.venues.sandbox.keeping.keeper import BROKEN, JournalKeeper
from engine.venues.sandbox.keeping.replaying import replay
from engine.venues.sandbox.keeping.witness import Witness
from engine.venues.sandbox.opening import ACCOUNT, Opening, open_exchange
from engine.venues.sandbox.wire.intake import Input
from engine.venues.sandbox.wire.server import Server


@contextmanager
def opened(
    opening: Opening, speed: float, port: int = 0, persist: Path | None = None, say: Callable[[str], None] = print
) -> Iterator[Server]:
    """Return a server that has still to be started, with one key to the account.

    persist: the file that keeps what happens; where it is there already, the exchange goes on as it was left. say: is
    told about that. ConfigError, DataError: it cannot go on.
    """
    if persist is None:
        yield _server(opening, speed, port, open_exchange(opening, wall_ms()))
        return
    with closing(Journal(persist)) as journal:
        lines = journal.lines()
        first = next(lines, None)
        now_ms = wall_ms()
        if first is None:
            exchange = open_exchange(opening, now_ms)
            server = _server(opening, speed, port, exchange)
            witness = Witness(exchange)
            journal.append(header_of(opening, now_ms, exchange))
        else:
            refuse_other_settings(first[1], opening)
            exchange = open_exchange(opening, first[1]["now_ms"], spans_of(first[1]))
            refuse_other_candles(first[1], opening, exchange)
            server = _server(opening, speed, port, exchange)
            witness = Witness(exchange)
            count, broken = replay(server.intake, witness, lines, say)
            if broken:
                journal.append([BROKEN, witness.mark(), broken])
                say(f"The last request of {persist} breaks the exchange ({broken}): it is a fault of the program.")
            say(f"Going on with {persist}: {count:,} requests repeated.")
            if journal.dropped:
                say(f"The last line of {persist} was only half written, so nobody had an answer to it; it is dropped.")
        follows = _follows_the_wall(opening, speed)
        server.clock.resume(max(exchange.now_ms, wall_ms() + server.clock.stepped_ms) if follows else exchange.now_ms)
        keeper = server.intake.keeper = JournalKeeper(journal, exchange, witness, beats=not follows)
        yield server
        keeper.end(Input(server.clock.market_ms, server.clock.wall_ms), server.intake.play)


def _server(opening: Opening, speed: float, port: int, exchange: Exchange) -> Server:
    exchange.ring.make(ACCOUNT, 0)
    return Server(exchange, Clock(exchange.start_ms, speed), port)


def _follows_the_wall(opening: Opening, speed: float) -> bool:
    simulated = all(name.startswith("simulated:") for name in opening.markets)
    return simulated and speed == 1.0 and not opening.since
