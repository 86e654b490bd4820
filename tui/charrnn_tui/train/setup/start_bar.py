"""The foot of the set-up: the command for a shell, the start button, and what to expect or what is wrong."""

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Button, Static

from charrnn_tui.text.escapes import one_line


class StartBar(Widget):
    """Its button can be pressed only while it is `ready`."""

    SCOPED_CSS = False  # the size classes are set on the screen
    DEFAULT_CSS = """
    StartBar { height: auto; background: $panel; padding: 0 2; }
    StartBar #start-command { height: auto; max-height: 2; color: $text-muted; }
    StartBar Horizontal { height: auto; }
    StartBar #start-button { min-width: 11; margin-right: 2; }
    StartBar #start-state { width: 1fr; max-height: 3; color: $text-accent; }
    StartBar #start-state.-problem { color: $text-error; }
    .-tall StartBar { padding: 1 2; }
    .-narrow StartBar #start-command { max-height: 1; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._command = Static("", id="start-command", markup=False)
        self._button = Button("Start", id="start-button", variant="primary", compact=True, disabled=True)
        self._button.tooltip = "start training"
        self._state = Static("", id="start-state", markup=False)

    def compose(self) -> ComposeResult:
        yield self._command
        yield Horizontal(self._button, self._state)

    @property
    def ready(self) -> bool:
        return not self._button.disabled

    def focus_button(self) -> None:
        self._button.focus()

    def show(self, command: str, state: str, *, ready: bool, problem: bool = False) -> None:
        """Takes the command for a shell, what to expect or what is wrong, and whether training can start."""
        self._command.update(f"$ {one_line(command)}")
        self._command.display = bool(command)
        self._state.update(one_line(state))
        self._state.set_class(problem, "-problem")
        self._button.disabled = not ready
