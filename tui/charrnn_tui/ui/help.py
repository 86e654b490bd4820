"""The help: what the keys do, made from the bindings of the screen that asked for it."""

import re
from collections.abc import Iterable, Iterator

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.widgets import Label, Static

from charrnn_tui.ui.dialog import Dialog
from charrnn_tui.ui.key_bar import KeyHint
from charrnn_tui.ui.keys import Shown, key_shown

_WIDE = 108  # columns from which there is room for the bindings' names
_NAMES = 'To map other keys, use the names on the right in the settings file: "keys": {"app.help": "f1"}.'

Line = tuple[str, str, str]
"""The keys, what they do, and the id of the binding."""


class HelpScreen(Dialog[None]):
    """Lists keys and what they do; any of the usual keys closes it."""

    HORIZONTAL_BREAKPOINTS = [(0, "-normal"), (_WIDE, "-wide")]
    DEFAULT_CSS = """
    HelpScreen #dialog { width: 76; }
    HelpScreen.-wide #dialog { width: 104; }
    HelpScreen #help-keys { height: auto; }
    HelpScreen #help-text { margin-top: 1; color: $text-muted; width: 1fr; }
    """
    BINDINGS = [
        Binding("question_mark,q,enter,space", "cancel", "Close", show=False, id="help.close"),
    ]
    CANCEL = "close"
    SCROLLS = True

    def __init__(self, bindings: list[Binding], about: str = "") -> None:
        """`about` is what there is to know of the screen besides its keys."""
        super().__init__("keys")
        self._bindings_shown = bindings
        self._about = about
        self._table = Static("", id="help-keys")
        self._text = Label(about, id="help-text", markup=False)

    def compose_box(self) -> ComposeResult:
        yield self._table
        yield self._text

    def hints(self, keys: Shown) -> Iterable[KeyHint]:
        return (KeyHint((("↑", ""), ("↓", "")), "scroll"),)

    def on_resize(self) -> None:
        named = self.size.width >= _WIDE
        table = Table.grid(padding=(0, 2))
        table.add_column(no_wrap=True, justify="right", style="bold")
        table.add_column()
        table.add_column(no_wrap=True, style="dim")
        lines = (
            (key_shown(self.app, one), one.tooltip or one.description, one.id or "") for one in self._bindings_shown
        )
        for keys, does, name in merged(lines):
            table.add_row(Text(keys), Text(does), Text(name if named else ""))
        self._table.update(table)
        self._text.update(" ".join(part for part in (self._about, _NAMES if named else "") if part))


def merged(lines: Iterable[Line]) -> Iterator[Line]:
    """Joins lines that differ only in a number that counts up: `1-9`, `take number 1 to 9`."""
    run: list[Line] = []
    for line in lines:
        if run and not _counts_on(run[-1], line):
            yield _one(run)
            run = []
        run.append(line)
    if run:
        yield _one(run)


def _counts_on(before: Line, after: Line) -> bool:
    return all(
        one.isdigit() and other == str(int(one) + 1) if one != other else not one.isdigit()
        for one, other in zip(_pieces(before), _pieces(after), strict=False)
    ) and len(_pieces(before)) == len(_pieces(after))


def _pieces(line: Line) -> list[str]:
    """The words and the numbers of a line."""
    return [piece for part in line for piece in re.split(r"(\d+)", part)]


def _one(run: list[Line]) -> Line:
    (keys, does, name), (last_keys, last_does, _) = run[0], run[-1]
    if len(run) == 1:
        return run[0]
    last = re.findall(r"\d+", last_does)
    return f"{keys}-{last_keys}", re.sub(r"\d+", lambda first: f"{first[0]} to {last[0]}", does), f"{name} …"
