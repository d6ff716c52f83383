"""API keys: whose they are, what they may do, and when they begin and cease to work.

Owns the ring of keys. Must not know requests; times are the wall clock's, ms.
"""

from __future__ import annotations

import hashlib
import hmac
import string
from dataclasses import dataclass
from random import Random
from typing import Any

ALPHABET = string.ascii_letters + string.digits
LENGTH = 64
PERMISSIONS = ("read", "trade", "withdraw", "transfer")


@dataclass(slots=True)
class Key:
    """Hold one key. Its secret is an HMAC secret, or nothing where a public Ed25519 key (PEM) stands."""

    id: str
    account: str
    secret: str = ""
    public_pem: str = ""
    permissions: tuple[str, ...] = ("read", "trade")
    created_ms: int = 0
    active_from_ms: int = 0
    expires_ms: int | None = None
    revoked: bool = False
    ip_restricted: bool = False

    def works(self, now_ms: int) -> bool:
        """Return whether the venue accepts it at a time."""
        expired = self.expires_ms is not None and now_ms >= self.expires_ms
        return not self.revoked and not expired and now_ms >= self.active_from_ms

    def told(self, secrets: bool = False) -> dict[str, Any]:
        """Return the key as JSON, with its secret only where it is handed out."""
        about: dict[str, Any] = {
            "key": self.id, "account": self.account, "kind": "ed25519" if self.public_pem else "hmac",
            "permissions": list(self.permissions), "revoked": self.revoked,
        }  # fmt: skip
        return {**about, "secret": self.secret} if secrets and self.secret else about


class KeyRing:
    """Make and find keys; the same seed makes the same keys in the same order."""

    def __init__(self, seed: int) -> None:
        self.keys: dict[str, Key] = {}
        self._random = Random(f"keys {seed}")
        self._house = Random(f"house {seed}").randbytes(32)

    def make(self, account: str, now_ms: int, delay_ms: int = 0, life_ms: int | None = None, **fields: Any) -> Key:
        """Add a key that works after a delay, for a life from now."""
        key = Key(self._text(), account, created_ms=now_ms, active_from_ms=now_ms + delay_ms, **fields)
        key.expires_ms = None if life_ms is None else now_ms + life_ms
        if not key.public_pem:
            key.secret = self._text()
        self.keys[key.id] = key
        return key

    def vouch(self, key_id: str, payload: str) -> str:
        """Return what stands for a signature where the exchange itself knows who asks: over a session."""
        return hmac.new(self._house, f"{key_id} {payload}".encode(), hashlib.sha256).hexdigest()

    def _text(self) -> str:
        return "".join(self._random.choices(ALPHABET, k=LENGTH))
