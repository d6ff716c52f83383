"""A definition made real: the strategy with its parameters, the candles, the markets, and what was filled in for them.

Must not know the command line or the result.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.candles import Candles, StoredCandles, holes, load_candles
from engine.candles.streaming import Source, holes_of, pieces_of
from engine.candles.timeframes import parse_time
from engine.definition.definition import AUTO, Definition
from engine.definition.markets import with_shape
from engine.definition.parts import flagged_parts
from engine.definition.series import Series, with_stored
from engine.errors import ConfigError, DataError, EngineError
from engine.market import Market, tick_of_pieces
from engine.plugins import strategy_class
from engine.risk import AccountRules, RiskRules
from engine.strategy import Strategy, check_value

if TYPE_CHECKING:
    from engine.backtesting import Rules, Use

DEFAULT_LOT = 0.00001
BYTES_A_CANDLE = 220  # at the peak of a run in one piece: columns, rows, indicators on their way, curves; measured


@dataclass(frozen=True, slots=True, kw_only=True)
class RunInputs:
    """Hold what `backtest()` takes; notes: what the definition left open and we filled in, a sentence each."""

    trading: Strategy | list[Use]
    candles: Sequence[Source]
    markets: list[Market]
    detail: Sequence[Source] | None
    cash: float | Mapping[str, float]
    holdings: Mapping[str, float]
    rules: Rules
    notes: list[str]
    risk: RiskRules | None = None
    account_rules: AccountRules | None = None
    series: Series = field(default_factory=Series)  # funding and mark prices

    @property
    def strategy(self) -> Strategy:
        """Return the strategy, or the first of several."""
        return self.trading if isinstance(self.trading, Strategy) else self.trading[0].strategy


def inputs_of(definition: Definition, root: str, strict: bool = False, *, stored: bool = False) -> RunInputs:
    """Find the strategy, load the candles of the store in `root`, describe the markets; strict: holes are an error.

    stored: leave the store's candles where they are, for a run in chunks.
    """
    timeframes = [definition.timeframe, *([definition.detail] if definition.detail is not None else [])]
    since, until = definition.since, definition.until
    if since is not None and until is not None and parse_time(since) >= parse_time(until):
        raise ConfigError(f"from, to: expected a span that begins before it ends, were {since} and {until}")
    trading: Strategy | list[Use] = _uses(definition) if definition.parts else _strategy(definition)
    rules = _rules(definition)
    candles, *finer = (
        [_candles(definition, one, timeframe, root, stored) for one in definition.sources] for timeframe in timeframes
    )
    detail = finer[0] if finer else None
    if strict:
        for one in (*candles, *(detail or ())):
            found = holes(one) if isinstance(one, Candles) else holes_of(one)[1]
            if found:
                raise DataError(
                    f"{one.market} {one.timeframe}: {found.line()}; import what is missing, "
                    "or leave --strict away to go on with a warning"
                )
    notes: list[str] = []
    series = Series()
    markets = [_market(definition, one, notes, series, root) for one in candles]
    if markets[0].kind == "inverse" and not definition.cash_said:
        notes.append(
            f"cash: {definition.cash:,.10g} {markets[0].settle}, the settings' number: an inverse contract's account "
            "is counted in the coin; write cash = … for another"
        )
    return RunInputs(
        trading=trading,
        candles=candles,
        markets=markets,
        detail=detail,
        cash=definition.cash,
        holdings=definition.holdings,
        rules=rules,
        notes=notes,
        risk=definition.risk,
        account_rules=_account_rules(definition, [market.symbol for market in markets]),
        series=series,
    )


def candles_of(definition: Definition, root: str) -> list[Candles]:
    """Load the candles of the definition's own timeframe, one a market."""
    found = [_candles(definition, source, definition.timeframe, root, False) for source in definition.sources]
    return [one for one in found if isinstance(one, Candles)]


def memory_of(definition: Definition, root: str) -> int:
    """Return about how many bytes a run in one piece would take, from the spans of the store; 0 of a simulated market.

    Nothing is loaded. What is not in the store counts nothing: loading it will say so.
    """
    rows = 0
    for source in definition.sources:
        for timeframe in (definition.timeframe, definition.detail):
            if timeframe is None or source.startswith("simulated:"):
                continue
            try:
                one = StoredCandles(source, timeframe, definition.since, definition.until, root)
            except EngineError:
                continue
            rows += (one.end_ms - one.first_ms) // one.timeframe_ms
    return rows * BYTES_A_CANDLE


