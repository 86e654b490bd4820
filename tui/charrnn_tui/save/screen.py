"""Saving from a screen that shows a text: the dialog that asks for the form and the folder, and what writes then."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from rich.table import Table
from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.screen import Screen
from textual.widgets import Input, Label, OptionList
from textual.widgets.option_list import Option

from charrnn_engine.generation.recording import Recording
from charrnn_tui.save.forms import (
    CLIPBOARD_BYTES,
    Kind,
    SaveError,
    TextToSave,
    default_folder,
    folder_typed,
    for_clipboard,
    next_name,
    save_text,
)
from charrnn_tui.save.live_file import LiveText, RunningText
from charrnn_tui.text.wrapped_text import WrappedText
from charrnn_tui.ui.dialog import Dialog
from charrnn_tui.ui.formats import shown_path
from charrnn_tui.ui.key_bar import KeyHint
from charrnn_tui.ui.keys import Shown, key_name

_KEYS = {Kind.TEXT: "t", Kind.JSON_LINES: "j", Kind.PICTURE: "v", Kind.LIVE: "w", Kind.RECORDING: "r"}
_LEAVING_SECONDS = 4.0  # Textual gives up on a screen after five


@dataclass(frozen=True)
class SaveChoice:
    """What to save, and where."""

    kind: Kind
    folder: Path


class SaveScreen(Dialog[SaveChoice]):
    """Asks for a SaveChoice. `stem` is the beginning of the file's name; `live` is the live file, if there is one:
    choosing that form again stops it.
    """

    DEFAULT_CSS = """
    SaveScreen #dialog { width: 68; max-height: 96%; }
    SaveScreen OptionList, SaveScreen OptionList:focus { height: 5; margin-bottom: 1; scrollbar-size-vertical: 0; }
    SaveScreen Horizontal { height: 1; }
    SaveScreen .save--label { width: 9; padding-left: 1; color: $text-muted; }
    SaveScreen #save-folder { width: 1fr; height: 1; border: none; padding: 0; background: $surface; }
    SaveScreen #save-folder:focus { background: $panel; }
    SaveScreen #save-name { width: 1fr; color: $foreground; text-style: bold; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(key, f"save('{kind.name}')", kind.label, id=f"save.{kind.name.lower()}", tooltip=kind.content)
        for kind, key in _KEYS.items()
    ]

    def __init__(self, stem: str, folder: Path | None = None, live: Path | None = None) -> None:
        super().__init__("save")
        self._stem, self._live = stem, live
        place = shown_path(default_folder() if folder is None else folder)
        # Kept by name: a key may come before they are there to be found, or after.
        self._kinds = OptionList(id="save-kinds")
        self._field = Input(place, id="save-folder", compact=True, select_on_focus=False)
        self._name_line = Label("", id="save-name", markup=False)

    def compose_box(self) -> ComposeResult:
        yield self._kinds
        with Horizontal():
            yield Label("folder", classes="save--label")
            yield self._field
        with Horizontal():
            yield Label("name", classes="save--label")
            yield self._name_line

    def hints(self, keys: Shown) -> Iterable[KeyHint]:
        return (KeyHint((("enter", ""),), "save"), KeyHint((("tab", ""),), "folder"))

    def on_mount(self) -> None:
        self._kinds.add_options(Option(self._row(kind), id=kind.name) for kind in Kind)
        self._kinds.highlighted = 0
        self._kinds.focus()

    @property
    def kind(self) -> Kind:
        """The form under the cursor."""
        return list(Kind)[self._kinds.highlighted or 0]

    @on(OptionList.OptionHighlighted)
    @on(Input.Changed)
    def _changed(self) -> None:
        if self.kind is Kind.LIVE and self._live is not None:
            self._name_line.update(shown_path(self._live))
        else:
            self._find_name(folder_typed(self._field.value), self.kind)

    @work(exclusive=True)
    async def _find_name(self, folder: Path, kind: Kind) -> None:
        self._name_line.update(await asyncio.to_thread(next_name, folder, self._stem, kind))

    @on(OptionList.OptionSelected)
    @on(Input.Submitted)
    def _chosen(self) -> None:
        self.action_save(self.kind.name)

    def action_save(self, name: str) -> None:
        self.dismiss(SaveChoice(Kind[name], folder_typed(self._field.value)))

    def _row(self, kind: Kind) -> Table:
        row = Table.grid(padding=(0, 2), expand=True)
        row.add_column(width=1)
        row.add_column(width=11)
        row.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
        stops = kind is Kind.LIVE and self._live is not None
        content = f"stop writing to {self._live.name}" if stops and self._live else kind.content
        row.add_row(key_name(self.app, self.BINDINGS, f"save.{kind.name.lower()}"), kind.label, Text(content, "dim"))
        return row


