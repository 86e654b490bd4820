"""Pauses and resumes a game, and moves its cursor meanwhile: by keys, by clicks, and to other continuations."""

from collections.abc import Callable, Iterable

from charrnn_engine.errors import CharRNNError
from charrnn_tui.play.game import Game
from charrnn_tui.play.searching import word_back, word_on
from charrnn_tui.play.text_page import TextPage
from charrnn_tui.save.screen import Saving


class Walking:
    """`changed` is called after each move; `report` gets a line where a move isn't possible."""

    def __init__(
        self,
        game: Game,
        page: TextPage,
        saving: Saving,
        changed: Callable[[], None],
        report: Callable[[str, bool], None],
    ) -> None:
        self._game, self._page, self._saving, self._changed, self._report = game, page, saving, changed, report

    def pause(self) -> bool:
        """Pauses the text, and shows what is known to come. Returns whether it was playing."""
        was_playing = self._game.text is not None and not self._game.paused
        if was_playing:
            self._game.pause()
            self._page.show_future()
            self._saving.write_soon()
            self._changed()
        return was_playing

    def pause_for_a_dialog(self) -> Callable[[], None]:
        """Returns what to call when it has closed: what played before plays on."""
        return self.resume if self.pause() else self._changed

    def resume(self) -> None:
        """Plays on from the cursor."""
        self._page.cut()
        self._game.play()
        self._changed()

    def by(self, unit: str, direction: int) -> None:
        """Moves by a `character`, a `word` or a `line`. At the end of the text, the next character is drawn."""
        game, text = self._game, self._game.text
        if text is None:
            return
        if unit == "line":
            self.to_character(self._page.offset_of_line(self._page.cursor_line + direction))
        elif unit == "word":
            self.to_position(word_on(text) if direction > 0 else word_back(text))
        elif direction > 0 and not text.future:
            self.did(game.step)
        else:
            self.to_position(text.position + direction)

    def to_character(self, offset: int) -> None:
        """Moves to a character of the page, given by its offset."""
        if self._game.text is None:
            return
        position = self._page.position_of(offset)
        if position is None:
            self._report("Too far back to resume from; read only", True)
        else:
            self.to_position(position)

    def take(self, token_id: int) -> None:
        """Continues with another token at the cursor."""
        if self.did(lambda: self._game.take(token_id)):
            self._page.took()
            self._changed()

    def did(self, change: Callable[[], object]) -> bool:
        """Changes the text. Where the model can't follow its rules, that is reported instead."""
        try:
            change()
        except CharRNNError as error:
            self._report(str(error), True)
            return False
        return True

    def take_all(self, token_ids: Iterable[int]) -> None:
        """Continues with several tokens at the cursor."""
        assert self._game.text is not None
        begin = self._game.text.position
        self._game.history.begin_edit()  # all of them are one change to undo
        for token_id in token_ids:
            self._game.take(token_id)
        self._game.history.end_edit()
        self.show_from(begin)

    def show_from(self, position: int) -> None:
        """Shows a text that is another one from a position on."""
        self._page.rewrite(position)
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
        self.show_from(differs_at)

    def to_position(self, position: int) -> None:
        """Moves to a position in the text, as a count of tokens."""
        self._game.go_to(position)
        self._page.show_cursor()
        self._changed()
