"""A new strategy's three files, made of the templates: the plugin, its definition, its test.

Owns names and places of what is written. Must not know the command line, nor what the templates say.
"""

from __future__ import annotations

import keyword
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from string import Template

import engine
from engine.errors import ConfigError, did_you_mean
from engine.plugins import OWN_FOLDER, all_strategies

TEMPLATES = ("signal", "grid", "dca", "portfolio")
_FOLDER = Path(__file__).parent / "templates"
_PLACES = {  # template file: where it goes
    "{template}.py.txt": OWN_FOLDER + "/{name}.py",
    "{template}.toml.txt": "backtests/{name}.toml",
    "{template}_test.py.txt": "tests/test_{name}.py",
}
_LONGEST = 50


def new_strategy(name: str, template: str, root: Path) -> list[Path]:
    """Write plugin, definition and test of a new strategy below `root`: all three or none; return their paths."""
    if template not in TEMPLATES:
        hint = did_you_mean(template, TEMPLATES)
        raise ConfigError(f'--template: expected one of {", ".join(TEMPLATES)}, was "{template}"{hint}')
    _check(name)
    places = {source.format(template=template): root / place.format(name=name) for source, place in _PLACES.items()}
    for path in places.values():
        if os.path.lexists(path):
            raise ConfigError(f"{_told(path, root)} is there already; choose another name, or remove it")
    for one in all_strategies(root):
        if one.name == name:
            raise ConfigError(f'name: there is a strategy "{name}" already ({one.path}); choose another name')
    values = {"name": name, "class_name": class_name(name)}
    with _all_or_none() as made:
        for source, path in places.items():
            _write(path, Template((_FOLDER / source).read_text("utf-8")).substitute(values), made, root)
    return list(places.values())


def class_name(name: str) -> str:
    """Return the class's name for a strategy's: my_strategy is MyStrategy."""
    made = "".join(word.capitalize() for word in name.split("_"))
    taken = keyword.iskeyword(made) or made in (*engine.__all__, "Grid", "Dca")
    return f"My{made}" if taken else made


def _check(name: str) -> None:
    good = re.fullmatch("[a-z][a-z0-9_]*", name) and len(name) <= _LONGEST
    if good and not keyword.iskeyword(name):
        return
    why = "a keyword of Python" if keyword.iskeyword(name) else f"at most {_LONGEST} letters, digits and _"
    expected = "expected a name such as my_strategy, lower case"
    if not good:
        raise ConfigError(f'name: {expected}, {why}, a letter first, was "{name}"{_suggestion(name)}')
    raise ConfigError(f'name: {expected}, was "{name}", {why}; write {name}_strategy')


def _suggestion(name: str) -> str:
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    near = re.sub(r"[^a-z0-9]+", "_", words).strip("_").lstrip("0123456789_")[:_LONGEST]
    return f"; write {near}" if near and not keyword.iskeyword(near) else "; write another"


@contextmanager
def _all_or_none() -> Iterator[list[Path]]:
    """Take back what was made, the newest first, when anything goes wrong before the end."""
    made: list[Path] = []
    try:
        yield made
    except BaseException:
        for path in reversed(made):
            path.rmdir() if path.is_dir() else path.unlink(missing_ok=True)
        raise


def _write(path: Path, text: str, made: list[Path], root: Path) -> None:
    try:
        if not path.parent.exists():
            path.parent.mkdir()
            made.append(path.parent)
        with path.open("x", encoding="utf-8", newline="\n") as file:  # x: what came to be meanwhile is not overwritten
            made.append(path)
            file.write(text)
    except OSError as error:
        raise ConfigError(f"cannot write {_told(path, root)}: {error.strerror or error}; nothing was written") from None


def _told(path: Path, root: Path) -> str:
    return str(path.relative_to(root))
