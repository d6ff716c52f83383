"""Runs step methods in Python over the compiled core's own records: breakpoints and print, with identical results.

A twin reads and writes the same bytes as compiled code does. Names are generated properties, not numpy's record
attributes: a field called `size` or `min` would otherwise answer with numpy's own.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from engine.compiling.program import Program
from engine.core.placing import view
from engine.core.records import BOOK, BOOK_SIZE, CANDLE, CANDLE_SIZE, FILL, FILL_SIZE
from engine.core.verbs import VERBS, VIEWS_OF_BOOK

Step = Callable[[int, int, int, int], int]
CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64, ctypes.c_int64, ctypes.c_int64, ctypes.c_int64)


class Rows:
    """Hold memory as rows of one record type; the properties read and write at its place, in steps of eight bytes.

    Its own names begin with _tw_, which no author's name may.
    """

    __slots__ = ("_tw_at", "_tw_b", "_tw_d", "_tw_q", "_tw_whole")

    def __init__(self, memory: np.ndarray[Any, Any]) -> None:
        flat = memory.reshape(-1).view(np.uint8).data
        self._tw_whole = flat
        self._tw_d, self._tw_q, self._tw_b = flat.cast("d"), flat.cast("q"), flat.cast("?")
        self._tw_at = 0


def rows_type(dtype: np.dtype[np.void], name: str, base: type = Rows) -> type:
    """Return a class of Rows with one property a field; fields of eight bytes or one."""
    space: dict[str, Any] = {"__slots__": ()}
    for field in dtype.names or ():
        inner, offset = dtype.fields[field][:2]  # type: ignore[index]
        space[field] = _array_property(inner, offset) if inner.subdtype else _property(inner.kind, offset)
    return type(name, (base,), space)


def _property(kind: str, offset: int, compared: str = "") -> property:
    slot = {"f": "_tw_d", "i": "_tw_q", "u": "_tw_q", "b": "_tw_b"}[kind]
    scope: dict[str, Any] = {}
    index = f"rows._tw_at * 8 + {offset}" if kind == "b" else f"rows._tw_at + {offset // 8}"
    exec(f"def read(rows):\n    return rows.{slot}[{index}] {compared}\n", scope)
    if compared:
        return property(scope["read"])
    exec(f"def write(rows, value):\n    rows.{slot}[{index}] = value\n", scope)
    return property(scope["read"], scope["write"])


def _array_property(inner: np.dtype[Any], offset: int) -> property:
    base, shape = inner.subdtype  # type: ignore[misc]
    size = inner.itemsize

    def read(rows: Any) -> Any:
        start = rows._tw_at * 8 + offset
        return np.frombuffer(rows._tw_whole[start : start + size], base).reshape(shape)

    return property(read)


Candle = rows_type(CANDLE, "Candle")
Fill = rows_type(FILL, "Fill")
_Book: Any = rows_type(BOOK, "_Book")


class Account(_Book):  # type: ignore[misc]
    """Offer the verbs and views of one book to an interpreted method."""

    __slots__ = ("address",)

    def __init__(self, books: np.ndarray[Any, Any], index: int, address: int) -> None:
        super().__init__(books)
        object.__setattr__(self, "_tw_at", index * (BOOK_SIZE // 8))
        self.address = address


def _compared(sign: str) -> property:
    return _property("f", BOOK.fields["position"][1], f"{sign} 0.0")  # type: ignore[index]


def _field(name: str) -> property:
    return _property(BOOK[name].kind, BOOK.fields[name][1])  # type: ignore[index]


_VIEWS = {
    "cash": property(lambda account: view(account.address, 0, 0)),
    "equity": property(lambda account: view(account.address, 1, 0)),
    "liquidation_price": property(lambda account: view(account.address, 3, 0)),
    "is_flat": _compared("=="),
    "is_long": _compared(">"),
    "is_short": _compared("<"),
    **{name: _field(field) for name, field in VIEWS_OF_BOOK.items()},
}
# Only what an author may see: the book's own fields are hidden behind the views and verbs.
for _name in set(BOOK.names or ()) - set(VIEWS_OF_BOOK):
    setattr(Account, _name, property())
for _name, _made in {**VERBS, **_VIEWS}.items():
    setattr(Account, _name, _made)


class Portfolio:
    """Offer the books of a portfolio strategy, by market."""

    def __init__(self, accounts: list[Account]) -> None:
        self._accounts = accounts

    def __len__(self) -> int:
        return len(self._accounts)

    def __getitem__(self, market: int) -> Account:
        if not 0 <= market < len(self._accounts):
            raise IndexError("account: there is no market of this number")
        return self._accounts[market]

    @property
    def cash(self) -> float:
        return float(self._accounts[0].cash)

    @property
    def equity(self) -> float:
        return float(self._accounts[0].equity)


class Interpreted:
    """Hold the callbacks of one slot: C function pointers that run the author's methods in Python."""

    def __init__(
        self,
        program: Program,
        record: np.ndarray[Any, Any],
        candles: np.ndarray[Any, Any],
        indicators: np.ndarray[Any, Any],
        accounts: list[Account],
        columns: Sequence[int] | None,
    ) -> None:
        """Bind the program to the run's memory; columns are a portfolio strategy's markets; None: it has one."""
        self.error: BaseException | None = None
        self._functions = program.functions()
        self._strategy = rows_type(record.dtype, "Self")(record)
        self._accounts = accounts
        self.addresses: dict[str, int] = {}
        self._keep: list[Any] = []
        if columns is not None:
            account: Any = Portfolio(accounts)
            candle = [Candle(candles) for _ in columns]
            ind_type = rows_type(indicators.dtype, "Indicators")
            ind = [ind_type(indicators) for _ in columns]
        else:
            account = accounts[0]
            candle = Candle(candles)
            ind = rows_type(indicators.dtype, "Indicators")(indicators)
        bases = (candles.ctypes.data, indicators.ctypes.data)
        for step in program.steps:
            function = self._functions[step]
            if step == "on_fill":
                callback = self._on_fill(function, accounts)
            elif columns is not None:
                width = indicators.dtype.itemsize // 8
                steps = [(column * (CANDLE_SIZE // 8), index * width) for index, column in enumerate(columns)]
                callback = self._on_timestamp(function, candle, ind, account, bases, steps)
            else:
                callback = self._on_candle(function, candle, ind, account, bases)
            made = CALLBACK(callback)
            self._keep.append(made)
            self.addresses[step] = ctypes.cast(made, ctypes.c_void_p).value or 0

    # Each callback catches whatever the author's code raises: nothing may cross a C frame. The run raises it again.

    def _on_candle(self, function: Any, candle: Any, ind: Any, account: Any, bases: tuple[int, int]) -> Step:
        strategy, candle_base, ind_base = self._strategy, *bases

        def on_candle(_strategy: int, candle_at: int, ind_at: int, _account: int) -> int:
            try:
                candle._tw_at = (candle_at - candle_base) >> 3
                ind._tw_at = (ind_at - ind_base) >> 3
                function(strategy, candle, ind, account)
            except BaseException as error:
                self.error = error
                return 1
            return 0

        return on_candle

    def _on_timestamp(
        self, function: Any, candles: Any, ind: Any, account: Any, bases: tuple[int, int], steps: list[tuple[int, int]]
    ) -> Step:
        strategy, candle_base, ind_base = self._strategy, *bases
        places = [(row, values, *step) for row, values, step in zip(candles, ind, steps, strict=True)]

        def on_timestamp(_strategy: int, candle_at: int, ind_at: int, _account: int) -> int:
            try:
                first_candle, first_ind = (candle_at - candle_base) >> 3, (ind_at - ind_base) >> 3
                for row, values, candle_step, ind_step in places:
                    row._tw_at, values._tw_at = first_candle + candle_step, first_ind + ind_step
                function(strategy, candles, ind, account)
            except BaseException as error:
                self.error = error
                return 1
            return 0

        return on_timestamp

    def _on_fill(self, function: Any, accounts: list[Account]) -> Step:
        strategy = self._strategy
        by_address = {account.address: account for account in accounts}

        def on_fill(_strategy: int, fill_at: int, _ind: int, account_at: int) -> int:
            try:
                memory = np.ctypeslib.as_array((ctypes.c_uint8 * FILL_SIZE).from_address(fill_at))
                function(strategy, Fill(memory), by_address[account_at])
            except BaseException as error:
                self.error = error
                return 1
            return 0

        return on_fill
