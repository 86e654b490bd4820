"""The list of branches of a text, to return to one."""

from collections.abc import Sequence

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Label, OptionList
from textual.widgets.option_list import Option

from charrnn_tui.play.session import NAMED_AFTER, Branch
from charrnn_tui.text.line_breaks import visible

_PLACE = 9  # columns for the place where a branch parts from the text


class BranchesScreen(ModalScreen[int | None]):
    """Dismissed with the number of the branch to return to, or None."""

    DEFAULT_CSS = """
    BranchesScreen { align: center middle; }
    BranchesScreen > Vertical {
        width: 70; max-width: 96%; height: auto; max-height: 80%; background: $surface;
        border: round $primary; border-title-color: $text-accent; border-subtitle-color: $text-muted;
    }
    BranchesScreen Label { width: 1fr; padding: 0 1; color: $text-muted; }
    BranchesScreen OptionList, BranchesScreen OptionList:focus {
        height: auto; max-height: 100%; background: $surface; background-tint: transparent; border: none; padding: 0;
        scrollbar-size-vertical: 1;
    }
    BranchesScreen OptionList > .option-list--option { padding: 0 1; }
    BranchesScreen OptionList:focus > .option-list--option-highlighted {
        background: $primary 35%; color: $foreground;
    }
    """

    BINDINGS = [
        Binding("escape,b,q", "dismiss", "Close", id="branches.close", tooltip="back to the text", key_display="esc"),
    ]

    def __init__(self, branches: Sequence[Branch]) -> None:
        super().__init__()
        self._branches = branches

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = "branches"
            box.border_subtitle = "enter returns there · esc closes"
            yield Label(f"{'parts at':>{_PLACE}}  the way it went there", markup=False)
            yield OptionList(*(Option(_line(branch)) for branch in self._branches))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option_index)


def _line(branch: Branch) -> Text:
    text = Text(f"{branch.parts_at:>{_PLACE},}  ", "dim", no_wrap=True, overflow="ellipsis")
    text.append(f"…{visible(branch.before)}", "not dim")
    text.append(visible(branch.after), "not dim bold underline")
    more = len(branch.tail) - NAMED_AFTER
    return text.append(f" … {more:,} more" if more > 0 else "")
