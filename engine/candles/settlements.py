"""Funding settlements at rest: Parquet, one file a market and year, in the market's folder of the store.

Owns the merging of new settlements with old ones. Must not know foreign files or the command line.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from engine.candles.columns import Mask
from engine.candles.funding import Funding
from engine.candles.merging import year_span
from engine.candles.parquet import funding_table, locked, read_funding_year, write_tables
from engine.candles.provenance import together
from engine.candles.store import Written, year_files
from engine.candles.timeframes import counted, iso
from engine.errors import DataError

_COMMAND = "tradewind data import FILE --kind funding"


def write(folder: Path, market: str, funding: Funding, replace: bool) -> Written:
    """Merge settlements into a market's folder; where they disagree with it, refuse, or win with `replace`."""
    if not len(funding):
        raise DataError(f"{market}: no funding settlements to write")
    with locked(folder, market):
        files, counts = _merged(folder, market, funding, replace)
        write_tables({path: funding_table(one, market) for path, one in files.items()})
    return Written(tuple(files), *counts)


def check(folder: Path, market: str, funding: Funding, replace: bool) -> None:
    """Refuse what `write` would refuse, and write nothing."""
    _merged(folder, market, funding, replace)


def within(folder: Path, market: str, from_ms: int, until_ms: int) -> bool:
    """Return whether a settlement is stored at or after `from_ms` and before `until_ms`."""
    stamps = [_read(path, market).ms for path in year_files(folder / "funding")]
    return any(bool(((ms >= from_ms) & (ms < until_ms)).any()) for ms in stamps)


def load(folder: Path, market: str, from_ms: int | None, until_ms: int | None) -> Funding:
    """Return stored settlements; DataError: there are none in the span, or none at all."""
    parts = [_read(path, market) for path in year_files(folder / "funding")]
    if not parts:
        raise DataError(f"no funding of {market} in the store; import it: {_COMMAND} --market {market}")
    whole = _joined(parts)
    chosen = np.ones(len(whole), dtype=np.bool_)
    if from_ms is not None:
        chosen &= whole.ms >= from_ms
    if until_ms is not None:
        chosen &= whole.ms < until_ms
    if not chosen.any():
        raise DataError(
            f"{market}: no funding in the span asked for; the store holds {iso(int(whole.ms[0]))} to "
            f"{iso(int(whole.ms[-1]))}; import more: {_COMMAND} --market {market}"
        )
    return _taken(whole, chosen)


def _merged(folder: Path, market: str, new: Funding, replace: bool) -> tuple[dict[Path, Funding], tuple[int, int, int]]:
    files: dict[Path, Funding] = {}
    added = replaced = unchanged = 0
    example = ""
    first, last = (int(str(np.datetime64(int(ms), "ms"))[:4]) for ms in new.ms[[0, -1]])
    for year in range(first, last + 1):
        start, stop = year_span(year)
        part = _taken(new, (new.ms >= start) & (new.ms < stop))
        if not len(part):
            continue
        path = folder / "funding" / f"{year:04d}.parquet"
        old = _read(path, market) if path.exists() else None
        merged, fresh, differing, said = _together(old, part)
        added, replaced, unchanged = added + fresh, replaced + differing, unchanged + len(part) - fresh - differing
        example = example or said
        if fresh or differing:
            files[path] = merged
    if replaced and not replace:
        raise DataError(
            f"{market}: {counted(replaced, 'funding settlement')} of {replaced + unchanged:,} disagree with the store, "
            f"first {example}; nothing was written; give --replace to let the new ones win"
        )
    return files, (added, replaced, unchanged)


def _together(old: Funding | None, new: Funding) -> tuple[Funding, int, int, str]:
    """Return both, the new ones winning; how many are fresh, how many differ, and the first of those."""
    if old is None:
        return new, len(new), 0, ""
    _, ours, theirs = np.intersect1d(old.ms, new.ms, return_indices=True)
    marks = (old.mark[ours] == new.mark[theirs]) | np.isnan(new.mark[theirs])  # one who does not know does not deny
    differs = (old.rate[ours] != new.rate[theirs]) | (~marks & ~np.isnan(old.mark[ours]))
    learnt = np.isnan(old.mark[ours]) & ~np.isnan(new.mark[theirs])
    said = ""
    if differs.any():
        row = int(np.argmax(differs))
        mine, other = ours[row], theirs[row]
        what = "rate" if old.rate[mine] != new.rate[other] else "mark"
        said = f"{iso(int(old.ms[mine]))} ({what} {getattr(old, what)[mine]} stored, {getattr(new, what)[other]} new)"
    mark = new.mark.copy()
    mark[theirs] = np.where(np.isnan(mark[theirs]), old.mark[ours], mark[theirs])
    kept = np.setdiff1d(np.arange(len(old)), ours)
    ms = np.concatenate((old.ms[kept], new.ms))
    order = np.argsort(ms, kind="stable")
    both = Funding(
        ms[order],
        np.concatenate((old.rate[kept], new.rate))[order],
        np.concatenate((old.mark[kept], mark))[order],
        together([old.source, new.source]),
    )
    differing = int(np.count_nonzero(differs))
    return both, len(new) - len(ours) + int(np.count_nonzero(learnt & ~differs)), differing, said


def _read(path: Path, market: str) -> Funding:
    found, told = read_funding_year(path)
    if (told.market, told.kind) != (market, "funding"):
        raise DataError(
            f"{path}: expected funding of {market}, was {told.kind} of {told.market}; "
            "put the file back where it was, or delete it and import again"
        )
    return found


def _joined(parts: list[Funding]) -> Funding:
    if len(parts) == 1:
        return parts[0]
    ms, rate, mark = (np.concatenate([getattr(part, name) for part in parts]) for name in ("ms", "rate", "mark"))
    return Funding(ms, rate, mark, together(part.source for part in parts))


def _taken(funding: Funding, chosen: Mask) -> Funding:
    return Funding(funding.ms[chosen], funding.rate[chosen], funding.mark[chosen], funding.source)
