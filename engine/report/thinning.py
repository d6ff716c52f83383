"""Long series made short for a chart: of every stretch the extremes are kept, so that no peak or trough is lost."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.metrics.sampling import Floats, Integers


def kept(series: Sequence[Floats], limit: int) -> Integers:
    """Return at most `limit` indices: the first, the last, and in each stretch the extremes of every series."""
    count = len(series[0])
    if count <= limit:
        return np.arange(count)
    stretches = max(1, (limit - 2) // (2 * len(series)))
    length = -(-count // stretches)
    starts = np.arange(0, count, length)
    found = [np.array([0, count - 1])]
    for values in series:
        # Padded with its own last value, so that the stretches are the rows of a table.
        padded = np.append(values, np.full(len(starts) * length - count, values[-1])).reshape(len(starts), length)
        found += [starts + padded.argmin(axis=1), starts + padded.argmax(axis=1)]
    return np.unique(np.minimum(np.concatenate(found), count - 1))
