"""One lane of a race: what it runs with, its text with the place where it parts from the lane on its left, and its
figures.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.events import Click
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from charrnn_engine.race import Lane, Stretch
from charrnn_tui.lane_text import Figures, LaneText, controls_level
from charrnn_tui.marks import TEMPERATURE_LEVELS
from charrnn_tui.widgets.text_view import TextView
from charrnn_tui.wrapped_text import visible

_NARROWEST = 16  # columns that a lane needs
_LONG_NAMES = 24  # columns from which figures have their long names


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


class LanePage(TextView, can_focus=False):
    """The text of a lane. What it has in common with the lane on its left is shaded up to where they part."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"lane-page--shared", "lane-page--parting"}
    """Text that both lanes have, and the first character that differs."""

    shared: reactive[bool] = reactive(False)
    """Whether there is a lane on the left with the same prompt."""
    parting: reactive[tuple[int, int] | None] = reactive(None)
    """Where the first token that differs begins and ends, as offsets from the page's beginning."""

    _own_style: Style | None = None

    @property
    def rich_style(self) -> Style:
        """Kept, since every line asks for it and Textual works it out anew."""
        if self._own_style is None:
            self._own_style = super().rich_style
        return self._own_style

    def notify_style_update(self) -> None:
        self._own_style = None
        super().notify_style_update()

    def render_line(self, y: int) -> Strip:
        strip = super().render_line(y)
        number = y + self.scroll_offset.y
        page = self.page
        if not self.shared or number >= page.line_count:
            return strip
        first = page.let_go + page.start_of(number)
        parting = self.parting
        if parting is not None and first >= parting[1]:
            return strip
        text = visible(page.line(number)[0])
        margin = (self.scrollable_content_region.width - page.width) // 2
        ends = [cell_len(text)] * 2 if parting is None else [cell_len(text[: max(0, at - first)]) for at in parting]
        if parting is not None and ends[0] == ends[1] and parting[0] >= first and parting[0] - first >= len(text):
            # The end of a text, or a newline, has a column of its own, unless the next line begins with it.
            ends[1] += 1 if parting[0] - first == len(text) else 0
        shared, differs = margin + ends[0], margin + ends[1]
        return Strip.join(
            [
                strip.crop(0, margin),
                self._restyled(strip.crop(margin, shared), "shared"),
                self._restyled(strip.crop(shared, differs), "parting"),
                strip.crop(differs),
            ]
        )

    def _restyled(self, strip: Strip, name: str) -> Strip:
        style = self.get_component_rich_style(f"lane-page--{name}", partial=True)
        return Strip(Segment.apply_style(list(strip), post_style=style), strip.cell_length)

    def watch_shared(self) -> None:
        self.refresh()

    def watch_parting(self) -> None:
        self.refresh()


class LaneFoot(Widget):
    """The figures under a lane, the first ones first where there isn't room for all."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"lane-foot--name", "lane-foot--value", "lane-foot--parting"}
    """A figure's name, the figure, and the place where the lane parts from the one on its left."""

    figures: reactive[Figures] = reactive(Figures())
    parts: reactive[str | None] = reactive(None)
    """Where the lane parts from the one on its left; None for the first lane."""

    def render(self) -> Text:
        width = self.size.width
        long = width >= _LONG_NAMES
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


