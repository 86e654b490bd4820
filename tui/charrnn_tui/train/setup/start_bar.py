"""The foot of the set-up: the command for a shell, the start button, and what to expect or what is wrong."""

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Button, Label, Static

from charrnn_tui.text.escapes import visible


class StartBar(Widget):
    """Posts Pressed, only while it is `ready`."""

    SCOPED_CSS = False  # the size classes stand on the screen
    DEFAULT_CSS = """
    StartBar { height: auto; background: $panel; padding: 0 2; }
    StartBar .-empty { display: none; }
    StartBar #start-command { height: auto; max-height: 2; color: $text-muted; }
    StartBar #start-missing { color: $text-warning; height: auto; width: 1fr; }
    StartBar Horizontal { height: auto; }
    StartBar #start-button { min-width: 11; margin-right: 2; }
    StartBar #start-state { width: 1fr; height: auto; max-height: 2; color: $text-accent; }
    StartBar #start-state.-problem { color: $text-error; }
    .-tall StartBar { padding: 1 2; }
    .-tall StartBar Horizontal { margin-top: 1; }
    .-narrow StartBar #start-command { max-height: 1; }
    """

    class Pressed(Message):
        """Training is to start."""

    def __init__(self, missing: str) -> None:
        """`missing` says what has to be installed first; it may be empty."""
        super().__init__()
        self._missing = Label(missing, id="start-missing", markup=False, classes="" if missing else "-empty")
        self._command = Static("", id="start-command", markup=False, classes="-empty")
        self._button = Button("Start", id="start-button", variant="primary", compact=True, disabled=True)
        self._button.tooltip = "start training"
        self._state = Label("", id="start-state", markup=False)

    def compose(self) -> ComposeResult:
        yield self._command
        yield self._missing
        with Horizontal():
            yield self._button
            yield self._state

    @property
    def ready(self) -> bool:
        return not self._button.disabled

    def focus_button(self) -> None:
        self._button.focus()

    def show(self, command: str, state: str, *, ready: bool, problem: bool = False) -> None:
        """Takes the command for a shell, what to expect or what is wrong, and whether training can start."""
        self._command.update(f"$ {visible(command)}".replace("\n", "⏎"))
        self._command.set_class(not command, "-empty")
        self._state.update(visible(state).replace("\n", "⏎"))
        self._state.set_class(problem, "-problem")
        self._button.disabled = not ready

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        self.post_message(self.Pressed())
