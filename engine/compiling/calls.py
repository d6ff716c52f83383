"""The order verbs as an author may call them, checked before the run: a wrong combination names its line at load."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable

from engine.core import codes
from engine.core.verbs import VERBS
from engine.errors import StrategyError, did_you_mean

SIZES = ("quantity", "quote", "fraction")
SIZED = {"buy", "sell", "short", "limit", "stop", "stop_limit", "trailing_stop", "bracket"}
REQUIRED = {
    "limit": ("price",),
    "stop": ("trigger",),
    "stop_limit": ("trigger", "price"),
    "trailing_stop": ("distance",),
    "take_profit": ("price",),
    "bracket": ("stop_loss", "take_profit"),
}
POSITIONAL = {"cancel": 1, "is_open": 1, "remaining": 1, "limit": 1, "stop": 1, "stop_limit": 1, "trailing_stop": 1,
              "bracket": 1}  # fmt: skip


def check_verb(node: ast.Call, verb: str, where: str, reasons: list[str]) -> None:
    """Check one call of a verb and turn its words (reason, time_in_force) into numbers, in place."""
    known = [name for name in _parameters(verb) if name not in ("account", "order_id", "side")]
    given = [keyword.arg or "**" for keyword in node.keywords]
    wanted = POSITIONAL.get(verb, 0)
    names = [name for name in given if name not in ("side", "order_id")]
    if len(node.args) + len(given) - len(names) != wanted:
        first = "the order's id" if verb in ("cancel", "is_open", "remaining") else "BUY or SELL"
        expected = f"expected {first} first" if wanted else "expected keywords only, such as quantity=0.1"
        raise StrategyError(f"{where}: account.{verb}(): {expected}, was {len(node.args)} without a name")
    for argument in node.args[:1] if verb not in ("cancel", "is_open", "remaining") else []:
        if isinstance(argument, ast.Constant) and argument.value not in (1, -1):
            raise StrategyError(f"{where}: account.{verb}(): side: expected BUY or SELL, was {argument.value!r}")
    for name in names:
        if name not in known:
            raise StrategyError(f"{where}: account.{verb}(): unknown keyword {name}{did_you_mean(name, known)}")
    sizes = [name for name in names if name in SIZES]
    if verb in SIZED and len(sizes) != 1:
        raise StrategyError(
            f"{where}: account.{verb}(): expected exactly one of quantity=, quote=, fraction=, "
            f"was {' and '.join(sizes) or 'none'}"
        )
    for name in REQUIRED.get(verb, ()):
        if name not in names:
            raise StrategyError(f"{where}: account.{verb}(): expected {name}=, was not given")
    if "post_only" in names and verb in ("buy", "sell", "short", "bracket") and "price" not in names:
        raise StrategyError(f"{where}: account.{verb}(): post_only= needs a price=, a market order always takes")
    for keyword in node.keywords:
        if keyword.arg == "reason":
            _to_number(keyword, where, verb, reasons)
        elif keyword.arg == "time_in_force":
            value, words = keyword.value, ", ".join(codes.TIMES_IN_FORCE)
            if not isinstance(value, ast.Constant) or value.value not in codes.TIMES_IN_FORCE:
                raise StrategyError(f"{where}: account.{verb}(): time_in_force: expected one of {words} in quotes")
            keyword.value = ast.copy_location(ast.Constant(codes.TIMES_IN_FORCE.index(str(value.value))), value)


def _parameters(verb: str) -> list[str]:
    function: Callable[..., object] = VERBS[verb]  # type: ignore[assignment]
    return list(inspect.signature(function).parameters)


def _to_number(keyword: ast.keyword, where: str, verb: str, reasons: list[str]) -> None:
    value = keyword.value
    branches = [value.body, value.orelse] if isinstance(value, ast.IfExp) else [value]
    numbers = []
    for branch in branches:
        if not isinstance(branch, ast.Constant) or not isinstance(branch.value, str):
            raise StrategyError(
                f'{where}: account.{verb}(): reason: expected a text in quotes, such as reason="breakout"'
            )
        if branch.value not in reasons:
            reasons.append(branch.value)
        numbers.append(ast.copy_location(ast.Constant(reasons.index(branch.value)), branch))
    if isinstance(value, ast.IfExp):
        value.body, value.orelse = numbers
    else:
        keyword.value = numbers[0]
