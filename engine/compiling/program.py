"""A strategy's step methods as plain functions: pieces of code, and which of them call which.

Owns `Piece` and `Program`. How they are made is source.py's, how they become native is native.py's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from types import FunctionType
from typing import Any

from engine.compiling.checked import interpreted as checked_interpreted
from engine.compiling.twins import interpreted_of
from engine.core import codes
from engine.strategy import Strategy

METHOD, FUNCTION, CHECKED, TWIN = "__method_", "__function_", "__checked_", "__twin_"
_OF_TIME = {"ms", "now_ms", "high", "low", "getattr", "vars", "dir", "print"}


@dataclass
class Piece:
    """Hold one rewritten function: its code, its namespace, and which injected names stand for which pieces."""

    name: str
    code: Any
    path: str
    line: int
    namespace: dict[str, Any]
    pieces: dict[str, str] = field(default_factory=dict)  # injected name -> piece
    checked: set[str] = field(default_factory=set)  # injected names of checked functions
    twins: dict[str, Callable[..., Any]] = field(default_factory=dict)  # injected name -> the library's function
    reads: set[str] = field(default_factory=set)  # attributes and built-in readers that it uses
    stands_in: type | None = None  # the class whose body it was written in, where it says super()

    def link(
        self, made: dict[str, Any], checked: Callable[[str], Any], twin: Callable[[Callable[..., Any]], Any]
    ) -> None:
        """Fill the injected names in."""
        self.namespace.update({name: made[piece] for name, piece in self.pieces.items()})
        self.namespace.update({name: checked(name.removeprefix(CHECKED)) for name in self.checked})
        self.namespace.update({name: twin(function) for name, function in self.twins.items()})


@dataclass
class Program:
    """Hold all pieces of one strategy class, by name; the steps are named as the methods are."""

    owner: type[Strategy]
    pieces: dict[str, Piece] = field(default_factory=dict)
    reasons: list[str] = field(default_factory=lambda: list(codes.REASONS))
    steps: list[str] = field(default_factory=list)
    shorts: str = ""  # file and line of the first account.short(), "" when there is none
    constants: list[str] = field(default_factory=list)  # values that the rewriting has put into the code
    obstacle: str = ""  # why it must run interpreted, where that is known before compiling

    @property
    def timeless(self) -> bool:
        """Return whether what on_fill decides cannot depend on when in a candle, or after which extremes, it filled."""
        open_, seen = ["on_fill"], set[str]()
        while open_:
            name = open_.pop()
            if name in seen or name not in self.pieces:
                continue
            seen.add(name)
            if self.pieces[name].reads & _OF_TIME:
                return False
            open_ += self.pieces[name].pieces.values()
        return True

    def functions(self) -> dict[str, FunctionType]:
        """Return the pieces as Python functions, linked to each other."""
        made: dict[str, FunctionType] = {}
        for name, piece in self.pieces.items():
            space = dict(piece.namespace)
            exec(piece.code, space)
            made[name] = space[piece.name.rsplit(".", 1)[-1]]
        for name, piece in self.pieces.items():
            piece.namespace = made[name].__globals__
            piece.link(made, checked_interpreted, interpreted_of)
        return made
