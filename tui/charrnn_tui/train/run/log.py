"""The end of a training process' log, for when something went wrong."""

from pathlib import Path

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from charrnn_engine.runs import runs
from charrnn_tui.text.line_breaks import visible

_LINES = 200


class LogScreen(ModalScreen[None]):
    """Shows the last lines of a file, the very last in sight."""

    DEFAULT_CSS = """
    LogScreen { align: center middle; }
    LogScreen VerticalScroll {
        width: 96%; height: 90%; background: $surface; padding: 0 1;
        border: round $primary; border-title-color: $text-accent; border-subtitle-color: $text-muted;
    }
    LogScreen Static { width: 1fr; }
    """

    BINDINGS = [Binding("escape,v,q", "dismiss", "Close", id="log.close", tooltip="back", key_display="esc")]

    def __init__(self, file: Path) -> None:
        super().__init__()
        self._file = file

    def compose(self) -> ComposeResult:
        text = runs.tail(self._file, _LINES) or "The training process has said nothing besides."
        with VerticalScroll() as box:
            box.border_title = "log"
            box.border_subtitle = "esc closes"
            yield Static(visible(f"{text}\n\n{self._file}"), markup=False)

    def on_mount(self) -> None:
        self.query_one(VerticalScroll).scroll_end(animate=False)
