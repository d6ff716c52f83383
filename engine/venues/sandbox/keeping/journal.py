"""The file that inputs are kept in: one line each, whole or not at all.

Owns the form of a line, the chain of checks from line to line, and the lock. A line is in the system's hands before
`append` returns, so it outlives this process; it is not forced onto the disk. Must not know what the lines say.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zlib import crc32

from engine.errors import ConfigError, DataError

_LINE = re.compile(rb"([0-9a-f]{8}) (.*)\n", re.DOTALL)


class Journal:
    """Hold a file of lines, and its lock; ConfigError: another process has it, or it cannot be had.

    Read `lines` to their end before the first `append`.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.dropped = path, False
        self._sum = self._size = 0
        try:
            if not path.parent.is_dir():
                raise ConfigError(f"--persist: {path.parent} is no folder; make it first, or name another file")
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)  # who has it has the keys' seed
        except OSError as error:
            raise ConfigError(f"--persist: {path} cannot be opened ({error.strerror}); name a file") from None
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self.close()
            raise ConfigError(
                f"--persist: another practice exchange is running on {path}; end it, or name another file"
            ) from None

    def lines(self) -> Iterator[tuple[int, Any]]:
        """Return the lines with their numbers, and cut off a last one half written; DataError: one is wrong."""
        with open(self._file, "rb", closefd=False) as file:
            for number, line in enumerate(file, 1):
                found = _LINE.fullmatch(line)
                if found is None and number > 1 and not line.endswith(b"\n"):
                    self.dropped = True
                    break
                if found is None or int(found[1], 16) != (check := crc32(found[2], self._sum)):
                    raise DataError(
                        f"{self.path} is no journal of a practice exchange; name another file"
                        if number == 1
                        else f"{self.path} line {number} is not what was written there; restore the file from a copy"
                    )
                self._sum, self._size = check, self._size + len(line)
                yield number, json.loads(found[2])
        os.ftruncate(self._file, self._size)

    def append(self, what: Any) -> None:
        """Write a line; DataError: it could not be, and nothing of it is there."""
        told = json.dumps(what, separators=(",", ":")).encode()
        check = crc32(told, self._sum)
        line = b"%08x %s\n" % (check, told)
        try:
            written = os.write(self._file, line)
            if written < len(line):
                raise OSError(0, "the disk is full")
        except OSError as error:
            os.ftruncate(self._file, self._size)
            raise DataError(
                f"--persist: {self.path} cannot be written ({error.strerror}); free the disk and start again"
            ) from None
        self._sum, self._size = check, self._size + len(line)

    def close(self) -> None:
        """Give the file and its lock back."""
        os.close(self._file)
