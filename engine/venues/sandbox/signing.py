"""Signatures over the raw string of a request: HMAC-SHA256 in hex, and Ed25519 in base64.

Owns their verification. Must not know what the string says: not one character of it is decoded or put in order.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import b64decode
from functools import lru_cache
from urllib.parse import unquote

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from engine.venues.sandbox.keys import Key

_SIGNATURE = re.compile(r"(?:^|&)signature=([^&]*)")


def split(raw: str) -> tuple[str, str | None]:
    """Return what was signed, and the signature; None: there is none."""
    found = _SIGNATURE.search(raw)
    if found is None:
        return raw, None
    return (raw[: found.start()] + raw[found.end() :]).removeprefix("&"), unquote(found[1])


def is_signed_by(key: Key, payload: str, signature: str) -> bool:
    """Return whether the signature is the key's, over exactly this payload."""
    if key.public_pem:
        try:
            _public(key.public_pem).verify(b64decode(signature, validate=True), payload.encode())
        except (InvalidSignature, ValueError):
            return False
        return True
    expected = hmac.new(key.secret.encode(), payload.encode(), hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), signature.lower().encode())


def is_public_key(pem: str) -> bool:
    """Return whether a text is a public Ed25519 key in PEM."""
    try:
        _public(pem)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=256)
def _public(pem: str) -> Ed25519PublicKey:
    key = load_pem_public_key(pem.encode())
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError("expected an Ed25519 key")
    return key
