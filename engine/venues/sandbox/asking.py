"""What a request asks for: its parameters, read and checked. Owns their forms; must not know what they are for."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal

from engine.venues.sandbox.decimals import ZERO
from engine.venues.sandbox.refusal import RefusalError, illegal, missing

_NUMBER = re.compile(r"[0-9]{1,20}(\.[0-9]{1,20})?")
_WHOLE = re.compile(r"[0-9]{1,20}")
_CLIENT_ID = re.compile(r"[A-Za-z0-9.:/_-]{1,36}")
_DECIMALS = 8


class Asked:
    """Read the parameters of one request; RefusalError names the one that is wrong."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self.values = values

    def has(self, name: str) -> bool:
        """Return whether a parameter was sent with a value."""
        return bool(self.values.get(name))

    def text(self, name: str) -> str:
        """Return a parameter that must be there."""
        if not self.has(name):
            raise missing(name)
        return self.values[name]

    def one_of(self, name: str, known: Sequence[str], code: int, plain: str) -> str:
        """Return a parameter that must be one of a few words."""
        value = self.text(name)
        if value not in known:
            raise RefusalError(code, f"Invalid {plain}.")
        return value

    def whole(self, name: str, default: int | None = None) -> int | None:
        """Return a whole number."""
        if not self.has(name):
            return default
        if not _WHOLE.fullmatch(self.values[name]):
            raise illegal(name, "^[0-9]{1,20}$")
        return int(self.values[name])

    def number(self, name: str, must: bool = False) -> Decimal:
        """Return a positive decimal, or 0 where it may be left out."""
        if not self.has(name):
            if must:
                raise missing(name)
            return ZERO
        value = self.values[name]
        if not _NUMBER.fullmatch(value):
            raise illegal(name, r"^([0-9]{1,20})(\.[0-9]{1,20})?$")
        number = Decimal(value).normalize()
        if int(number.as_tuple().exponent) < -_DECIMALS:
            raise RefusalError(-1111, f"Parameter '{name}' has too much precision.")
        return number

    def client_id(self, name: str) -> str:
        """Return a client order id, or nothing where none was sent."""
        if not self.has(name):
            return ""
        if not _CLIENT_ID.fullmatch(self.values[name]):
            raise illegal(name, r"^[A-Za-z0-9.:/_-]{1,36}$")
        return self.values[name]

    def limit(self, default: int, most: int) -> int:
        """Return how many rows are asked for, at most as many as there may be."""
        found = self.whole("limit", default)
        if not found:
            raise illegal("limit", "^[1-9][0-9]*$")
        return min(found, most)
