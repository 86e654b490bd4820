"""Saving from a screen that shows a text: asks for form, folder and name, and writes the file."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from textual.screen import Screen

from charrnn_engine.generation.recording import Recording
from charrnn_engine.network.model import CharRNN
from charrnn_tui.save.forms import (
    CLIPBOARD_BYTES,
    Kind,
    SaveError,
    TextToSave,
    ToSave,
    file_stem,
    for_clipboard,
    save_text,
)
from charrnn_tui.save.live_file import LiveText, RunningText
from charrnn_tui.save.save_dialog import SaveChoice, SaveScreen
from charrnn_tui.text.colouring import Colouring
from charrnn_tui.text.wrapped_text import WrappedText
from charrnn_tui.ui.formats import shown_path
from charrnn_tui.ui.keys import key_name

__all__ = ["Kind", "SaveChoice", "SaveScreen", "Saving", "file_stem"]

_LEAVING_SECONDS = 4.0  # Textual gives up on a screen after five


class Saving:
    """Saves the text of a screen, once or live. The screen owns it, and closes it when it goes.

    `say` shows a line to the user, with True where it is a problem. `changed` is called when `live_path` may have
    changed. The disk is touched in threads only.
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

    def ask(
        self,
        text: RunningText,
        recording: Recording,
        picture: str,
        closed: Callable[[], None],
        colouring: Colouring = "surprise",
        learnt: CharRNN | None = None,
        source: str = "",
    ) -> None:
        """Asks in which form to save a paused text, and saves it; `closed` is called once the user has answered.
        `learnt` is the model with what it learnt from the text, `source` the name or path that it was opened by.
        """
        dark = self._screen.app.current_theme.dark
        to_save = TextToSave(text.model, recording, list(text.ids), picture, colouring, dark, learnt, source)
        self.ask_for(to_save, closed, text)

    def ask_for(self, to_save: ToSave, closed: Callable[[], None], text: RunningText | None = None) -> None:
        """As `ask`, for anything that can be saved; `text` is for a live file."""

        def answered(choice: SaveChoice | None) -> None:
            if choice is not None and choice.kind is not Kind.LIVE:
                self._spawn(self._save(to_save, choice))
            elif choice is not None and self._live is not None:
                self._live.stop()
                self._live = None
                self._changed()
            elif choice is not None and text is not None:
                self._begin(text, to_save, choice)
            closed()

        folder = None if self.folder is None else Path(self.folder)
        self._screen.app.push_screen(SaveScreen(to_save.kinds, to_save.stem, folder, self.live_path), answered)

    def next_text(self, text: RunningText, recording: Callable[[], Recording]) -> None:
        """Another text runs now. It gets a live file if the one before it had one."""
        if self._live is not None:
            self._live.stop()
            to_save = TextToSave(text.model, recording(), list(text.ids))
            self._begin(text, to_save, SaveChoice(Kind.LIVE, self._live_folder))

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

    async def _save(self, to_save: ToSave, choice: SaveChoice) -> None:
        try:
            path = await asyncio.to_thread(save_text, to_save, choice.kind, choice.folder, choice.name)
            if choice.kind is Kind.MODEL:
                self._say(f"Saved as the model {path.name}", False)
                return
        except SaveError as error:
            self._say(str(error), True)
            return
        self.folder = str(choice.folder)
        self._say(f"Saved as {shown_path(path)}", False)

    def _begin(self, text: RunningText, to_save: ToSave, choice: SaveChoice) -> None:
        self._live, self._live_folder = LiveText(text), choice.folder
        self._spawn(self._write(self._live, to_save, choice))

    async def _write(self, live: LiveText, to_save: ToSave, choice: SaveChoice) -> None:
        place = shown_path(choice.folder)
        try:
            path = await asyncio.to_thread(save_text, to_save, Kind.LIVE, choice.folder, choice.name)
            place = shown_path(path)
            self.folder = str(choice.folder)
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
