"""What the play screen and the race share: the line for what there is to say, and the task that plays."""

import asyncio
from typing import Any

from charrnn_tui.text.text_view import COLOURINGS, Colouring
from charrnn_tui.ui.notice_line import NoticeLine
from charrnn_tui.ui.player import Player
from charrnn_tui.ui.prompted import PromptedScreen

_COLOURED_BY = {"surprise": "how surprised the model was", "temperature": "the temperature it was drawn at"}


class PlayedScreen(PromptedScreen[None]):
    """A title, a text or several, a line for what there is to say, the prompt, and the keys."""

    HELP = (
        "The text is coloured by how surprised the model was: grey-blue where it was sure, amber to red "
        "where it wasn't (h changes that)."
    )
    DEFAULT_CSS = """
    PlayedScreen ToastRack { dock: top; align: right top; margin: 1 0 0 0; }
    """

    def __init__(self, notice_id: str) -> None:
        super().__init__()
        self._player: asyncio.Task[None] | None = None
        self._notice_line = NoticeLine(id=notice_id)

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
        self._notice_line.say(text, problem)

    def _next_colouring(self, now: Colouring) -> Colouring:
        """The one after it, and a word on what it shows."""
        chosen = COLOURINGS[(COLOURINGS.index(now) + 1) % len(COLOURINGS)]
        self.notify(f"coloured by {_COLOURED_BY[chosen]}" if chosen in _COLOURED_BY else "not coloured", timeout=2)
        return chosen
