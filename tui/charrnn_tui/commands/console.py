"""Where a command writes: text to standard output, everything about it to standard error. Knows no model."""

import os
import sys

import click

from charrnn_tui.text.escapes import escaped

_INSTEAD = "to write to a pipe, use `charrnn-tui sample`"


class Refusal(click.ClickException):
    """A request that can't be met; the message names the way out."""

    exit_code = 2


def one_line(text: str) -> str:
    """Text for a table's cell or a heading: harmless for a terminal, with spaces for newlines."""
    return " ".join(escaped(text).split())


def stdout_is_terminal() -> bool:
    return sys.stdout.isatty()


def require_terminal() -> None:
    """Raises Refusal without an interactive terminal. The app reads keys from standard input and draws on standard
    output and error, as Textual does.
    """
    if not all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)):
        raise Refusal(f"the app needs an interactive terminal; {_INSTEAD}")
    if os.environ.get("TERM") == "dumb":
        raise Refusal(f"the app needs a terminal that can move its cursor, but TERM is 'dumb'; {_INSTEAD}")


def narrate(line: str) -> None:
    """Writes a line to standard error, dimmed on a terminal."""
    sys.stdout.flush()  # both streams keep their common order, also under 2>&1
    plain = "NO_COLOR" in os.environ or os.environ.get("TERM") == "dumb"
    line = escaped(line)
    click.echo(line if plain else click.style(line, dim=True), err=True)


class Writer:
    """Writes text to standard output: unchanged, or on a terminal escaped and at once."""

    def __init__(self) -> None:
        self._terminal = stdout_is_terminal()
        self._at_line_start = True

    def write(self, text: str) -> None:
        if not text:
            return
        sys.stdout.write(escaped(text) if self._terminal else text)
        self._at_line_start = text.endswith("\n")
        # A pipe gets whole lines, so that its reader never waits for more than one.
        if self._terminal or self._at_line_start:
            sys.stdout.flush()

    def end_line(self) -> None:
        """Ends the line if it hasn't ended."""
        if not self._at_line_start:
            self.write("\n")
