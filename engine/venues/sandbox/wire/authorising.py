"""Who asks, and may they: keys, times and signatures of a request, in the order in which the venue looks at them.

Must not know what is asked for. Times are the wall clock's, ms.
"""

from __future__ import annotations

import hmac

from engine.venues.sandbox.asking import Asked
from engine.venues.sandbox.keys import Key, KeyRing
from engine.venues.sandbox.refusal import RefusalError, missing
from engine.venues.sandbox.signing import is_signed_by, split

AHEAD_MS = 1_000
WINDOW_MS, WIDEST_MS = 5_000, 60_000
SESSION = "session"  # the parameter by which the exchange vouches for who has logged on


def identify(ring: KeyRing, header: str | None, permission: str, now_ms: int) -> Key:
    """Return the key of an id; RefusalError: -2014, -2015."""
    if not header or not header.isalnum():
        raise RefusalError(-2014, "API-key format invalid.", 401)
    key = ring.keys.get(header)
    if key is None or not key.works(now_ms) or permission not in key.permissions:
        raise RefusalError(-2015, "Invalid API-key, IP, or permissions for action.", 401)
    return key


def authorise(
    ring: KeyRing, header: str | None, query: str, body: str, asked: Asked, permission: str, now_ms: int
) -> Key:
    """Return the key of a signed request; RefusalError: -2014, -2015, -1102, -1021, -1022 and their kin.

    query, body: as they came over the wire; what is signed is the one and the other, with nothing between.
    """
    key = identify(ring, header, permission, now_ms)
    stamp, window = asked.whole("timestamp"), asked.whole("recvWindow", WINDOW_MS) or WINDOW_MS
    if stamp is None:
        raise missing("timestamp")
    if window > WIDEST_MS:
        raise RefusalError(-1131, f"recvWindow must be less than {WIDEST_MS}.")
    if stamp >= now_ms + AHEAD_MS:
        raise RefusalError(-1021, f"Timestamp for this request was {AHEAD_MS}ms ahead of the server's time.")
    if now_ms - stamp > window:
        raise RefusalError(-1021, "Timestamp for this request is outside of the recvWindow.")
    vouched = asked.values.get(SESSION)
    if vouched and hmac.compare_digest(vouched, ring.vouch(key.id, query.removesuffix(f"&{SESSION}={vouched}"))):
        return key
    (first, in_query), (second, in_body) = split(query), split(body)
    signature = in_body if in_query is None else in_query
    if signature is None:
        raise missing("signature")
    if not is_signed_by(key, first + second, signature):
        raise RefusalError(-1022, "Signature for this request is not valid.")
    return key
