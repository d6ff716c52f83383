"""A refusal in the venue's own words: HTTP status, code and message. Owns the sentences; must not know who refuses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class RefusalError(Exception):
    """Carry what the venue answers instead of doing what it was asked for."""

    def __init__(
        self, code: int, message: str, status: int = 400, headers: Mapping[str, str] | None = None, data: Any = None
    ) -> None:
        super().__init__(f"{code} {message}")
        self.code, self.message, self.status = code, message, status
        self.headers, self.data = dict(headers or {}), data

    @property
    def body(self) -> dict[str, Any]:
        """Return the answer's JSON."""
        told: dict[str, Any] = {"code": self.code, "msg": self.message}
        return told if self.data is None else {**told, "data": self.data}


def missing(name: str) -> RefusalError:
    """Return the refusal of a request without a parameter it needs."""
    return RefusalError(-1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.")


def illegal(name: str, legal: str) -> RefusalError:
    """Return the refusal of a parameter that is not of its form."""
    return RefusalError(-1100, f"Illegal characters found in parameter '{name}'; legal range is '{legal}'.")


def filtered(name: str) -> RefusalError:
    """Return the refusal of an order that breaks a filter of its market."""
    return RefusalError(-1013, f"Filter failure: {name}")


def rejected(message: str) -> RefusalError:
    """Return the refusal of a well-formed order."""
    return RefusalError(-2010, message)


SHORT_OF_FUNDS = "Account has insufficient balance for requested action."
DUPLICATE = "Duplicate order sent."
CLOSED = "Market is closed."
NO_ICEBERGS = "Iceberg orders are not supported for this symbol."
WOULD_TAKE = "Order would immediately match and take."
WOULD_TRIGGER = "Order would trigger immediately."


def unknown_on_cancel() -> RefusalError:
    """Return the refusal to cancel what is not open."""
    return RefusalError(-2011, "Unknown order sent.")


def unknown_on_query() -> RefusalError:
    """Return the refusal to show an order that never was."""
    return RefusalError(-2013, "Order does not exist.")
