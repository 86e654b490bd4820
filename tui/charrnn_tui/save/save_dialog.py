"""The dialog that asks in which form to save something, in which folder, and under which name."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from rich.table import Table
from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Input, Label, OptionList
from textual.widgets.option_list import Option

from charrnn_tui.save.forms import Kind, default_folder, folder_typed, next_name, problem_with_name
from charrnn_tui.save.learnt_model import models_folder
from charrnn_tui.ui.dialog import Dialog
from charrnn_tui.ui.formats import shown_path
from charrnn_tui.ui.key_hints import KeyHint
from charrnn_tui.ui.keys import Shown, key_name
from charrnn_tui.ui.notice_line import NoticeLine

_KEYS = {
    Kind.TEXT: "t", Kind.HTML: "h", Kind.ANSI: "a", Kind.JSON_LINES: "j", Kind.PICTURE: "v", Kind.LIVE: "w",
    Kind.RECORDING: "r", Kind.MODEL: "m",
}  # fmt: skip


@dataclass(frozen=True)
class SaveChoice:
    """What to save, and where; without a name, the file gets the next number."""

    kind: Kind
    folder: Path
    name: str | None = None


class SaveScreen(Dialog[SaveChoice]):
    """Asks for a SaveChoice, one of `kinds`, each with what is in the file. The file's name begins with `stem`.
    `live` is the live file, if there is one: choosing that form again stops it.
    """

    DEFAULT_CSS = """
    SaveScreen #dialog { width: 72; max-height: 96%; }
    SaveScreen OptionList, SaveScreen OptionList:focus { margin-bottom: 1; scrollbar-size-vertical: 0; }
    SaveScreen Horizontal { height: 1; }
    SaveScreen .save--label { width: 9; padding-left: 1; color: $text-muted; }
    SaveScreen Input { width: 1fr; height: 1; border: none; padding: 0; background: $surface; }
    SaveScreen Input:focus { background: $panel; }
    SaveScreen #save-name { text-style: bold; }
    SaveScreen #save-problem { padding: 0 1; color: $text-error; background: $surface; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(key, f"save('{kind.name}')", kind.label, id=f"save.{kind.name.lower()}", tooltip=kind.content)
        for kind, key in _KEYS.items()
    ]

    def __init__(
        self, kinds: Mapping[Kind, str], stem: str, folder: Path | None = None, live: Path | None = None
    ) -> None:
        super().__init__("save")
        self._kinds, self._contents, self._stem, self._live = tuple(kinds), kinds, stem, live
        self._typed_folder = self._proposed = ""
        """The name that the file gets unless the user types another."""
        place = shown_path(default_folder() if folder is None else folder)
        # Kept as attributes: a key may come before they are mounted, or after they are gone.
        self._list = OptionList(id="save-kinds")
        self._folder = Input(place, id="save-folder", compact=True, select_on_focus=False)
        self._name_field = Input(id="save-name", compact=True, select_on_focus=False)
        self._problem = NoticeLine(id="save-problem")

    def compose_box(self) -> ComposeResult:
        yield self._list
        with Horizontal():
            yield Label("folder", classes="save--label")
            yield self._folder
        with Horizontal():
            yield Label("name", classes="save--label")
            yield self._name_field
        yield self._problem

    def hints(self, keys: Shown) -> Iterable[KeyHint]:
        return (KeyHint((("enter", ""),), "save"), KeyHint((("tab", ""),), "folder, name"))

    def on_mount(self) -> None:
        self._list.add_options(Option(self._row(kind), id=kind.name) for kind in self._kinds)
        self._list.highlighted = 0
        self._list.focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action != "save" or Kind[str(parameters[0])] in self._kinds

    @property
    def kind(self) -> Kind:
        """The form under the cursor."""
        return self._kinds[self._list.highlighted or 0]

    @property
    def _typed(self) -> str | None:
        """The name, if the user has typed one."""
        return self._name_field.value.strip() if self._name_field.value.strip() not in ("", self._proposed) else None

    def _stopped(self, kind: Kind) -> Path | None:
        """The live file, where choosing this form stops it."""
        return self._live if kind is Kind.LIVE else None

    @on(OptionList.OptionHighlighted)
    @on(Input.Changed, "#save-folder")
    def _changed(self) -> None:
        stopped = self._stopped(self.kind)
        self._problem.say("")
        self._show_folder()
        self._name_field.disabled = stopped is not None
        if stopped is not None:
            self._propose(stopped.name)
        else:
            self._find_name(folder_typed(self._folder.value), self.kind)

    def _show_folder(self) -> None:
        """Shows the folder of models while that form is chosen, and the one that was typed for all others."""
        field, is_model = self._folder, self.kind is Kind.MODEL
        if is_model and not field.disabled:
            self._typed_folder, field.value = field.value, shown_path(models_folder())
        elif field.disabled and not is_model:
            field.value = self._typed_folder
        field.disabled = is_model

    @work(exclusive=True, group="names")
    async def _find_name(self, folder: Path, kind: Kind) -> None:
        self._propose(await asyncio.to_thread(next_name, folder, self._stem, kind))

    def _propose(self, name: str) -> None:
        """Shows a name to save under. If the user has typed one, only its suffix changes."""
        field, typed = self._name_field, self._typed
        if field.value == self._proposed or not (field.value or field.has_focus):
            field.value, field.cursor_position = name, len(name)
        elif typed is not None and Path(typed).suffix in {kind.suffix for kind in Kind}:
            field.value = Path(typed).with_suffix(Path(name).suffix).name
        self._proposed = name

    @on(Input.Changed, "#save-name")
    def _name_typed(self) -> None:
        self._problem.say("")

    @on(OptionList.OptionSelected)
    @on(Input.Submitted)
    def _chosen(self) -> None:
        self.action_save(self.kind.name)

    def action_save(self, name: str) -> None:
        kind, folder = Kind[name], folder_typed(self._folder.value)
        if kind is Kind.MODEL:
            folder = models_folder()
        typed = self._typed if self._stopped(kind) is None else None
        if typed is None:
            self.dismiss(SaveChoice(kind, folder))
        else:
            self._check_name(SaveChoice(kind, folder, typed))

    @work(exclusive=True, group="check")
    async def _check_name(self, choice: SaveChoice) -> None:
        assert choice.name is not None
        problem = await asyncio.to_thread(problem_with_name, choice.folder, choice.name, choice.kind)
        if problem is None:
            self.dismiss(choice)
        else:
            self._problem.say(problem)

    def _row(self, kind: Kind) -> Table:
        row = Table.grid(padding=(0, 2), expand=True)
        row.add_column(width=1)
        row.add_column(width=13)
        row.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
        stopped = self._stopped(kind)
        content = self._contents[kind] if stopped is None else f"stop writing to {stopped.name}"
        row.add_row(key_name(self.app, self.BINDINGS, f"save.{kind.name.lower()}"), kind.label, Text(content, "dim"))
        return row
