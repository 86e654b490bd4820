"""The line in which one searches a text: each character typed goes to the next match. Knows no text."""

from dataclasses import dataclass

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Label

from charrnn_tui.ui.key_bar import KeyHint
from charrnn_tui.ui.keys import Shown, hints_of, those_there


class FindInput(Input):
    """A field of one line."""

    BINDINGS = [
        Binding("escape", "leave", "Done", id="find.done", tooltip="stop searching, and stay there"),
        Binding("down", "step(1)", "Next match", id="find.next", key_display="↓"),
        Binding("up", "step(-1)", "Previous match", id="find.previous", key_display="↑"),
    ]

    def action_leave(self) -> None:
        self.screen.set_focus(None)

    def action_step(self, step: int) -> None:
        self.post_message(FindBar.Stepped(step))


class FindBar(Widget):
    """Shown while one searches. `say` shows how many matches there are."""

    DEFAULT_CSS = """
    FindBar { display: none; height: 1; background: $surface; padding: 0 2; }
    FindBar.-open { display: block; }
    FindBar Horizontal { height: 1; }
    FindBar Label { width: auto; color: $text-muted; margin-left: 1; }
    FindBar #find-label { margin: 0 1 0 0; color: $text-accent; text-style: bold; }
    FindBar Input, FindBar Input:focus { width: 1fr; height: 1; border: none; padding: 0; background: $panel; }
    """

    @dataclass
    class Changed(Message):
        """Another string is searched for."""

        wanted: str

    @dataclass
    class Stepped(Message):
        """The next match is wanted, or the one before."""

        step: int

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._input = FindInput(id="find-input", compact=True, placeholder="text to find")
        self._said = Label("", id="find-said", markup=False)

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield Label("find", id="find-label")
            yield self._input
            yield self._said

    def on_mount(self) -> None:
        self._input.can_focus = False

    @property
    def is_open(self) -> bool:
        return self._input.has_focus

    @property
    def wanted(self) -> str:
        return self._input.value

    def begin(self) -> None:
        """Opens the line, with what was searched for last."""
        self.add_class("-open")
        self._input.can_focus = True
        self._input.focus()
        self._input.action_select_all()

    def say(self, text: str) -> None:
        self._said.update(text)

    def on_descendant_blur(self) -> None:
        self.remove_class("-open")
        self._input.can_focus = False

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Changed(event.value))

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Stepped(1))


def find_hints(keys: Shown) -> list[KeyHint]:
    """The keys to name while one searches."""
    hint = hints_of(keys, "find")
    next_match = KeyHint((("enter", "focused.submit"),), "next", 9)
    return those_there([next_match, hint("previous", 8, "previous"), hint("done", 9, "done")])
