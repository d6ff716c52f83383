"""All paths of a backtest in chunks: each chunk is read once, and every path plays it before the next one comes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from time import perf_counter

from engine.backtesting.chunked_inputs import ChunkedInputs, checked_chunk
from engine.backtesting.chunked_run import ChunkedRun, fine_rows
from engine.backtesting.inputs import Rules
from engine.backtesting.result import Result
from engine.errors import StrategyError

Progress = Callable[[str, int, int], None]


def play(inputs: ChunkedInputs, rules: Rules, paths: Sequence[str], progress: Progress | None) -> Result:
    """Return the result of the first path, and the ends of all.

    A StrategyError and a KeyboardInterrupt carry the result so far as `.partial`, None where a candle was half played.
    """
    assert inputs.walk is not None
    runs = [ChunkedRun(inputs, replace(rules, path=path)) for path in paths]
    main = runs[0]
    seconds = 0.0
    try:
        for chunk, rows in inputs.walk:
            checked_chunk(inputs, chunk)
            detail = fine_rows(chunk)
            started = perf_counter()
            for run in runs:
                run.enter(chunk, rows, detail)
                run.advance(until=chunk.end)
                run.leave()
            seconds += perf_counter() - started
            if progress is not None:
                progress(f"in chunks, {len(runs)} paths", chunk.end, inputs.count)
    except (StrategyError, KeyboardInterrupt) as error:
        done = main.marked
        error.partial = Result(main, {}, seconds, done=done) if done else None  # type: ignore[union-attr]
        raise
    inputs.hashes |= inputs.walk.hashes()
    inputs.walk = None
    ends = {path: run.last_equity for path, run in zip(paths, runs, strict=True)}
    dependent = {path: int(run.run[0]["dependent_count"]) for path, run in zip(paths, runs, strict=True)}
    return Result(main, ends, seconds, dependent=dependent)
