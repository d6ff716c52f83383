"""Tables whose columns are named timestamp, open, high, low, close, volume, or stand in this order without names.

Owns what other names a time may have. The last to be asked: it refuses what nobody recognised.
"""

from __future__ import annotations

from engine.candles.columns import NAMES
from engine.candles.shapes.layout import Head, Layout, find, is_row, plain
from engine.errors import DataError, did_you_mean

# In order of preference: a file may hold its times twice. The last two are how pandas names an index.
OPENS = (
    *("timestamp", "open_ms", "open_time", "opentime", "timeopen", "time", "datetime", "date", "unix"),
    *("unix_timestamp", "index_level_0", "index"),
)
CLOSES = ("close_time", "closetime", "timeclose", "close_ms", "end_time", "endtime", "end")
SYMBOLS = ("symbol", "pair", "market", "ticker", "instrument", "tic", "coin")


def named(head: Head) -> Layout:
    """Return the layout of a table with a header, or of a binary file."""
    known = head.names()
    time = next((name for name in (*OPENS, *CLOSES) if name in known), None)
    missing = [name for name in NAMES if name not in known]
    if len(missing) == 1 and missing[0] == "volume" and head.kind in ("mark", "index"):
        missing = []
    if time is None or len(missing) >= 3:
        name = "timestamp" if time is None else missing[0]
        hint = did_you_mean(name, known)
        hint = hint if hint.startswith("; did") else f"; its columns: {', '.join(head.first)}"
        told = "" if hint.startswith("; did") else "; name them timestamp, open, high, low, close, volume"
        raise DataError(f'{head.name}: no column "{name}"{hint}{told}')
    wanted = (time, *(name for name in NAMES if name in known or name in missing))
    at = find(head, known, wanted)
    values: tuple[int | None, ...] = at[1:] if len(at) == 6 else (*at[1:], None)
    notes = [] if time == "timestamp" else [f'times taken from the column "{head.first[known.index(time)]}"']
    market = next((known.index(name) for name in SYMBOLS if name in known), None)
    ignored = [name for name in head.first if plain(name) not in wanted and plain(name) not in SYMBOLS]
    if ignored:
        notes.append(f"columns ignored: {', '.join(ignored)}")
    own = bool(head.market)
    said = "a file of a candle store like this one" if own else "columns by their names"
    return Layout(
        shape="store" if own else "named",
        said=f"{said}: {', '.join(head.first[place] for place in at)}",
        stamp=at[:1],
        values=values,
        symbol_column=market,
        named_by="close" if time in CLOSES else "",
        notes=tuple(notes),
    )


def unnamed(head: Head) -> Layout | None:
    """Return the layout of a text whose first line is a row already."""
    if not head.text or not is_row(head.first):
        return None
    more = len(head.first) - 6
    notes = ("no header: columns taken as timestamp, " + ", ".join(NAMES),)
    return Layout(
        shape="unnamed",
        said=f"{len(head.first)} columns without a header",
        stamp=(0,),
        values=(1, 2, 3, 4, 5),
        skip=0,
        notes=(*notes, f"{more} more column{'s' if more > 1 else ''} ignored") if more else notes,
    )
