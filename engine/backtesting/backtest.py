"""`backtest()`: one strategy or several on one account, over one or many markets, all paths played, one result."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from time import perf_counter
from typing import Any, Literal

from engine.backtesting.chunked import play
from engine.backtesting.chunked_inputs import gather_chunked
from engine.backtesting.inputs import Rules, gather
from engine.backtesting.result import Result
from engine.backtesting.run import Run
from engine.backtesting.using import Use
from engine.candles import Candles, Funding, StoredCandles
from engine.candles.streaming import Source
from engine.errors import ConfigError, StrategyError
from engine.market import Market
from engine.risk import AccountRules, RiskRules
from engine.strategy import Strategy

BOUNDING_PATHS = ("adverse", "favourable", "low_first", "high_first")


def backtest(
    strategy: Strategy | Use | Sequence[Strategy | Use],
    candles: Source | Sequence[Source],
    market: Market | Sequence[Market],
    *,
    cash: float | Mapping[str, float] = 10_000.0,
    rules: Rules | None = None,
    risk: RiskRules | None = None,
    account_rules: AccountRules | None = None,
    path: str | None = None,
    detail: Source | Sequence[Source] | None = None,
    holdings: Mapping[str, float] | None = None,
    allocations: Sequence[float] | None = None,
    funding: Funding | Mapping[str, Funding] | None = None,
    mark: Candles | Mapping[str, Candles] | None = None,
    compiled: bool = True,
    bounds: bool = True,
    check_causality: bool = True,
    chunk: int | Literal["auto"] | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> Result:
    """Run a strategy, or several on one account, over closed candles and return what happened.

    cash is in the markets' settlement currency, by venue where there are several; holdings are coins that lie in the
    account at the start, by symbol. Of several strategies each may be a Use, which names its markets; allocations are
    the fractions of the account's equity that they count as their own. risk holds for each strategy's positions and
    entries, account_rules for the whole account. funding and mark are a contract's settlements and mark-price candles,
    by symbol where there are several; without mark candles the market's own stand in. path (or rules.path) is the path
    whose fills and metrics are shown; with bounds the other paths of rule P2 are played too and the result states the
    range. StoredCandles in place of candles run in chunks: they are read as the run goes, `chunk` timestamps at a
    time (None, "auto": as many as do well), all paths in one pass; candles in memory do so where chunk is given. The
    result then has a point a UTC day in its curves, and everything else as in one piece, byte for byte; what cannot be
    so is refused. progress(what, done, total) is called now and then.
    Raises ConfigError, DataError before the run and StrategyError where the author's code fails; that one, and a
    KeyboardInterrupt, carries the result so far as `.partial`.
    """
    rules = rules if rules is not None else Rules()
    if not isinstance(rules, Rules):
        raise ConfigError(f"rules: expected Rules(path=..., latency_ms=...), was {rules!r}")
    if path is not None:
        rules = replace(rules, path=path)
    many: list[Any] = list(candles) if isinstance(candles, list | tuple) else [candles]
    markets: list[Market] = list(market) if isinstance(market, list | tuple) else [market]  # type: ignore[list-item]
    finer: Any = [detail] if isinstance(detail, Candles | StoredCandles) else detail
    given: dict[str, Any] = {
        "cash": cash, "detail": finer, "holdings": holdings, "allocations": allocations, "funding": funding,
        "mark": mark, "compiled": compiled, "check_causality": check_causality, "risk": risk,
        "account_rules": account_rules,
    }  # fmt: skip
    paths = [rules.path, *(p for p in BOUNDING_PATHS if bounds and p != rules.path)]
    if chunk is not None or any(isinstance(one, StoredCandles) for one in (*many, *(finer or ()))):
        return play(
            gather_chunked(strategy, many, markets, rows=None if chunk == "auto" else chunk, **given),
            rules,
            paths,
            progress,
        )
    inputs = gather(strategy, many, markets, **given)
    seconds = 0.0
    ends: dict[str, float] = {}
    dependent: dict[str, int] = {}
    main: Run | None = None
    for index, name in enumerate(paths):
        run = Run(inputs, replace(rules, path=name), compiled=compiled)
        report = None
        if progress is not None:

            def report(done: int, total: int, index: int = index, name: str = name) -> None:
                progress(f"path {name}", index * total + done, len(paths) * total)

        started = perf_counter()
        try:
            run.advance(progress=report)
        except (StrategyError, KeyboardInterrupt) as error:
            error.partial = _partial(main, run, seconds + perf_counter() - started)  # type: ignore[union-attr]
            raise
        seconds += perf_counter() - started
        main = main or run
        ends[name] = float(run.equity[-1])
        dependent[name] = int(run.run[0]["dependent_count"])
        del run  # its memory is the next one's
    assert main is not None
    return Result(main, ends, seconds, dependent=dependent)


def _partial(main: Run | None, run: Run, seconds: float) -> Result | None:
    """Return what there is after a run that stopped: the shown path whole, or its candles up to the last whole one."""
    if main is not None:
        return Result(main, {}, seconds)
    done = run.marked
    if done is not None:
        return Result(run, {}, seconds, done=done)
    again = Run(run.inputs, run.rules, compiled=run.compiled)
    try:
        again.advance(run.k)  # it failed while a candle was matched: come to its beginning once more
    except StrategyError:
        return None  # it fails elsewhere each time; there is no state to show
    return Result(again, {}, seconds)
