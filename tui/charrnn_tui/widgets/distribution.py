"""The panel of the next character's distribution."""

from collections.abc import Sequence
from typing import ClassVar

from rich.style import Style
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from charrnn_tui.renderables.distribution_bars import Alternative, BarStyles, rows


class Distribution(Widget):
    """Shows `alternatives`, most probable first, as many as there is room for."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "distribution--label",
        "distribution--model",
        "distribution--drawn",
        "distribution--number",
    }
    """A token's name, the bar of what the model thinks, the bar of what is drawn from, and the number."""

    alternatives: reactive[Sequence[Alternative]] = reactive((), layout=False)
    label_width: reactive[int] = reactive(2)

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        background: Style = self.rich_style
        if y >= len(self._rows):
            return Strip.blank(width, background)
        return self._rows[y]

    _rows: Sequence[Strip] = ()

    def watch_alternatives(self) -> None:
        self._draw()

    def on_resize(self) -> None:
        self._draw()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._draw()

    def _draw(self) -> None:
        if not self.size.width:
            return
        style = self.get_component_rich_style
        styles = BarStyles(
            style("distribution--label"),
            style("distribution--model"),
            style("distribution--drawn"),
            style("distribution--number"),
            self.rich_style,
        )
        width, height = self.size
        self._rows = rows(self.alternatives, width, height, styles, self.label_width)
        self.refresh()
