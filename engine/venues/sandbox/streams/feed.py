"""One stream of the market: what it says, when, and who listens. Owns nothing of how it is sent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol
from zlib import crc32

from engine.venues.sandbox.floor import Floor

Event = dict[str, Any] | list[dict[str, Any]]


class Outlet(Protocol):
    """Take what is pushed to one client. combined: it wants each event with its stream's name around it."""

    combined: bool

    def put(self, text: str) -> None:
        """Queue a message; it leaves in the order in which it was put."""

    def drop(self) -> None:
        """Break the connection without a word."""


class Feed:
    """Say what one stream says; nothing is computed while nobody listens.

    pause_ms: how long, by the wall clock, it is silent at least between two states; always: it wants to be asked after
    every stretch of the market's time, not only where a candle closes.
    """

    pause_ms = 1_000
    always = False

    def __init__(self, floor: Floor, name: str) -> None:
        self.floor, self.name = floor, name
        self.listeners: dict[Outlet, None] = {}
        self.due_ms = 0

    def passed(self) -> Iterable[Event]:
        """Return what happened since it was asked last, each thing once, in order: it is called before time goes on."""
        return ()

    def present(self) -> Event | None:
        """Return what stands now; None: that has been told, or there is nothing to tell."""
        return None

    def put_off(self, now_ms: int) -> None:
        """Set when the next state is due; streams of one pause are spread over it, so that not all come at once."""
        if self.pause_ms:
            phase = crc32(self.name.encode()) % self.pause_ms
            self.due_ms = now_ms - (now_ms - phase) % self.pause_ms + self.pause_ms

    def end(self) -> None:
        """Let go of whatever it held on to: nobody listens any more."""
