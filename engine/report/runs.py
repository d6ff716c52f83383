"""The runs that were saved: listed newest first, and found by what a person calls them.

Must not draw. A folder that cannot be read is listed with the reason; nothing is skipped without a word.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from engine.errors import ConfigError, DataError, did_you_mean
from engine.report.reading import read_summary, run_name


@dataclass(frozen=True, slots=True)
class Saved:
    """Hold one saved run; summary is empty and problem says why where it cannot be read."""

    folder: Path
    name: str
    when: datetime
    summary: dict[str, Any]
    problem: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return what a program wants to know of it."""
        told: dict[str, Any] = {"name": self.name, "when": self.when.isoformat(), "folder": str(self.folder)}
        if not self.summary:
            return {**told, "problem": self.problem}
        return {
            **told,
            "strategy": self.summary["strategy"],
            "markets": [one["symbol"] for one in self.summary["markets"]],
            "timeframe": self.summary["candles"][0]["timeframe"],
            "path": self.summary.get("rules", {}).get("path"),
            "total_return": self.summary["metrics"]["total_return"],
            "total_return_range": self.summary.get("total_return_range"),
            "trades": self.summary["metrics"]["trades"],
            "complete": self.summary.get("complete", True),
            "problem": None,
        }


def saved_runs(root: Path) -> list[Saved]:
    """Return the runs under a folder, newest first."""
    if root.exists() and not root.is_dir():
        raise ConfigError(f"{root}: expected the folder of the runs, was a file")
    folders = [one for one in root.iterdir() if one.is_dir() and not one.name.startswith(".")] if root.is_dir() else []
    return sorted(
        (_saved(folder) for folder in folders), key=lambda one: (one.when, _written_ns(one.folder)), reverse=True
    )


def find_run(said: str | None, root: Path) -> Path:
    """Return the folder of a path, of a name or a unique beginning of one, or the newest run of a definition."""
    if said is None:
        runs = saved_runs(root)
        if not runs:
            raise ConfigError(
                f"no runs in {root} yet; tradewind backtest backtests/moving_average_short.toml makes one"
            )
        whole = [one for one in runs if not one.problem]
        if not whole:
            raise ConfigError(f"no whole run in {root}: {runs[0].problem}")
        return whole[0].folder
    if not said:
        raise ConfigError("expected a run's folder or name, was nothing; leave it away for the newest run")
    if (Path(said) / "metrics.json").is_file():
        return Path(said)
    runs = saved_runs(root)
    exact = [one for one in runs if said in (one.folder.name, one.name)]
    if exact:
        return exact[0].folder
    begun = [one for one in runs if one.folder.name.startswith(said) or one.name.startswith(said)]
    if len(begun) == 1 or (begun and len({one.name for one in begun if one.name.startswith(said)}) == 1):
        return begun[0].folder  # of one definition's runs the newest
    if begun:
        some = ", ".join(one.folder.name for one in begun[:4])
        raise ConfigError(f'"{said}" begins the names of {len(begun)} runs ({some}{" …" if len(begun) > 4 else ""})')
    if Path(said).is_dir():
        raise ConfigError(f"{said}: there is no metrics.json in it; it is no run, or an incomplete one")
    hint = did_you_mean(said, {name for one in runs for name in (one.folder.name, one.name)})
    known = hint if hint.startswith("; did") else "; tradewind runs lists them"
    raise ConfigError(f'no run "{said}" in {root}{known}')


def _saved(folder: Path) -> Saved:
    try:
        summary, problem = read_summary(folder), ""
    except DataError as error:
        summary, problem = {}, str(error).removeprefix(f"{folder}: ").removeprefix(f"{folder}/")
    return Saved(folder, run_name(folder), _when(folder), summary, problem)


def _when(folder: Path) -> datetime:
    try:
        return datetime.strptime(folder.name.partition("-")[0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return datetime.fromtimestamp(_written_ns(folder) // 1_000_000_000, UTC)


def _written_ns(folder: Path) -> int:
    # Of two runs in one second; the folder's own time changes when a report is written into it.
    file = folder / "metrics.json"
    return (file if file.is_file() else folder).stat().st_mtime_ns
