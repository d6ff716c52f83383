from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine import Result

from . import browser
from .making import KINDS, Page


@pytest.fixture(scope="session")
def results() -> Callable[[str], Result]:
    """Return each kind of result, run once."""
    made: dict[str, Result] = {}

    def get(kind: str) -> Result:
        if kind not in made:
            made[kind] = KINDS[kind]()
        return made[kind]

    return get


@pytest.fixture(scope="session")
def written(results: Callable[[str], Result], tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return the file of each kind's page, written once."""
    folder = tmp_path_factory.mktemp("reports")

    def get(kind: str) -> Path:
        path = folder / f"{list(KINDS).index(kind)}.html"
        return path if path.exists() else results(kind).report(path)

    return get


@pytest.fixture(scope="session")
def pages(written: Callable[[str], Path]) -> Callable[[str], Page]:
    """Return each kind's page, taken apart."""
    return lambda kind: Page(written(kind).read_text("utf-8"))


@pytest.fixture(scope="module")
def window() -> Iterator[browser.Browser]:
    """Return a headless Chromium, or skip."""
    if browser.missing():
        pytest.skip(browser.missing())
    with browser.chromium() as opened:
        yield opened
