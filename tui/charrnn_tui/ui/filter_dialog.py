"""A dialog with a line to type in over a list that follows it: the arrows choose a row, and enter takes it."""

from collections.abc import Iterable, Sequence

from textual.app import ComposeResult
from textual.events import Key
from textual.screen import ScreenResultType
from textual.widgets import Input, Label, OptionList
from textual.widgets.option_list import Option

from charrnn_tui.ui.dialog import Dialog
from charrnn_tui.ui.key_hints import KeyHint
from charrnn_tui.ui.keys import Shown


class FilterDialog(Dialog[ScreenResultType]):
    """A subclass gives the `rows` that fit what is typed, and handles `OptionList.OptionSelected`.

    `say` shows a line under the list: what is wrong, or what happens. It is empty again once something is typed.
    """

    DEFAULT_CSS = """
    FilterDialog Input, FilterDialog Input:focus {
        border: none; height: 1; padding: 0 1; background: $panel; margin-bottom: 1;
    }
    FilterDialog OptionList { max-height: 12; }
    FilterDialog Label { width: 1fr; color: $text-error; }
    """

    TAKE = "take"
    """What enter does, as the hint says it."""

    def __init__(self, title: str, placeholder: str) -> None:
        super().__init__(title)
        self._input = Input(placeholder=placeholder)
        self.choices = OptionList(id="filter-list")
        self._said = Label("", id="filter-said", markup=False)

    @property
    def typed(self) -> str:
        """What stands in the line."""
        return self._input.value

    def compose_box(self) -> ComposeResult:
        yield self._input
        yield self.choices
        yield self._said

    def on_mount(self) -> None:
        self.filter()

    def hints(self, keys: Shown) -> Iterable[KeyHint]:
        return (KeyHint((("↑", ""), ("↓", "")), "choose"), KeyHint((("enter", ""),), self.TAKE))

    def rows(self) -> Sequence[Option]:
        """The rows that fit what is typed."""
        raise NotImplementedError

    def filter(self) -> None:
        """Shows the rows that fit what is typed."""
        self.show_rows(self.rows())
        self.say("")

    def show_rows(self, rows: Sequence[Option]) -> None:
        """Shows these rows, the first one highlighted."""
        self.choices.set_options(rows)
        self.choices.highlighted = 0 if rows else None

    def enter(self) -> None:
        """Takes the highlighted row: for enter in the line."""
        self.choices.action_select()

    def say(self, text: str) -> None:
        """Shows a line under the list. May be called after the dialog has closed."""
        if self.is_mounted:
            self._said.update(text)

    def on_input_changed(self) -> None:
        self.filter()

    def on_input_submitted(self) -> None:
        self.enter()

    def on_key(self, event: Key) -> None:
        """The arrows choose while the text is typed in."""
        if event.key in ("up", "down") and self.focused is self._input:
            event.stop()
            event.prevent_default()
            (self.choices.action_cursor_up if event.key == "up" else self.choices.action_cursor_down)()
