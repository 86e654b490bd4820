"""The line over a lane of a race, which says what it runs with, and the figures under it."""

from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.style import Style
from rich.text import Text
from textual.reactive import reactive
from textual.widget import Widget

from charrnn_tui.race.lane_text import Figures
from charrnn_tui.text.colouring import TEMPERATURE_LEVELS
from charrnn_tui.text.line_breaks import visible

LONG_NAMES = 24
"""Columns from which figures have their long names."""


@dataclass(frozen=True)
class Heading:
    """What a lane runs with. `level` is that of its temperature, for the colour."""

    number: int
    name: str
    level: int
    state: str = ""


class LaneHead(Widget):
    """The line over a lane."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "lane-head--number",
        *(f"lane-head--temperature-{level}" for level in range(TEMPERATURE_LEVELS)),
    }
    """The lane's number, and what it runs with, in the colour of its temperature."""

    heading: reactive[Heading | None] = reactive(None)

    def render(self) -> Text:
        heading = self.heading
        if heading is None:
            return Text("")
        style = self.get_component_rich_style
        number = f" {heading.number} "
        state = f"{heading.state} " if heading.state else ""
        room = max(0, self.size.width - cell_len(number) - cell_len(state) - 1)
        name = visible(heading.name).replace("\n", "⏎")
        if cell_len(name) > room:
            name = set_cell_size(name, max(0, room - 1)) + "…"
        return Text.assemble(
            (number, style("lane-head--number")),
            (" " + set_cell_size(name, room) + state, style(f"lane-head--temperature-{heading.level}")),
            no_wrap=True,
            end="",
        )


class LaneFoot(Widget):
    """The figures under a lane, the first ones first where there isn't room for all."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"lane-foot--name", "lane-foot--value", "lane-foot--parting"}
    """A figure's name, the figure, and the place where the lane parts from the one on its left."""

    figures: reactive[Figures] = reactive(Figures())
    parts: reactive[str | None] = reactive(None)
    """Where the lane parts from the one on its left; None for the first lane."""

    def render(self) -> Text:
        width = self.size.width
        long = width >= LONG_NAMES
        name, value, parting = (
            self.get_component_rich_style(f"lane-foot--{part}") for part in ("name", "value", "parting")
        )
        lines: list[Text] = []
        if self.parts is None:
            lines.append(Text(""))
        else:
            lines.append(_row("parts from left at" if long else "parts at", self.parts, width, parting, parting))
        for short_name, long_name, figure in _figures(self.figures):
            lines.append(_row(long_name if long else short_name, figure, width, name, value))
        return Text("\n", no_wrap=True, end="").join(lines[: self.size.height])


def _row(name: str, figure: str, width: int, name_style: Style, style: Style) -> Text:
    room = width - len(figure) - 1
    return Text.assemble((set_cell_size(name, max(0, room)) + " ", name_style), (figure, style))


def _figures(figures: Figures) -> list[tuple[str, str, str]]:
    def number(value: float | None, form: str = ".2f") -> str:
        return "–" if value is None else format(value, form)

    return [
        ("bits/char", "bits per character", number(figures.bits_per_character)),
        ("repeated", "repeated lately", number(figures.repeated, ".0%")),
        ("entropy", "mean entropy, bits", number(figures.entropy)),
        ("chars", "characters", f"{figures.characters:,}"),
        ("distinct", "distinct characters", f"{figures.distinct}"),
    ]
