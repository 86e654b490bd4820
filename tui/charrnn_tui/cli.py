"""charrnn-tui: finds the subcommand, and turns whatever goes wrong into one line and an exit code.

Imports click and nothing else at first; a subcommand's module is imported when it is called.
"""

import importlib
import os
import sys
import traceback
from collections.abc import Sequence
from io import TextIOWrapper
from typing import Any

import click

from charrnn_tui.commands import COMMANDS

PROGRAM = "charrnn-tui"
INTERRUPTED = 130

_EXAMPLES = """\b
Examples:
  charrnn-tui                                    open the app
  charrnn-tui headlines-notebook --seed 1        on this model, with this seed
  charrnn-tui sample --prompt "Today " --seed 1  a text on standard output
  charrnn-tui sample --help                      more examples
  charrnn-tui models                             which models there are

\b
MODEL is a name from that list, a checkpoint folder or a .keras file.
Exit codes: 0; 2 for a mistake in what was asked; 1 for what went wrong
otherwise; 130 after Ctrl-C."""


class Commands(click.Group):
    """A group that imports its commands when they are called, and in which `play` needn't be said."""

    default = "play"

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        place = COMMANDS.get(cmd_name)
        if place is None:
            return None
        command = getattr(importlib.import_module(f"charrnn_tui.commands.{place.module}"), place.attribute)
        assert isinstance(command, click.Command)
        if not any(option.name == "debug" for option in command.params):
            command.params.append(_debug_option())
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, place.summary) for name, place in COMMANDS.items()])

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Puts `play` in front of what names no command: a MODEL, an option of play, or nothing at all."""
        own = {option for parameter in self.get_params(ctx) for option in parameter.opts}
        at = next((i for i, arg in enumerate(args) if arg not in own), len(args))
        if at < len(args):
            if args[at] not in COMMANDS:
                from charrnn_tui.commands.play import refuse_slip

                refuse_slip(args[at])  # now: what follows may be options that only the command meant has
                if [arg.startswith("-") for arg in args[at : at + 2]] == [False, False]:
                    raise click.UsageError(f"there is no command {args[at]!r}", ctx)  # play takes one argument
                args.insert(at, self.default)
        elif not own.intersection(args) - {"--debug"}:
            args.append(self.default)
        return super().parse_args(ctx, args)


def _debug_option() -> click.Option:
    # Only declared here: `main` looks for it among the arguments, because it also counts where parsing fails.
    return click.Option(["--debug"], is_flag=True, expose_value=False, help="Show tracebacks of errors.")


def _show_version(ctx: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        click.echo(f"{PROGRAM} {_version()}")
        ctx.exit()


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(PROGRAM)
    except PackageNotFoundError:
        return "(run from its source, not installed)"


@click.group(
    cls=Commands,
    epilog=_EXAMPLES,
    context_settings={"help_option_names": ["-h", "--help"]},
    params=[
        click.Option(["--version"], is_flag=True, is_eager=True, expose_value=False, callback=_show_version,
                     help="Show the version."),
        _debug_option(),
    ],
    subcommand_metavar="[COMMAND | MODEL] [ARGUMENTS]…",
)  # fmt: skip
def cli() -> None:
    """A playground for text that small recurrent networks write, one character at a time.

    Without a command it opens the app, in which keys change how the text is drawn while it is written.
    """


def main(args: Sequence[str] | None = None) -> int:
    """Runs the command line and returns its exit code."""
    try:
        return _main(args)
    except KeyboardInterrupt:  # once more, while the first one was seen to
        return INTERRUPTED


def _main(args: Sequence[str] | None) -> int:
    # The matrices of one character are so small that threads cost more than they bring. Numpy's libraries read
    # this once, when they are loaded.
    for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        os.environ.setdefault(variable, "1")
    arguments = list(sys.argv[1:] if args is None else args)
    # A stream that the caller has closed is None. It also leaves its number free for the next file opened.
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "r" if name == "stdin" else "w"))  # noqa: SIM115, PTH123
    if isinstance(sys.stdout, TextIOWrapper):
        # What the terminal's encoding lacks is written as an escape, not refused.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        code = _run(arguments)
        sys.stdout.flush()
        return code
    except click.exceptions.Exit as exit_asked_for:
        return exit_asked_for.exit_code
    except BrokenPipeError:
        _abandon_stdout()
        return 0  # whoever read it has read enough
    except (KeyboardInterrupt, click.Abort):
        return _interrupted()
    except Exception as error:
        if "--debug" in arguments:
            traceback.print_exc()
        code, message = _explain(error)
        _abandon_stdout_if_it_fails()
        from charrnn_tui.commands.console import harmless

        line = " ".join(message.splitlines())
        click.echo(f"{PROGRAM}: {harmless(line)}", err=True)
        return code


def _run(arguments: list[str]) -> int:
    with cli.make_context(PROGRAM, list(arguments)) as context:
        result: Any = cli.invoke(context)
    return result if isinstance(result, int) else 0


def _explain(error: Exception) -> tuple[int, str]:
    """The exit code of an error, and the line that is said of it."""
    if isinstance(error, click.UsageError):
        message = error.format_message().rstrip(".")
        path = error.ctx.command_path if error.ctx else PROGRAM
        return error.exit_code, f"{message[:1].lower()}{message[1:]}; see: {path} --help"
    if isinstance(error, click.ClickException):
        return error.exit_code, error.format_message()
    from charrnn_engine import CharRNNError

    if isinstance(error, CharRNNError):
        return 2, str(error)
    if isinstance(error, OSError):
        reason = error.strerror or str(error) or type(error).__name__
        return 1, f"{error.filename}: {reason}" if error.filename else f"reading or writing failed: {reason}"
    if isinstance(error, MemoryError):
        return 1, "there is not enough memory"
    return 1, f"unexpectedly, {type(error).__name__}: {error}; --debug shows where"


def _interrupted() -> int:
    try:
        sys.stdout.flush()
    except OSError:
        _abandon_stdout()
    if sys.stderr.isatty():
        click.echo(err=True)  # so that the shell's prompt doesn't stand behind half a line
    return INTERRUPTED


def _abandon_stdout_if_it_fails() -> None:
    try:
        sys.stdout.flush()
    except OSError:
        _abandon_stdout()


def _abandon_stdout() -> None:
    """Lets the interpreter's last flush of a closed or full stdout go nowhere, silently."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):
        sys.stdout = None  # it has no file: with None there is no last flush
