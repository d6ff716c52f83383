"""Listen keys: who may listen to an account's user stream, and for how long. Times are the wall clock's, ms."""

from __future__ import annotations

import string
from dataclasses import dataclass
from random import Random

from engine.venues.sandbox.keys import Key

LIFE_MS = 3_600_000
LENGTH = 64


@dataclass(slots=True)
class ListenKey:
    """Hold one. key: the API key that asked for it."""

    text: str
    key: Key
    expires_ms: int

    def lives(self, now_ms: int) -> bool:
        """Return whether its time is not over, and its API key works."""
        return now_ms < self.expires_ms and self.key.works(now_ms)


class ListenKeys:
    """Give out listen keys, one an account; the same seed gives the same in the same order."""

    def __init__(self, seed: int) -> None:
        self.keys: dict[str, ListenKey] = {}
        self._random = Random(f"listen keys {seed}")

    def of(self, account: str, now_ms: int) -> ListenKey | None:
        """Return an account's listen key, where it has one that lives."""
        found = next((one for one in self.keys.values() if one.key.account == account), None)
        if found is not None and not found.lives(now_ms):
            del self.keys[found.text]
            return None
        return found

    def give(self, key: Key, now_ms: int) -> ListenKey:
        """Return the listen key of a key's account, which lives anew, or a new one."""
        found = self.of(key.account, now_ms)
        if found is None:
            text = "".join(self._random.choices(string.ascii_letters + string.digits, k=LENGTH))
            found = self.keys[text] = ListenKey(text, key, 0)
        found.expires_ms = now_ms + LIFE_MS
        return found
