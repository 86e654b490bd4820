"""The heading of the next character's distribution: what the colours of the bars are."""

from typing import ClassVar

from rich.cells import cell_len
from rich.text import Text
from textual.reactive import reactive
from textual.widget import Widget

from charrnn_tui.play.distribution_bars import FULL

MEANING = (
    "Each bar is the probability of a character that could come next. Kept is what it has from the model. Lost is "
    "what temperature and filters take away, and gained is what they add. Kept and gained together are what is drawn "
    "from."
)


class DistributionHeading(Widget):
    """A `title`, and the key to the bars where there is room for it."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "distribution-heading--title",
        "distribution-heading--kept",
        "distribution-heading--lost",
        "distribution-heading--gained",
    }
    """The title, and a sample of each part of a bar."""

    title: reactive[str] = reactive("")

    def render(self) -> Text:
        words = self.get_component_rich_style("distribution-heading--title")
        key = Text(no_wrap=True)
        for part in ("kept", "lost", "gained"):
            key.append(f" {FULL}", self.get_component_rich_style(f"distribution-heading--{part}"))
            key.append(f" {part}", words)
        for title in (self.title, self.title.split()[0] if self.title else ""):
            room = self.size.width - key.cell_len
            if cell_len(title) <= room:
                return Text(f"{title}{'':{room - cell_len(title)}}", words, no_wrap=True, end="").append_text(key)
        return Text(self.title, words, no_wrap=True, overflow="ellipsis")
