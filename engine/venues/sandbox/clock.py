"""Two clocks. Requests are judged by the wall's; the market has its own, which may run faster or only be stepped.

Owns both and the skew that tests put on the wall's. Must not know requests or candles.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import time_ns


def wall_ms() -> int:
    """Return this machine's time, ms UTC."""
    return time_ns() // 1_000_000


class Clock:
    """Tell the time. speed: market seconds per second; 0: the market moves by `step` only."""

    def __init__(self, start_ms: int, speed: float = 1.0, wall: Callable[[], int] = wall_ms) -> None:
        self.speed, self.skew_ms = speed, 0
        self._wall, self._began_ms = wall, wall()
        self._start_ms, self.stepped_ms = start_ms, 0
        self._held: tuple[int, int] | None = None

    @property
    def wall_ms(self) -> int:
        """Return the wall clock's time as it is, without its skew."""
        return self._wall() if self._held is None else self._held[1]

    @property
    def now_ms(self) -> int:
        """Return the time by which requests are judged."""
        return self.wall_ms + self.skew_ms

    @property
    def market_ms(self) -> int:
        """Return the market's time."""
        if self._held is not None:
            return self._held[0]
        return self._start_ms + self.stepped_ms + int((self._wall() - self._began_ms) * self.speed)

    def step(self, by_ms: int) -> None:
        """Move the market's time on."""
        self.stepped_ms += by_ms
        if self._held is not None:
            self._held = self._held[0] + by_ms, self._held[1]

    @contextmanager
    def held(self, market_ms: int, wall_ms: int) -> Iterator[None]:
        """Let both clocks stand while one input takes effect: what it does is then the same when it is repeated."""
        self._held = market_ms, wall_ms
        try:
            yield
        finally:
            self._held = None

    def resume(self, market_ms: int) -> None:
        """Let the market's time go on from here and now."""
        self._start_ms, self._began_ms = market_ms - self.stepped_ms, self._wall()
