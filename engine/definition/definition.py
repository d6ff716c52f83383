"""What a backtest is made of, as a person wrote it: the file's values, and the flags that stand over them.

Owns the keys of a definition. Must not know how candles are loaded or strategies found.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from engine.candles.timeframes import parse_market, parse_time, timeframe_ms
from engine.core.codes import PATHS
from engine.definition.limiting import rules_of
from engine.definition.markets import market_values
from engine.definition.parts import Part, read_parts
from engine.definition.tables import Table
from engine.errors import ConfigError, DataError, did_you_mean
from engine.limits import is_number
from engine.risk import AccountRules, RiskRules
from engine.settings import RuleSettings, Settings, read_toml

TOP = (
    "strategy", "strategies", "cash", "holdings", "candles", "market", "markets", "rules", "risk", "account",
    "parameters",
)  # fmt: skip
CANDLES = ("market", "timeframe", "from", "to", "scenario", "seed", "detail")
RULES = tuple(one.name for one in fields(RuleSettings))
AUTO = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """Hold one backtest's definition; what is None was not said."""

    name: str
    where: str  # the file, as errors name it
    strategy: str  # of several: their names
    cash: float | Mapping[str, float]
    cash_said: bool = True  # by the file or a flag, and not by the settings alone
    sources: tuple[str, ...]  # "venue:symbol", one a market
    timeframe: str
    since: str | int | None = None
    until: str | int | None = None
    scenario: str | None = None  # of the simulated market
    seed: int | None = None
    detail: str | None = None  # finer timeframe for rule P3
    market: Mapping[str, Any] = field(default_factory=dict)  # Market's fields, for all markets
    markets: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # by symbol, over `market`
    rules: RuleSettings = field(default_factory=RuleSettings)
    risk: RiskRules | None = None
    account_rules: AccountRules | None = None
    folder_wide: frozenset[str] = frozenset()  # of account_rules: what the settings said, and not this file
    holdings: Mapping[str, float] = field(default_factory=dict)  # base coin at the start, by symbol
    parameters: Mapping[str, Any] = field(default_factory=dict)
    flagged: Mapping[str, Any] = field(default_factory=dict)  # parameters of the command line, over `parameters`
    parts: tuple[Part, ...] = ()  # of several strategies: one each

    @contextmanager
    def named(self) -> Iterator[None]:
        """Put the file before an error that does not know of it: what was gathered came from there."""
        try:
            yield
        except (ConfigError, DataError) as error:
            said = str(error)
            raise type(error)(said if said.startswith(self.where) else f"{self.where}: {said}") from None

    @property
    def simulated(self) -> bool:
        """Return whether any of its candles are from the simulated market."""
        return any(source.startswith("simulated:") for source in self.sources)


