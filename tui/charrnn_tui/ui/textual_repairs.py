"""Faults of Textual that the app can't avoid, repaired in place. Each names what Textual does, and its report there
if there is one. `pyproject.toml` allows the versions that they were tested with, and no later ones.
"""

import asyncio
import signal
from collections.abc import Iterable
from contextlib import suppress
from functools import partial
from typing import Any

from textual import work
from textual.await_complete import AwaitComplete
from textual.command import CommandPalette
from textual.content import Content
from textual.css.query import NoMatches
from textual.events import Key, Resize
from textual.keys import Keys
from textual.screen import Screen
from textual.widgets import OptionList

_LARGEST = (1000, 400)
"""Columns and rows of a terminal."""


def repair() -> None:
    """Repairs everything; once is enough."""
    if not getattr(Screen.dismiss, "is_repaired", False):
        _dismiss_once()
        _page_only_where_there_are_lines()
        _write_on_to_nobody()
        _wrap_at_one_column_at_least()
        hear_of_sizes_in_order()
        _read_any_bytes()
        _end_a_paste_with_escape()
        _ignore_keys_beyond_unicode()
        _limit_sizes()
        _gather_no_commands_once_closed()


def _dismiss_once() -> None:
    """In Textual 8, a screen that is dismissed twice, by two keys that come at once, takes the screen below with it,
    and in the end the app. Related: Textualize/textual#4884.
    """
    dismiss = Screen.dismiss

    def repaired(self: Screen[Any], result: Any = None) -> AwaitComplete:
        return dismiss(self, result) if self.is_active else AwaitComplete()

    repaired.is_repaired = True  # type: ignore[attr-defined]
    Screen.dismiss = repaired  # type: ignore[method-assign]


def _page_only_where_there_are_lines() -> None:
    """In Textual 8, page up and page down raise KeyError in a list without lines, or without room for any: also in
    the command palette.
    """
    move_page = getattr(OptionList, "_move_page", None)
    if move_page is None:
        return

    def repaired(self: Any, direction: Any) -> None:
        if self._lines and (self.highlighted or 0) in self._index_to_line:
            move_page(self, direction)

    OptionList._move_page = repaired  # type: ignore[method-assign]


def _write_on_to_nobody() -> None:
    """In Textual 8, the thread that writes ends with an error when the terminal is closed, and the app waits for it
    for ever while quitting. Now the thread keeps emptying its queue.
    """
    try:
        from textual.drivers._writer_thread import WriterThread
    except ImportError:
        return
    run = WriterThread.run

    def repaired(self: WriterThread) -> None:
        try:
            run(self)
        except (OSError, ValueError):
            while self._queue.get() is not None:
                pass

    WriterThread.run = repaired  # type: ignore[method-assign]


def _wrap_at_one_column_at_least() -> None:
    """In Textual 8, wrapping text at a width of 0 raises ValueError: in the command palette on a terminal of two
    columns.
    """
    wrap = getattr(Content, "_wrap_and_format", None)
    if wrap is None:
        return

    def repaired(self: Any, width: int, *args: Any, **options: Any) -> Any:
        return wrap(self, max(1, width), *args, **options)

    Content._wrap_and_format = repaired  # type: ignore[method-assign]


def hear_of_sizes_in_order() -> None:
    """Textual 8 reads the terminal's size in a signal handler, which another signal interrupts. Where the size
    changes fast, an older size is reported last, and the app stays drawn for it. The event loop handles one after
    the other.
    """
    try:
        from textual.drivers.linux_driver import LinuxDriver
    except ImportError:
        return
    start = LinuxDriver.start_application_mode

    def repaired(self: LinuxDriver) -> None:
        start(self)  # type: ignore[no-untyped-call]
        heard = signal.getsignal(signal.SIGWINCH)
        if callable(heard):
            asyncio.get_running_loop().add_signal_handler(signal.SIGWINCH, heard, signal.SIGWINCH, None)

    LinuxDriver.start_application_mode = repaired  # type: ignore[method-assign]


def _read_any_bytes() -> None:
    """Textual 8 decodes what is typed as strict UTF-8. One other byte, such as an ö in Latin-1 or in an old mouse
    report, ends its input thread and the app. Such a byte is read as U+FFFD. Textualize/textual#6456.
    """
    try:
        from textual.drivers import linux_driver
    except ImportError:
        return
    decoder = getattr(linux_driver, "getincrementaldecoder", None)
    if decoder is not None:
        linux_driver.getincrementaldecoder = lambda encoding: partial(  # type: ignore[attr-defined]
            decoder(encoding), errors="replace"
        )


def _end_a_paste_with_escape() -> None:
    """In Textual 8, a paste whose end never comes (a connection that broke, garbage) takes every key that follows:
    none leaves the app any more. Terminals paste no escape, so one that comes alone was pressed, and ends the paste.
    """
    try:
        from textual._xterm_parser import BRACKETED_PASTE_END, XTermParser
    except ImportError:
        return
    tick = XTermParser.tick

    def repaired(self: XTermParser) -> Iterable[Any]:
        for event in tick(self):
            yield event
            if isinstance(event, Key) and event.key == "escape":
                yield from self.feed(BRACKETED_PASTE_END)  # where no paste has begun, it does nothing

    XTermParser.tick = repaired  # type: ignore[assignment,method-assign]


def _ignore_keys_beyond_unicode() -> None:
    """In Textual 8, a key of kitty's protocol with a number that no character has ends the thread that reads keys."""
    from textual._xterm_parser import XTermParser

    parse = getattr(XTermParser, "_parse_extended_key", None)
    if parse is None:
        return

    def repaired(self: XTermParser, sequence: str) -> list[Key] | None:
        try:
            found: list[Key] | None = parse(self, sequence)
        except (OverflowError, ValueError):
            return [Key(Keys.Ignore, sequence)]
        return found

    XTermParser._parse_extended_key = repaired  # type: ignore[assignment,method-assign]


def _limit_sizes() -> None:
    """In Textual 8, a terminal that reports its size in a key sequence is believed: 9999 by 9999 cells take
    gigabytes, and with no pixels the next click divides by zero.
    """
    made = Resize.from_dimensions

    def repaired(cells: tuple[int, int], pixels: tuple[int, int] | None) -> Resize:
        width, height = (min(max(1, said), most) for said, most in zip(cells, _LARGEST, strict=True))
        return made((width, height), pixels and (max(width, pixels[0]), max(height, pixels[1])))

    Resize.from_dimensions = repaired  # type: ignore[method-assign]


def _gather_no_commands_once_closed() -> None:
    """In Textual 8, a command palette that is closed as soon as it was opened looks for its list, which is gone, and
    the app ends.
    """
    gather = getattr(getattr(CommandPalette, "_gather_commands", None), "__wrapped__", None)
    if gather is None:
        return

    @work(exclusive=True, group="--textual-command-palette-gather-commands")
    async def repaired(self: CommandPalette, search_value: str) -> None:
        with suppress(NoMatches):
            await gather(self, search_value)

    CommandPalette._gather_commands = repaired  # type: ignore[method-assign]
