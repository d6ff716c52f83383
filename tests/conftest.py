"""Shared by all tests: the core is compiled with bounds checks, and real data is found where it lies beside the clone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

os.environ.setdefault("TRADEWIND_BOUNDSCHECK", "1")  # before anything of the core is imported

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared"


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Return the folder of real candles, or skip: a plain clone has none."""
    folder = SHARED / "data"
    if not folder.is_dir():
        pytest.skip("real candles are not beside this clone (../shared/data)")
    return folder
