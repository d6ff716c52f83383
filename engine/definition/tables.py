"""One table of a TOML file, read key by key: a wrong type or an unknown key is one sentence that names the file.

Must not know what the keys mean.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from engine.errors import ConfigError, did_you_mean
from engine.limits import is_number

WORDS = {str: "a text in quotes", float: "a number", int: "a whole number", bool: "true or false", list: "a list"}


class Table:
    """Hold a table's values and where they stand."""

    def __init__(self, values: Any, where: str, known: Collection[str]) -> None:
        """Refuse what is no table, and keys that are not known."""
        if not isinstance(values, dict):
            raise ConfigError(f"{where}: expected a table, was {values!r}")
        for name in values:
            if name not in known:
                raise ConfigError(f'{where}: unknown key "{name}"{did_you_mean(name, known)}')
        self.values, self.where = values, where

    def take(self, name: str, kind: type, default: Any = None) -> Any:
        """Return the value of a key, of the kind expected; the default where the key is missing."""
        if name not in self.values:
            return default
        value = self.values[name]
        if kind is float and type(value) is int and is_number(value):
            return float(value)
        if type(value) is not kind:
            raise self.refusal(name, WORDS[kind], value)
        return value

    def required(self, name: str, example: str) -> Any:
        """Return the value of a key that must be there."""
        if name not in self.values:
            raise ConfigError(f"{self.where}: {name} is missing; write {name} = {example}")
        return self.values[name]

    def time(self, name: str) -> str | int | None:
        """Return a time as it was written: a date in quotes or not, or milliseconds."""
        value = self.values.get(name)
        if isinstance(value, date | datetime):
            return value.isoformat()
        if value is not None and type(value) not in (str, int):
            raise self.refusal(name, 'a time such as "2024-01-01"', value)
        return value

    def refusal(self, name: str, expected: str, was: Any) -> ConfigError:
        """Return the error for a wrong value."""
        return ConfigError(f"{self.where}: {name}: expected {expected}, was {was!r}")
