"""A choice among a few words in one line, made with the arrow keys or a click."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from rich.text import Text
from textual.binding import Binding
from textual.events import Click
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

_BETWEEN = 2


class ChoiceRow(Widget, can_focus=True):
    """Shows `value` among the choices; posts Changed for another one, and leaves it to its owner to set it."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"choice-row--chosen", "choice-row--other"}
    """The word that is chosen, and the others."""

    DEFAULT_CSS = """
    ChoiceRow { height: 1; width: 1fr; }
    ChoiceRow > .choice-row--chosen { color: $text-accent; text-style: bold; }
    ChoiceRow > .choice-row--other { color: $text-muted; }
    ChoiceRow:focus { background: $primary 25%; }
    """

    BINDINGS = [
        Binding("right,space", "step(1)", "Next", id="choice.next", tooltip="the next choice"),
        Binding("left", "step(-1)", "Previous", id="choice.previous", tooltip="the previous choice"),
    ]

    @dataclass
    class Changed(Message):
        """Another value is chosen."""

        row: "ChoiceRow"
        value: str

        @property
        def control(self) -> "ChoiceRow":
            return self.row

    value: reactive[str] = reactive("")

    def __init__(self, choices: Sequence[tuple[str, str]], *, id: str | None = None) -> None:
        """`choices` are pairs of a value and the word that it is shown as."""
        super().__init__(id=id)
        self._choices = choices

    def render(self) -> Text:
        text = Text(no_wrap=True, overflow="ellipsis", end="")
        for value, word in self._choices:
            chosen = value == self.value
            style = self.get_component_rich_style(f"choice-row--{'chosen' if chosen else 'other'}")
            text.append(f"{'●' if chosen else '○'} {word}", style)
            text.append(" " * _BETWEEN)
        return text

    def action_step(self, steps: int) -> None:
        values = [value for value, _ in self._choices]
        at = values.index(self.value) if self.value in values else -1
        self._want(values[(at + steps) % len(values)])

    def on_click(self, event: Click) -> None:
        offset = event.get_content_offset(self)
        x = 0 if offset is None else offset.x
        for value, word in self._choices:
            width = 2 + cell_len(word)
            if x < width:
                self._want(value)
                return
            x -= width + _BETWEEN

    def _want(self, value: str) -> None:
        if value != self.value:
            self.post_message(self.Changed(self, value))
