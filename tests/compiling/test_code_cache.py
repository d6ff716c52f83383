"""The folders of compiled code: the newest use keeps one, and only who adds one tidies up."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine import codecache

AGED = 70


@pytest.fixture
def folders(tmp_path: Path) -> Iterator[list[Path]]:
    made = [tmp_path / f"{number:03}" for number in range(AGED)]
    long_ago = time.time() - 2.0 * codecache.KEPT_SECONDS
    for number, folder in enumerate(made):
        folder.mkdir()
        os.utime(folder, (long_ago + number, long_ago + number))
    codecache._touch.cache_clear()
    yield made
    codecache._touch.cache_clear()


def test_a_use_keeps_a_folder_young_and_looks_at_no_other(folders: list[Path]) -> None:
    codecache._touch(str(folders[0]))
    assert time.time() - folders[0].stat().st_mtime < 60.0
    assert all(folder.exists() for folder in folders)


def test_a_new_folder_makes_the_oldest_go(folders: list[Path]) -> None:
    codecache._touch(str(folders[0]))
    codecache._touch(str(folders[0].with_name("new")))
    left = sorted(one.name for one in folders[0].parent.iterdir())
    assert len(left) == codecache.KEPT_FOLDERS
    assert {"000", "new"} <= set(left)  # the one just used stays; the next oldest are gone
    assert "001" not in left
