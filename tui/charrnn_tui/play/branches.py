"""The list of branches of a text, to return to one."""

from collections.abc import Iterable, Sequence

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.widgets import Label, OptionList
from textual.widgets.option_list import Option

from charrnn_tui.play.branching_text import NAMED_AFTER, Branch
from charrnn_tui.text.escapes import visible
from charrnn_tui.ui.dialog import Dialog
from charrnn_tui.ui.key_bar import KeyHint
from charrnn_tui.ui.keys import Shown

_PLACE = 9  # columns for the place where a branch begins


class BranchesScreen(Dialog[int]):
    """Dismissed with the number of the branch to return to, or None."""

    DEFAULT_CSS = """
    BranchesScreen #dialog { width: 70; padding: 0; max-height: 80%; }
    BranchesScreen Label { width: 1fr; padding: 0 1; color: $text-muted; }
    """

    BINDINGS = [Binding("b,q", "cancel", "Close", show=False, id="branches.close", tooltip="back to the text")]
    CANCEL = "close"

    def __init__(self, branches: Sequence[Branch]) -> None:
        super().__init__("branches")
        self._branches = branches

    def compose_box(self) -> ComposeResult:
        yield Label(f"{'at':>{_PLACE}}  continuation", markup=False)
        yield OptionList(*(Option(_line(branch)) for branch in self._branches))

    def hints(self, keys: Shown) -> Iterable[KeyHint]:
        return (KeyHint((("enter", ""),), "return to it"),)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option_index)


def _line(branch: Branch) -> Text:
    text = Text(f"{branch.differs_at:>{_PLACE},}  ", "dim", no_wrap=True, overflow="ellipsis")
    text.append(f"…{visible(branch.before)}", "not dim")
    text.append(visible(branch.after), "not dim bold underline")
    more = len(branch.tail) - NAMED_AFTER
    return text.append(f" … {more:,} more" if more > 0 else "")
