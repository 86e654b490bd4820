"""The next character's distribution as bars: to look at, and while paused to choose from."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.style import Style
from textual.events import Click
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from charrnn_tui.play.distribution_bars import BIG_ROWS, BarStyles, covered_rows, places, rows
from charrnn_tui.play.distribution_heading import MEANING
from charrnn_tui.play.next_tokens import Alternative


class Distribution(Widget):
    """Shows `alternatives`, most probable first, as many as there is room for. A click on one picks it."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "distribution--label",
        "distribution--kept",
        "distribution--lost",
        "distribution--gained",
        "distribution--number",
        "distribution--came",
    }
    """A token's label; what the model and the drawing have in common, what temperature and filters took away and what
    they added; a number, and the label of the token that the text continued with."""

    @dataclass
    class Picked(Message):
        """The user wants the text to continue with this token."""

        id: int

    class RoomChanged(Message):
        """There is room for more tokens, or for fewer."""

    alternatives: reactive[Sequence[Alternative]] = reactive(())
    label_width: reactive[int] = reactive(2)
    numbered: reactive[bool] = reactive(False)
    """Whether the first nine are numbered, for the keys 1 to 9."""
    big: reactive[bool] = reactive(False)
    """Whether a bar takes two rows, with a gap below it."""
    covered: reactive[bool] = reactive(False)
    """Whether the bars are covered, so that what comes can be guessed."""

    _rows: Sequence[Strip] = ()

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.tooltip = MEANING

    @property
    def places(self) -> int:
        """How many tokens there is room for."""
        return places(self.size.height, self.big)

    def render_line(self, y: int) -> Strip:
        return self._rows[y] if y < len(self._rows) else Strip.blank(self.size.width, self.rich_style)

    def watch_alternatives(self) -> None:
        self._draw()

    def watch_numbered(self) -> None:
        self._draw()

    def watch_covered(self) -> None:
        self._draw()

    def watch_big(self) -> None:
        self._draw()
        self.post_message(self.RoomChanged())

    def on_resize(self) -> None:
        self._draw()
        self.post_message(self.RoomChanged())

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._draw()

    def on_click(self, event: Click) -> None:
        place = event.y // BIG_ROWS if self.big else event.y
        if place < len(self.alternatives):
            self.post_message(self.Picked(self.alternatives[place].id))

    def _draw(self) -> None:
        if not self.size.width:
            return
        style = self.get_component_rich_style
        background: Style = self.rich_style
        styles = BarStyles(
            label=style("distribution--label"),
            kept=style("distribution--kept"),
            lost=style("distribution--lost"),
            gained=style("distribution--gained"),
            number=style("distribution--number"),
            background=background,
            came=style("distribution--came"),
        )
        width, height = self.size
        if self.covered:
            self._rows = covered_rows(width, height, styles, self.label_width, self.big)
        else:
            self._rows = rows(self.alternatives, width, height, styles, self.label_width, self.numbered, self.big)
        self.refresh()
