"""The end of a training process' log, for when something went wrong."""

import asyncio
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

from charrnn_engine.runs import folder
from charrnn_tui.text.escapes import visible
from charrnn_tui.ui.dialog import Dialog

_LINES = 200


class LogScreen(Dialog[None]):
    """Shows the last lines of a file, scrolled to the end."""

    DEFAULT_CSS = """
    LogScreen > #dialog { width: 96%; height: 90%; padding: 0 1; }
    LogScreen Static { width: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("v,q", "cancel", "Close", id="log.close", tooltip="close")]
    CANCEL = "close"
    SCROLLS = True

    def __init__(self, file: Path) -> None:
        super().__init__("log")
        self._file = file

    def compose_box(self) -> ComposeResult:
        yield Static(markup=False)

    def on_mount(self) -> None:
        self._read()

    @work
    async def _read(self) -> None:
        text = await asyncio.to_thread(folder.tail, self._file, _LINES)
        self.query_one(Static).update(visible(f"{text or 'The log is empty.'}\n\n{self._file}"))
        self.query_one("#dialog").scroll_end(animate=False)