@dataclass(frozen=True, slots=True, kw_only=True)
class Flags:
    """Hold what the command line says over a definition; None: nothing."""

    markets: tuple[str, ...] = ()
    since: str | None = None
    until: str | None = None
    timeframe: str | None = None
    parameters: tuple[str, ...] = ()  # "fast=10"
    cash: float | None = None
    path: str | None = None

    def over(self, definition: Definition) -> Definition:
        """Return the definition with these values in place of its own."""
        changes: dict[str, Any] = {"flagged": self._parameters()}
        if self.markets:
            changes |= _other_sources(definition, self.markets)
        if self.timeframe is not None:
            timeframe_ms(self.timeframe)
            changes["timeframe"] = self.timeframe
        for flag, name, time in (("--from", "since", self.since), ("--to", "until", self.until)):
            if time is not None:
                _parsed(time, flag)
                changes[name] = time
        if self.cash is not None:
            if not 0.0 < self.cash < float("inf"):
                raise ConfigError(f"--cash: expected a positive amount, was {self.cash}")
            changes |= {"cash": self.cash, "cash_said": True}
        if self.path is not None:
            if self.path not in PATHS:
                hint = did_you_mean(self.path, PATHS, listed=True)
                raise ConfigError(f'--path: expected one of {", ".join(PATHS)}, was "{self.path}"{hint}')
            changes["rules"] = replace(definition.rules, path=self.path)
        return replace(definition, **changes)

    def _parameters(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for text in self.parameters:
            name, equals, value = text.partition("=")
            if not equals or not name.strip():
                raise ConfigError(f'--param: expected NAME=VALUE such as fast=10, was "{text}"')
            found[name.strip()] = value.strip()
        return found


def read_definition(path: Path, settings: Settings) -> Definition:
    """Return the definition in a file; ConfigError names the file and the key to edit."""
    if not path.exists():
        from engine.definition.nearby import not_found

        raise ConfigError(not_found(path))
    where = str(path)
    top = Table(read_toml(path), where, TOP)
    parts = read_parts(top, settings)
    strategy = " + ".join(part.name for part in parts) or top.required("strategy", '"moving_average_short"')
    if not isinstance(strategy, str):
        raise top.refusal("strategy", "a strategy's name in quotes", strategy)
    cash = _cash(top, settings.cash)
    if "candles" not in top.values:
        raise ConfigError(f"{where}: the table [candles] is missing; it says which market and timeframe to run on")
    return Definition(
        name=path.stem,
        where=where,
        strategy=strategy,
        cash=cash,
        cash_said="cash" in top.values,
        **_candles(Table(top.values["candles"], f"{where}: [candles]", CANDLES)),
        holdings=_holdings(top, where),
        market=market_values(top.values.get("market", {}), f"{where}: [market]"),
        markets=_markets(top, where),
        rules=_rules(Table(top.values.get("rules", {}), f"{where}: [rules]", RULES), settings.rules),
        **rules_of(top, settings, where),
        parameters=_plain_table(top.values.get("parameters", {}), f"{where}: [parameters]"),
        parts=parts,
    )


def _candles(table: Table) -> dict[str, Any]:
    market = table.required("market", '"simulated:BTC/USDT"')
    sources = [market] if isinstance(market, str) else market
    if not isinstance(sources, list) or not sources or not all(isinstance(one, str) for one in sources):
        raise table.refusal("market", "VENUE:BASE/QUOTE in quotes, or a list of them", market)
    found: dict[str, Any] = {"sources": tuple(sources), "since": table.time("from"), "until": table.time("to")}
    table.required("timeframe", '"1h"')
    for name in ("timeframe", "scenario", "detail"):
        found[name] = table.take(name, str)
    found["seed"] = table.take("seed", int)
    try:
        _check_sources(sources)
        timeframe_ms(found["timeframe"])
        if found["detail"] is not None:
            _detail(found["detail"])
    except ConfigError as error:
        raise ConfigError(f"{table.where}: {error}") from None
    for name, time in (("from", found["since"]), ("to", found["until"])):
        _parsed(time, f"{table.where}: {name}")
    for name in ("scenario", "seed"):
        if found[name] is not None and not any(one.startswith("simulated:") for one in sources):
            raise ConfigError(f"{table.where}: {name} belongs to the simulated market; remove it for {sources[0]}")
    return found


def _detail(timeframe: str) -> None:
    try:
        timeframe_ms(timeframe)
    except ConfigError as error:
        raise ConfigError(f"detail: {str(error).removeprefix('timeframe: ')}") from None


def _check_sources(sources: list[str]) -> None:
    for one in sources:
        parse_market(one)
        if sources.count(one) > 1:
            raise ConfigError(f"market: expected each once, found {one} twice")


def _parsed(time: str | int | None, where: str) -> None:
    try:
        if time is not None:
            parse_time(time)
    except ConfigError as error:
        raise ConfigError(f"{where}: {error}") from None


def _markets(top: Table, where: str) -> dict[str, dict[str, Any]]:
    symbols = {parse_market(one)[1] for one in _sources_of(top)}
    table = Table(top.values.get("markets", {}), f"{where}: [markets]", symbols)
    return {symbol: market_values(values, f'{where}: [markets."{symbol}"]') for symbol, values in table.values.items()}


def _cash(top: Table, default: float) -> float | dict[str, float]:
    given = top.values.get("cash", default)
    for amount in given.values() if isinstance(given, dict) else [given]:
        if not is_number(amount) or amount <= 0.0:
            raise top.refusal("cash", "a positive amount, or one for each venue", amount)
    return {venue: float(amount) for venue, amount in given.items()} if isinstance(given, dict) else float(given)


def _holdings(top: Table, where: str) -> dict[str, float]:
    symbols = {parse_market(one)[1] for one in _sources_of(top)}
    table = Table(top.values.get("holdings", {}), f"{where}: [holdings]", symbols)
    return {symbol: table.take(symbol, float) for symbol in table.values}


def _sources_of(top: Table) -> list[str]:
    market = top.values["candles"]["market"]
    return [market] if isinstance(market, str) else list(market)


def _rules(table: Table, default: RuleSettings) -> RuleSettings:
    return RuleSettings(
        path=table.take("path", str, default.path),
        touch_fills=_chance(table, default.touch_fills),
        latency_ms=table.take("latency_ms", int, default.latency_ms),
        participation=table.take("participation", float, default.participation),
        seed=table.take("seed", int, default.seed),
    )


def _chance(table: Table, default: bool | float) -> bool | float:
    value = table.values.get("touch_fills", default)
    if type(value) not in (bool, int, float) or not 0.0 <= value <= 1.0:
        raise table.refusal("touch_fills", "true, false or a chance from 0 to 1", value)
    return value  # type: ignore[no-any-return]


def _plain_table(values: Any, where: str) -> dict[str, Any]:
    return dict(Table(values, where, values if isinstance(values, dict) else ()).values)


def _other_sources(definition: Definition, markets: tuple[str, ...]) -> dict[str, Any]:
    """Return what changes with other candles: the tick and lot of one symbol say nothing of another's."""
    _check_sources(list(markets))
    changes: dict[str, Any] = {"sources": markets}
    if not any(one.startswith("simulated:") for one in markets):
        changes |= {"scenario": None, "seed": None}
    known = {parse_market(one)[1] for one in definition.sources}
    if not {parse_market(one)[1] for one in markets} <= known:
        changes["market"] = {k: v for k, v in definition.market.items() if k not in ("tick", "lot", "symbol")}
    return changes
