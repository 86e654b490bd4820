"""What the play screen and the race share: the lines around the text, the prompt, and the task that plays."""

import asyncio
from collections.abc import Sequence
from typing import Any, ClassVar

from textual.screen import Screen
from textual.widgets import Label

from charrnn_tui.player import Player
from charrnn_tui.screens.keys import Shown, shown_keys
from charrnn_tui.widgets.key_bar import KeyBar, KeyHint
from charrnn_tui.widgets.prompt_bar import PromptBar
from charrnn_tui.widgets.text_view import COLOURINGS, Colouring
from charrnn_tui.widgets.title_bar import TitleBar

_COLOURED_BY = {"surprise": "how surprised the model was", "temperature": "the temperature it was drawn at"}


class PlayedScreen(Screen[None]):
    """A title, a text or several, a line for what there is to say, the prompt, and the keys."""

    AUTO_FOCUS = ""
    HELP = (
        "The text is coloured by how surprised the model was: grey-blue where it was sure, amber to red "
        "where it wasn't (h changes that). The bars show the next character: above what the model thinks, "
        "below what temperature and filters leave of it."
    )
    DEFAULT_CSS = """
    PlayedScreen ToastRack { dock: top; align: right top; margin: 1 0 0 0; }
    """
    PROMPT_HINTS: ClassVar[list[KeyHint]] = []
    """The keys shown while the prompt is edited."""

    def __init__(self, notice_id: str) -> None:
        super().__init__()
        self._player: asyncio.Task[None] | None = None
        # Kept by name: they are drawn to many times a second, and once more while the app is taken down.
        self._title = TitleBar(id="title")
        self._notice_line = Label("", id=notice_id, markup=False)
        self._prompt = PromptBar(self._problem_with, id="prompt")
        self._keys = KeyBar(id="keys")

    def on_mount(self) -> None:
        self.bindings_updated_signal.subscribe(self, lambda _: self._show_keys())

    def on_unmount(self) -> None:
        self._stop()

    # -- the task ------------------------------------------------------------------------------------------------

    def _run(self, player: Player[Any]) -> None:
        """Lets it play until it is stopped; what goes wrong in it is said."""
        self._player = asyncio.create_task(player.run(), name="playing")
        self._player.add_done_callback(self._player_done)

    def _stop(self) -> None:
        if self._player is not None:
            self._player.cancel()
            self._player = None

    def _player_done(self, task: "asyncio.Task[None]") -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self._notice(str(error), problem=True)

    # -- what is shown -------------------------------------------------------------------------------------------

    def _notice(self, text: str, problem: bool = False) -> None:
        label = self._notice_line
        label.update(text)
        label.set_class(bool(text), "-shown")
        label.set_class(problem, "-problem")

    def _show_keys(self) -> None:
        """What matters now: other keys while the prompt is edited."""
        self._keys.hints = self.PROMPT_HINTS if self._prompt.editing else self._hints(shown_keys(self))

    def _hints(self, keys: Shown) -> Sequence[KeyHint]:
        raise NotImplementedError

    def _next_colouring(self, now: Colouring) -> Colouring:
        """The one after it, and a word on what it shows."""
        chosen = COLOURINGS[(COLOURINGS.index(now) + 1) % len(COLOURINGS)]
        self.notify(f"coloured by {_COLOURED_BY[chosen]}" if chosen in _COLOURED_BY else "not coloured", timeout=2)
        return chosen

    # -- the prompt ----------------------------------------------------------------------------------------------

    def _problem_with(self, prompt: str) -> str | None:
        """What is wrong with a prompt, in a line, or None."""
        raise NotImplementedError

    def action_prompt(self) -> None:
        self._prompt.edit()

    def action_take_prompt(self) -> None:
        self._prompt.take()

    def action_leave_prompt(self) -> None:
        self._prompt.leave()
