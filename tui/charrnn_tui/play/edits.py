"""Changes to the text of a game that keys ask for: typing, erasing, undo, reading on, and what the model learns from
it. Each is shown on the page.
"""

from collections import Counter
from collections.abc import Callable
from functools import partial

from charrnn_tui.play.game_view import GameView
from charrnn_tui.play.navigation import Navigation
from charrnn_tui.text.escapes import one_line

_AT_ONCE = 2_000  # characters of a paste: each is a step of the network, and the app waits for them


class Edits:
    """`opened` is called when another text has been opened, `changed` after every other change."""

    def __init__(
        self, view: GameView, navigation: Navigation, opened: Callable[[], None], changed: Callable[[], None]
    ) -> None:
        self._game, self._page, self._key, self._say = view.game, view.page, view.key, view.notice.say
        self._navigation, self._opened, self._changed = navigation, opened, changed

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

    def begin(self) -> None:
        """All changes until `end` are one to undo."""
        self._game.history.begin_edit()

    def end(self) -> None:
        """The user has stopped typing."""
        self._game.history.end_edit()

    def type(self, text: str) -> None:
        """Inserts what was typed or pasted at the cursor, and names the characters that the vocabulary lacks."""
        game = self._game
        assert game.text is not None
        vocabulary, begin = game.text.model.vocabulary, game.text.position
        unknown: Counter[str] = Counter()
        reads = f"Only the first {_AT_ONCE:,} characters were typed; {self._key('play.read')} reads a longer text"
        self._say(reads if len(text) > _AT_ONCE else "", False)
        for character in text[:_AT_ONCE]:
            index = vocabulary.lookup(character)
            if index is None and character == "\n":
                index = vocabulary.eos
            if index is None or index in vocabulary.never_drawn:
                unknown[character] += 1
            elif not self._navigation.try_to(partial(game.take, index, insert=True)):
                break
        if game.text.position > begin:
            self._page.rewrite(begin)
        if unknown:
            named = ", ".join(repr(one_line(character)) for character in list(unknown)[:8])
            self._say(f"Left out: the model doesn't know {named}", True)
        self._changed()

    def erase(self, ahead: bool) -> None:
        """Removes the character before the cursor, or the one after it."""
        self._game.erase(ahead)
        assert self._game.text is not None
        self._page.rewrite(self._game.text.position)
        self._changed()

    def move(self, unit: str, step: int) -> None:
        """Moves the cursor, but not past the end of the text. What is typed there is another change to undo."""
        text = self._game.text
        if text is not None and (text.future or step < 0):
            self._navigation.by(unit, step)
            self.begin()

    # -- reading and learning ------------------------------------------------------------------------------------

    def go_on(self) -> None:
        """While a text is read: lets the model write from the cursor on, or read the rest."""
        game = self._game
        game.toggle_writing()
        back = self._key("play.write-or-read")
        self._say(f"The model writes now; {back} reads on" if not game.reads else "", False)
        self._page.cut()
        game.play()
        self._changed()

    def adapt(self) -> None:
        """Turns learning on and off."""
        game = self._game
        game.toggle_adapting()
        forget = self._key("play.forget")
        if game.controls.adapt:
            said = "The model learns from each character of this text; its file doesn't change"
        else:
            said = f"The model has stopped learning and keeps what it has learnt; {forget} forgets it"
        self._say(said, False)
        self._changed()

    def forget(self) -> None:
        """Undoes all that the model has learnt."""
        self._game.forget()
        self._say("The model has forgotten what it learnt from this text", False)
        self._changed()
