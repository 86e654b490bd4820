"""Pauses and resumes a game, and moves its cursor while it is paused: by keys, by clicks, and to branches."""

from collections.abc import Callable, Iterable

from charrnn_engine.errors import CharRNNError
from charrnn_tui.play.branching_text import BranchingText
from charrnn_tui.play.game import Game
from charrnn_tui.play.places import Places, next_place, word_back, word_on
from charrnn_tui.play.text_page import TextPage
from charrnn_tui.save.screen import Saving
from charrnn_tui.text.token_names import label


class Navigation:
    """`changed` is called after each move. `say` shows a line, with True where it is a problem."""

    def __init__(
        self,
        game: Game,
        page: TextPage,
        saving: Saving,
        changed: Callable[[], None],
        say: Callable[[str, bool], None],
    ) -> None:
        self._game, self._page, self._saving, self._changed, self._say = game, page, saving, changed, say

    @property
    def text(self) -> BranchingText:
        """The text of the game, once there is one."""
        assert self._game.text is not None
        return self._game.text

    def pause(self) -> bool:
        """Pauses the text, and shows the known future. Returns whether it was playing."""
        was_playing = self._game.text is not None and not self._game.paused
        if was_playing:
            self._game.pause()
            self._page.show_future()
            self._saving.write_soon()
            self._changed()
        return was_playing

    def pause_for_a_dialog(self) -> Callable[[], None]:
        """Returns what to call when the dialog has closed: a text that was playing plays on then."""
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
            self.try_to(game.step)
        else:
            self.to_position(text.position + direction)

    def to_character(self, offset: int) -> None:
        """Moves to a character of the page, given by its offset."""
        if self._game.text is None:
            return
        position = self._page.position_of(offset)
        if position is None:
            self._say("Too far back to resume from; read only", True)
        else:
            self.to_position(position)

    def take(self, token_id: int) -> None:
        """Continues with another token at the cursor."""
        if self.try_to(lambda: self._game.take(token_id)):
            self._page.took()
            self._changed()

    def try_to(self, change: Callable[[], object]) -> bool:
        """Changes the text. Where the model can't follow its rules, says so and returns False."""
        try:
            change()
        except CharRNNError as error:
            self._say(str(error), True)
            return False
        return True

    def take_all(self, token_ids: Iterable[int]) -> None:
        """Continues with several tokens at the cursor."""
        begin = self.text.position
        self._game.history.begin_edit()  # all of them are one change to undo
        for token_id in token_ids:
            self._game.take(token_id)
        self._game.history.end_edit()
        self.show_from(begin)

    def show_from(self, position: int) -> None:
        """Shows a text that has changed from a position on."""
        self._page.rewrite(position)
        self._changed()

    def return_to(self, branch: int | None) -> None:
        """Goes to the end of a branch, unless it is None."""
        if branch is None:
            return
        try:
            differs_at = self._game.return_to(branch)
        except ValueError as error:
            self._say(str(error), True)
            return
        self.show_from(differs_at)

    def to_surprise(self, step: int) -> None:
        """Goes to the next of the most surprising characters (1), or to the previous one (-1)."""
        text = self.text
        places = Places(text).surprises()
        if not places:
            return
        number = next_place(places, text.position, step)
        self.to_position(places[number])
        came = text.future[0]
        shown, probability = label(text.model.vocabulary, came.id), f"{came.model_probability * 100:.2g}%"
        self._say(f"Surprise {number + 1} of {len(places)}: {shown} had a probability of {probability}", False)

    def to_position(self, position: int) -> None:
        """Moves to a position in the text, as a count of tokens."""
        self._game.go_to(position)
        self._page.show_cursor()
        self._changed()
