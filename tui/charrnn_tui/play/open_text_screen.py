"""The dialog that asks for a text to read: a file, or a paste."""

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.events import Paste
from textual.widgets import Label, TextArea

from charrnn_engine.errors import CharRNNError
from charrnn_engine.network.model import CharRNN
from charrnn_tui.play.reading import Reading, TextToRead, read_file
from charrnn_tui.text.escapes import one_line
from charrnn_tui.ui.dialog import Dialog
from charrnn_tui.ui.file_picker import FilePicker
from charrnn_tui.ui.key_hints import KeyHint
from charrnn_tui.ui.keys import Shown, hints_of
from charrnn_tui.ui.path_field import PathField

PASTE = "the paste"
_SHOWN_AT_MOST = 100_000  # characters of a paste; a longer one is read at once


class PastedText(TextArea):
    """A field for a pasted text. It leaves one so long that laying it out takes seconds to the dialog."""

    def on_paste(self, event: Paste) -> None:
        if len(event.text) > _SHOWN_AT_MOST:
            event.prevent_default()


class OpenTextScreen(Dialog[Reading]):
    """Dismissed with a text that the model can read, or None."""

    AUTO_FOCUS = "#open-file PathInput"
    DEFAULT_CSS = """
    OpenTextScreen > #dialog { width: 84; }
    OpenTextScreen .open--about { color: $text-muted; width: 1fr; margin-bottom: 1; }
    OpenTextScreen PathField #path-label { width: 6; color: $text-muted; }
    OpenTextScreen PathField #path-matches { margin-left: 6; max-height: 8; }
    OpenTextScreen #open-paste, OpenTextScreen #open-paste:focus {
        height: 8; margin-top: 1; border: none; padding: 0 1; background: $panel;
    }
    OpenTextScreen #open-said { width: 1fr; height: auto; color: $text-error; margin-top: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+r", "read", "Read", id="open.read", tooltip="read what was typed or pasted"),
        Binding("ctrl+o", "browse", "Browse", id="open.browse", tooltip="look for the file in your folders"),
    ]

    def __init__(self, model: CharRNN) -> None:
        super().__init__("read a text")
        self._model = model
        self._file = PathField("", "file", "the path of a text file", id="open-file")
        self._paste = PastedText(
            id="open-paste", compact=True, tab_behavior="focus", placeholder="or type or paste a text here"
        )
        self._said = Label("", id="open-said", markup=False)

    def compose_box(self) -> ComposeResult:
        yield Label(
            f"{self._model.name} reads it, and its colours show how surprising each character is.",
            classes="open--about",
        )
        yield self._file
        yield self._paste
        yield self._said

    def hints(self, keys: Shown) -> Iterable[KeyHint | None]:
        hint = hints_of(keys, "open")
        enter = KeyHint((("enter", ""),), "read") if self._file.has_focus_within else None
        return (enter or hint("read", 0, "read"), KeyHint((("tab", ""),), "next"), hint("browse", 0, "browse"))

    def on_descendant_focus(self) -> None:
        self.show_hints()

    def on_paste(self, event: Paste) -> None:
        """Takes several lines, pasted into the field for a path, as the text to read."""
        event.stop()
        if len(event.text) > _SHOWN_AT_MOST:
            self._read(TextToRead(event.text, PASTE))
            return
        self._paste.load_text(event.text)
        self._paste.focus()

    @on(PathField.Submitted)
    def action_read(self) -> None:
        typed = self._paste.text
        self._read(TextToRead(typed, PASTE) if typed.strip() and not self._file.value else None)

    @work(exclusive=True)
    async def _read(self, text: TextToRead | None) -> None:
        self._said.update("reading …")
        try:
            if text is None and not self._file.value:
                raise CharRNNError("name a file, or paste a text")
            if text is None:
                text = await asyncio.to_thread(read_file, Path(self._file.path))
            reading = await asyncio.to_thread(Reading, self._model, text.text, text.name)
        except CharRNNError as error:
            self._said.update(one_line(str(error)))
        else:
            self.dismiss(reading)

    @on(PathField.BrowseWanted)
    def action_browse(self) -> None:
        def picked(path: str | None) -> None:
            if path is not None:
                self._file.put(path)
            self._file.focus_input()

        self.app.push_screen(FilePicker(self._file.path, "text to read"), picked)
