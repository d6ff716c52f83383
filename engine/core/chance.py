"""What is left to chance, the same on every path, machine and number of threads: a hash of the seed and the order.

Owns the draw. No generator is kept: an order's luck depends on nothing that happened before it.
"""

import numpy as np

from engine.core.jit import inner

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_30, _27, _31, _11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)


@inner
def _stirred(h):
    """Mix 64 bits (the finaliser of SplitMix64: Steele, Lea and Flood, OOPSLA 2014)."""
    h = (h ^ (h >> _30)) * _FIRST
    h = (h ^ (h >> _27)) * _SECOND
    return h ^ (h >> _31)


@inner
def draw(seed, book, order_id):
    """Return the order's number from 0.0 up to, not including, 1.0."""
    h = _stirred(np.uint64(seed) + _GOLDEN)
    h = _stirred(h + _GOLDEN * np.uint64(book + 1))
    h = _stirred(h + _GOLDEN * np.uint64(order_id))
    return float(h >> _11) / 9007199254740992.0


@inner
def touched(chance, seed, book, order_id):
    """Return whether an order that comes to rest fills when its price is only touched."""
    if chance <= 0.0 or chance >= 1.0:
        return chance > 0.0
    return draw(seed, book, order_id) < chance
