"""One line that says what the colours of the text mean."""

from typing import ClassVar

from rich.text import Text
from textual.reactive import reactive
from textual.widget import Widget

from charrnn_tui.text.colouring import SURPRISE_LEVELS, TEMPERATURE_LEVELS, Colouring


class Legend(Widget):
    """The scale of the colouring in force, or that there is none."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "legend--word",
        *(f"legend--surprise-{level}" for level in range(SURPRISE_LEVELS)),
        *(f"legend--temperature-{level}" for level in range(TEMPERATURE_LEVELS)),
    }
    """The words, and the levels of both colourings."""

    colouring: reactive[Colouring] = reactive("surprise")

    def render(self) -> Text:
        word = self.get_component_rich_style("legend--word")
        if self.colouring == "none":
            return Text("not coloured", word)
        ends = ("sure", "surprised") if self.colouring == "surprise" else ("cold", "hot")
        first, last = (0, SURPRISE_LEVELS) if self.colouring == "surprise" else (1, TEMPERATURE_LEVELS)
        text = Text(f"{ends[0]} ", word, no_wrap=True, overflow="ellipsis")
        for level in range(first, last):
            text.append("▆▆", self.get_component_rich_style(f"legend--{self.colouring}-{level}"))
        text.append(f" {ends[1]}", word)
        if self.colouring == "temperature":
            text.append("  greedy", self.get_component_rich_style("legend--temperature-0"))
        return text
