"""The heading of the next character's distribution: what the two bars are."""

from typing import ClassVar

from rich.cells import cell_len
from rich.text import Text
from textual.reactive import reactive
from textual.widget import Widget

from charrnn_tui.play.distribution_bars import LOWER, UPPER


class DistributionHeading(Widget):
    """A `title`, and the key to the two bars in as much detail as there is room for."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "distribution-heading--title",
        "distribution-heading--model",
        "distribution-heading--drawn",
    }
    """The title, and samples of both bars."""

    title: reactive[str] = reactive("")

    def render(self) -> Text:
        words, model, drawn = (
            self.get_component_rich_style(f"distribution-heading--{part}") for part in ("title", "model", "drawn")
        )
        for lower in ("after temperature and filters", "after filters", "final"):
            key = Text.assemble((UPPER, model), (" model ", words), (LOWER, drawn), (f" {lower}", words))
            room = self.size.width - key.cell_len
            if cell_len(self.title) < room:
                title = Text(self.title, words, no_wrap=True, end="")
                title.pad_right(room - title.cell_len)
                return title.append_text(key)
        return Text(self.title, words, no_wrap=True, overflow="ellipsis")
