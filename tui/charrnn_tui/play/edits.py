"""What a writer does with the text of a game: read one, type into it, undo, and have the model learn from it. Shows
it on the page, and says what happened.
"""

from collections import Counter
from collections.abc import Callable
from functools import partial

from charrnn_tui.play.game_view import GameView
from charrnn_tui.play.walking import Walking
from charrnn_tui.text.escapes import one_line


class Writing:
    """`opened` shows another text; `changed` is called after every other change."""

    def __init__(
        self, view: GameView, walking: Walking, opened: Callable[[], None], changed: Callable[[], None]
    ) -> None:
        self._game, self._page, self._key, self._say = view.game, view.page, view.key, view.notice.say
        self._walking, self._opened, self._changed = walking, opened, changed

    def can(self, what: str) -> bool:
        """Whether there is something to do now."""
        game, reading = self._game, self._game.reading
        if game.text is None:
            return False
        if what == "type":
            return game.paused and game.text.model.vocabulary.level == "char"
        if what == "go on":
            return reading is not None and (not reading.writing or reading.remain() > 0)
        return {"undo": game.history.can_undo, "redo": game.history.can_redo, "forget": game.learnt}.get(what, True)

    # -- undo ----------------------------------------------------------------------------------------------------

    def undo(self, redo: bool = False) -> None:
        """Undoes the last change of the text, or does it again."""
        try:
            position = self._game.undo(redo)
        except ValueError as error:
            self._say(str(error), True)
            return
        if position is None:
            self._opened()
            self._page.show_future()
        else:
            self._page.rewrite(min(position, self._game.text.position if self._game.text else 0))
        self._changed()

    # -- typing --------------------------------------------------------------------------------------------------

    def type(self, text: str) -> None:
        """Puts what was typed at the cursor, and names what the vocabulary lacks."""
        game = self._game
        assert game.text is not None
        vocabulary, begin = game.text.model.vocabulary, game.text.position
        unknown: Counter[str] = Counter()
        self._say("", False)
        for character in text:
            index = vocabulary.lookup(character)
            if index is None and character == "\n":
                index = vocabulary.eos
            if index is None or index in vocabulary.never_drawn:
                unknown[character] += 1
            elif not self._walking.did(partial(game.take, index, insert=True)):
                break
        if game.text.position > begin:
            self._page.rewrite(begin)
        if unknown:
            named = ", ".join(repr(one_line(character)) for character in list(unknown)[:8])
            self._say(f"Not taken: the model doesn't know {named}", True)
        self._changed()

    def erase(self, ahead: bool) -> None:
        """Removes the character before the cursor, or the one after it."""
        self._game.erase(ahead)
        assert self._game.text is not None
        self._page.rewrite(self._game.text.position)
        self._changed()

    def move(self, unit: str, step: int) -> None:
        """Moves the cursor within what is known."""
        text = self._game.text
        if text is not None and (text.future or step < 0):
            self._game.history.end_edit()
            self._walking.by(unit, step)
            self._game.history.begin_edit()

    # -- reading and learning ------------------------------------------------------------------------------------

    def go_on(self) -> None:
        """In a text that is read: has the model write on from the cursor, or read on."""
        game = self._game
        game.toggle_writing()
        back = self._key("play.write-or-read")
        self._say(f"The model writes by itself; {back} reads on" if not game.reads else "", False)
        self._page.cut()
        game.play()
        self._changed()

    def adapt(self) -> None:
        """Turns learning on and off."""
        game = self._game
        game.toggle_adapting()
        forget = self._key("play.forget")
        if game.controls.adapt:
            said = "The model learns from each character of this text; its file stays as it is"
        else:
            said = f"It learns no more, and keeps what it has learnt; {forget} forgets it"
        self._say(said, False)
        self._changed()

    def forget(self) -> None:
        """The model is as it was."""
        self._game.forget()
        self._say("Forgotten: the model is as it was", False)
        self._changed()
