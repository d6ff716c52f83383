"""What a plugin author writes against: `Strategy`, `param`, `state`.

Owns the declaration of parameters and state and their flat record. Must not know how methods are compiled or run.
"""

from __future__ import annotations

import copy
import inspect
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any, ClassVar

import numpy as np

from engine.errors import ConfigError, StrategyError, did_you_mean
from engine.plans import Outcome, Plan, Review, Start
from engine.schedule import Schedule

STEPS = {
    "on_start": ("candle", "ind", "account"),
    "on_candle": ("candle", "ind", "account"),
    "on_fill": ("fill", "account"),
    "on_timestamp": ("candles", "ind", "account"),
}
UNITS_MS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}


@dataclass(frozen=True, slots=True)
class Param:
    """Describe one parameter: default, range or choices, unit, help."""

    default: Any
    low: float | None = None
    high: float | None = None
    choices: tuple[Any, ...] | None = None
    optional: bool = False
    unit: str = ""
    help: str = ""
    words: tuple[str, ...] = ()  # allowed besides numbers; such a parameter is for prepare() and plan() only
    whole: bool = False  # an int by its annotation, where the default None does not tell

    @property
    def kind(self) -> str:
        """Return float, int, bool, choice, duration, time, schedule, later or list."""
        if self.unit in ("duration", "schedule", "time", "later"):
            return self.unit
        if self.choices is not None:
            return "choice"
        if self.whole:
            return "int"
        if isinstance(self.default, list | tuple):
            return "list"
        if self.default is None or isinstance(self.default, float | str):  # a text is one of words
            return "float"
        return "bool" if isinstance(self.default, bool) else "int"

    @property
    def letter(self) -> str:
        """Return the type of its value in flat records: numbers as they are, choices of words by their index."""
        if self.kind == "bool":
            return "?"
        broken = self.counts and any(isinstance(choice, float) for choice in self.choices or ())
        return "f8" if self.kind == "float" or self.optional or broken else "i8"

    @property
    def counts(self) -> bool:
        """Return whether all its choices are numbers, which compiled code then computes with."""
        return self.choices is not None and all(
            isinstance(choice, int | float) and not isinstance(choice, bool) for choice in self.choices
        )

    @property
    def range_text(self) -> str:
        """Return the allowed values in words."""
        if self.choices is not None:
            return "one of " + ", ".join(map(str, self.choices))
        words = {
            "int": "a whole number",
            "float": "a number",
            "bool": "true or false",
            "duration": 'a time like "5m"',
            "schedule": "a schedule",
            "time": 'a time like "2024-12-31"',
            "later": "nothing: it is not yet supported",
        }
        text = words.get(self.kind) or f"{_length(self.default)} numbers"
        if self.low is not None and self.high is not None:
            text += f" from {self.low:g} to {self.high:g}"
        elif self.low is not None:
            text += f" of at least {self.low:g}"
        elif self.high is not None:
            text += f" of at most {self.high:g}"
        text += "".join(f', or "{word}"' for word in self.words)
        return text + (", or none" if self.optional and "none" not in self.words else "")


@dataclass(frozen=True, slots=True)
class State:
    """Describe one piece of a strategy's own state."""

    default: Any
    array: int = 0


def param(
    default: Any,
    *,
    low: float | None = None,
    high: float | None = None,
    choices: list[Any] | tuple[Any, ...] | None = None,
    optional: bool = False,
    unit: str = "",
    help: str = "",
    words: tuple[str, ...] = (),
) -> Any:
    """Declare a parameter: its default decides its type, low and high are inclusive.

    unit "duration" takes "5m" or milliseconds; "time" takes "2024-12-31" (UTC) or milliseconds; "schedule" takes
    "daily 00:00" and the like (see engine.schedule). optional: None is allowed, and is NaN in the step methods. words
    are allowed besides numbers; the step methods cannot see such a parameter, prepare() turns it into state.
    """
    return Param(default, low, high, tuple(choices) if choices is not None else None, optional, unit, help, words)


def state(default: float | int | bool = 0.0, *, array: int = 0) -> Any:
    """Declare a number of the strategy's own (or `array` of them) that lives from candle to candle.

    `prepare` may cut an array short, to one number a market or so: a smaller record is copied faster.
    """
    if not isinstance(default, int | float):
        raise StrategyError(f"state(): expected a number or true/false as default, was {default!r}")
    if array < 0:
        raise StrategyError(f"state(): expected an array length of at least 0, was {array}")
    return State(default, array)


