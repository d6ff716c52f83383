"""Finds strategies: the user's own `strategies/` folder, installed packages, and the shipped ones.

Owns names and places. Must not know how a strategy is compiled or run. A strategy is named as its file is; where a
file holds several, each is named as its class, in snake case. A file that cannot be read is listed with the reason.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import CodeType, ModuleType

from engine.errors import ConfigError, EngineError, StrategyError, did_you_mean
from engine.strategy import Strategy

GROUP = "tradewind.strategies"  # the entry-point group of installed packages
OWN_FOLDER = "strategies"  # in the current working directory, or the project's root


@dataclass(frozen=True, slots=True)
class Listed:
    """Describe one strategy that was found, or one file that could not be read (then `problem` says why)."""

    name: str
    origin: str  # "shipped", "strategies/" or "package NAME"
    path: str
    strategy: type[Strategy] | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class _Folder:
    """A folder of plugin files and the prefix of their modules' names."""

    origin: str
    path: Path
    package: str

    def files(self) -> list[Path]:
        return sorted(path for path in self.path.glob("*.py") if not path.name.startswith("_"))

    def module_name(self, path: Path) -> str:
        if self.package:
            return f"{self.package}.{path.stem}"
        # Two processes must agree on it, for compiled code is found by it; two folders must not.
        return f"tradewind_{hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:12]}_{path.stem}"


class _FromSource(SourceFileLoader):
    """Compile from the source each time: a .pyc dates its source to the second, and an edit can be quicker."""

    def get_code(self, fullname: str) -> CodeType:
        return self.source_to_code(self.get_data(self.path), self.path)


def strategy_class(name: str, root: str | Path | None = None) -> type[Strategy]:
    """Return the strategy of a name; root: the folder that holds strategies/, the current one unless told.

    ConfigError when there is none, StrategyError when its file cannot be read.
    """
    for folder in _folders(root):
        path = folder.path / f"{name}.py"
        if name.isidentifier() and path.is_file():
            found = dict(_classes(_load(folder, path), path))
            if name in found:
                return found[name]
    listing = all_strategies(root)
    for one in listing:
        if one.name == name and one.strategy is not None:
            return one.strategy
    for one in listing:
        if one.name == name and one.problem:
            raise StrategyError(one.problem)
    unread = [one.path for one in listing if one.strategy is None]
    also = f" (not read: {', '.join(unread)}; see `tradewind strategies`)" if unread else ""
    known = [one.name for one in listing if one.strategy is not None]
    raise ConfigError(f'strategy: unknown "{name}"{did_you_mean(name, known)}{also}')


def all_strategies(root: str | Path | None = None) -> list[Listed]:
    """Return everything that was found, the user's own first; of two with one name the first is the one that runs."""
    listing: list[Listed] = []
    for one in (*_of_folders(root), *_of_packages()):
        first = next((other for other in listing if other.name == one.name), None)
        if first is not None and one.strategy is not None:
            one = Listed(one.name, one.origin, one.path, None, f"hidden: {first.path} has the same name")
        listing.append(one)
    return listing


def shown_path(path: Path) -> str:
    """Return a path as a person would type it: relative to the current folder where it lies below it."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def _folders(root: str | Path | None = None) -> Iterator[_Folder]:
    import strategies

    shipped = Path(__file__).resolve().parent.parent / strategies.__name__
    if str(shipped) not in map(os.path.realpath, strategies.__path__):
        # The user's own folder is a package and comes first on the path: `from strategies.grid import Grid` must hold.
        strategies.__path__.append(str(shipped))
    own = (Path(root or Path.cwd()) / OWN_FOLDER).resolve()
    if own != shipped and own.is_dir():
        yield _Folder(f"{OWN_FOLDER}/", own, "")
    yield _Folder("shipped", shipped, strategies.__name__)


def _of_folders(root: str | Path | None) -> Iterator[Listed]:
    for folder in _folders(root):
        for path in folder.files():
            shown = shown_path(path)
            try:
                found = _classes(_load(folder, path), path)
            except EngineError as error:
                yield Listed(path.stem, folder.origin, shown, None, str(error))
                continue
            yield from (Listed(name, folder.origin, shown, strategy) for name, strategy in found)


def _of_packages() -> Iterator[Listed]:
    from importlib.metadata import entry_points

    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        origin = f"package {entry.dist.name if entry.dist else entry.module}"
        try:
            strategy = entry.load()
        except Exception as error:  # a package may fail in any way; it is shown, never dropped
            yield Listed(entry.name, origin, entry.value, None, f"{origin}: {type(error).__name__}: {error}")
            continue
        if isinstance(strategy, type) and issubclass(strategy, Strategy):
            yield Listed(entry.name, origin, entry.value, strategy)
        else:
            problem = f"{origin}: expected {entry.value} to be a class derived from Strategy, was {strategy!r}"
            yield Listed(entry.name, origin, entry.value, None, problem)


def _load(folder: _Folder, path: Path) -> ModuleType:
    name = folder.module_name(path)
    stamp = (path.stat().st_mtime_ns, path.stat().st_size)
    known = sys.modules.get(name)
    # The shipped ones are imported as any package is; a file of the user's may have been edited since.
    if known is not None and (folder.package or getattr(known, "__tradewind_stamp__", None) == stamp):
        return known
    spec = spec_from_loader(name, _FromSource(name, str(path)))
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    module.__dict__["__tradewind_stamp__"] = stamp
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # the author's file may raise anything; it is named, never swallowed
        sys.modules.pop(name, None)
        raise _blamed(error, path) from error
    except BaseException:
        sys.modules.pop(name, None)
        raise
    return module


def _classes(module: ModuleType, path: Path) -> list[tuple[str, type[Strategy]]]:
    """Return names and classes of the strategies that a module defines itself; one without steps is a mere base."""
    own = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Strategy) and value.__module__ == module.__name__
    ]
    able = [value for value in own if any(hasattr(value, step) for step in ("on_candle", "on_timestamp"))]
    if not able:
        found = f"{own[0].__name__} with neither on_candle nor on_timestamp" if own else "none"
        raise StrategyError(
            f"{shown_path(path)}: expected a class derived from Strategy, found {found}; "
            "begin the file's name with _ if it is no plugin"
        )
    if len(able) == 1:
        return [(path.stem, able[0])]
    return [(_snake(value.__name__), value) for value in able]


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def _blamed(error: Exception, path: Path) -> StrategyError:
    """Name the author's file and line."""
    if isinstance(error, SyntaxError) and error.filename:
        where = Path(error.filename)
        return StrategyError(f"{shown_path(where)}:{error.lineno}: {error.msg}")
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    where_text = f"{shown_path(path)}:{frames[-1].lineno if frames else 1}"
    if isinstance(error, EngineError):
        said = str(error)
        return StrategyError(said if said.startswith(str(path)) else f"{where_text}: {said}")
    return StrategyError(f"{where_text}: {type(error).__name__}: {error}")
