"""The list of branches of a text, to return to one."""

from collections.abc import Sequence

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from charrnn_tui.session import Branch
from charrnn_tui.wrapped_text import visible


class BranchesScreen(ModalScreen[int | None]):
    """Dismissed with the number of the branch to return to, or None."""

    DEFAULT_CSS = """
    BranchesScreen { align: center middle; }
    BranchesScreen > Vertical {
        width: 70; max-width: 96%; height: auto; max-height: 80%; background: $surface;
        border: round $primary; border-title-color: $accent; border-subtitle-color: $text-muted;
    }
    BranchesScreen OptionList { height: auto; max-height: 100%; background: $surface; border: none; }
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
            yield OptionList(*(Option(_line(branch)) for branch in self._branches))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option_index)


def _line(branch: Branch) -> Text:
    text = Text(f"{branch.parts_at:>7,}  ", "dim", no_wrap=True, overflow="ellipsis")
    text.append(f"…{visible(branch.before)}", "not dim")
    text.append(visible(branch.after), "not dim bold underline")
    return text.append(f"  +{len(branch.tail):,}")
