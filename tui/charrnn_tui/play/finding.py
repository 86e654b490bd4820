"""Takes the cursor of a game to what is searched for, and to what surprised the model most. Knows no keys."""

from collections.abc import Callable

from charrnn_tui.play.find_bar import FindBar
from charrnn_tui.play.game import Game
from charrnn_tui.play.next_tokens import label
from charrnn_tui.play.searching import Places, next_place
from charrnn_tui.play.walking import Walking


class Finding:
    """The text must be paused. `say` shows a line."""

    def __init__(self, game: Game, walking: Walking, bar: FindBar, say: Callable[[str], None]) -> None:
        self._game, self._walking, self._bar, self._say = game, walking, bar, say
        self._places: Places | None = None
        self._matches: list[int] = []
        self._from = 0

    def begin(self) -> None:
        """Opens the line to search in."""
        text = self._game.text
        assert text is not None
        self._places, self._from = Places(text), text.position
        self._bar.begin()

    def find(self, wanted: str) -> None:
        """Goes to the next match after the place where the search began."""
        self._matches = self._places.matches(wanted) if self._places is not None else []
        if not self._matches:
            self._bar.say("no match" if wanted else "")
        else:
            self._go(next_place(self._matches, self._from - 1, 1))

    def step(self, step: int) -> None:
        """Goes to the next match, or to the one before."""
        if self._matches and self._game.text is not None:
            self._go(next_place(self._matches, self._game.text.position, step))

    def _go(self, number: int) -> None:
        self._walking.to_position(self._matches[number])
        self._bar.say(f"{number + 1:,} of {len(self._matches):,}")

    def surprise(self, step: int) -> None:
        """Goes to the next of the most surprising characters, or to the one before."""
        text = self._game.text
        places = Places(text).surprises() if text is not None else []
        if text is None or not places:
            return
        number = next_place(places, text.position, step)
        self._walking.to_position(places[number])
        came = text.future[0]
        shown = label(text.model.vocabulary, came.id)
        probability = f"{came.model_probability * 100:.2g}%"
        self._say(f"Surprise {number + 1} of {len(places)}: {shown} came, with a probability of {probability}")
