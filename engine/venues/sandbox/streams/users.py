"""Who listens to what happens to an account, and for how long they may. Must not know what is told, nor sockets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from engine.venues.sandbox.clock import Clock
from engine.venues.sandbox.keys import Key
from engine.venues.sandbox.streams.feed import Outlet
from engine.venues.sandbox.streams.hub import written
from engine.venues.sandbox.streams.troubles import USER, Troubles
from engine.venues.sandbox.usdm.listen_keys import ListenKey


@dataclass(frozen=True, slots=True, eq=False)
class Subscription:
    """Hold one user stream of a client. number: how the client knows it, None where it hears of nothing else.

    key, listen_key: by which right it listens.
    """

    outlet: Outlet
    number: int | None
    key: Key
    listen_key: ListenKey | None = None

    def lives(self, now_ms: int) -> bool:
        """Return whether it may still listen."""
        return self.key.works(now_ms) if self.listen_key is None else self.listen_key.lives(now_ms)

    def put(self, text: str) -> None:
        """Send an event."""
        self.outlet.put(text if self.number is None else f'{{"subscriptionId":{self.number},"event":{text}}}')


class Users:
    """Serve the user streams of one floor: each event once to everybody who listens to its account."""

    def __init__(self, clock: Clock, troubles: Troubles) -> None:
        self.clock, self.troubles = clock, troubles
        self.listening: dict[str, list[Subscription]] = {}

    def subscribe(self, outlet: Outlet, key: Key, listen_key: ListenKey | None = None) -> Subscription:
        """Let somebody listen to what happens to a key's account; by a listen key the stream has no number."""
        taken = [one.number for one in self.of(outlet) if one.number is not None]
        made = Subscription(outlet, None if listen_key else max(taken, default=-1) + 1, key, listen_key)
        self.listening.setdefault(key.account, []).append(made)
        return made

    def of(self, outlet: Outlet) -> list[Subscription]:
        """Return the streams of one client, oldest first."""
        return [one for one in self._all() if one.outlet is outlet]

    def unsubscribe(self, one: Subscription) -> None:
        """Let a stream end."""
        left = self.listening.get(one.key.account, [])
        if one in left:
            left.remove(one)
        if not left:
            self.listening.pop(one.key.account, None)

    def tell(self, account: str, event: dict[str, Any]) -> None:
        """Tell an event to everybody who listens to an account; there is somebody."""
        for text in self.troubles.through(USER, written(event), account):
            for one in self.listening.get(account, ()):
                one.put(text)

    def end_revoked(self) -> None:
        """End the streams whose key works no longer, or whose listen key has expired."""
        now_ms = self.clock.now_ms
        for one in [one for one in self._all() if not one.lives(now_ms)]:
            if one.listen_key is None:
                one.put(written({"e": "eventStreamTerminated", "E": now_ms}))
            else:
                one.put(written({"e": "listenKeyExpired", "E": now_ms, "listenKey": one.listen_key.text}))
            self.unsubscribe(one)

    def _all(self) -> Iterator[Subscription]:
        for listening in self.listening.values():
            yield from listening
