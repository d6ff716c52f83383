"""Rewrites one step method into a plain function: what is checked, numbered, injected and refused at load.

Keeps file and line. What it refuses names them; what only stops the compiler becomes the program's obstacle.
"""

from __future__ import annotations

import ast
import inspect
import random
from collections.abc import Callable
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from engine.compiling.assigned import first_unset
from engine.compiling.calls import check_verb
from engine.compiling.checked import CHECKED
from engine.compiling.frozen import is_library
from engine.compiling.program import CHECKED as CHECKED_NAME
from engine.compiling.program import FUNCTION, METHOD, TWIN, Piece, Program
from engine.compiling.twins import OF_METHOD, needs_twin
from engine.core.verbs import VERBS
from engine.errors import StrategyError, did_you_mean

Add = Callable[..., None]
_CHANCE = ("random", "numpy.random", "secrets")


class Rewriter(ast.NodeTransformer):
    """Rewrite one function in place; `add` takes another piece into the program."""

    def __init__(self, program: Program, piece: Piece, definition: ast.FunctionDef, is_method: bool, add: Add) -> None:
        """Look at the function's own names."""
        self.add = add
        self.program, self.piece, self.definition = program, piece, definition
        self.owner = program.owner
        self.called: set[int] = set()
        self.own = definition.args.args[0].arg if is_method and definition.args.args else ""
        self.locals = {a.arg for a in definition.args.args} | {
            n.id for n in ast.walk(definition) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
        }

    def rewrite(self) -> None:
        """Rewrite the body."""
        unset = first_unset(self.definition)
        body = self.definition.body
        if isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
            body[0] = ast.copy_location(ast.Pass(), body[0])  # the docstring
        self.definition.body = [self.visit(statement) for statement in body]
        if unset is not None:
            name, line = unset
            self.hinder(line, f"{name} may be read before it is set; set it first")

    def fail(self, node: Any, message: str) -> StrategyError:
        return StrategyError(f"{self.piece.path}:{node.lineno}: {message}")

    def hinder(self, line: int, why: str) -> None:
        """Note what keeps the program from being compiled; the first thing counts."""
        self.program.obstacle = self.program.obstacle or f"{Path(self.piece.path).name}:{line}: {why}"

    def value_of(self, node: ast.expr) -> Any:
        """Return what a global name or an attribute of a module stands for, or None."""
        if isinstance(node, ast.Name) and node.id not in self.locals:
            builtins = self.piece.namespace.get("__builtins__", {})
            known = builtins if isinstance(builtins, dict) else vars(builtins)
            return self.piece.namespace.get(node.id, known.get(node.id))
        if isinstance(node, ast.Attribute):
            module = self.value_of(node.value)
            if isinstance(module, ModuleType):
                return getattr(module, node.attr, None)
        return None

    def named(self, name: str, node: ast.expr) -> ast.Name:
        return ast.copy_location(ast.Name(id=name, ctx=ast.Load()), node)

    def visit_Call(self, node: ast.Call) -> ast.expr:
        function = node.func
        if isinstance(function, ast.Attribute):
            if self.is_super(function.value):
                return self.inherited(node, function)
            if self.is_self(function.value) and callable(getattr(self.owner, function.attr, None)):
                static = isinstance(inspect.getattr_static(self.owner, function.attr), staticmethod)
                self.add(self.program, function.attr, getattr(self.owner, function.attr), is_method=not static)
                name = METHOD + function.attr
                self.piece.pieces[name] = function.attr
                node.func = self.named(name, function)
                if not static:
                    node.args.insert(0, self.named(self.own, function))
                return self.generic_visit(node)  # type: ignore[return-value]
            self.called.add(id(function))
            if function.attr in VERBS and self.value_of(function.value) is None:
                where = f"{self.piece.path}:{node.lineno}"
                check_verb(node, function.attr, where, self.program.reasons)
                if function.attr == "short":
                    self.program.shorts = self.program.shorts or where
                return self.generic_visit(node)  # type: ignore[return-value]
        if isinstance(function, ast.Name) and function.id == "super":
            raise self.fail(
                node, "super() has its place before a method's call: super().on_candle(candle, ind, account)"
            )
        target = self.value_of(function)
        try:
            checked = CHECKED.get(target)
        except TypeError:
            checked = None
        self.refuse_chance(target, node)
        many = len(node.args) > 1 or node.keywords
        if target is round and many:
            node.func = self.named(self.checked_name("rounded"), function)
        elif checked is not None and many and checked.__name__ in ("log", "integer"):
            if checked.__name__ == "integer" or len(node.args) != 2:
                raise self.fail(node, f"{ast.unparse(node)}: expected numbers only, without a base by name")
            return self.visit_BinOp(ast.copy_location(_log_ratio(function, node), node))
        elif checked is not None:
            node.func = self.named(self.checked_name(checked.__name__), function)
        elif needs_twin(target):
            node.func = self.twin(target, function)
        elif target is None and isinstance(function, ast.Attribute) and function.attr in OF_METHOD:
            node.args.insert(0, function.value)
            node.func = self.twin(OF_METHOD[function.attr], function)
        elif isinstance(target, FunctionType) and not is_library(target.__code__.co_filename):
            key = f"{target.__module__}.{target.__qualname__}".replace("<locals>.", "")
            self.add(self.program, key, target, is_method=False)
            name = FUNCTION + key.replace(".", "_")
            self.piece.pieces[name] = key
            node.func = self.named(name, function)
        return self.generic_visit(node)  # type: ignore[return-value]

    def inherited(self, node: ast.Call, function: ast.Attribute) -> ast.expr:
        """Turn super().method(...) into a call of the method that the author's class has overridden."""
        mro = self.owner.__mro__
        above = mro[mro.index(self.piece.stands_in) + 1 :] if self.piece.stands_in in mro else ()
        method = next((vars(base)[function.attr] for base in above if function.attr in vars(base)), None)
        if not isinstance(method, FunctionType):
            raise self.fail(node, f"super().{function.attr}: there is no such method to call; remove it")
        key = f"{method.__module__}.{method.__qualname__}".replace("<locals>.", "")
        self.add(self.program, key, method, is_method=True)
        name = METHOD + key.replace(".", "_")
        self.piece.pieces[name] = key
        node.func = self.named(name, function)
        node.args.insert(0, self.named(self.own, function))
        return self.generic_visit(node)  # type: ignore[return-value]

    def is_super(self, node: ast.expr) -> bool:
        """Return whether this is super() in a class's own method."""
        if not isinstance(node, ast.Call) or node.args or node.keywords or self.piece.stands_in is None:
            return False
        return isinstance(node.func, ast.Name) and node.func.id == "super"

    def twin(self, function: Callable[..., Any], node: ast.expr) -> ast.Name:
        """Return the name of a library function in the one implementation that serves both executions."""
        name = TWIN + getattr(function, "__name__", "function") + ("_of" if function in OF_METHOD.values() else "")
        self.piece.twins[name] = function
        return self.named(name, node)

    def refuse_chance(self, target: Any, node: ast.Call) -> None:
        """Refuse chance in a step method: no run could be repeated (rule D1)."""
        owner = getattr(target, "__self__", None)
        if isinstance(owner, random.Random | np.random.RandomState | np.random.Generator) or (
            getattr(target, "__module__", None) in _CHANCE
        ):
            raise self.fail(
                node,
                f"{ast.unparse(node.func)}(): chance has no place in a step method (rule D1); draw the numbers "
                "with a seed in indicators()",
            )

    def visit_Global(self, node: ast.Global) -> ast.stmt:
        """Refuse: what a global holds would leak from one path of a candle into the other."""
        raise self.fail(node, f"global {', '.join(node.names)}: declare a state() for what must be kept")

    def visit_Nonlocal(self, node: ast.Nonlocal) -> ast.stmt:
        """Refuse, as with a global."""
        raise self.fail(node, f"nonlocal {', '.join(node.names)}: declare a state() for what must be kept")

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        """Refuse ~: of True it is -2 in Python, which counts as true, and False in compiled code."""
        if isinstance(node.op, ast.Invert):
            raise self.fail(node, f"{ast.unparse(node)}: write not {ast.unparse(node.operand)}; ~ counts bits")
        return self.generic_visit(node)  # type: ignore[return-value]

    def checked_name(self, name: str) -> str:
        self.piece.checked.add(CHECKED_NAME + name)
        return CHECKED_NAME + name

    def is_self(self, node: ast.expr) -> bool:
        return bool(self.own) and isinstance(node, ast.Name) and node.id == self.own

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.stmt:
        if not self.is_whole_state(node.target):
            return self.generic_visit(node)  # type: ignore[return-value]
        assert isinstance(node.target, ast.Attribute)
        read = ast.copy_location(ast.Attribute(node.target.value, node.target.attr, ast.Load()), node.target)
        value = ast.copy_location(ast.BinOp(read, node.op, node.value), node)
        return self.visit_Assign(ast.copy_location(ast.Assign([node.target], value), node))

    def visit_Assign(self, node: ast.Assign) -> ast.stmt:
        for target in node.targets:
            self.refuse_target(target)
        self.generic_visit(node)
        if any(self.is_whole_state(target) for target in node.targets):
            call = ast.Call(self.named(self.checked_name("whole"), node.value), [node.value], [])
            node.value = ast.copy_location(call, node.value)
        return node

    def refuse_target(self, target: ast.expr) -> None:
        """Refuse targets that would not mean the same compiled: a whole array, and whole numbers among others."""
        if isinstance(target, ast.Tuple | ast.List):
            for one in target.elts:
                if self.is_whole_state(one):
                    raise self.fail(one, f"{ast.unparse(one)}: a whole-number state is set on a line of its own")
                self.refuse_target(one)
        elif isinstance(target, ast.Attribute) and self.is_self(target.value):
            declared = self.owner.states.get(target.attr)
            if declared is not None and declared.array:
                raise self.fail(target, f"self.{target.attr} is an array: write self.{target.attr}[:] = ...")

    def is_whole_state(self, node: ast.expr) -> bool:
        """Return whether this is self.x, declared as state(0): compiled code would cut a fraction off silently."""
        if not (isinstance(node, ast.Attribute) and self.is_self(node.value)):
            return False
        declared = self.owner.states.get(node.attr)
        return declared is not None and type(declared.default) is int and not declared.array

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        if not isinstance(node.op, ast.Pow):
            return node
        call = ast.Call(self.named(self.checked_name("power"), node), [node.left, node.right], [])
        return ast.copy_location(call, node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        self.generic_visit(node)
        of_account = isinstance(node.value, ast.Name) and node.value.id == "account"
        if of_account and node.attr in VERBS and id(node) not in self.called:
            raise self.fail(node, f"account.{node.attr}: call it where it stands, so that its size can be checked")
        if not self.is_self(node.value):
            if not isinstance(node.ctx, ast.Load):
                raise self.fail(
                    node, f"{ast.unparse(node)}: only self may be written to, in what it declares as state()"
                )
            return node
        known = {**self.owner.params, **self.owner.states}
        if node.attr in known:
            if isinstance(node.ctx, ast.Store) and node.attr in self.owner.params:
                raise self.fail(node, f"self.{node.attr} is a parameter and stays as it is; declare a state() for this")
            if node.attr in self.owner.params and self.owner.params[node.attr].kind == "schedule":
                raise self.fail(node, f"self.{node.attr} is a schedule: turn it into an indicator with .due(...)")
            if node.attr in self.owner.params and self.owner.params[node.attr].words:
                raise self.fail(node, f"self.{node.attr} may be a word: turn it into a state() in prepare()")
            return node
        constant = getattr(self.owner, node.attr, None)
        if isinstance(node.ctx, ast.Load) and isinstance(constant, int | float):
            self.program.constants.append(f"{node.attr}={constant!r}")
            return ast.copy_location(ast.Constant(constant), node)
        hint = did_you_mean(node.attr, known)
        raise self.fail(node, f"self.{node.attr} is neither a param() nor a state() of {self.owner.__name__}{hint}")

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        sides = [node.left, *node.comparators]
        declared = None
        for side in sides:
            if isinstance(side, ast.Attribute) and self.is_self(side.value):
                declared = self.owner.params.get(side.attr) or declared
        if declared is not None and declared.counts:  # numbers are compared as they are
            return self.generic_visit(node)  # type: ignore[return-value]
        choices = declared.choices if declared is not None else None
        for side in sides:
            for item in side.elts if isinstance(side, ast.Tuple | ast.List | ast.Set) else [side]:
                if isinstance(item, ast.Constant) and (choices is not None or isinstance(item.value, str)):
                    if choices is None:
                        self.hinder(node.lineno, f'"{item.value!s}": text cannot be compared in compiled code')
                        continue
                    if item.value not in choices:
                        raise self.fail(
                            node, f'"{item.value!s}" is no choice{did_you_mean(str(item.value), map(str, choices))}'
                        )
                    item.value = choices.index(item.value)
        return self.generic_visit(node)  # type: ignore[return-value]


def _log_ratio(function: ast.expr, node: ast.Call) -> ast.BinOp:
    """Return log(x) / log(base) for log(x, base)."""
    parts = [ast.copy_location(ast.Call(function, [argument], []), argument) for argument in node.args]
    return ast.BinOp(parts[0], ast.Div(), parts[1])
