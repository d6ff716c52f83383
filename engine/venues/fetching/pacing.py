"""When a venue is asked again: after a refusal for too many requests, and after an answer that did not come.

Owns the waiting, which all requests to one venue share. Must not know what is asked for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from random import Random
from typing import Any, TypeVar

from engine.errors import ConfigError, DataError

T = TypeVar("T")
Sleep = Callable[[float], Awaitable[object]]
ATTEMPTS = 8
LONGEST_S = 60.0
LONGEST_BAN_S = 15 * 60.0
real_sleep: Sleep = asyncio.sleep
Told = Callable[[str], object]


def silent(_: str) -> None:
    """Hear nothing."""


class Pace:
    """Ask one venue, patiently. told: called with a sentence whenever it has to wait."""

    def __init__(self, client: Any, ccxt: Any, name: str, sleep: Sleep = real_sleep, told: Told = silent) -> None:
        self._client, self._ccxt, self._name, self._sleep, self._told = client, ccxt, name, sleep, told
        self._turn = asyncio.Lock()  # who waits for the venue holds it, so that nobody else asks meanwhile
        self._random = Random()  # spreads the retries of several processes; nothing else depends on it
        self.waits = 0

    async def ask(self, what: Callable[[], Awaitable[T]]) -> T:
        """Return an answer, after as many as eight attempts.

        DataError: none came. ConfigError: the venue refuses the request as such, and would again.
        """
        for attempt in range(1, ATTEMPTS + 1):
            async with self._turn:
                pass
            try:
                return await what()
            except self._final() as error:
                raise ConfigError(f"{self._name}: refused ({_short(error)}); change what is asked for") from None
            except (self._ccxt.DDoSProtection, self._ccxt.RateLimitExceeded) as error:
                wait_s = self._told_to_wait() or self._grown(attempt)
                if attempt == ATTEMPTS or wait_s > LONGEST_BAN_S:
                    raise DataError(
                        f"{self._name}: too many requests, it asks for {wait_s:.0f} s of silence ({_short(error)}); "
                        "try again later, it goes on where it stopped"
                    ) from None
                await self._wait(wait_s, "too many requests")
            except self._ccxt.BaseError as error:
                if attempt == ATTEMPTS:
                    raise DataError(
                        f"{self._name}: no answer after {ATTEMPTS} attempts ({_short(error)}); "
                        "try again later, it goes on where it stopped"
                    ) from None
                await self._wait(self._grown(attempt), type(error).__name__)
        raise AssertionError("the last attempt returns or raises")

    def _final(self) -> tuple[type[Exception], ...]:
        # A bare ExchangeError is not among them: a body that was cut off raises just that.
        of = self._ccxt
        return of.BadRequest, of.NotSupported, of.ArgumentsRequired, of.AuthenticationError, of.RestrictedLocation

    async def _wait(self, seconds: float, why: str) -> None:
        self.waits += 1
        self._told(f"{self._name}: {why}; waiting {seconds:.0f} s")
        if self._turn.locked():  # somebody waits already; ask again after him
            return
        async with self._turn:
            await self._sleep(seconds)

    def _grown(self, attempt: int) -> float:
        """Return 0.5 to 1 times 1, 2, 4 ... seconds, at most a minute."""
        return min(LONGEST_S, 2.0 ** (attempt - 1)) * (0.5 + 0.5 * self._random.random())

    def _told_to_wait(self) -> float:
        headers = {str(name).lower(): value for name, value in (self._client.last_response_headers or {}).items()}
        try:
            return max(0.0, float(headers.get("retry-after", 0)))
        except ValueError:
            return 0.0


def _short(error: Exception) -> str:
    said = " ".join(str(error).split())
    return f"{type(error).__name__}: {said[:120]}"
