"""A dialog that asks one question with a few answers."""

from collections.abc import Iterable, Sequence

from rich.text import Text
from textual.app import ComposeResult
from textual.widgets import Label, OptionList
from textual.widgets.option_list import Option

from charrnn_tui.ui.dialog import Dialog
from charrnn_tui.ui.key_hints import KeyHint
from charrnn_tui.ui.keys import Shown


class ChoiceScreen(Dialog[str]):
    """Dismissed with the name of the answer, or None.

    `answers` are names with what they do, the harmless one first.
    """

    DEFAULT_CSS = """
    ChoiceScreen #dialog { border: round $accent; }
    ChoiceScreen Label { width: 1fr; margin-bottom: 1; }
    """

    def __init__(self, title: str, question: str, answers: Sequence[tuple[str, str]]) -> None:
        super().__init__(title)
        self._question, self._answers = question, answers

    def compose_box(self) -> ComposeResult:
        yield Label(self._question, markup=False)
        yield OptionList(*(Option(Text(what), id=name) for name, what in self._answers))

    def hints(self, keys: Shown) -> Iterable[KeyHint]:
        return (KeyHint((("enter", ""),), "choose"),)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option_id)
