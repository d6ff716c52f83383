"""Finds a local name that may be read before it is set: there Python raises, and compiled code reads old memory.

Owns nothing but the walk. Conservative: what it calls set is set on every way through the function.
"""

from __future__ import annotations

import ast


def first_unset(function: ast.FunctionDef) -> tuple[str, int] | None:
    """Return the first local name, with its line, that may be read before it is set; None: there is none."""
    local = {n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    given = {a.arg for a in (*function.args.args, *function.args.kwonlyargs)}
    walk = _Walk(local)
    walk.block(function.body, given)
    return walk.found


class _Walk:
    def __init__(self, local: set[str]) -> None:
        self.local = local
        self.found: tuple[str, int] | None = None

    def block(self, body: list[ast.stmt], known: set[str]) -> set[str] | None:
        """Return the names set after the block, or None when no way leads out of its end."""
        for statement in body:
            after = self.statement(statement, known)
            if after is None:
                return None
            known = after
        return known

    def statement(self, node: ast.stmt, known: set[str]) -> set[str] | None:
        if isinstance(node, ast.If):
            self.reads(node.test, known)
            known = known | _stored(node.test)
            return _both(self.block(node.body, known), self.block(node.orelse, known))
        if isinstance(node, ast.While):
            self.reads(node.test, known)
            self.block(node.body, known | _stored(node.test))
            after = known | _stored(node.test)
            return self.block(node.orelse, after) if node.orelse else after
        if isinstance(node, ast.For):
            self.reads(node.iter, known)
            self.block(node.body, known | _stored(node.target))
            return self.block(node.orelse, known) if node.orelse else known
        if isinstance(node, ast.Return | ast.Raise):
            self.reads(node, known)
            return None
        if isinstance(node, ast.Break | ast.Continue):
            return None
        if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            self.read(node.target.id, node.target.lineno, known)
        if isinstance(node, ast.FunctionDef | ast.Try | ast.With | ast.Match):
            return known | _stored(node)  # not followed: numba takes few of them
        self.reads(node, known)
        return known | _stored(node)

    def reads(self, node: ast.AST, known: set[str]) -> None:
        inner = {a.arg for n in ast.walk(node) if isinstance(n, ast.Lambda) for a in n.args.args}
        inner |= {name for n in ast.walk(node) if isinstance(n, ast.comprehension) for name in _stored(n.target)}
        inner |= {n.target.id for n in ast.walk(node) if isinstance(n, ast.NamedExpr)}
        for name in ast.walk(node):
            if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Load):
                self.read(name.id, name.lineno, known | inner)

    def read(self, name: str, line: int, known: set[str]) -> None:
        if self.found is None and name in self.local and name not in known:
            self.found = name, line


def _stored(node: ast.AST) -> set[str]:
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}


def _both(one: set[str] | None, other: set[str] | None) -> set[str] | None:
    if one is None or other is None:
        return other if one is None else one
    return one & other
