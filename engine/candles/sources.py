"""The files of an import: one, those in a zip, those under a folder; read without unpacking anything to disk.

Owns what is opened, what is passed over, and how far something may unfold. Must not know columns.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePath
from zipfile import BadZipFile, ZipFile, ZipInfo

from engine.errors import DataError, did_you_mean

TEXTS = (".csv", ".tsv", ".txt")
ENDINGS = (".csv", ".csv.gz", ".zip", ".parquet", ".feather", ".json", ".json.gz", ".tsv", ".txt")
_EXPECTED = f"{', '.join(ENDINGS[:-1])} or {ENDINGS[-1]}"
LARGEST = 4 << 30  # bytes of one file, unfolded
_ALWAYS_FINE = 64 << 20
_MOST_TIMES = 200  # candles pack to a tenth; a hundredth where nothing is traded


@dataclass(frozen=True, slots=True)
class Source:
    """One table: a file on disk, or a member of a zip."""

    path: Path
    member: str = ""

    @property
    def name(self) -> str:
        """Return its own name, for people: "btc.zip: btc-2024.csv"."""
        return f"{self.path.name}: {self.member}" if self.member else self.path.name

    @property
    def place(self) -> PurePath:
        """Return where it lies, whose parts may tell the market; inside a zip the zip's folders come first."""
        return self.path.parent / PurePath(self.member) if self.member else self.path

    @property
    def ending(self) -> str:
        """Return ".csv", ".parquet" and so on, of what is inside."""
        name = (self.member or self.path.name).lower().removesuffix(".gz")
        return PurePath(name).suffix

    def payload(self) -> bytes | Path:
        """Return the bytes, or the path where the file can be read as it is."""
        if self.member:
            return _unzipped(self)
        return _ungzipped(self.path) if self.path.name.lower().endswith(".gz") else self.path


def sources_of(path: Path) -> tuple[list[Source], list[str]]:
    """Return the tables at a path, by name, and the names of what was passed over."""
    if path.is_dir():
        return _in_folder(path)
    if not path.exists():
        near = [other.name for other in path.parent.iterdir()] if path.parent.is_dir() else []
        hint = did_you_mean(path.name, near)
        raise DataError(f"no such file: {path}{hint if hint.startswith('; did') else ''}")
    if not path.name.lower().endswith(ENDINGS):
        raise DataError(f'{path}: expected a file ending in {_EXPECTED}, was "{path.suffix or path.name}"')
    return _in_file(path)


def _in_folder(folder: Path) -> tuple[list[Source], list[str]]:
    found: list[Source] = []
    passed: list[str] = []
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or any(part.startswith(".") for part in path.relative_to(folder).parts):
            continue
        if not path.name.lower().endswith(ENDINGS) or _no_table(path.name):
            passed.append(path.name)
            continue
        inside, beside = _in_file(path)
        found += inside
        passed += beside
    if not found:
        raise DataError(f"{folder} holds no file of candles; expected files ending in {_EXPECTED}")
    return found, passed


def _in_file(path: Path) -> tuple[list[Source], list[str]]:
    try:
        if not path.stat().st_size:
            raise DataError(f"{path} is empty; expected rows of timestamp, open, high, low, close, volume")
        if path.suffix.lower() != ".zip":
            return [Source(path)], []
        with _opened(path) as archive:
            members = [one for one in archive.infolist() if not one.is_dir()]
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from None
    taken = [one.filename for one in members if one.filename.lower().endswith(TEXTS) and not _no_table(one.filename)]
    if not taken:
        raise DataError(f"{path}: expected a zip of CSV files, found {_few([one.filename for one in members])}")
    return [Source(path, name) for name in sorted(taken)], [
        one.filename for one in members if one.filename not in taken
    ]


@contextmanager
def _opened(path: Path) -> Iterator[ZipFile]:
    try:
        archive = ZipFile(path)
    except (BadZipFile, NotImplementedError) as error:
        raise DataError(f"{path} is not a readable zip file: {_said(error)}; download it again") from None
    with archive:
        yield archive


def _unzipped(source: Source) -> bytes:
    with _opened(source.path) as archive:
        info = archive.getinfo(source.member)
        _refuse_bomb(source, info)
        try:
            return archive.read(info)
        except (BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError) as error:
            raise DataError(f"{source.name}: cannot be unzipped: {_said(error)}; download it again") from None


def _refuse_bomb(source: Source, info: ZipInfo) -> None:
    most = min(LARGEST, max(_ALWAYS_FINE, _MOST_TIMES * info.compress_size))
    if info.file_size > most:
        raise DataError(
            f"{source.name}: expected at most {most:,} bytes from {info.compress_size:,} zipped ones, "
            f"was {info.file_size:,}; unzip it by hand if you trust it"
        )


def _ungzipped(path: Path) -> bytes:
    most = min(LARGEST, max(_ALWAYS_FINE, _MOST_TIMES * path.stat().st_size))
    try:
        with gzip.open(path) as file:
            found = b"".join(_pieces(file, most + 1))
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise DataError(f"{path} is not a readable gzip file: {_said(error)}; download it again") from None
    if len(found) > most:
        raise DataError(
            f"{path}: expected at most {most:,} bytes from {path.stat().st_size:,} gzipped ones, was more; "
            "unpack it by hand if you trust it"
        )
    return found


def _pieces(file: gzip.GzipFile, most: int) -> Iterator[bytes]:
    while most > 0 and (piece := file.read(min(most, 1 << 22))):
        most -= len(piece)
        yield piece


def _no_table(name: str) -> bool:
    """Return whether a name is hidden, or that of a text for people."""
    parts = PurePath(name).parts
    hidden = any(part.startswith(("__MACOSX", ".")) and part != ".." for part in parts)
    return hidden or parts[-1].lower().startswith(("readme", "license"))


def _few(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "") if names else "nothing"


def _said(error: Exception) -> str:
    text = str(error).split("\n", 1)[0].rstrip(".")
    return text or type(error).__name__
