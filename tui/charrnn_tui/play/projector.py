"""How the game is shown to an audience: big bars, hidden panels, and characters covered for people to guess.

Knows the game, but no screen.
"""

from charrnn_tui.play.branching_text import BranchingText
from charrnn_tui.play.game import Game


class Projector:
    """What is shown of a game, and how large. While `predicting`, the bars of a paused text are covered at each
    position until the user reveals them.
    """

    def __init__(self, game: Game) -> None:
        self._game = game
        self.on = False
        self.panels = True
        """Whether anything is shown beside the text."""
        self.predicting = False
        self._revealed: tuple[BranchingText | None, int] | None = None

    @property
    def covered(self) -> bool:
        """Whether the next character is covered now."""
        return self._asks and self._revealed != self._place

    def can(self, what: str) -> bool:
        """Whether `do` has something to do now."""
        return what != "reveal" or self._asks

    def do(self, what: str) -> None:
        """Turns something on or off, or reveals the next character."""
        if what == "toggle":
            self.on = not self.on
        elif what == "panels":
            self.panels = not self.panels
        elif what == "predict":
            self.predicting, self._revealed = not self.predicting, None
        else:
            self._revealed = self._place

    @property
    def _asks(self) -> bool:
        return self.predicting and self._game.paused and self._game.text is not None

    @property
    def _place(self) -> tuple[BranchingText | None, int]:
        text = self._game.text
        return text, text.position if text is not None else 0
