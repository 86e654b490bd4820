"""Where one reads and writes: keeps the lines for typing and searching, and passes what is done there to the game's
Writing and Finding.
"""

from collections.abc import Callable

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical

from charrnn_tui.play.find_bar import FindBar, find_hints
from charrnn_tui.play.finding import Finding
from charrnn_tui.play.game_view import GameView
from charrnn_tui.play.typing_field import TypingField, typing_hints
from charrnn_tui.play.walking import Walking
from charrnn_tui.play.writing import Writing
from charrnn_tui.ui.key_bar import KeyHint
from charrnn_tui.ui.keys import Shown


class Desk(Vertical):
    """`opened` shows a text that has been opened; `changed` is called after every other change."""

    DEFAULT_CSS = "Desk { height: auto; }"

    def __init__(
        self,
        view: GameView,
        walking: Walking,
        opened: Callable[[], None],
        changed: Callable[[], None],
        *,
        id: str,
    ) -> None:
        super().__init__(id=id)
        self._view, self._game, self._walking = view, view.game, walking
        self._bar, self._field = FindBar(id="find"), TypingField()
        self._writing = Writing(view, walking, opened, changed)
        self._finding = Finding(view.game, walking, self._bar, view.notice.say)

    def compose(self) -> ComposeResult:
        yield self._bar
        yield self._field

    @property
    def typing(self) -> bool:
        """Whether every printable key is text for now."""
        return self._field.has_focus

    @property
    def busy(self) -> bool:
        """Whether the keys are for typing or searching now."""
        return self.typing or self._bar.is_open

    def hints(self, keys: Shown) -> list[KeyHint]:
        """The keys to name while it is busy."""
        return typing_hints(keys, self._game.reads) if self.typing else find_hints(keys)

    def can(self, what: str) -> bool:
        """Whether `do` has something to do now. While the inside is shown, its keys count."""
        return not (what in ("find", "surprise") and self._view.inside.open) and self._writing.can(what)

    def do(self, what: str, step: int = 0) -> None:
        """Does what a key of the screen asks for."""
        writing = self._writing
        if what == "find":
            self._walking.pause()
            self._finding.begin()
        elif what == "surprise":
            self._walking.pause()
            self._finding.surprise(step)
        elif what == "type":
            self._game.history.begin_edit()
            self._field.begin()
        elif what in ("undo", "redo"):
            self._walking.pause()
            writing.undo(redo=what == "redo")
        else:
            {"go on": writing.go_on, "adapt": writing.adapt, "forget": writing.forget}[what]()

    @on(TypingField.Typed)
    def _typed(self, event: TypingField.Typed) -> None:
        self._writing.type(event.text)

    @on(TypingField.Erased)
    def _erased(self, event: TypingField.Erased) -> None:
        self._writing.erase(event.ahead)

    @on(TypingField.Moved)
    def _moved(self, event: TypingField.Moved) -> None:
        self._writing.move(event.unit, event.step)

    @on(TypingField.Left)
    def _left(self) -> None:
        self._game.history.end_edit()

    @on(FindBar.Changed)
    def _wanted(self, event: FindBar.Changed) -> None:
        self._finding.find(event.wanted)

    @on(FindBar.Stepped)
    def _stepped(self, event: FindBar.Stepped) -> None:
        self._finding.step(event.step)
