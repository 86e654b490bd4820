"""Saving and copying the text, once or as it goes. Part of the play screen; what is written, `keeping` knows."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from textual import work

from charrnn_engine.sampling.controls import Controls
from charrnn_tui.play.session import Session
from charrnn_tui.play.walking import WalkedScreen
from charrnn_tui.save.live_file import OngoingText
from charrnn_tui.text.wrapped_text import KEPT_CHARACTERS

if TYPE_CHECKING:
    from charrnn_tui.save.forms import Keepsake
    from charrnn_tui.save.screen import SaveChoice

_KEEP_UP_SECONDS = 1.0  # at most so much of a text is not in its file yet
_LET_GO = (
    f"the beginning is let go: the last {KEPT_CHARACTERS // 1_000_000} million characters stay to be read; "
    "s, then w, writes all of it to a file"
)


class KeptScreen(WalkedScreen):
    """A played text that can be kept."""

    def __init__(self, controls: Controls, folder: str | None) -> None:
        super().__init__(controls)
        self.folder = folder
        """Where texts were saved last."""
        self._ongoing_folder: Path | None = None
        self._kept_up = 0.0
        self._said_let_go = False

    def on_unmount(self) -> None:
        self._leave_ongoing()

    # -- once ----------------------------------------------------------------------------------------------------

    def action_save(self) -> None:
        from charrnn_tui.save.forms import Kind
        from charrnn_tui.save.screen import SaveScreen

        session = self.session
        if session is None:
            self.notify("There is no text to save yet.", timeout=3)
            return
        self._pause()
        picture = self.app.export_screenshot(title=f"charrnn-tui · {session.generation.model.name}")
        keepsake = self._keepsake(session, picture)

        def chosen(choice: "SaveChoice | None") -> None:
            if choice is None:
                return
            if choice.kind is not Kind.ONGOING:
                self._keep(keepsake, choice)
            elif self._ongoing_path is not None:
                self._ongoing_folder = None
                self._leave_ongoing()
            else:
                self._begin_ongoing(session, keepsake, choice.folder)

        folder = None if self.folder is None else Path(self.folder)
        self.app.push_screen(SaveScreen(keepsake.stem, folder, self._ongoing_path), chosen)

    def _keepsake(self, session: Session, picture: str = "") -> "Keepsake":
        from charrnn_tui.save.forms import Keepsake

        generation = session.generation
        return Keepsake(generation.model, session.recording(self.controls), list(generation.ids), picture)

    @work
    async def _keep(self, keepsake: "Keepsake", choice: "SaveChoice") -> None:
        from charrnn_tui.save.forms import KeepError, keep, shown_path

        try:
            path = await asyncio.to_thread(keep, keepsake, choice.kind, choice.folder)
        except KeepError as error:
            self._notice(str(error), problem=True)
            return
        self.folder = str(choice.folder)
        self._notice(f"saved as {shown_path(path)}")

    def action_copy(self) -> None:
        from charrnn_tui.save.forms import CLIPBOARD_BYTES, for_clipboard

        page = self._page.page
        text, cut = for_clipboard(page.text(max(0, len(page) - CLIPBOARD_BYTES - 1)))
        self.app.copy_to_clipboard(text)
        self.notify(f"copied {'the end of ' if cut else ''}the text: {len(text):,} characters", timeout=3)

    # -- as it goes ----------------------------------------------------------------------------------------------

    @property
    def _ongoing_path(self) -> Path | None:
        """The file that the text is written to as it goes."""
        ongoing = self.session.ongoing if self.session is not None else None
        return ongoing.file.path if ongoing is not None and ongoing.file is not None else None

    def _begin_ongoing(self, session: Session, keepsake: "Keepsake", folder: Path) -> None:
        """Writes what there is, and from then on what comes, also of the texts that come after this one."""
        self._ongoing_folder = folder
        self._write_as_it_goes(session, session.keep_in_a_file(), keepsake, folder)

    @work
    async def _write_as_it_goes(
        self, session: Session, ongoing: OngoingText, keepsake: "Keepsake", folder: Path
    ) -> None:
        from charrnn_tui.save.forms import KeepError, Kind, keep, shown_path

        self._notice(f"writing the text to {shown_path(folder)} …")
        try:
            path = await asyncio.to_thread(keep, keepsake, Kind.ONGOING, folder)
            if session is not self.session or session.ongoing is not ongoing:
                return
            ongoing.follow(path)
        except KeepError as error:
            self._ongoing_failed(session, str(error))
            return
        except OSError as error:
            self._ongoing_failed(session, _failure(path, error))
            return
        self.folder = str(folder)
        self._notice(f"written to {shown_path(path)} as it goes; s, then w, ends that")
        self._show_state()

    def _keep_up(self, now: float) -> None:
        """Writes what has come, now and then."""
        session = self.session
        if session is None or now - self._kept_up < _KEEP_UP_SECONDS:
            return
        self._kept_up = now
        ongoing = session.ongoing
        if ongoing is not None:
            self._attempt(session, ongoing, ongoing.keep_up)
        elif self._page.page.let_go and not self._said_let_go:
            self._said_let_go = True
            self._notice(_LET_GO)

    def _attempt(self, session: Session, ongoing: OngoingText, write: Callable[[], None]) -> None:
        path = ongoing.file.path if ongoing.file is not None else Path()
        try:
            write()
        except OSError as error:
            self._ongoing_failed(session, _failure(path, error))

    def _ongoing_failed(self, session: Session, reason: str) -> None:
        session.ongoing = self._ongoing_folder = None
        self._notice(reason, problem=True)
        self._show_state()

    def _pause(self) -> None:
        super()._pause()
        self._kept_up = 0.0
        self._keep_up(perf_counter())

    def _leave_ongoing(self) -> None:
        """Writes the rest of the text that is left, and closes its file."""
        session = self.session
        if session is None or session.ongoing is None:
            return
        path, ongoing = self._ongoing_path, session.ongoing
        self._attempt(session, ongoing, ongoing.close)
        if session.ongoing is not None and path is not None:
            from charrnn_tui.save.forms import shown_path

            self._notice(f"saved as {shown_path(path)}")
        session.ongoing = None

    def _go_on_ongoing(self, session: Session) -> None:
        """A text that has just begun is written as it goes where the one before it was."""
        self._said_let_go = False
        if self._ongoing_folder is not None:
            self._begin_ongoing(session, self._keepsake(session), self._ongoing_folder)


def _failure(path: Path, error: OSError) -> str:
    from charrnn_tui.save.forms import shown_path

    return f"no longer written to {shown_path(path)}: {error.strerror or error}; the text is still here: s saves it"