class Strategy:
    """Derive from this; declare parameters and state in the class body; decide in on_candle."""

    params: ClassVar[dict[str, Param]] = {}
    states: ClassVar[dict[str, State]] = {}
    max_orders: int = 64  # open orders a market may hold; one more is denied with that reason
    later: ClassVar[tuple[str, ...]] = ()  # names reserved for parameters to come: taken, for `plan` to refuse by name

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Collect the declarations of this class and of those it derives from."""
        super().__init_subclass__(**kwargs)
        if not isinstance(cls.max_orders, int) or cls.max_orders < 1:
            raise StrategyError(
                f"{cls.__name__}.max_orders: expected a whole number of at least 1, was {cls.max_orders!r}"
            )
        cls.params, cls.states = dict(cls.params), dict(cls.states)
        for name in vars(cls).get("later", ()):
            cls.params[name] = Param(None, optional=True, unit="later", help="not yet supported")
        for name, value in list(vars(cls).items()):
            if not isinstance(value, Param | State):
                inherited = cls.params.get(name)
                if inherited is None:
                    continue
                # "levels = 21" in a derived class is the inherited parameter with another default.
                value = replace(inherited, default=check_value(cls.__name__, name, inherited, value))
            if name.startswith("_") or hasattr(Strategy, name):
                raise StrategyError(f"{cls.__name__}.{name}: this name is the engine's own; choose another")
            if isinstance(value, Param):
                value = _typed(cls, name, value)
                cls.params[name] = value
                check_value(cls.__name__, name, value, value.default)
            else:
                cls.states[name] = State(float(value.default), value.array) if _is_float(cls, name) else value
            delattr(cls, name)
        for step, arguments in STEPS.items():
            method = vars(cls).get(step)
            if method is not None and method.__code__.co_argcount != len(arguments) + 1:
                code = method.__code__
                raise StrategyError(
                    f"{code.co_filename}:{code.co_firstlineno}: {step}: expected (self, {', '.join(arguments)}), "
                    f"was ({', '.join(code.co_varnames[: code.co_argcount])})"
                )
        if hasattr(cls, "on_timestamp") and hasattr(cls, "on_candle"):
            raise StrategyError(f"{cls.__name__}: expected on_candle or on_timestamp, was both; keep one")

    def __init__(self, **values: Any) -> None:
        """Take parameters by name; the rest have their defaults."""
        for name in values:
            if name not in self.params:
                raise ConfigError(f"{type(self).__name__}: {self._unknown(name)}")
        for name, declared in self.params.items():
            given = values.get(name, copy.copy(declared.default))
            object.__setattr__(self, name, check_value(type(self).__name__, name, declared, given))
        for name, kept in self.states.items():
            object.__setattr__(self, name, _initial(kept))

    @classmethod
    def _unknown(cls, name: str) -> str:
        """Return the words for a parameter that this strategy does not take."""
        return f'unknown parameter "{name}"{did_you_mean(name, cls.params)}'

    def indicators(self, candles: Any) -> dict[str, Any]:
        """Return arrays by name, one value a candle, each depending on candles up to its own only (rule T2)."""
        return {}

    def warmup(self) -> int | None:
        """Return how many candles the indicators need before they settle; None: without end, or not known."""
        return None

    def prepare(self, start: Start) -> None:
        """Look at market, price and funds once before the start: set state and max_orders, check parameters."""

    def plan(self, start: Start) -> Plan | None:
        """Return the pre-flight: what would be placed, funds, worst case, what forbids a start; None: there is none.

        Called after `prepare`. A plan with refusals stops the run before its first candle.
        """
        return None

    def review(self, outcome: Outcome) -> Review | None:
        """Return the strategy's own split of a result, such as a grid's matched pairs; None: there is none."""
        return None

    def values(self) -> dict[str, Any]:
        """Return the parameters by name, as a person wrote them; those to come only where they were given."""
        found = {name: getattr(self, name) for name in self.params}
        return {n: v for n, v in found.items() if v is not None or self.params[n].kind != "later"}

    def __repr__(self) -> str:
        """Return the call that makes this strategy."""
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in self.values().items())})"


def is_portfolio(cls: type[Strategy]) -> bool:
    """Return whether the strategy decides once a timestamp over all its markets."""
    return hasattr(cls, "on_timestamp")


def duration_ms(value: Any) -> int:
    """Return milliseconds for "5m", "1.5h", "30d" or a whole number of milliseconds; ValueError otherwise."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    text = str(value).strip()
    if text[-1:] not in UNITS_MS:
        raise ValueError(text)
    return round(float(text[:-1]) * UNITS_MS[text[-1]])


