"""The command line: finds the subcommand, and turns every error into one line and an exit code.

Imports click and nothing else at first; a subcommand's module is imported when it is called.
"""

import importlib
import os
import sys
import threading
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import TextIOWrapper
from typing import Any

import click
from click.shell_completion import CompletionItem, shell_complete

from charrnn_tui.commands import COMMANDS
from charrnn_tui.commands.arguments import MODEL, number_wanted
from charrnn_tui.text.escapes import escaped

PROGRAM = "charrnn-tui"
COMPLETION_VARIABLE = "_CHARRNN_TUI_COMPLETE"
INTERRUPTED = 130
_LONGEST_MESSAGE = 1000  # characters

_EXAMPLES = """\b
Examples:
  charrnn-tui                                    open the app
  charrnn-tui headlines-notebook --seed 1        with this model and this seed
  charrnn-tui sample --prompt "Today " --seed 1  write a text to standard output
  charrnn-tui models                             list the models
  charrnn-tui train notes.txt                    train a model on your own text
  charrnn-tui sample --help                      all options, with examples

\b
MODEL is a name from that list, a checkpoint folder or a .keras file.
Exit codes: 0 success, 2 a mistake in the command, 1 any other error,
130 Ctrl-C. Shell completion, here for bash (zsh and fish work too):
  eval "$(_CHARRNN_TUI_COMPLETE=bash_source charrnn-tui)\""""


class Commands(click.Group):
    """A group that imports a command when it is called, and whose default command is `play`."""

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

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Commands, and what `play` takes: a model's name or its options."""
        play = self.get_command(ctx, self.default)
        assert play is not None
        if incomplete.startswith("-"):
            return [*click.Command.shell_complete(self, ctx, incomplete), *play.shell_complete(ctx, incomplete)]
        commands = [CompletionItem(name, help=place.summary) for name, place in COMMANDS.items()]
        models = MODEL.shell_complete(ctx, play.params[0], incomplete)
        return [*(item for item in commands if item.value.startswith(incomplete)), *models]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Inserts `play` in front of arguments that name no command: a MODEL, an option of play, or none at all."""
        own = {option for parameter in self.get_params(ctx) for option in parameter.opts}
        at = next((i for i, arg in enumerate(args) if arg not in own), len(args))
        if at < len(args):
            if args[at] not in COMMANDS:
                if not ctx.resilient_parsing:  # as it is for shell completion
                    _refuse_unknown_command(ctx, args[at : at + 2])
                args.insert(at, self.default)
        elif not own.intersection(args) - {"--debug"} and not ctx.resilient_parsing:
            args.append(self.default)
        return super().parse_args(ctx, args)


def _refuse_unknown_command(ctx: click.Context, args: Sequence[str]) -> None:
    from charrnn_tui.commands.play import refuse_misspelt_command

    # Before parsing: the options that follow may be those of the command that was meant.
    refuse_misspelt_command(args[0])
    if [arg.startswith("-") for arg in args] == [False, False]:  # play takes one argument
        raise click.UsageError(f"there is no command {args[0]!r}", ctx)


def _debug_option() -> click.Option:
    # Only declared here: `main` looks for it among the arguments, since it also counts if parsing fails.
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
    """A playground for text written by small recurrent networks, one character at a time.

    Without a command it opens the app, where keys change how the text is sampled while it is being written.
    """


def main(args: Sequence[str] | None = None) -> int:
    """Runs the command line and returns its exit code."""
    try:
        return _main(list(sys.argv[1:] if args is None else args))
    except KeyboardInterrupt:  # pressed again while the first one was being handled
        return INTERRUPTED


def _main(arguments: list[str]) -> int:
    # The matrices of one character are so small that threads cost more than they bring. Numpy's libraries read
    # this once, when they are loaded.
    for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        os.environ.setdefault(variable, "1")
    # A stream that the caller has closed is None, and its number would go to the next file that is opened.
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "r" if name == "stdin" else "w"))  # noqa: SIM115, PTH123
    if isinstance(sys.stdout, TextIOWrapper):
        # What the terminal's encoding lacks is written as an escape, not refused.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        with _errors_of_threads() as errors:
            code = _run(arguments)
        sys.stdout.flush()
        return _report(errors[0], arguments) if errors else code
    except click.exceptions.Exit as exit_asked_for:
        return exit_asked_for.exit_code
    except BrokenPipeError:
        _abandon_stdout()
        return 0  # the reader has read enough
    except (KeyboardInterrupt, click.Abort):
        return _interrupted()
    except SystemExit:
        raise
    except BaseException as error:
        return _report(error, arguments)


def _run(arguments: list[str]) -> int:
    if instruction := os.environ.get(COMPLETION_VARIABLE):
        return shell_complete(cli, {}, PROGRAM, COMPLETION_VARIABLE, instruction)
    with cli.make_context(PROGRAM, list(arguments)) as context:
        result: Any = cli.invoke(context)
    return result if isinstance(result, int) else 0


@contextmanager
def _errors_of_threads() -> Iterator[list[BaseException]]:
    """Collects the errors that end a thread. Printed at once, they would be drawn over the app."""
    errors: list[BaseException] = []
    before = threading.excepthook
    threading.excepthook = lambda ended: errors.append(ended.exc_value or ended.exc_type())
    try:
        yield errors
    finally:
        threading.excepthook = before


def _report(error: BaseException, arguments: list[str]) -> int:
    """Says in one line what went wrong, after a traceback under --debug, and returns the exit code."""
    if "--debug" in arguments:
        click.echo(escaped("".join(traceback.format_exception(error))), err=True, nl=False)
    code, message = _explain(error)
    try:
        sys.stdout.flush()
    except OSError:
        _abandon_stdout()
    click.echo(f"{PROGRAM}: {escaped(_shortened(' '.join(message.splitlines())))}", err=True)
    return code


def _shortened(message: str) -> str:
    """Without the middle of what is too long to read: a message may quote what was typed or found in a file."""
    return message if len(message) <= _LONGEST_MESSAGE else f"{message[:700]} … {message[-200:]}"


def _explain(error: BaseException) -> tuple[int, str]:
    """The exit code of an error, and the line that describes it."""
    if isinstance(error, click.UsageError):
        message = number_wanted(error) or error.format_message().rstrip(".")
        path = error.ctx.command_path if error.ctx else PROGRAM
        return error.exit_code, f"{message[:1].lower()}{message[1:]}; see: {path} --help"
    if isinstance(error, click.ClickException):
        return error.exit_code, error.format_message()
    own = sys.modules.get("charrnn_engine.errors")  # an error of its own can only come from it
    if own is not None and isinstance(error, own.CharRNNError):
        return 2, str(error)
    if isinstance(error, OSError):
        reason = error.strerror or str(error) or type(error).__name__
        return 1, f"{error.filename}: {reason}" if error.filename else f"reading or writing failed: {reason}"
    if isinstance(error, MemoryError):
        return 1, "there is not enough memory"
    return 1, f"unexpected error, {type(error).__name__}: {error}; --debug shows where"


def _interrupted() -> int:
    try:
        sys.stdout.flush()
    except OSError:
        _abandon_stdout()
    if sys.stderr.isatty():
        click.echo(err=True)  # the shell's prompt then begins on a line of its own
    return INTERRUPTED


def _abandon_stdout() -> None:
    """Sends the interpreter's last flush of a closed or full stdout nowhere, silently."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):
        sys.stdout = None  # it has no file: with None there is no last flush
