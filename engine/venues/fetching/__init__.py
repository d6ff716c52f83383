"""Candles from a venue into the store: asked for page by page, again where an answer does not come, resumable anywhere.

Owns what counts as a closed candle and as an answer. Must not know strategies, keys or orders: nothing here is signed.
"""

from engine.venues.fetching.client import Client, open_client
from engine.venues.fetching.job import Done, Job, Progress, fetch
from engine.venues.fetching.pacing import Pace
from engine.venues.fetching.printing import fetch_prints
from engine.venues.fetching.settling import fetch_funding

__all__ = ["Client", "Done", "Job", "Pace", "Progress", "fetch", "fetch_funding", "fetch_prints", "open_client"]
