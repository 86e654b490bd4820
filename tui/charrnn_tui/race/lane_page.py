"""The text of one lane of a race, with the place where it first differs from the lane on its left."""

from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual.geometry import Size
from textual.reactive import reactive
from textual.strip import Strip

from charrnn_tui.race.lane_output import LaneOutput
from charrnn_tui.text.escapes import visible
from charrnn_tui.text.text_view import TextView

_LINES_KEPT = 100


class LanePage(TextView, can_focus=False):
    """The text of a lane. What it has in common with the lane on its left is shaded, up to the first difference."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"lane-page--shared", "lane-page--difference"}
    """Text that both lanes have, and the first token that differs."""

    shared: reactive[bool] = reactive(False)
    """Whether there is a lane on the left with the same prompt."""
    difference: reactive[tuple[int, int] | None] = reactive(None)
    """Where the first token that differs begins and ends, as offsets from the page's beginning."""

    def __init__(self, output: LaneOutput) -> None:
        # Five times a thousand lines, each of dozens of objects, would slow down every garbage collection.
        super().__init__(strips=_LINES_KEPT)
        self.page = output.page
        self._prompt = output.lane.prompt

    def on_mount(self) -> None:
        self._write_prompt_once()
        self.virtual_size = Size(self.page.width, self.page.line_count)  # the text may be older than this widget

    def show(self, output: LaneOutput) -> None:
        """Shows another text, which begins now."""
        self.page, self._prompt = output.page, output.lane.prompt
        self.difference = None
        self.on_resize()
        self.clear()
        self._write_prompt_once()

    def add(self, text: str, surprises: bytes, temperatures: bytes) -> None:
        """Adds what the lane has drawn, also before this widget is mounted."""
        self._write_prompt_once()
        self.write(text, surprises, temperatures)

    def _write_prompt_once(self) -> None:
        if not len(self.page):
            self.write_prompt(self._prompt)

    def render_line(self, y: int) -> Strip:
        strip = super().render_line(y)
        number = y + self.scroll_offset.y
        page = self.page
        if not self.shared or number >= page.line_count:
            return strip
        first = page.dropped + page.start_of(number)
        span = self.difference
        if span is not None and first >= span[1]:
            return strip
        text = visible(page.line(number)[0])
        margin = (self.scrollable_content_region.width - page.width) // 2
        start, end = span or (first + len(text),) * 2
        shared, differs = (margin + cell_len(text[: max(0, at - first)]) for at in (start, end))
        if span is not None and start - first == len(text):
            differs += 1  # the end of a text, or a newline, takes a column here unless the next line begins with it
        return Strip.join(
            [
                strip.crop(0, margin),
                self._restyled(strip.crop(margin, shared), "shared"),
                self._restyled(strip.crop(shared, differs), "difference"),
                strip.crop(differs),
            ]
        )

    def _restyled(self, strip: Strip, name: str) -> Strip:
        if f"lane-page--{name}" not in self._component_styles:
            return strip  # it is drawn before it has styles, or after
        # Shared text keeps its own colour.
        style = self._shown(self.get_component_rich_style(f"lane-page--{name}", partial=name == "shared"))
        return Strip(Segment.apply_style(list(strip), post_style=style), strip.cell_length)
