"""Who may speak to the exchange: programs of this machine, and its own page. Must not know what is asked for.

A page of a stranger, open in a browser here, can send requests to loopback as well. Its name gives it away: in Host
where it had its own name point here, and in Origin where it writes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_LOOPBACK = re.compile(r"(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])(:\d{1,5})?", re.IGNORECASE)


def strange(method: str, headers: Mapping[str, str]) -> str:
    """Return why a request is refused, or nothing."""
    host, origin = headers.get("Host", ""), headers.get("Origin")
    if not _LOOPBACK.fullmatch(host):
        return f"expected a Host on loopback such as 127.0.0.1, was {host!r}"
    writes = method not in ("GET", "HEAD") or headers.get("Upgrade", "")
    if writes and origin is not None and origin.lower() != f"http://{host.lower()}":
        return f"expected no Origin or http://{host}, was {origin!r}"
    return ""
