"""Times of a file made into ms UTC, whatever they were.

Owns the guess of their unit, by size, and says what it guessed. Must not know prices or the store.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.candles.columns import Times
from engine.errors import DataError

Place = Callable[[int], str]  # names a 0-based row for a person

# Bounds that no time of 1973 to 5138 crosses: the size of a number tells its unit.
_UNITS = (
    ("seconds", 1e8, 1e11),
    ("milliseconds", 1e11, 1e14),
    ("microseconds", 1e14, 1e17),
    ("nanoseconds", 1e17, 1e20),
)
_TO_MS = {"milliseconds": 1, "microseconds": 1_000, "nanoseconds": 1_000_000}
_EXPECTED = "expected milliseconds since 1970 or ISO 8601"


def times_in_ms(stamps: pa.ChunkedArray, place: Place, mixed_units: bool = False) -> tuple[Times, str | None]:
    """Return the times in ms UTC and a note where a unit was recognised; `place(row)` names a row in errors.

    mixed_units: the source is known to hold seconds in some rows and milliseconds in others.
    """
    kind = stamps.type
    if not len(stamps):
        return np.zeros(0, dtype=np.int64), None
    if pa.types.is_dictionary(kind):
        stamps = stamps.cast(kind.value_type)
        kind = stamps.type
    if pa.types.is_null(kind):
        raise DataError(f"{place(0)} has no time; {_EXPECTED}")
    if stamps.null_count:
        raise DataError(f"{place(_first(pc.is_null(stamps)))} has no time; {_EXPECTED}")
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return _of_numbers(_numbers(stamps), place, mixed_units)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        stamps = _of_text(stamps, place)
        kind = stamps.type
        if pa.types.is_integer(kind) or pa.types.is_floating(kind):
            return _of_numbers(_numbers(stamps), place, mixed_units)
    if not (pa.types.is_timestamp(kind) or pa.types.is_date(kind)):
        raise DataError(f"{place(0)}: {_EXPECTED} for a time, was a column of {kind}")
    zoned = pa.types.is_timestamp(kind) and kind.tz is not None
    try:
        in_ms = stamps.cast(pa.timestamp("ms", tz=kind.tz if zoned else None)).cast(pa.int64())
    except pa.ArrowInvalid:
        raise DataError(f"{place(0)} or a later one: a time is finer than a millisecond; round the times") from None
    return _int64(in_ms), "times recognised as dates, UTC" if not zoned else "times recognised as dates"


def plain_dates(date: pa.ChunkedArray, clock: pa.ChunkedArray | None, written: str) -> pa.ChunkedArray:
    """Return text that ISO 8601 reads, of dates with "dots" and a clock beside them, or of hours with AM and PM."""
    if written == "dots":
        dashed = pc.replace_substring(pc.utf8_trim_whitespace(date), ".", "-")
        return dashed if clock is None else pc.binary_join_element_wise(dashed, pc.utf8_trim_whitespace(clock), " ")
    parts = pc.extract_regex(date.combine_chunks(), r"^(?P<day>\d{4}-\d\d-\d\d) (?P<hour>\d\d)-(?P<half>AM|PM)$")
    if isinstance(parts, pa.ChunkedArray):
        parts = parts.combine_chunks()
    hours = pc.cast(pc.struct_field(parts, "hour"), pa.int64())
    late = pc.equal(pc.struct_field(parts, "half"), "PM")
    if pc.any(pc.greater(hours, 12)).as_py():
        return date  # told as it stands
    of_24 = pc.add(pc.if_else(pc.equal(hours, 12), 0, hours), pc.if_else(late, 12, 0))
    clocks = pc.utf8_lpad(pc.cast(of_24, pa.string()), 2, "0")
    joined = pc.binary_join_element_wise(pc.struct_field(parts, "day"), clocks, " ")
    joined = pc.binary_join_element_wise(joined, pc.if_else(pc.is_null(joined), None, "00"), ":")
    return pa.chunked_array([pc.coalesce(joined, date.combine_chunks())])


def _of_numbers(numbers: np.ndarray, place: Place, mixed_units: bool = False) -> tuple[Times, str | None]:
    if mixed_units and numbers.min() >= 1e8 and numbers.min() < 1e11 <= numbers.max() < 1e14:
        in_ms, _ = _of_numbers(np.where(numbers < 1e11, numbers * 1000, numbers), place)
        return in_ms, "times recognised as seconds in some rows and milliseconds in others"
    units = [_unit(float(numbers.min())), _unit(float(numbers.max()))]
    first = units[0] if units[0] == units[1] else None
    if first is None or first == "?":
        unit = _unit(float(numbers[0]))
        if unit == "?":
            raise DataError(f"{place(0)}: {_EXPECTED}, was {numbers[0]}")
        _, low, high = next(row for row in _UNITS if row[0] == unit)
        row = int(np.argmax(~((numbers >= low) & (numbers < high))))
        other = _unit(float(numbers[row]))
        told = "no time" if other == "?" else f"in {other}"
        raise DataError(f"{place(row)}: {_EXPECTED}; the times begin in {unit}, but {numbers[row]} is {told}")
    if first == "seconds":
        in_ms = np.rint(numbers * 1000.0).astype(np.int64) if numbers.dtype.kind == "f" else numbers * 1000
        return np.asarray(in_ms, dtype=np.int64), "times recognised as seconds"
    whole = numbers.astype(np.int64)
    per_ms = _TO_MS[first]
    rest = (whole % per_ms != 0) | (whole != numbers)
    if rest.any():
        row = int(np.argmax(rest))
        raise DataError(f"{place(row)}: the time {numbers[row]} is finer than a millisecond; round the times")
    return whole // per_ms, None if per_ms == 1 else f"times recognised as {first}"


def _unit(number: float) -> str:
    return next((name for name, low, high in _UNITS if low <= number < high), "?")


def _numbers(stamps: pa.ChunkedArray) -> np.ndarray:
    if pa.types.is_integer(stamps.type):
        return _int64(stamps.cast(pa.int64()))
    return np.asarray(stamps.cast(pa.float64()).to_numpy(), dtype=np.float64)


def _of_text(stamps: pa.ChunkedArray, place: Place) -> pa.ChunkedArray:
    text = pc.utf8_trim_whitespace(stamps)
    text = pc.replace_substring_regex(text, pattern=r" ?(UTC|Z|\+00:?00)$", replacement="")
    if text[0].as_py().isdigit():  # the first time tells what the others ought to be
        numeric = pc.match_substring_regex(text, pattern=r"^\d{1,18}(\.\d*)?$")
        if not pc.all(numeric).as_py():
            row = _first(pc.invert(numeric))
            raise DataError(f'{place(row)}: {_EXPECTED} for a time, was "{stamps[row].as_py()}"')
        return text.cast(pa.float64() if pc.any(pc.match_substring(text, ".")).as_py() else pa.int64())
    try:
        return text.cast(pa.timestamp("ns"))
    except pa.ArrowInvalid:
        pattern = r"^\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d{1,9})?)?)?$"
        row = _first(pc.invert(pc.match_substring_regex(text, pattern=pattern)))
        raise DataError(f'{place(row)}: {_EXPECTED} for a time, was "{stamps[row].as_py()}"') from None


def _first(mask: pa.ChunkedArray) -> int:
    return max(0, int(pc.index(mask, True).as_py()))


def _int64(stamps: pa.ChunkedArray) -> Times:
    return np.asarray(stamps.to_numpy(), dtype=np.int64)
