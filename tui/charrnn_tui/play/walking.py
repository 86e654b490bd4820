"""Moves the cursor of a paused game, and shows where it is: by keys, by clicks, and to other continuations."""

from collections.abc import Callable

from charrnn_tui.play.game import Game
from charrnn_tui.play.text_page import TextPage


class Walking:
    """`changed` is called after each move; `report` gets a line where a move isn't possible."""

    def __init__(
        self, game: Game, page: TextPage, changed: Callable[[], None], report: Callable[[str, bool], None]
    ) -> None:
        self._game, self._page, self._changed, self._report = game, page, changed, report

    def by(self, unit: str, direction: int) -> None:
        """Moves by a `character`, a `word` or a `line`. At the end of the text, the next character is drawn."""
        game, text = self._game, self._game.text
        if text is None:
            return
        if unit == "line":
            self.to_character(self._page.offset_of_line(self._page.cursor_line + direction))
        elif unit == "word":
            self._to(text.word_on() if direction > 0 else text.word_back())
        elif direction > 0 and not text.future:
            game.step()
        else:
            self._to(text.position + direction)

    def to_character(self, offset: int) -> None:
        """Moves to a character of the page, given by its offset."""
        if self._game.text is None:
            return
        position = self._page.position_of(offset)
        if position is None:
            self._report("Too far back to resume from; read only", True)
        else:
            self._to(position)

    def take(self, token_id: int) -> None:
        """Continues with another token at the cursor."""
        self._game.take(token_id)
        self._page.took()
        self._changed()

    def return_to(self, branch: int | None) -> None:
        """Goes to the end of a branch; None stays."""
        if branch is None:
            return
        try:
            differs_at = self._game.return_to(branch)
        except ValueError as error:
            self._report(str(error), True)
            return
        self._page.rewrite(differs_at)
        self._changed()

    def _to(self, position: int) -> None:
        self._game.go_to(position)
        self._page.show_cursor()
        self._changed()
