"""`backtest()`: one strategy over one or many markets, all paths played, one result."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from time import perf_counter

from engine.backtesting.inputs import Rules, gather
from engine.backtesting.result import Result
from engine.backtesting.run import Run
from engine.candles import Candles
from engine.errors import ConfigError, StrategyError
from engine.market import Market
from engine.strategy import Strategy

BOUNDING_PATHS = ("adverse", "favourable", "low_first", "high_first")


def backtest(
    strategy: Strategy,
    candles: Candles | Sequence[Candles],
    market: Market | Sequence[Market],
    *,
    cash: float = 10_000.0,
    rules: Rules | None = None,
    path: str | None = None,
    detail: Candles | Sequence[Candles] | None = None,
    holdings: Mapping[str, float] | None = None,
    compiled: bool = True,
    bounds: bool = True,
    check_causality: bool = True,
    progress: Callable[[str, int, int], None] | None = None,
) -> Result:
    """Run a strategy over closed candles and return what happened.

    cash is in the markets' quote currency; holdings are coins that lie in the account at the start, by symbol. path
    (or rules.path) is the path whose fills and metrics are shown; with bounds the other paths of rule P2 are played too
    and the result states the range. progress(what, done, total) is called now and then. Raises ConfigError, DataError
    before the run and StrategyError where the author's code fails; the latter carries the result so far as `.partial`.
    """
    rules = rules if rules is not None else Rules()
    if not isinstance(rules, Rules):
        raise ConfigError(f"rules: expected Rules(path=..., latency_ms=...), was {rules!r}")
    if path is not None:
        rules = replace(rules, path=path)
    many: list[Candles] = list(candles) if isinstance(candles, list | tuple) else [candles]  # type: ignore[list-item]
    markets: list[Market] = list(market) if isinstance(market, list | tuple) else [market]  # type: ignore[list-item]
    finer = [detail] if isinstance(detail, Candles) else detail
    inputs = gather(
        strategy,
        many,
        markets,
        cash=cash,
        detail=finer,
        holdings=holdings,
        compiled=compiled,
        check_causality=check_causality,
    )
    paths = [rules.path, *(p for p in BOUNDING_PATHS if bounds and p != rules.path)]
    seconds = 0.0
    ends: dict[str, float] = {}
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
        except StrategyError as error:
            error.partial = Result(main or _until(run), {}, seconds + perf_counter() - started)  # type: ignore[attr-defined]
            raise
        seconds += perf_counter() - started
        main = main or run
        ends[name] = float(run.equity[-1])
        del run  # its memory is the next one's
    assert main is not None
    return Result(main, ends, seconds)


def _until(failed: Run) -> Run:
    """Return the run up to the last candle that was whole: the failed one stopped in the middle of its next."""
    again = Run(failed.inputs, failed.rules, compiled=failed.compiled)
    again.advance(failed.k)
    return again
