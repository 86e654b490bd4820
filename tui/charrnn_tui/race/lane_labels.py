"""The line above a lane of a race, which says what it runs with, and the figures below it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.style import Style
from rich.text import Text
from textual.reactive import reactive
from textual.widget import Widget

from charrnn_tui.race.lane_output import Figures
from charrnn_tui.text.colouring import TEMPERATURE_LEVELS
from charrnn_tui.text.escapes import one_line


@dataclass(frozen=True)
class Heading:
    """What a lane runs with. `level` is the level of its temperature, for the colour."""

    number: int
    names: Sequence[str]
    """The longest first: as much is shown as there is room for."""
    level: int
    state: str = ""


class LaneHead(Widget):
    """The line above a lane."""

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
        names = [one_line(name) for name in heading.names]
        name = next((name for name in names if cell_len(name) <= room), names[-1])
        if cell_len(name) > room:
            name = set_cell_size(name, max(0, room - 1)) + "…"
        return Text.assemble(
            (number, style("lane-head--number")),
            (" " + set_cell_size(name, room) + state, style(f"lane-head--temperature-{heading.level}")),
            no_wrap=True,
            end="",
        )


class LaneFoot(Widget):
    """The figures below a lane, the most important first, as many as fit."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"lane-foot--name", "lane-foot--value", "lane-foot--difference"}
    """A figure's name, the figure, and the line about the lane on the left."""

    figures: reactive[Figures] = reactive(Figures())
    difference: reactive[str | None] = reactive(None)
    """The position of the first token that differs from the lane on the left, as text; None for the first lane."""
    same_prompt: reactive[bool] = reactive(True)
    """Whether the lane on the left starts from the same prompt."""

    def render(self) -> Text:
        width = self.size.width
        name, value, difference = (
            self.get_component_rich_style(f"lane-foot--{part}") for part in ("name", "value", "difference")
        )
        if self.difference is None:
            lines = [Text("")]
        elif self.same_prompt:
            names = ("differs from the left at", "differs at")
            lines = [_row(names, self.difference, width, difference, difference)]
        else:
            lines = [Text("other prompt", difference)]
        lines += [_row(*figure, width, name, value) for figure in _figures(self.figures)]
        return Text("\n", no_wrap=True, end="").join(lines[: self.size.height])


def _row(names: Sequence[str], figure: str, width: int, name_style: Style, style: Style) -> Text:
    """A figure at the right, and at the left the first of its names that there is room for."""
    room = max(0, width - len(figure) - 1)
    shortened = names[-1][: max(0, room - 1)] + "…"
    name = next((name for name in names if cell_len(name) <= room), shortened)
    return Text.assemble((set_cell_size(name, room) + " ", name_style), (figure, style))


def _figures(figures: Figures) -> list[tuple[Sequence[str], str]]:
    """The names of each figure, the longest first, and the figure."""

    def number(value: float | None, form: str = ".2f") -> str:
        return "–" if value is None else format(value, form)

    followed: list[tuple[Sequence[str], str]] = []
    if (what := figures.what) is not None:
        length = what.length_of
        names = (f"{length} length", length) if length else (what.description, what.name)
        form = ".1f" if length or what.is_count else ".1%"
        followed = [((what.figure, *names), number(figures.followed, form))]
    return [
        *followed,
        (("bits per character", "bits/char"), number(figures.bits_per_character)),
        (("recent repetition", "repeats"), number(figures.repetition, ".0%")),
        (("mean entropy, bits", "entropy"), number(figures.entropy)),
        (("characters", "chars"), f"{figures.characters:,}"),
        (("distinct characters", "distinct"), f"{figures.distinct}"),
    ]
