"""The dialog with the branches of the text as a tree, to return to one."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice, takewhile

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.widgets import Label, OptionList
from textual.widgets.option_list import Option

from charrnn_tui.play.branch import Branch
from charrnn_tui.play.branching_text import BranchingText
from charrnn_tui.text.escapes import one_line
from charrnn_tui.ui.dialog import Dialog
from charrnn_tui.ui.key_hints import KeyHint
from charrnn_tui.ui.keys import Shown

_PLACE = 9  # columns for the place where a branch begins
_BEFORE = 12  # characters shown before that place
_AFTER = 24  # tokens shown from there on
_END = 40  # characters shown of the end of the current text


@dataclass(frozen=True)
class Node:
    """A branch in the tree. `number` is its index in the text's branches; `guide` holds the lines that lead to it."""

    number: int
    guide: str
    at: int
    """The token where it differs from its parent: another branch, or the current text."""
    before: str
    after: str
    more: int
    """Tokens after those in `after`."""


def tree(text: BranchingText) -> list[Node]:
    """The branches in the order shown. Each hangs on the one with which it has the longest beginning in common, or on
    the current text; those of one parent are ordered by where they differ from it.
    """
    branches = text.branches
    children: dict[int | None, list[tuple[int, int]]] = {}  # (tokens of the tail in common, number), by parent
    for number, branch in enumerate(branches):
        parent, common = None, 0
        for other in range(number):
            shared = _common(branches[other], branch)
            if shared > common:
                parent, common = other, shared
        children.setdefault(parent, []).append((common, number))

    def below(parent: int | None, lead: str) -> Iterator[Node]:
        of_parent = sorted(children.get(parent, []), key=lambda child: branches[child[1]].differs_at + child[0])
        for place, (common, number) in enumerate(of_parent, 1):
            branch, last = branches[number], place == len(of_parent)
            texts = [entry.text for entry in branch.tail[: common + _AFTER]]
            before = (_written(text, branch.differs_at) + "".join(texts[:common]))[-_BEFORE:]
            after = "".join(texts[common:])
            more = max(0, len(branch.tail) - common - _AFTER)
            yield Node(number, lead + ("└ " if last else "├ "), branch.differs_at + common, before, after, more)
            yield from below(number, lead + ("  " if last else "│ "))

    return list(below(None, ""))


def _common(one: Branch, other: Branch) -> int:
    """How many tokens two branches have in common beyond the place where they differ from the current text."""
    if one.differs_at != other.differs_at:
        return 0
    pairs = zip(one.tail, other.tail, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0].id == pair[1].id, pairs))


class BranchesScreen(Dialog[int]):
    """Dismissed with the number of the branch to return to, or None."""

    DEFAULT_CSS = """
    BranchesScreen #dialog { width: 90; padding: 0; max-height: 80%; }
    BranchesScreen Label { width: 1fr; padding: 0 1; color: $text-muted; }
    """

    BINDINGS = [Binding("b,q", "cancel", "Close", show=False, id="branches.close", tooltip="back to the text")]
    CANCEL = "close"

    def __init__(self, text: BranchingText) -> None:
        super().__init__("branches")
        self._rows = tree(text)
        self._current = _current(text)

    def compose_box(self) -> ComposeResult:
        yield Label(f"{'differs at':>{_PLACE + 1}} ", markup=False)
        yield OptionList(Option(self._current), *(Option(_line(node)) for node in self._rows))

    def on_mount(self) -> None:
        self.query_one(OptionList).highlighted = 1

    def hints(self, keys: Shown) -> Iterable[KeyHint]:
        return (KeyHint((("enter", ""),), "return to it"),)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        place = event.option_index - 1
        self.dismiss(self._rows[place].number if place >= 0 else None)


def _written(text: BranchingText, end: int) -> str:
    """The last characters of the current text before its token `end`."""
    start, here = max(0, end - _END), text.position
    known = islice(text.future, max(0, start - here), max(0, end - here))
    entries = [*text.log.entries(start, min(end, here)), *known]
    return (text.prompt + "".join(entry.text for entry in entries))[-_END:]


def _current(text: BranchingText) -> Text:
    """The end of the current text with its known future."""
    line = Text(" " * (_PLACE + 2), no_wrap=True, overflow="ellipsis")
    line.append("● this text ", "bold")
    return line.append(f"…{one_line(_written(text, text.position + len(text.future)))}")


def _line(node: Node) -> Text:
    text = Text(f"{node.at:>{_PLACE},}  {node.guide}", "dim", no_wrap=True, overflow="ellipsis")
    text.append(f"…{one_line(node.before)}", "not dim")
    text.append(one_line(node.after), "not dim bold underline")
    return text.append(f" … {node.more:,} more" if node.more else "")
