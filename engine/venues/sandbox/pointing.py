"""A ccxt client pointed at the practice exchange. Must not import ccxt: the client comes in as it is.

Every address of the client is rewritten; the live host stays as the first part of the path, which the server takes off.
"""

from __future__ import annotations

import re
from typing import Any

from engine.errors import ConfigError

SEGMENTS = {"binance": "spot", "binanceusdm": "linear"}  # by the client's id
_ADDRESS = re.compile(r"(https?|wss?)://([^/:]+)(?::\d+)?(.*)")
# Nothing but exchangeInfo is asked for when markets are loaded.
PLAIN = {"fetchCurrencies": False, "fetchMargins": False}
OPTIONS = {
    "spot": PLAIN | {"defaultType": "spot", "fetchMarkets": {"types": ["spot"]}},
    "linear": PLAIN | {"defaultType": "swap", "fetchMarkets": {"types": ["linear"]}},
}


def point_at(client: Any, address: str) -> None:
    """Send all requests of a ccxt client to an address such as "127.0.0.1:8787", and name errors as it does live.

    ccxt chooses its table of errors by the live host's name, so without the second part an order that funds do not
    cover would come back as another class than from the venue itself. A binanceusdm client trades USD-M, a
    binance client spot. ConfigError: it is another venue's.
    """

    def rewritten(node: Any) -> Any:
        if isinstance(node, dict):
            return {key: rewritten(value) for key, value in node.items()}
        found = _ADDRESS.fullmatch(client.implode_hostname(node)) if isinstance(node, str) else None
        if found is None:
            return node
        return f"{'ws' if found[1].startswith('ws') else 'http'}://{address}/{found[2]}{found[3]}"

    if client.id not in SEGMENTS:
        raise ConfigError(f"a practice exchange speaks to clients of {' and '.join(SEGMENTS)}, was {client.id}")
    client.urls["api"] = rewritten(client.urls["api"])
    segment = SEGMENTS[client.id]
    client.options = client.deep_extend(client.options, OPTIONS[segment])
    table = client.exceptions[segment]
    client.get_exceptions_by_url = lambda url, kind: table.get(kind, {})
