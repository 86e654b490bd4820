"""The editor of the play screen: holds the field for typing and the line for searching, and routes the keys that
change the text.
"""

from collections.abc import Callable

from textual.app import ComposeResult
from textual.containers import Vertical

from charrnn_tui.play.edits import Edits
from charrnn_tui.play.find_bar import FindBar, find_hints
from charrnn_tui.play.game_view import GameView
from charrnn_tui.play.navigation import Navigation
from charrnn_tui.play.typing_field import TypingField, typing_hints
from charrnn_tui.ui.key_hints import KeyHint
from charrnn_tui.ui.keys import Shown


class Editor(Vertical):
    """`opened` is called when another text has been opened, `changed` after every other change."""

    DEFAULT_CSS = "Editor { height: auto; }"

    def __init__(
        self,
        view: GameView,
        navigation: Navigation,
        opened: Callable[[], None],
        changed: Callable[[], None],
        *,
        id: str,
    ) -> None:
        super().__init__(id=id)
        self._view, self._navigation = view, navigation
        self._edits = Edits(view, navigation, opened, changed)
        self._bar, self._field = FindBar(navigation, id="find"), TypingField(self._edits)

    def compose(self) -> ComposeResult:
        yield self._bar
        yield self._field

    @property
    def has_keys(self) -> bool:
        """Whether the keys are for typing or searching now."""
        return self.is_attached and (self._field.is_open or self._bar.is_open)

    def hints(self, keys: Shown) -> list[KeyHint]:
        """The keys to name while the user types or searches."""
        return typing_hints(keys, self._view.game.reads) if self._field.is_open else find_hints(keys)

    def can(self, what: str) -> bool:
        """Whether `do` has something to do now. The inside, while it is shown, has its own keys for `find` and
        `surprise`.
        """
        return not (what in ("find", "surprise") and self._view.inside.open) and self._edits.can(what)

    def do(self, what: str, step: int = 0) -> None:
        """Does what a key of the screen asks for."""
        edits = self._edits
        if what in ("find", "surprise", "undo", "redo"):
            self._navigation.pause()
        if what == "find":
            self._bar.begin()
        elif what == "surprise":
            self._navigation.to_surprise(step)
        elif what == "type":
            self._field.begin()
        elif what in ("undo", "redo"):
            edits.undo(redo=what == "redo")
        else:
            {"go on": edits.go_on, "adapt": edits.adapt, "forget": edits.forget}[what]()
