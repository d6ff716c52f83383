"""The settings of a person's own: `settings.toml` in the current folder, and TRADEWIND_ environment variables over it.

Owns their names, defaults and help, and the reading of TOML. Must not know definitions, strategies or candles.
Every setting stands in `settings.toml` with its help and default; a test holds the two equal.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_type_hints

from engine.core.codes import PATHS
from engine.errors import ConfigError, did_you_mean
from engine.limits import AccountFields, RiskFields

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic_settings import BaseSettings

FILE = "settings.toml"
PREFIX = "TRADEWIND_"  # TRADEWIND_CASH=20000, TRADEWIND_RULES__PATH=nearest


def _setting(default: Any, help_: str, expected: str, **limits: Any) -> Any:
    return field(default=default, metadata={"help": help_, "expected": expected, "limits": limits})


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSettings:
    """Hold how orders are executed where a definition does not say it (design.md, P2, F2, T3, F5)."""

    path: str = _setting(
        "adverse",
        "Order of the extremes inside a candle: adverse, favourable, nearest, low_first, high_first.",
        f"one of {', '.join(PATHS)}",
        pattern=f"^({'|'.join(PATHS)})$",
    )
    touch_fills: bool | float = _setting(
        False, "Whether a limit order fills when its price is only touched, not traded through; or the chance of it.",
        "true, false or a chance from 0 to 1", ge=0.0, le=1.0,
    )  # fmt: skip
    latency_ms: int = _setting(
        0, "Milliseconds from a decision until its order is live.", "0 or more whole milliseconds", ge=0
    )
    participation: float | None = _setting(
        None, "Fraction of a candle's volume that fills may take; without it there is no cap.",
        "a fraction above 0 up to 1", gt=0.0, le=1.0,
    )  # fmt: skip
    seed: int = _setting(
        0, "What the chance of touch_fills is drawn with: the same seed, the same fills.", "a whole number from 0 on",
        ge=0,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestSettings:
    """Hold how backtests are played, which changes none of their numbers."""

    memory_mb: int = _setting(
        4000, "Memory a backtest may take, in MB; one that would need more runs in chunks.",
        "a whole number of MB from 1 on", ge=1,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Hold every setting."""

    data_root: str = _setting("data", "Folder of the candle store.", "a folder's path")
    runs_root: str = _setting("backtests/runs", "Folder under which each backtest saves its run.", "a folder's path")
    cash: float = _setting(
        10_000.0, "Starting cash of a backtest whose definition names none, in quote currency.", "a positive amount",
        gt=0.0, allow_inf_nan=False,
    )  # fmt: skip
    rules: RuleSettings = field(default_factory=RuleSettings)
    backtest: BacktestSettings = field(default_factory=BacktestSettings)
    risk: RiskFields = field(default_factory=RiskFields)
    account: AccountFields = field(default_factory=AccountFields)


TABLES = {"rules": RuleSettings, "backtest": BacktestSettings, "risk": RiskFields, "account": AccountFields}


def load_settings(folder: Path | None = None) -> Settings:
    """Return the settings of a folder (default: the current one); ConfigError says what to edit."""
    path = (folder or Path()) / FILE
    given = read_toml(path) if path.exists() else {}
    _refuse_unknown(given, path)
    names = _environment()
    plain = _flat(asdict(Settings()))
    default = all(name in plain and repr(plain[name]) == repr(value) for name, value in _flat(given).items())
    if default and not names:
        return Settings()  # nothing to check; pydantic would take half a second to import
    return _checked(given, path, names)


def read_toml(path: Path) -> dict[str, Any]:
    """Return a TOML file's table; one sentence with the line where it is broken."""
    try:
        text = path.read_text("utf-8")
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        said = str(error).replace("at end of document", f"at line {len(text.splitlines())}, the end")
        raise ConfigError(f"{path}: not valid TOML: {said[:1].lower()}{said[1:]}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: expected a text file in UTF-8; save it so") from None
    except IsADirectoryError:
        raise ConfigError(f"{path}: expected a file, was a folder") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {(error.strerror or str(error)).lower()}") from None


