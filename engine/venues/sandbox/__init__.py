"""A practice exchange on loopback that speaks Binance's REST dialects, spot and USD-M.

Owns accounts, keys, orders and a market made of candles. Must not know strategies, runs or any real venue's host.
Money is Decimal throughout, and every unit of it is in one ledger.
"""

from engine.venues.sandbox.exchange import Exchange
from engine.venues.sandbox.floor import Settings
from engine.venues.sandbox.matching.instrument import Instrument
from engine.venues.sandbox.pointing import point_at
from engine.venues.sandbox.usdm.contract import Contract
from engine.venues.sandbox.wire.server import Server

__all__ = ["Contract", "Exchange", "Instrument", "Server", "Settings", "point_at"]
