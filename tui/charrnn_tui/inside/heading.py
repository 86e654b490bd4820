"""The first line of the inside: how many units there are, and what their colours mean."""

from typing import ClassVar

from rich.text import Text
from textual.reactive import reactive
from textual.widget import Widget

from charrnn_tui.text.colouring import UNIT_LEVELS


class Heading(Widget):
    """Shows how many `units` there are, and the scale of their colours."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "report--name", "report--value", *(f"report--level-{level}" for level in range(UNIT_LEVELS))
    }  # fmt: skip
    """Words, the number of units, and the levels of a unit."""

    units: reactive[int] = reactive(0)

    def render(self) -> Text:
        style = self.get_component_rich_style
        key = Text.assemble(("low ", style("report--name")))
        for level in range(UNIT_LEVELS):
            key.append("▆", style(f"report--level-{level}"))
        key.append(" high", style("report--name"))
        text = Text.assemble((f"{self.units:,} units", style("report--value")), no_wrap=True, end="")
        text.pad_right(max(1, self.size.width - text.cell_len - key.cell_len))
        return text.append_text(key)
