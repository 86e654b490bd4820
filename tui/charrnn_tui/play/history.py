"""What can be undone and redone: leaving a text for another one, and replacing the end of a text. Knows no screen."""

from dataclasses import dataclass, replace

from charrnn_tui.play.branch import Tail
from charrnn_tui.play.branching_text import BranchingText

_CHANGES_AT_MOST, _TEXTS_AT_MOST = 100, 10
_ENTRIES_AT_MOST = 200_000
"""Tokens kept in all tails together, about 50 MB."""


@dataclass(frozen=True)
class Change:
    """The text played before the change. `tail` is the end that was replaced; None where another text began."""

    text: BranchingText
    tail: Tail | None = None


class History:
    """The changes, the latest to be undone first. All changes between `begin_edit` and `end_edit` count as one."""

    def __init__(self) -> None:
        self._done: list[Change] = []
        self._undone: list[Change] = []
        self._editing = self._edited = False

    @property
    def can_undo(self) -> bool:
        return bool(self._done)

    @property
    def can_redo(self) -> bool:
        return bool(self._undone)

    def clear(self) -> None:
        self._done.clear()
        self._undone.clear()

    def begin_edit(self) -> None:
        self._editing, self._edited = True, False

    def end_edit(self) -> None:
        self._editing = self._edited = False

    def left(self, text: BranchingText, tail: Tail | None = None) -> None:
        """Keeps a text that is left for another one, or the end of it that is replaced."""
        if self._edited and tail is not None:
            before = self._done[-1].tail
            assert before is not None
            if tail.position < before.position:  # the user has erased what lies between
                entries = tail.entries[: before.position - tail.position] + before.entries
                self._done[-1] = Change(text, replace(before, position=tail.position, entries=entries))
            return
        self._done.append(Change(text, tail))
        self._undone.clear()
        self._edited = self._editing and tail is not None
        while len(self._done) > 1 and self._is_too_much():
            del self._done[0]

    def _is_too_much(self) -> bool:
        tails = [change.tail for change in self._done if change.tail is not None]
        texts = len(self._done) - len(tails)
        kept = sum(len(tail.entries) for tail in tails)
        return len(self._done) > _CHANGES_AT_MOST or texts > _TEXTS_AT_MOST or kept > _ENTRIES_AT_MOST

    def undo(self, text: BranchingText) -> tuple[BranchingText, int | None]:
        """Returns the text to play after `text`, and the position from which it has changed; None if it is another
        text. Raises ValueError where the position is no longer kept.
        """
        return self._step(text, self._done, self._undone)

    def redo(self, text: BranchingText) -> tuple[BranchingText, int | None]:
        """As `undo`, for the change that was undone last."""
        return self._step(text, self._undone, self._done)

    def _step(
        self, text: BranchingText, changes: list[Change], others: list[Change]
    ) -> tuple[BranchingText, int | None]:
        self.end_edit()
        change = changes.pop()
        if change.tail is None:
            others.append(Change(text))
            return change.text, None
        others.append(Change(text, text.swap(change.tail)))
        return text, change.tail.position
