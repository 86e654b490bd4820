"""Faults of Textual that the app can't avoid, repaired in place. Each names what Textual does, and its version."""

import asyncio
import signal
from functools import partial
from typing import Any

from textual.await_complete import AwaitComplete
from textual.content import Content
from textual.screen import Screen
from textual.widgets import OptionList


def repair() -> None:
    """Repairs everything; once is enough."""
    if not getattr(Screen.dismiss, "is_repaired", False):
        _dismiss_once()
        _page_only_where_there_are_lines()
        _write_on_to_nobody()
        _wrap_at_one_column_at_least()
        hear_of_sizes_in_order()
        _read_any_bytes()


def _dismiss_once() -> None:
    """In Textual 8, a screen that is dismissed twice, by two keys that come at once, takes the screen below with it,
    and in the end the app.
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
    report, ends its input thread and the app. Such a byte is read as U+FFFD.
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
