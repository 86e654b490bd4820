"""Faults of Textual that its widgets and screens can't be kept away from, mended in place."""

import asyncio
import signal
from typing import Any

from textual.await_complete import AwaitComplete
from textual.content import Content
from textual.screen import Screen
from textual.widgets import OptionList


def repair() -> None:
    """Mends what is there to mend; once is enough."""
    if not getattr(Screen.dismiss, "is_repaired", False):
        _dismiss_once()
        _page_only_where_there_are_lines()
        _write_on_to_nobody()
        _wrap_at_one_column_at_least()
        hear_of_sizes_in_order()


def _dismiss_once() -> None:
    """A screen that is dismissed twice, by two keys that came at once, takes the screen below with it in Textual 8,
    and in the end the app.
    """
    dismiss = Screen.dismiss

    def repaired(self: Screen[Any], result: Any = None) -> AwaitComplete:
        return dismiss(self, result) if self.is_active else AwaitComplete()

    repaired.is_repaired = True  # type: ignore[attr-defined]
    Screen.dismiss = repaired  # type: ignore[method-assign]


def _page_only_where_there_are_lines() -> None:
    """Page up and page down in a list that has no lines yet, or no room for any, raise KeyError in Textual 8: also in
    its command palette.
    """
    move_page = getattr(OptionList, "_move_page", None)
    if move_page is None:
        return

    def repaired(self: Any, direction: Any) -> None:
        if self._lines and (self.highlighted or 0) in self._index_to_line:
            move_page(self, direction)

    OptionList._move_page = repaired  # type: ignore[method-assign]


def _write_on_to_nobody() -> None:
    """When its terminal is closed, Textual's thread that writes ends with an error, and the app waits for ever to
    hand it what it writes while leaving. Now the thread goes on to take what there is.
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
    """Text that is measured for no columns at all, as in a list of the command palette on a terminal of two, raises
    ValueError in Textual 8.
    """
    wrap = getattr(Content, "_wrap_and_format", None)
    if wrap is None:
        return

    def repaired(self: Any, width: int, *args: Any, **options: Any) -> Any:
        return wrap(self, max(1, width), *args, **options)

    Content._wrap_and_format = repaired  # type: ignore[method-assign]


def hear_of_sizes_in_order() -> None:
    """Textual reads the terminal's size in the signal's handler, which another signal interrupts: where sizes change
    fast, the older one is told last, and the app stays drawn for it. The event loop answers one after the other.
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
