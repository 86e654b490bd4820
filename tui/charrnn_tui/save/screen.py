"""Asks in which form and where to keep a text. Writes nothing itself."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from rich.table import Table
from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Label, OptionList
from textual.widgets.option_list import Option

from charrnn_tui.save.forms import Kind, default_folder, folder_typed, next_name, shown_path

_KEYS = {Kind.TEXT: "t", Kind.JSON_LINES: "j", Kind.PICTURE: "v", Kind.ONGOING: "w", Kind.RECORDING: "r"}


@dataclass(frozen=True)
class SaveChoice:
    """What to keep, and where."""

    kind: Kind
    folder: Path


class SaveScreen(ModalScreen[SaveChoice | None]):
    """Dismissed with a SaveChoice, or None. `stem` is the beginning of the file's name (see Keepsake); `ongoing` is
    the file that the text is written to already as it goes: choosing that again ends it.
    """

    DEFAULT_CSS = """
    SaveScreen { align: center middle; }
    SaveScreen #save {
        width: 68; max-width: 96%; height: auto; max-height: 96%; padding: 1 2; background: $surface;
        border: round $primary; border-title-color: $text-accent; border-subtitle-color: $text-muted;
    }
    SaveScreen OptionList, SaveScreen OptionList:focus {
        height: 5; border: none; padding: 0; background: $surface; margin-bottom: 1; scrollbar-size-vertical: 0;
        background-tint: transparent;
    }
    SaveScreen OptionList > .option-list--option { padding: 0 1; }
    SaveScreen OptionList > .option-list--option-highlighted {
        background: $panel; color: $text-accent; text-style: bold;
    }
    SaveScreen OptionList:focus > .option-list--option-highlighted { background: $primary 35%; color: $foreground; }
    SaveScreen Horizontal { height: 1; }
    SaveScreen .save--label { width: 9; padding-left: 1; color: $text-muted; }
    SaveScreen #save-folder { width: 1fr; height: 1; border: none; padding: 0; background: $surface; }
    SaveScreen #save-folder:focus { background: $panel; }
    SaveScreen #save-name { width: 1fr; color: $foreground; text-style: bold; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Leave", id="save.leave", tooltip="save nothing"),
        *(
            Binding(key, f"save('{kind.name}')", kind.label, id=f"save.{kind.name.lower()}", tooltip=kind.content)
            for kind, key in _KEYS.items()
        ),
    ]

    def __init__(self, stem: str, folder: Path | None = None, ongoing: Path | None = None) -> None:
        super().__init__()
        self._stem, self._ongoing = stem, ongoing
        place = shown_path(default_folder() if folder is None else folder)
        # Kept by name: a key may come before they are there to be found, or after.
        self._kinds = OptionList(*(Option(self._row(kind), id=kind.name) for kind in Kind), id="save-kinds")
        self._field = Input(place, id="save-folder", compact=True, select_on_focus=False)
        self._name_line = Label("", id="save-name", markup=False)

    def compose(self) -> ComposeResult:
        with Vertical(id="save") as box:
            box.border_title = "save"
            box.border_subtitle = "↑↓ enter saves · tab folder · esc leaves"
            yield self._kinds
            with Horizontal():
                yield Label("folder", classes="save--label")
                yield self._field
            with Horizontal():
                yield Label("name", classes="save--label")
                yield self._name_line

    def on_mount(self) -> None:
        self._kinds.highlighted = 0
        self._kinds.focus()

    @property
    def kind(self) -> Kind:
        """The form under the cursor."""
        return list(Kind)[self._kinds.highlighted or 0]

    @on(OptionList.OptionHighlighted)
    @on(Input.Changed)
    def _show_name(self) -> None:
        folder = folder_typed(self._field.value)
        ends = self._ongoing if self.kind is Kind.ONGOING else None
        name = next_name(folder, self._stem, self.kind) if ends is None else shown_path(ends)
        self._name_line.update(name)

    @on(OptionList.OptionSelected)
    @on(Input.Submitted)
    def _chosen(self) -> None:
        self.action_save(self.kind.name)

    def action_save(self, name: str) -> None:
        self.dismiss(SaveChoice(Kind[name], folder_typed(self._field.value)))

    def action_leave(self) -> None:
        self.dismiss(None)

    def _row(self, kind: Kind) -> Table:
        ends = kind is Kind.ONGOING and self._ongoing is not None
        row = Table.grid(padding=(0, 2), expand=True)
        row.add_column(width=1)
        row.add_column(width=11)
        row.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
        content = f"end it in {self._ongoing.name}" if ends and self._ongoing is not None else kind.content
        row.add_row(_KEYS[kind], kind.label, Text(content, "dim"))
        return row
