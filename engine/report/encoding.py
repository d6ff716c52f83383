"""Series as short flat lists of whole numbers, for JSON in a page; the page's own script reads them back exactly.

Owns both rules: a value is a whole number of 10^-decimals, and a list holds differences to the value before.
"""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np

from engine.metrics.sampling import Floats, Integers

LARGEST = 2.0**52  # a whole number beyond it is not exact in JavaScript


def deltas(values: Integers) -> list[int]:
    """Return the first value and each difference to the one before."""
    whole: list[int] = np.diff(values, prepend=0).tolist()
    return whole


def scaled(values: Floats, digits: int = 7) -> dict[str, Any]:
    """Return finite values rounded to about `digits` digits of the largest, as differences and their decimals."""
    largest = float(np.abs(values).max(initial=0.0))
    decimals = max(0, digits - 1 - math.floor(math.log10(largest))) if largest > 0.0 else 0
    return exactly(values, min(decimals, 15))


def exactly(values: Floats, decimals: int) -> dict[str, Any]:
    """Return values of that many decimals as differences."""
    while decimals and float(np.abs(values).max(initial=0.0)) * 10.0**decimals > LARGEST:
        decimals -= 1
    return {"decimals": decimals, "deltas": deltas(np.rint(values * 10.0**decimals).astype(np.int64))}


def in_page(value: Any) -> str:
    """Return JSON that may stand in a <script>: no text in it can end the element or begin a comment."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
