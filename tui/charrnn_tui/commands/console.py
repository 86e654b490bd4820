"""What a command says, and where: text to standard output, everything said about it to standard error."""

import os
import sys

import click

_HARMLESS = {
    code: repr(chr(code))[1:-1]
    for code in (
        *range(0x20),
        *range(0x7F, 0xA0),
        0x61C,
        0x200E,
        0x200F,
        *range(0x2028, 0x202F),
        *range(0x2066, 0x2070),
    )
    if chr(code) not in "\n\t"
}


class Refusal(click.ClickException):
    """Something asked for that can't be; the message holds the way out."""

    exit_code = 2


def harmless(text: str) -> str:
    """Text that does nothing to a terminal but stand there: control characters, but for newline and tab, and those
    that turn the direction of writing round, as escapes."""
    return text.translate(_HARMLESS)


def one_line(text: str) -> str:
    """The same for a cell or a heading, where a newline has no place either."""
    return " ".join(harmless(text).split())


def stdout_is_terminal() -> bool:
    return sys.stdout.isatty()


def narrate(line: str) -> None:
    """Says something about the text: a line on standard error, fainter than the text where it is a terminal."""
    sys.stdout.flush()  # the two must come in the order they were written in, also under 2>&1
    plain = "NO_COLOR" in os.environ or os.environ.get("TERM") == "dumb"
    line = harmless(line)
    click.echo(line if plain else click.style(line, dim=True), err=True)


class Writer:
    """Writes text to standard output: to a terminal character by character and harmless, else as it is."""

    def __init__(self) -> None:
        self._terminal = stdout_is_terminal()
        self._at_line_start = True

    def write(self, text: str) -> None:
        if not text:
            return
        sys.stdout.write(harmless(text) if self._terminal else text)
        self._at_line_start = text.endswith("\n")
        # A pipe gets whole lines: a reader of lines waits for no more than one.
        if self._terminal or self._at_line_start:
            sys.stdout.flush()

    def end_line(self) -> None:
        """Ends the line, unless it has ended."""
        if not self._at_line_start:
            self.write("\n")
