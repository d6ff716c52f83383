"""Reads a strategy's step methods, checks what can be checked before a run, and rewrites them into plain functions.

One rewritten function serves both executions. The rewriting keeps file and line, so breakpoints and tracebacks name the
author's own. What it does: self.helper() becomes a function call, reason tags and choices become their numbers, plain
module functions come along, logarithms and powers become the checked ones. What it refuses, it refuses at load.
"""

from __future__ import annotations

import ast
import inspect
import sysconfig
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from engine.compiling.calls import check_verb
from engine.compiling.checked import BY_NAME, CHECKED
from engine.core import codes
from engine.core.verbs import VERBS
from engine.errors import StrategyError, did_you_mean
from engine.strategy import STEPS, Strategy


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
    reads: set[str] = field(default_factory=set)  # attributes and built-in readers that it uses
    stands_in: type | None = None  # the class whose body it was written in, where it says super()

    def link(self, made: dict[str, Any], checked: Callable[[str], Any]) -> None:
        """Fill the injected names in."""
        self.namespace.update({name: made[piece] for name, piece in self.pieces.items()})
        self.namespace.update({name: checked(name.removeprefix(_CHECKED)) for name in self.checked})


@dataclass
class Program:
    """Hold all pieces of one strategy class, by name; the steps are named as the methods are."""

    owner: type[Strategy]
    pieces: dict[str, Piece] = field(default_factory=dict)
    reasons: list[str] = field(default_factory=lambda: list(codes.REASONS))
    steps: list[str] = field(default_factory=list)
    shorts: str = ""  # file and line of the first account.short(), "" when there is none
    constants: list[str] = field(default_factory=list)  # whatever values the code has frozen in, for the digest

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
            piece.link(made, lambda checked: BY_NAME[checked])
        return made


_OF_TIME = {"ms", "now_ms", "high", "low", "getattr", "vars", "dir", "print"}
_METHOD, _FUNCTION, _CHECKED = "__method_", "__function_", "__checked_"


def read_program(owner: type[Strategy]) -> Program:
    """Read the step methods of a class and everything of the author's that they call; StrategyError names the line."""
    program = Program(owner)
    for step in STEPS:
        method = getattr(owner, step, None)
        if method is not None:
            program.steps.append(step)
            _add(program, step, method, is_method=True)
    if not program.steps:
        raise StrategyError(f"{owner.__name__}: expected on_candle or on_timestamp, found neither; write one of them")
    return program


def _add(program: Program, name: str, function: FunctionType, *, is_method: bool) -> None:
    if name in program.pieces:
        return
    path, line = function.__code__.co_filename, function.__code__.co_firstlineno
    try:
        text = textwrap.dedent(inspect.getsource(function))
        tree = ast.parse(text)
    except (OSError, SyntaxError):
        raise StrategyError(
            f"{path}:{line}: the source of {function.__qualname__} cannot be read; put the strategy into a file"
        ) from None
    ast.increment_lineno(tree, line - 1)
    definition = tree.body[0]
    if not isinstance(definition, ast.FunctionDef):
        raise StrategyError(f"{path}:{line}: {name}: a step method can call functions made with def; write this as one")
    definition.decorator_list = []
    definition.returns = None
    for argument in definition.args.args:
        argument.annotation = None
    namespace = dict(function.__globals__)
    for free, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        namespace[free] = cell.cell_contents
    piece = Piece(name, None, path, line, namespace, stands_in=namespace.pop("__class__", None))
    piece.reads = {
        node.attr if isinstance(node, ast.Attribute) else node.id
        for node in ast.walk(definition)
        if isinstance(node, ast.Attribute | ast.Name)
    }
    program.pieces[name] = piece
    _Rewriter(program, piece, definition, is_method).rewrite()
    module = ast.fix_missing_locations(ast.Module(body=[definition], type_ignores=[]))
    piece.code = compile(module, path, "exec")


_LIBRARIES = tuple({*sysconfig.get_paths().values(), str(Path(__file__).parents[1])})


def is_authors(function: FunctionType, owner: type[Strategy]) -> bool:
    """Return whether a function comes along: it is no library's, or of a package that the strategy derives from."""
    # A library's function is the compiler's business: it knows it, or the method runs interpreted.
    if not function.__code__.co_filename.startswith(_LIBRARIES):
        return True
    packages = {cls.__module__.split(".")[0] for cls in owner.__mro__ if issubclass(cls, Strategy) and cls != Strategy}
    return function.__module__.split(".")[0] in packages


class _Rewriter(ast.NodeTransformer):
    def __init__(self, program: Program, piece: Piece, definition: ast.FunctionDef, is_method: bool) -> None:
        self.program, self.piece, self.definition = program, piece, definition
        self.owner = program.owner
        self.called: set[int] = set()
        self.own = definition.args.args[0].arg if is_method and definition.args.args else ""
        self.locals = {a.arg for a in definition.args.args} | {
            n.id for n in ast.walk(definition) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
        }

    def rewrite(self) -> None:
        body = self.definition.body
        if isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
            body[0] = ast.copy_location(ast.Pass(), body[0])  # the docstring
        self.definition.body = [self.visit(statement) for statement in body]

    def fail(self, node: Any, message: str) -> StrategyError:
        return StrategyError(f"{self.piece.path}:{node.lineno}: {message}")

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
                _add(self.program, function.attr, getattr(self.owner, function.attr), is_method=not static)
                name = _METHOD + function.attr
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
        if checked is not None:
            node.func = self.named(self.checked_name(checked.__name__), function)
        elif isinstance(target, FunctionType) and is_authors(target, self.owner):
            key = f"{target.__module__}.{target.__qualname__}".replace("<locals>.", "")
            _add(self.program, key, target, is_method=False)
            name = _FUNCTION + key.replace(".", "_")
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
        _add(self.program, key, method, is_method=True)
        name = _METHOD + key.replace(".", "_")
        self.piece.pieces[name] = key
        node.func = self.named(name, function)
        node.args.insert(0, self.named(self.own, function))
        return self.generic_visit(node)  # type: ignore[return-value]

    def is_super(self, node: ast.expr) -> bool:
        if not isinstance(node, ast.Call) or node.args or node.keywords or self.piece.stands_in is None:
            return False
        return isinstance(node.func, ast.Name) and node.func.id == "super"

    def checked_name(self, name: str) -> str:
        self.piece.checked.add(_CHECKED + name)
        return _CHECKED + name

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
        self.generic_visit(node)
        if any(self.is_whole_state(target) for target in node.targets):
            call = ast.Call(self.named(self.checked_name("whole"), node.value), [node.value], [])
            node.value = ast.copy_location(call, node.value)
        return node

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
        choices = declared.choices if declared is not None else None
        for side in sides:
            for item in side.elts if isinstance(side, ast.Tuple | ast.List | ast.Set) else [side]:
                if isinstance(item, ast.Constant) and (choices is not None or isinstance(item.value, str)):
                    if choices is None:
                        raise self.fail(
                            node, f'"{item.value!s}": text can be compared only with a parameter that has choices'
                        )
                    if item.value not in choices:
                        raise self.fail(
                            node, f'"{item.value!s}" is no choice{did_you_mean(str(item.value), map(str, choices))}'
                        )
                    item.value = choices.index(item.value)
        return self.generic_visit(node)  # type: ignore[return-value]

    def visit_Name(self, node: ast.Name) -> ast.expr:
        value = self.value_of(node)
        if isinstance(node.ctx, ast.Load) and value is not None and not callable(value):
            described = getattr(value, "__file__", None) or repr(value)
            self.program.constants.append(f"{node.id}={described}")
        return node