def _strategy(definition: Definition) -> Strategy:
    where = f"{definition.where}: [parameters]"
    return _made(
        definition.strategy, definition.where, ((definition.parameters, where), (definition.flagged, "--param"))
    )


def _uses(definition: Definition) -> list[Use]:
    from engine.backtesting import Use

    flagged = flagged_parts(definition.parts, definition.flagged)
    found = []
    for part in definition.parts:
        given = (
            (part.parameters, f"{part.where}: [strategies.parameters]"),
            (flagged[part.name], f"--param: {part.name}"),
        )
        strategy = _made(part.strategy, part.where, given)
        try:
            found.append(Use(strategy, part.markets, part.allocation, part.name, part.risk))
        except ConfigError as error:
            raise ConfigError(f"{part.where}: {error}") from None
    return found


def _made(name: str, file: str, parameters: tuple[tuple[Mapping[str, Any], str], ...]) -> Strategy:
    """Return the strategy of this name with its parameters, the later ones over the earlier; each knows its place."""
    try:
        owner = strategy_class(name)
    except ConfigError as error:
        raise ConfigError(f"{file}: {error}") from None
    values: dict[str, Any] = {}
    for given, where in parameters:
        for key, value in given.items():
            if key not in owner.params:
                raise ConfigError(f"{where}: {name}: {owner._unknown(key)}")
            try:
                values[key] = check_value(where, key, owner.params[key], value)
            except ConfigError as error:  # a schedule's own error does not know whose it is
                said = str(error)
                raise ConfigError(said if said.startswith(where) else f"{where}: {key}: {said}") from None
    return owner(**values)


def _rules(definition: Definition) -> Rules:
    from engine.backtesting import Rules

    try:
        return Rules(**asdict(definition.rules))
    except ConfigError as error:
        raise ConfigError(f"{definition.where}: [rules]: {error}") from None


def _account_rules(definition: Definition, symbols: Sequence[str]) -> AccountRules | None:
    """Return the rules on the account; a market that only the settings name need not be traded here."""
    if definition.account_rules is None:
        return None
    rules = definition.account_rules.without_others(symbols, definition.folder_wide)
    try:
        rules.check_symbols(symbols)
    except ConfigError as error:
        raise ConfigError(f"{definition.where}: [account]: {str(error).removeprefix('account: ')}") from None
    return rules


def _candles(definition: Definition, source: str, timeframe: str, root: str, stored: bool) -> Source:
    simulated: dict[str, Any] = {}
    if source.startswith("simulated:"):
        given = {"scenario": definition.scenario, "seed": definition.seed}
        simulated = {name: value for name, value in given.items() if value is not None}
    try:
        if stored and not simulated and not source.startswith("simulated:"):
            return StoredCandles(source, timeframe, definition.since, definition.until, root)
        return load_candles(source, timeframe, definition.since, definition.until, root=root, **simulated)
    except ConfigError as error:
        raise ConfigError(f"{definition.where}: [candles]: {error}") from None


def _market(definition: Definition, candles: Source, notes: list[str], series: Series, root: str) -> Market:
    own = definition.markets.get(candles.symbol, {})
    said = {**_overridden(definition.market, own), **own}
    where = f'{definition.where}: [markets."{candles.symbol}"]' if own else f"{definition.where}: [market]"
    try:
        written = with_shape(said, candles.symbol, notes)
    except ConfigError as error:
        raise ConfigError(f"{where}: {error}") from None
    values: dict[str, Any] = {"symbol": candles.symbol, "venue": candles.venue, **written}
    said = with_stored(said, written, candles, root, notes)
    if "funding" in said:
        values.pop("funding_rate", None)  # a shape's constant; the series knows better
    if values.get("tick", AUTO) == AUTO:
        values["tick"] = tick_of_pieces(np.concatenate(one.columns[1:5]) for one in pieces_of(candles))
        notes.append(f"{candles.symbol}: tick {values['tick']:g}, read off the candles; write tick = … to fix it")
    if values.get("lot", AUTO) == AUTO:
        values["lot"] = DEFAULT_LOT
        notes.append(f"{candles.symbol}: lot {DEFAULT_LOT:.5f}, assumed; write lot = … for the venue's own")
    try:
        market = Market(**values)
    except ConfigError as error:
        raise ConfigError(f"{where}: {str(error).removeprefix('market ')}") from None
    series.add(market.symbol, said, candles, root, where)
    return market


def _overridden(shared: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the table of all markets still says beside one market's own: of two sources of funding, its own."""
    others = {"funding": "funding_rate", "funding_rate": "funding"}
    replaced = {others[name] for name in own if name in others}
    return {name: value for name, value in shared.items() if name not in replaced}
