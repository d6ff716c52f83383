"""The way in: a result or a folder becomes a file, whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import ConfigError

if TYPE_CHECKING:
    from engine.backtesting import Result

NAME = "report.html"


def write_result(result: Result, path: Path, name: str = "") -> Path:
    """Write the page of a result in memory; name: the heading, by default the strategy's."""
    from engine.report.composing import page
    from engine.report.material import of_result

    return _written(page(of_result(result, name)), path)


def write_folder(folder: Path, path: Path | None = None, root: str | None = None) -> Path:
    """Write the page of a run's folder, by default into it; root: the candle store, by default that of the settings."""
    from engine.report.composing import page
    from engine.report.reading import of_folder

    return _written(page(of_folder(folder, root)), path or folder / NAME)


def _written(text: str, path: Path) -> Path:
    """Write beside the file and rename: whoever has the page open never meets half of it."""
    staging = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, staging = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        os.chmod(staging, 0o644)
        os.replace(staging, path)
    except OSError as error:
        if staging:
            Path(staging).unlink(missing_ok=True)
        raise ConfigError(f"cannot write the report to {path}: {error.strerror}; choose another place") from None
    return path
