"""The text of one lane of a race, with the place where it parts from the lane on its left."""

from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual.reactive import reactive
from textual.strip import Strip

from charrnn_tui.race.lineup import MOST
from charrnn_tui.text.line_breaks import visible
from charrnn_tui.text.text_view import TextView
from charrnn_tui.text.wrapped_text import KEPT_CHARACTERS

_LINES_KEPT = 100
_KEPT = KEPT_CHARACTERS // MOST  # all lanes together keep what a page alone does


class LanePage(TextView, can_focus=False):
    """The text of a lane. What it has in common with the lane on its left is shaded up to where they part."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"lane-page--shared", "lane-page--parting"}
    """Text that both lanes have, and the first character that differs."""

    shared: reactive[bool] = reactive(False)
    """Whether there is a lane on the left with the same prompt."""
    parting: reactive[tuple[int, int] | None] = reactive(None)
    """Where the first token that differs begins and ends, as offsets from the page's beginning."""

    def __init__(self) -> None:
        # Five times a thousand lines, each of dozens of objects, would make every garbage collection felt.
        super().__init__(kept=_KEPT, strips=_LINES_KEPT)

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
        if f"lane-page--{name}" not in self._component_styles:
            return strip  # it is drawn before it has styles, or after
        # Shared text keeps its own colour.
        style = self._shown(self.get_component_rich_style(f"lane-page--{name}", partial=name == "shared"))
        return Strip(Segment.apply_style(list(strip), post_style=style), strip.cell_length)

    def watch_shared(self) -> None:
        self.refresh()

    def watch_parting(self) -> None:
        self.refresh()
