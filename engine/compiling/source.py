"""Reads a strategy's step methods, checks what can be checked before a run, and rewrites them into plain functions.

One rewritten function serves both executions. The rewriting keeps file and line, so breakpoints and tracebacks name the
author's own. What it does: self.helper() becomes a function call, reason tags and choices become their numbers, plain
module functions come along, mathematics becomes what is the same both ways. What it refuses, it refuses at load.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from types import FunctionType

from engine.compiling.frozen import claim
from engine.compiling.program import Piece, Program
from engine.compiling.rewriting import Rewriter
from engine.errors import StrategyError
from engine.strategy import STEPS, Strategy


def read_program(owner: type[Strategy]) -> Program:
    """Read the step methods of a class and everything of the author's that they call; StrategyError names the line."""
    for cls in owner.__mro__[: owner.__mro__.index(Strategy)]:
        claim(cls)
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
    Rewriter(program, piece, definition, is_method, _add).rewrite()
    module = ast.fix_missing_locations(ast.Module(body=[definition], type_ignores=[]))
    piece.code = compile(module, path, "exec")