class Lanes(Horizontal):
    """Lanes side by side, as wide as there is room for all, or else for as many as can be read; the rest is a scroll
    away.
    """

    DEFAULT_CSS = """
    Lanes {
        height: 1fr; overflow-x: auto; overflow-y: hidden; scrollbar-size-horizontal: 1;
        scrollbar-color: $panel-lighten-2; scrollbar-background: $background;
    }
    """

    def on_resize(self) -> None:
        self.share_out()

    def share_out(self) -> None:
        """Gives each lane its width."""
        lanes = [*self.query(LaneView)]
        width = self.container_size.width
        if not lanes or not width:
            return
        shown = min(len(lanes), max(1, width // _NARROWEST))
        gaps = shown - 1 if width // shown >= _LONG_NAMES else 0
        each, rest = divmod(width - gaps, shown)
        for place, lane in enumerate(lanes):
            lane.styles.width = each + (1 if place < rest else 0)
            lane.styles.margin = (0, 1 if gaps and place < len(lanes) - 1 else 0, 0, 0)


class LaneView(Vertical):
    """Shows one engine lane; `show` gives it another."""

    DEFAULT_CSS = """
    LaneView {
        height: 1fr; background: $background;
        LaneHead { height: 1; background: $panel; }
        LanePage { height: 1fr; background: $background; color: $foreground; scrollbar-size-vertical: 0; }
        LaneFoot { height: 5; padding: 0 1; background: $surface; }
        .lane-head--number { color: $text-muted; }
        .lane-page--shared { background: $primary-muted; }
        .lane-page--parting { color: $background; background: $accent; text-style: bold; }
        .lane-foot--name { color: $text-muted; }
        .lane-foot--value { color: $foreground; }
        .lane-foot--parting { color: $accent; text-style: bold; }
        .lane-head--temperature-0 { color: $temperature-0; text-style: bold italic; }
        .lane-head--temperature-1 { color: $temperature-1; text-style: bold; }
        .lane-head--temperature-2 { color: $temperature-2; text-style: bold; }
        .lane-head--temperature-3 { color: $temperature-3; text-style: bold; }
        .lane-head--temperature-4 { color: $temperature-4; text-style: bold; }
        .lane-head--temperature-5 { color: $temperature-5; text-style: bold; }
        .lane-head--temperature-6 { color: $temperature-6; text-style: bold; }
        .lane-head--temperature-7 { color: $temperature-7; text-style: bold; }
        .lane-head--temperature-8 { color: $temperature-8; text-style: bold; }
    }
    LaneView.-selected {
        background: $surface;
        LaneHead { background: $primary 35%; }
        LanePage { background: $surface; }
        LaneFoot { background: $panel; }
        .lane-head--number { color: $background; background: $accent; text-style: bold; }
    }
    """

    @dataclass
    class Selected(Message):
        """The reader clicked on the lane."""

        lane: Lane

    selected: reactive[bool] = reactive(False)

    def __init__(self, lane: Lane) -> None:
        super().__init__()
        self._head = LaneHead()
        self.page = LanePage()
        """Its text."""
        self._foot = LaneFoot()
        self._text = LaneText(lane)

    def compose(self) -> ComposeResult:
        yield self._head
        yield self.page
        yield self._foot

    def on_mount(self) -> None:
        self.show(self.lane)

    @property
    def lane(self) -> Lane:
        return self._text.lane

    def show(self, lane: Lane) -> None:
        """Another lane, whose text begins."""
        self._text = LaneText(lane)
        self.page.clear()
        self.page.write_prompt(lane.prompt)
        self.page.parting = None
        self._foot.figures = Figures()

    def write(self, stretches: Sequence[Stretch]) -> None:
        self.page.write(*self._text.take(stretches))

    def show_heading(self, number: int, name: str) -> None:
        lane = self.lane
        state = "∎" if lane.ended else ""
        self._head.heading = Heading(number, name, controls_level(lane.controls), state)

    def show_parting(self, left: Lane | None, parting: int | None) -> None:
        """Where it parts from the lane on its left; None while they agree."""
        same_prompt = left is not None and left.prompt == self.lane.prompt
        self.page.shared = same_prompt
        if left is None:
            self.page.parting, self._foot.parts = None, None
        elif not same_prompt:
            self.page.parting, self._foot.parts = None, "the prompt"
        elif parting is None:
            self.page.parting, self._foot.parts = None, "–"
        elif self.page.parting is None or self._foot.parts != f"{parting + 1:,}":
            self.page.parting, self._foot.parts = self._text.span(parting), f"{parting + 1:,}"

    def show_figures(self) -> None:
        self._foot.figures = self._text.figures()

    def watch_selected(self, selected: bool) -> None:
        self.set_class(selected, "-selected")

    def on_click(self, event: Click) -> None:
        event.stop()
        self.post_message(self.Selected(self.lane))
