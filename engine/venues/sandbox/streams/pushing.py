"""Everything that is pushed: market and user streams of each floor. Owns when; must not know sockets."""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any

from engine.venues.sandbox.clock import Clock
from engine.venues.sandbox.exchange import Exchange
from engine.venues.sandbox.streams.feed import Outlet
from engine.venues.sandbox.streams.hub import Find, Hub
from engine.venues.sandbox.streams.names import SPOT, USDM
from engine.venues.sandbox.streams.spot_users import SpotUsers
from engine.venues.sandbox.streams.troubles import USER, Troubles
from engine.venues.sandbox.streams.usdm_users import UsdmUsers
from engine.venues.sandbox.streams.users import Users

FINDS: dict[str, Find] = {"spot": SPOT.feed, "usdm": USDM.feed}


class Pushing:
    """Push what happens at an exchange; the clock paces it. routes: what it adds to the control endpoint."""

    def __init__(self, exchange: Exchange, clock: Clock) -> None:
        self.exchange, self.clock = exchange, clock
        self.troubles = Troubles(exchange.settings.seed, lambda: clock.wall_ms)
        self.hubs = {
            name: Hub(floor, FINDS[name], self.troubles) for name, floor in exchange.floors.items() if name in FINDS
        }
        self.routes: dict[tuple[str, str], Callable[[dict[str, Any]], Any]] = {
            ("POST", "/sandbox/troubles"): self._trouble,
            ("DELETE", "/sandbox/troubles"): self._no_troubles,
        }
        self.users = {name: Users(clock, self.troubles) for name in exchange.floors}
        if "spot" in exchange.floors:
            SpotUsers(exchange.spot, self.users["spot"])
        if "usdm" in exchange.floors:
            UsdmUsers(exchange.usdm, self.users["usdm"])
        exchange.moved.append(self._moved)

    def _moved(self) -> None:
        for hub in self.hubs.values():
            hub.passed()

    def present(self, everything: bool = False) -> None:
        """Tell what stands now, where it is due, or everything that has changed."""
        for users in self.users.values():
            users.end_revoked()
        for hub in self.hubs.values():
            hub.present(None if everything else self.clock.wall_ms)

    def _no_troubles(self, _wanted: dict[str, Any]) -> dict[str, Any]:
        self.troubles.clear()
        return {}

    def _trouble(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """Set a trouble on streams; ConfigError: it is not one. A drop is done at once, and answers how many it met."""
        rule = self.troubles.set(wanted)
        if rule.fault != "drop":
            return {"set": rule.fault}
        met: dict[Outlet, None] = {}
        for hub in self.hubs.values():
            for feed in hub.feeds.values():
                met |= feed.listeners if fnmatchcase(feed.name, rule.stream) else {}
        if fnmatchcase(USER, rule.stream):
            for users in self.users.values():
                met |= {one.outlet: None for listening in users.listening.values() for one in listening}
        for outlet in met:
            outlet.drop()
        return {"dropped": len(met)}