def time_ms(value: Any) -> int:
    """Return milliseconds for "2024-12-31", "2024-12-31 08:00", a date or a whole number; ValueError otherwise."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    moment = datetime.fromisoformat(value.isoformat() if isinstance(value, date) else str(value).strip())
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1000)


def check_value(owner: str, name: str, declared: Param, value: Any) -> Any:
    """Return the value in its own type, or raise ConfigError: what, expected, was."""

    def refuse() -> ConfigError:
        hint = did_you_mean(str(value), map(str, declared.choices), listed=True) if declared.choices else ""
        return ConfigError(f"{owner}: {name}: expected {declared.range_text}, was {value!r}{hint}")

    none = isinstance(value, str) and value.lower() == "none" and "none" not in declared.words
    if value is None or (none and declared.optional):
        if declared.optional:
            return None
        raise refuse()
    kind = declared.kind
    if kind == "later" or (isinstance(value, str) and value in declared.words):
        return value
    try:
        if kind == "choice":
            matches = [choice for choice in declared.choices or () if str(choice) == str(value)]
            return matches[0]
        if kind == "schedule":
            return value if isinstance(value, Schedule) else Schedule(str(value))
        if kind == "duration":
            value_now: Any = duration_ms(value)
        elif kind == "time":
            value_now = time_ms(value)
        elif kind == "bool":
            words = {"true": True, "false": False, "1": True, "0": False}
            value_now = value if isinstance(value, bool) else words[str(value).lower()]
        elif kind == "int":
            value_now = int(value) if not isinstance(value, bool) else refuse()
            if float(value) != value_now:
                raise refuse()
        elif kind == "list":
            items = value.split(",") if isinstance(value, str) else list(value)
            value_now = [float(item) for item in items]
            if len(value_now) != _length(declared.default):
                raise refuse()
        else:
            value_now = float(value)
    except (TypeError, ValueError, KeyError, IndexError):
        raise refuse() from None
    for item in value_now if isinstance(value_now, list) else [value_now]:
        low_ok = declared.low is None or item >= declared.low
        high_ok = declared.high is None or item <= declared.high
        if not np.isfinite(item) or not low_ok or not high_ok:
            raise refuse()
    return value_now


def record_type(strategy: Strategy) -> np.dtype[np.void]:
    """Return the flat record of the strategy's parameters and state; choices of words are their index.

    An array is as long as it is now: `prepare` may have cut it to what the run needs.
    """
    cls = type(strategy)
    described: list[Any] = []
    for name, declared in cls.params.items():
        kind = declared.kind
        if kind in ("schedule", "later") or declared.words:
            continue  # turned into flags by indicators(), into state by prepare(), or nothing yet
        if kind == "list":
            described.append((name, "f8", (_length(declared.default),)))
        else:
            described.append((name, declared.letter))
    for name, kept in cls.states.items():
        letter = "?" if isinstance(kept.default, bool) else "i8" if isinstance(kept.default, int) else "f8"
        letter = "i8" if kept.array and letter == "?" else letter  # numba has no nested arrays of booleans
        described.append((name, letter, (len(getattr(strategy, name)),)) if kept.array else (name, letter))
    described.append(("__end__", "i8"))  # never empty, and a whole number of eight bytes
    return np.dtype(described, align=True)


def to_record(strategy: Strategy) -> np.ndarray[Any, np.dtype[np.void]]:
    """Return the strategy's parameters and state as one flat record."""
    cls = type(strategy)
    record = np.zeros(1, record_type(strategy))
    for name in record.dtype.names or ():
        if name == "__end__":
            continue
        value = getattr(strategy, name)
        declared = cls.params.get(name)
        if value is not None and declared is not None and declared.choices is not None and not declared.counts:
            value = declared.choices.index(value)
        record[name] = np.nan if value is None else value
    return record


def _typed(cls: type, name: str, declared: Param) -> Param:
    # "size: float = param(1)" is a float: the annotation decides between int and float.
    if _is_float(cls, name) and declared.kind == "int":
        return replace(declared, default=float(declared.default))
    whole = declared.default is None and declared.kind == "float" and "int" in _annotation(cls, name)
    return replace(declared, whole=True) if whole else declared


def _is_float(cls: type, name: str) -> bool:
    return "float" in _annotation(cls, name)


def _annotation(cls: type, name: str) -> str:
    annotation = inspect.get_annotations(cls).get(name, "")
    return annotation if isinstance(annotation, str) else getattr(annotation, "__name__", "")


def _initial(kept: State) -> Any:
    if not kept.array:
        return kept.default
    letter = bool if isinstance(kept.default, bool) else np.int64 if isinstance(kept.default, int) else np.float64
    return np.full(kept.array, kept.default, letter)


def _length(default: Any) -> int:
    return len(default)
