"""The inputs of a journal once more, each held to what came of it the first time.

Must not know the file's form, and says what it does only where that takes long.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from time import monotonic
from typing import Any

from engine.errors import DataError
from engine.venues.sandbox.keeping.keeper import BROKEN, END, TIME
from engine.venues.sandbox.keeping.witness import Witness, digest
from engine.venues.sandbox.wire.intake import Input, Intake

SAY_S = 2.0


def replay(
    intake: Intake, witness: Witness, lines: Iterator[tuple[int, Any]], say: Callable[[str], None]
) -> tuple[int, str]:
    """Repeat the inputs; return how many there were, and what broke in the last one where nobody had written that down.

    DataError names the line that does not come out the same.
    """
    count, said_s = 0, monotonic()
    failure: Exception | None = None
    ended: tuple[int, str] | None = None  # the whole truth is looked at once: where the file ends with it
    for number, (kind, mark, *rest) in lines:
        if failure is not None and kind != BROKEN:
            raise DataError(f"line {number - 1} of the journal cannot be repeated: {failure!r}") from failure
        failure = None
        if mark != witness.mark() and kind != BROKEN:
            raise _differs(number)
        ended = (number, rest[0]) if kind == END else None
        if kind not in (END, BROKEN):
            one = Input(*rest)
            try:
                outcome = intake.play(one, again=True)
                count += kind != TIME
            except Exception as error:
                failure, count = error, count + 1
                continue
            if not one.only_asks:
                witness.note(outcome.status)
            if monotonic() - said_s >= SAY_S:
                said_s = monotonic()
                say(f"  {count:,} requests repeated ...")
    if ended is not None and ended[1] != digest(intake.exchange):
        raise _differs(ended[0])
    return count, "" if failure is None else repr(failure)


def _differs(number: int) -> DataError:
    return DataError(
        f"line {number} of the journal: the exchange does not hold what it held then; another version of the program "
        "may match otherwise, so start the one that wrote it, or name another file"
    )
