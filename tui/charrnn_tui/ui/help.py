"""The help: what the keys do, made from the bindings of the screen that asked for it."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.widgets import Label, Static

from charrnn_engine.checkpoints.locations import settings_file
from charrnn_tui.ui.dialog import Dialog
from charrnn_tui.ui.formats import shown_path
from charrnn_tui.ui.key_hints import KeyHint
from charrnn_tui.ui.keys import Shown, key_shown

_WIDE = 108  # columns from which there is room for the bindings' names
_NAMES = 'To map other keys, add them there under the names on the right: "keys": {"app.help": "f2"}.'
_OTHERS = "the app"  # the heading of the keys that are in no group

Line = tuple[str, str, str]
"""The keys, what they do, and the id of the binding."""


class HelpScreen(Dialog[None]):
    """Lists keys and what they do; any of the usual keys closes it."""

    HORIZONTAL_BREAKPOINTS = [(0, "-normal"), (_WIDE, "-wide")]
    DEFAULT_CSS = """
    HelpScreen #dialog { width: 76; }
    HelpScreen.-wide #dialog { width: 104; }
    HelpScreen #help-keys { height: auto; }
    HelpScreen .help--group { color: $text-accent; text-style: bold; }
    HelpScreen #help-text { margin-top: 1; color: $text-muted; width: 1fr; }
    """
    BINDINGS = [
        Binding("question_mark,f1,q,enter,space", "cancel", "Close", show=False, id="help.close"),
    ]
    CANCEL = "close"
    SCROLLS = True

    COMPONENT_CLASSES = {"help--group"}
    """The heading of a group of keys."""

    def __init__(self, bindings: list[Binding], about: str = "", groups: Mapping[str, str] | None = None) -> None:
        """`about` is what there is to know of the screen besides its keys. `groups` maps headings to the names of
        bindings, separated by spaces: their ids without the screen's name.
        """
        super().__init__("keys")
        self._groups = grouped(bindings, groups or {})
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
        heading = self.get_component_rich_style("help--group")
        for number, (group, bindings) in enumerate(self._groups):
            if group:
                if number:
                    table.add_row()
                table.add_row("", Text(group, heading))
            lines = ((key_shown(self.app, one), one.tooltip or one.description, one.id or "") for one in bindings)
            for keys, does, name in merged(lines):
                table.add_row(Text(keys), Text(does), Text(name if named else ""))
        self._table.update(table)
        settings = f"Your settings are in {shown_path(settings_file())}."
        self._text.update(" ".join(part for part in (self._about, settings, _NAMES if named else "") if part))


def grouped(bindings: Sequence[Binding], groups: Mapping[str, str]) -> list[tuple[str, list[Binding]]]:
    """The bindings under the headings of their groups, and last those that are in none. Headings without a binding
    are left out.
    """
    places = {name: heading for heading, names in groups.items() for name in names.split()}
    rest = _OTHERS if groups else ""
    found: dict[str, list[Binding]] = {heading: [] for heading in (*groups, rest)}
    for binding in bindings:
        found[places.get((binding.id or "").partition(".")[2], rest)].append(binding)
    return [(heading, listed) for heading, listed in found.items() if listed]


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
