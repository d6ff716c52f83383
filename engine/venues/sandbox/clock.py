"""Two clocks. Requests are judged by the wall's; the market has its own, which may run faster or only be stepped.

Owns both and the skew that tests put on the wall's. Must not know requests or candles.
"""

from __future__ import annotations

from collections.abc import Callable
from time import time_ns


def wall_ms() -> int:
    """Return this machine's time, ms UTC."""
    return time_ns() // 1_000_000


class Clock:
    """Tell the time. speed: market seconds per second; 0: the market moves by `step` only."""

    def __init__(self, start_ms: int, speed: float = 1.0, wall: Callable[[], int] = wall_ms) -> None:
        self.speed, self.skew_ms = speed, 0
        self._wall, self._began_ms = wall, wall()
        self._start_ms, self._stepped_ms = start_ms, 0

    @property
    def now_ms(self) -> int:
        """Return the time by which requests are judged."""
        return self._wall() + self.skew_ms

    @property
    def market_ms(self) -> int:
        """Return the market's time."""
        return self._start_ms + self._stepped_ms + int((self._wall() - self._began_ms) * self.speed)

    def step(self, by_ms: int) -> None:
        """Move the market's time on."""
        self._stepped_ms += by_ms
