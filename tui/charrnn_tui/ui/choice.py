"""Asks one question with a few answers."""

from collections.abc import Sequence

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.markup import escape
from textual.screen import ModalScreen
from textual.widgets import Label, OptionList
from textual.widgets.option_list import Option


class ChoiceScreen(ModalScreen[str | None]):
    """Dismissed with the name of the answer, or None for none of them.

    `answers` are names with what they do, the harmless one first.
    """

    DEFAULT_CSS = """
    ChoiceScreen { align: center middle; }
    ChoiceScreen > Vertical {
        width: 66; max-width: 96%; height: auto; max-height: 92%; padding: 1 2; background: $surface;
        border: round $accent; border-title-color: $text-accent; border-subtitle-color: $text-muted;
    }
    ChoiceScreen Label { width: 1fr; margin-bottom: 1; }
    ChoiceScreen OptionList, ChoiceScreen OptionList:focus {
        height: auto; border: none; padding: 0; background: $surface; background-tint: transparent;
    }
    ChoiceScreen OptionList > .option-list--option { padding: 0 1; }
    ChoiceScreen OptionList:focus > .option-list--option-highlighted {
        background: $primary 35%; color: $foreground; text-style: bold;
    }
    """

    BINDINGS = [Binding("escape", "dismiss", "Close", id="choice.close", tooltip="none of them")]

    def __init__(self, title: str, question: str, answers: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self._title, self._question, self._answers = title, question, answers

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = escape(self._title)
            box.border_subtitle = "enter chooses · esc goes back"
            yield Label(self._question, markup=False)
            yield OptionList(*(Option(Text(what), id=name) for name, what in self._answers))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option_id)
