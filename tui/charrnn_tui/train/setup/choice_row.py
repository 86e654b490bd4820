"""A choice among a few words in one line, made with the arrow keys or a click."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget


class ChoiceRow(Widget, can_focus=True):
    """Shows `value` among the choices; posts Changed for another one, and leaves it to its owner to set it."""

    DEFAULT_CSS = """
    ChoiceRow { height: 1; width: auto; color: $text-muted; text-wrap: nowrap; text-overflow: ellipsis; }
    ChoiceRow:focus { background: $primary 25%; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,space", "step(1)", "Next", id="choice.next", tooltip="the next choice"),
        Binding("left", "step(-1)", "Previous", id="choice.previous", tooltip="the previous choice"),
    ]

    @dataclass
    class Changed(Message):
        """Another value is chosen."""

        row: "ChoiceRow"
        value: str

    value: reactive[str] = reactive("", layout=True)

    def __init__(self, choices: Mapping[str, str], *, id: str) -> None:
        """`choices` are the values, each with the word that it is shown as."""
        super().__init__(id=id)
        self.auto_links = False  # a word that can be clicked is not drawn as a link
        self._choices = choices

    def render(self) -> Content:
        words = [
            f"[{'$text-accent bold ' if value == self.value else ''}@click=choose('{value}')]"
            f"{'●' if value == self.value else '○'} {word}[/]"
            for value, word in self._choices.items()
        ]
        return Content.from_markup("  ".join(words))

    def action_step(self, steps: int) -> None:
        values = list(self._choices)
        at = values.index(self.value) if self.value in values else -1
        self.action_choose(values[(at + steps) % len(values)])

    def action_choose(self, value: str) -> None:
        if value != self.value:
            self.post_message(self.Changed(self, value))
