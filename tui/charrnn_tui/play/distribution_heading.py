"""What stands above the bars of the next character: whose they are."""

from typing import ClassVar

from rich.cells import cell_len
from rich.text import Text
from textual.reactive import reactive
from textual.widget import Widget

from charrnn_tui.play.distribution_bars import LOWER, UPPER


class DistributionHeading(Widget):
    """A `title`, and which of the two bars is what the model thinks and which is drawn from, where there is room."""

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
        key = Text.assemble((UPPER, model), (" model ", words), (LOWER, drawn), (" drawn", words))
        room = self.size.width - key.cell_len
        if cell_len(self.title) >= room:
            return Text(self.title, words, no_wrap=True, overflow="ellipsis")
        title = Text(self.title, words, no_wrap=True, end="")
        title.pad_right(room - title.cell_len)
        return title.append_text(key)
