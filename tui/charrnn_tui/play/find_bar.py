"""The line that searches a paused text: each character typed goes to the next match."""

from dataclasses import dataclass

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Label

from charrnn_tui.play.navigation import Navigation
from charrnn_tui.play.places import Places, next_place
from charrnn_tui.ui.focus import closes, has_focus, take_focus
from charrnn_tui.ui.key_hints import KeyHint
from charrnn_tui.ui.keys import Shown, hints_of, those_there


class FindInput(Input):
    """The field in the line."""

    BINDINGS = [
        Binding("escape", "leave", "Done", id="find.done", tooltip="stop searching, and stay there"),
        Binding("down", "step(1)", "Next match", id="find.next", key_display="↓"),
        Binding("up", "step(-1)", "Previous match", id="find.previous", key_display="↑"),
    ]

    @dataclass
    class Stepped(Message):
        """The user wants the next match (1), or the previous one (-1)."""

        step: int

    def action_leave(self) -> None:
        self.screen.set_focus(None)

    def action_step(self, step: int) -> None:
        self.post_message(self.Stepped(step))


class FindBar(Widget):
    """Shown while the user searches. It moves the cursor, and says how many matches there are."""

    DEFAULT_CSS = """
    FindBar { display: none; height: 1; background: $surface; padding: 0 2; }
    FindBar.-open { display: block; }
    FindBar Horizontal { height: 1; }
    FindBar Label { width: auto; color: $text-muted; margin-left: 1; }
    FindBar #find-label { margin: 0 1 0 0; color: $text-accent; text-style: bold; }
    FindBar Input, FindBar Input:focus { width: 1fr; height: 1; border: none; padding: 0; background: $panel; }
    """

    def __init__(self, navigation: Navigation, *, id: str) -> None:
        super().__init__(id=id)
        self._navigation = navigation
        self._places: Places | None = None
        self._matches: list[int] = []
        self._begin = 0  # the position from which the user searches
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
        return has_focus(self._input)

    def begin(self) -> None:
        """Opens the line, with what was searched for last."""
        text = self._navigation.text
        self._places, self._begin = Places(text), text.position
        self.add_class("-open")
        take_focus(self._input)
        self._input.action_select_all()

    def on_descendant_blur(self) -> None:
        if closes(self._input):
            self.remove_class("-open")

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        """Goes to the first match after the place where the search began."""
        event.stop()
        self._matches = self._places.matches(event.value) if self._places is not None else []
        if self._matches:
            self._go(next_place(self._matches, self._begin - 1, 1))
        else:
            self._said.update("no match" if event.value else "")

    @on(Input.Submitted)
    @on(FindInput.Stepped)
    def _stepped(self, event: Input.Submitted | FindInput.Stepped) -> None:
        event.stop()
        if self._matches:
            step = event.step if isinstance(event, FindInput.Stepped) else 1
            self._go(next_place(self._matches, self._navigation.text.position, step))

    def _go(self, number: int) -> None:
        self._navigation.to_position(self._matches[number])
        self._said.update(f"{number + 1:,} of {len(self._matches):,}")


def find_hints(keys: Shown) -> list[KeyHint]:
    """The keys to name while the user searches."""
    hint = hints_of(keys, "find")
    next_match = KeyHint((("enter", "focused.submit"),), "next", 9)
    return those_there([next_match, hint("previous", 8, "previous"), hint("done", 9, "done")])
