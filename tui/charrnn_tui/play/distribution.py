"""The panel of the next character's distribution: to look at, and while paused to choose from."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.style import Style
from textual.events import Click
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from charrnn_tui.play.distribution_bars import Alternative, BarStyles, rows


class Distribution(Widget):
    """Shows `alternatives`, most probable first, as many as there is room for. A click on one picks it."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "distribution--label",
        "distribution--model",
        "distribution--drawn",
        "distribution--number",
        "distribution--came",
    }
    """A token's name, the bars of what the model thinks and of what is drawn from, the number, and the name of the
    token that the text went on with."""

    @dataclass
    class Picked(Message):
        """The reader wants the text to go on with this token."""

        id: int

    class RoomChanged(Message):
        """There is room for more of them, or for fewer."""

    alternatives: reactive[Sequence[Alternative]] = reactive(())
    label_width: reactive[int] = reactive(2)
    numbered: reactive[bool] = reactive(False)
    """Whether the first nine are numbered, for the keys 1 to 9."""

    _rows: Sequence[Strip] = ()

    def render_line(self, y: int) -> Strip:
        return self._rows[y] if y < len(self._rows) else Strip.blank(self.size.width, self.rich_style)

    def watch_alternatives(self) -> None:
        self._draw()

    def watch_numbered(self) -> None:
        self._draw()

    def on_resize(self) -> None:
        self._draw()
        self.post_message(self.RoomChanged())

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._draw()

    def on_click(self, event: Click) -> None:
        if event.y < len(self._rows):
            self.post_message(self.Picked(self.alternatives[event.y].id))

    def _draw(self) -> None:
        if not self.size.width:
            return
        style = self.get_component_rich_style
        background: Style = self.rich_style
        styles = BarStyles(
            label=style("distribution--label"),
            model=style("distribution--model"),
            drawn=style("distribution--drawn"),
            number=style("distribution--number"),
            background=background,
            came=style("distribution--came"),
        )
        width, height = self.size
        self._rows = rows(self.alternatives, width, height, styles, self.label_width, self.numbered)
        self.refresh()