def described() -> Iterator[tuple[str, str, Any]]:
    """Give every setting's name ("rules.path"), help and default."""
    for prefix, owner in _owners():
        for one in fields(owner):
            if one.metadata:
                yield prefix + one.name, one.metadata["help"], one.default


def _flat(table: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in table.items():
        flat |= _flat(value, f"{prefix}{name}.") if isinstance(value, dict) else {prefix + name: value}
    return flat


def _refuse_unknown(given: Mapping[str, Any], path: Path) -> None:
    for prefix, owner in _owners():
        name = prefix.rstrip(".")
        place, table = (f"[{name}] ", given.get(name, {})) if name else ("", given)
        if not isinstance(table, dict):
            raise ConfigError(f"{path}: {name}: expected a table [{name}], was {table!r}")
        known = [one.name for one in fields(owner)]
        for name in table:
            if name not in known:
                raise ConfigError(f'{path}: {place}unknown setting "{name}"{did_you_mean(name, known)}')


def _environment() -> dict[str, str]:
    """Return the settings that the environment gives, by their variables' names; refuse what is nearly one."""
    known = {PREFIX + name.upper().replace(".", "__"): name for name, _, _ in described()}
    for variable in os.environ:
        if variable.startswith(PREFIX) and variable not in known:
            near = get_close_matches(variable, known, n=1, cutoff=0.9)  # others are not settings, and not ours to judge
            if near:
                raise ConfigError(f'{variable}: unknown setting in the environment; did you mean "{near[0]}"?')
    return {variable: name for variable, name in known.items() if variable in os.environ}


def _checked(given: dict[str, Any], path: Path, names: dict[str, str]) -> Settings:
    from pydantic import ValidationError

    try:
        made = _reader(given)()
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"][:2])
        expected = next((one["expected"] for known, one in _metadata() if known == name), "a table")
        variable = next((variable for variable, known in names.items() if known == name), None)
        was = repr(os.environ[variable]) if variable else repr(_flat(given).get(name, given.get(name)))
        near = get_close_matches(str(first["input"]), PATHS if name == "rules.path" else (), n=1)
        hint = f'; did you mean "{near[0]}"?' if near else ""
        raise ConfigError(f"{variable or f'{path}: {name}'}: expected {expected}, was {was}{hint}") from None
    values = made.model_dump()
    return Settings(**{**values, **{name: owner(**values[name]) for name, owner in TABLES.items()}})


def _owners() -> Iterator[tuple[str, type]]:
    yield "", Settings
    yield from ((f"{name}.", owner) for name, owner in TABLES.items())


def _metadata() -> Iterator[tuple[str, Mapping[str, Any]]]:
    for prefix, owner in _owners():
        yield from ((prefix + one.name, one.metadata) for one in fields(owner) if one.metadata)


def _reader(given: dict[str, Any]) -> type[BaseSettings]:
    """Make the pydantic-settings class of the fields above: the environment first, then the file, then the defaults."""
    from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
    from pydantic_settings.sources import InitSettingsSource

    class FromFileAndEnvironment(BaseSettings):
        model_config = SettingsConfigDict(env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid")

        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,
            file_secret_settings: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return env_settings, InitSettingsSource(settings_cls, given)

    return _model(Settings, FromFileAndEnvironment)  # type: ignore[return-value]


def _model(owner: type, base: type[BaseModel] | None = None) -> type[BaseModel]:
    from pydantic import Field, create_model

    hints = get_type_hints(owner)
    made: dict[str, Any] = {}
    for one in fields(owner):
        if is_dataclass(hints[one.name]):
            inner = _model(hints[one.name])
            made[one.name] = (inner, inner())
        else:
            made[one.name] = (hints[one.name], Field(one.default, **one.metadata["limits"]))
    return create_model(owner.__name__, __base__=base, **made)
