"""The command `tradewind`: flags in, sentences out.

Owns the way from an error to a sentence and an exit code. Heavy modules are imported inside the commands, so that
`--help` answers at once.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer
from typer.main import get_command

from engine.cli import backtest, data, markets, new, plan, report, risk, sandbox, strategies
from engine.errors import EngineError

INTERRUPTED = 130  # 128 + SIGINT
CLOSED_PIPE = 141  # 128 + SIGPIPE

# typer carries a copy of click, or has it beside itself, by version; a usage error is of its class.
_UsageError: type[Exception] = next(one for one in typer.BadParameter.__mro__ if one.__name__ == "ClickException")

app = typer.Typer(
    help="Write a crypto strategy once in plain Python; backtest it at native speed.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # a fault of ours shows its traceback as it is
    rich_markup_mode=None,  # plain help: rich would double the time it takes
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("new")(new.new)
app.command("backtest")(backtest.backtest)
app.command("plan")(plan.plan)
app.command("report")(report.report)
app.command("runs")(report.runs)
app.command("sandbox")(sandbox.sandbox)
app.add_typer(strategies.app, name="strategies")
app.add_typer(markets.app, name="markets")
app.add_typer(data.app, name="data")
app.add_typer(risk.app, name="risk")


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"tradewind {version('tradewind')}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command line and exit; the entry point of `tradewind`."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run the command line and return the exit code: 0, 1 (a strategy's fault), 2 (something to edit), 130."""
    try:
        code = get_command(app).main(list(arguments), prog_name="tradewind", standalone_mode=False)
        sys.stdout.flush()
    except EngineError as error:
        return _failed(str(error), error.exit_code)
    except _UsageError as error:
        if type(error).__name__ == "NoArgsIsHelpError":  # its message is the whole help, and no sentence
            print(error.format_message(), file=sys.stderr)  # type: ignore[attr-defined]
            return 2
        return _failed(_usage(error), 2)
    except (KeyboardInterrupt, typer.Abort):
        code = INTERRUPTED
    except (BrokenPipeError, SystemExit) as error:
        # typer and rich make a SystemExit of a pipe that was closed; any other is not ours to judge.
        if isinstance(error, SystemExit) and not isinstance(error.__context__, BrokenPipeError):
            raise
        # Whoever read us has gone; what is left must not fail again when Python flushes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return CLOSED_PIPE
    if code == INTERRUPTED:  # typer turns Ctrl-C into it
        return _failed("stopped before the end; nothing was saved", INTERRUPTED)
    return code if isinstance(code, int) else 0


def _failed(sentence: str, code: int) -> int:
    print(f"error: {sentence}", file=sys.stderr)
    return code


def _usage(error: Exception) -> str:
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "tradewind"
    said = error.format_message().rstrip(".").rstrip()  # type: ignore[attr-defined]
    return f"{said[:1].lower()}{said[1:]}; see {command} --help"
