"""The list of lessons, with how far the student has come in each."""

from collections.abc import Iterable, Sequence

from rich.text import Text
from textual.app import ComposeResult
from textual.widgets import Label, OptionList
from textual.widgets.option_list import Option

from charrnn_tui.learn.lesson import Lesson
from charrnn_tui.learn.progress import Progress
from charrnn_tui.ui.dialog import Dialog
from charrnn_tui.ui.key_hints import KeyHint
from charrnn_tui.ui.keys import Shown

_WHAT = "A lesson takes two to five minutes. It stands beside the text, and notices what you do."


class LessonsScreen(Dialog[int]):
    """Dismissed with the place of the lesson to open, from 0."""

    DEFAULT_CSS = """
    LessonsScreen Label { width: 1fr; margin-bottom: 1; color: $text-muted; }
    """
    CANCEL = "close"

    def __init__(self, lessons: Sequence[Lesson], progress: Progress, chosen: int = 0) -> None:
        """`chosen` is the place of the lesson to highlight."""
        super().__init__("learn")
        self._lessons, self._progress, self._chosen = lessons, progress, chosen

    def compose_box(self) -> ComposeResult:
        yield Label(_WHAT, markup=False)
        rows = OptionList(*(Option(self._row(place)) for place in range(len(self._lessons))))
        rows.highlighted = self._chosen
        yield rows

    def _row(self, place: int) -> Text:
        lesson, progress = self._lessons[place], self._progress
        at, done = progress.place(lesson), progress.is_done(lesson)
        row = Text(f"{'✓' if done else '▸' if at else ' '} {place + 1:>2}  ", no_wrap=True, overflow="ellipsis")
        row.append(lesson.title)
        return row.append(f"   step {at + 1} of {len(lesson.steps)}" if at else "", "dim")

    def hints(self, keys: Shown) -> Iterable[KeyHint]:
        return (KeyHint((("enter", ""),), "open"),)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option_index)
