"""The golden cases of the formulae, and when an answer agrees with one (golden/README.md of the reference texts)."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[1] / "golden"


def golden(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text("utf-8"))


def agrees(got: Any, want: Any, tol: float) -> bool:
    if isinstance(want, dict):
        return got.keys() >= want.keys() and all(agrees(got[k], want[k], tol) for k in want)
    if isinstance(want, list | tuple):
        return len(got) == len(want) and all(agrees(g, w, tol) for g, w in zip(got, want, strict=True))
    if isinstance(want, str | bool | type(None)) or tol == 0:
        return bool(got == want)
    return math.isclose(got, want, rel_tol=tol, abs_tol=1e-12)


def by_name(group: Any) -> dict[str, Any]:
    """Return a group's cases by their names."""
    return {case["name"]: case for case in group["cases"]}