class Saving:
    """Saves the text of a screen, once or live. The screen owns it, and closes it when it goes.

    `say` shows a line to the user, with True where it is a problem; `changed` is called when `live_path` may be
    another. The disk is touched in threads only.
    """

    def __init__(
        self, screen: Screen[Any], folder: str | None, say: Callable[[str, bool], None], changed: Callable[[], None]
    ) -> None:
        self.folder = folder
        """Where a text was saved last."""
        self._screen, self._say, self._changed = screen, say, changed
        self._live: LiveText | None = None
        self._live_folder = Path()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def live_path(self) -> Path | None:
        """The live file, once there is one."""
        return self._live.path if self._live is not None else None

    @property
    def live(self) -> bool:
        return self._live is not None

    def ask(self, text: RunningText, recording: Recording, picture: str, closed: Callable[[], None]) -> None:
        """Asks in which form to save a paused text, and does it; `closed` is called once the user has answered."""
        to_save = TextToSave(text.model, recording, list(text.ids), picture)

        def answered(choice: SaveChoice | None) -> None:
            if choice is not None and choice.kind is not Kind.LIVE:
                self._spawn(self._save(to_save, choice))
            elif choice is not None and self._live is not None:
                self._live.stop()
                self._live = None
                self._changed()
            elif choice is not None:
                self._begin(text, to_save, choice.folder)
            closed()

        folder = None if self.folder is None else Path(self.folder)
        self._screen.app.push_screen(SaveScreen(to_save.stem, folder, self.live_path), answered)

    def next_text(self, text: RunningText, recording: Callable[[], Recording]) -> None:
        """Another text runs now: it gets a live file where the one before it had one."""
        if self._live is not None:
            self._live.stop()
            self._begin(text, TextToSave(text.model, recording(), list(text.ids)), self._live_folder)

    def copy(self, page: WrappedText) -> str:
        """Copies the end of a page, as much as the clipboard takes; returns a notice."""
        text, cut = for_clipboard(page.text(max(0, len(page) - CLIPBOARD_BYTES - 1)))
        self._screen.app.copy_to_clipboard(text)
        return f"Copied {'the end of ' if cut else ''}the text: {len(text):,} characters"

    def write_soon(self) -> None:
        """Brings the live file up to date now, and not within a second."""
        if self._live is not None:
            self._live.write_soon()

    async def close(self) -> None:
        """Writes what is left."""
        if self._live is not None:
            self._live.stop()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_LEAVING_SECONDS)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _save(self, to_save: TextToSave, choice: SaveChoice) -> None:
        try:
            path = await asyncio.to_thread(save_text, to_save, choice.kind, choice.folder)
        except SaveError as error:
            self._say(str(error), True)
            return
        self.folder = str(choice.folder)
        self._say(f"Saved as {shown_path(path)}", False)

    def _begin(self, text: RunningText, to_save: TextToSave, folder: Path) -> None:
        self._live, self._live_folder = LiveText(text), folder
        self._spawn(self._write(self._live, to_save, folder))

    async def _write(self, live: LiveText, to_save: TextToSave, folder: Path) -> None:
        place = shown_path(folder)
        try:
            path = await asyncio.to_thread(save_text, to_save, Kind.LIVE, folder)
            place = shown_path(path)
            self.folder = str(folder)
            await live.follow(path, lambda: self._following(live))
        except (SaveError, OSError) as error:
            reason = str(error) if isinstance(error, SaveError) else (error.strerror or str(error))
            said = reason if isinstance(error, SaveError) else f"No longer writing to {place}: {reason}"
            self._say(f"{said}. {self._save_key} saves the text, which is still here", True)
            if live is self._live:
                self._live = None
                self._changed()
            return
        if self._live is None:
            self._say(f"Saved as {place}", False)

    def _following(self, live: LiveText) -> None:
        if live is self._live and live.path is not None:
            stop = key_name(self._screen.app, SaveScreen.BINDINGS, "save.live")
            self._say(f"Writing to {shown_path(live.path)}; {self._save_key} then {stop} stops", False)
            self._changed()

    @property
    def _save_key(self) -> str:
        return key_name(self._screen.app, type(self._screen).BINDINGS, "play.save")
