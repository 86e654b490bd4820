"""The presets to choose from, one a line, each with its network and what it costs."""

from collections.abc import Mapping
from dataclasses import dataclass

from rich.table import Table
from rich.text import Text
from textual import on
from textual.events import Resize
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

AUTOMATIC = "automatic"
_ABOUT = {
    AUTOMATIC: "sized for this text",
    "notebook": "the network of the notebook",
    "quick": "small, to try things out",
    "headlines": "for many short texts",
    "shakespeare": "for books",
    "words": "writes word by word",
    "python": "for large texts, one pass",
}
_WITH_NETWORK = 76
"""The width from which on there is room for the network."""


@dataclass(frozen=True)
class PresetRow:
    """`network` and `cost` as they are shown; both may be empty."""

    network: str = ""
    cost: str = ""


class PresetList(OptionList):
    """The highlighted preset is the one chosen. `show` adds figures to the names."""

    DEFAULT_CSS = """
    PresetList, PresetList:focus {
        height: auto; max-height: 8; border: none; padding: 0; background: $surface; background-tint: transparent;
        scrollbar-size-vertical: 1;
    }
    PresetList > .option-list--option, PresetList:focus > .option-list--option { padding: 0 1; }
    PresetList > .option-list--option-highlighted { background: $panel; color: $text-accent; text-style: bold; }
    PresetList:focus > .option-list--option-highlighted {
        background: $primary 35%; color: $foreground; text-style: bold;
    }
    """

    @dataclass
    class Chosen(Message):
        """Another preset is chosen; empty is the automatic one."""

        preset: str

    class Taken(Message):
        """Enter or a click: the choice is made."""

    def __init__(self, presets: list[str], chosen: str = "", *, id: str | None = None) -> None:
        self._presets = [AUTOMATIC, *presets]
        self._rows: Mapping[str, PresetRow] = {}
        super().__init__(*(Option(self._drawn(name), id=name) for name in self._presets), id=id, compact=True)
        self._chosen = chosen or AUTOMATIC
        self._wide = False

    def on_mount(self) -> None:
        self.highlighted = self._presets.index(self._chosen) if self._chosen in self._presets else 0

    @property
    def preset(self) -> str:
        return "" if self._chosen == AUTOMATIC else self._chosen

    def show(self, rows: Mapping[str, PresetRow]) -> None:
        """Takes rows by preset, the automatic one under the empty name."""
        shown = {name or AUTOMATIC: row for name, row in rows.items()}
        before, self._rows = self._rows, shown
        for name in self._presets:
            if before.get(name) != shown.get(name):
                self.replace_option_prompt(name, self._drawn(name))

    def on_resize(self, event: Resize) -> None:
        if self._wide != (event.size.width >= _WITH_NETWORK):
            self._wide = not self._wide
            for name in self._presets:
                self.replace_option_prompt(name, self._drawn(name))

    def _drawn(self, name: str) -> Table:
        row = self._rows.get(name, PresetRow())
        table = Table.grid(padding=(0, 1), expand=True)
        table.add_column(width=11, no_wrap=True)
        table.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
        table.add_column(no_wrap=True, justify="right")
        said = _ABOUT.get(name, "")
        if row.network and getattr(self, "_wide", False):
            said = f"{said} · {row.network}" if said else row.network
        table.add_row(name, Text(said, "not bold dim"), Text(row.cost, "not bold"))
        return table

    @on(OptionList.OptionHighlighted)
    def _moved(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        name = event.option_id or AUTOMATIC
        if name != self._chosen:
            self._chosen = name
            self.post_message(self.Chosen(self.preset))

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.post_message(self.Taken())
