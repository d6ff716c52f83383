"""Who listens to which stream of a floor, and when each of them is asked what it says.

Owns subscriptions. One computation a stream serves all who listen, and nothing is computed for what nobody listens to.
Must not know sockets.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from engine.venues.sandbox.floor import Floor
from engine.venues.sandbox.streams.feed import Event, Feed, Outlet
from engine.venues.sandbox.streams.troubles import Troubles

Find = Callable[[Floor, str], Feed | None]


def written(event: object) -> str:
    """Return an event as it goes over the wire."""
    return json.dumps(event, separators=(",", ":"))


class Hub:
    """Serve the market streams of one floor; find: what makes a stream of a name."""

    def __init__(self, floor: Floor, find: Find, troubles: Troubles) -> None:
        self.floor, self.find, self.troubles = floor, find, troubles
        self.feeds: dict[str, Feed] = {}
        self._at_closes: dict[str, Feed] = {}
        self._always: dict[str, Feed] = {}
        self._step_ms = min(pit.tape.step_ms for pit in floor.pits.values())
        self._closes = floor.now_ms // self._step_ms

    def subscribe(self, outlet: Outlet, name: str) -> bool:
        """Let somebody listen to a stream; False: there is none of this name."""
        feed = self.feeds.get(name) or self.find(self.floor, name)
        if feed is None:
            return False
        self.feeds[name] = feed
        (self._always if feed.always else self._at_closes)[name] = feed
        feed.listeners[outlet] = None
        return True

    def unsubscribe(self, outlet: Outlet, name: str) -> None:
        """Let somebody listen no longer."""
        feed = self.feeds.get(name)
        if feed is None:
            return
        feed.listeners.pop(outlet, None)
        if not feed.listeners:
            feed.end()
            for feeds in (self.feeds, self._always, self._at_closes):
                feeds.pop(name, None)

    def passed(self) -> None:
        """Tell what a stretch of the market's time has brought; a stretch ends where a candle does, or before."""
        for feed in self._always.values():
            self._tell_all(feed)
        closes = self.floor.now_ms // self._step_ms
        if closes != self._closes:
            self._closes = closes
            for feed in self._at_closes.values():
                self._tell_all(feed)

    def present(self, now_ms: int | None) -> None:
        """Tell what stands now and has changed: where it is due by the wall clock, ms; None: everywhere."""
        for feed in self.feeds.values():
            if now_ms is None or feed.due_ms <= now_ms:
                event = feed.present()
                if event is not None:
                    self._tell(feed, event)
                    feed.put_off(now_ms or 0)

    def _tell_all(self, feed: Feed) -> None:
        for event in feed.passed():
            self._tell(feed, event)

    def _tell(self, feed: Feed, event: Event) -> None:
        for text in self.troubles.through(feed.name, written(event)):
            wrapped = f'{{"stream":"{feed.name}","data":{text}}}'
            for outlet in feed.listeners:
                outlet.put(wrapped if outlet.combined else text)
