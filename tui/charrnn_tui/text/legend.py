"""One line that says what the colours of the text mean."""

from typing import ClassVar

from rich.text import Text
from textual.reactive import reactive
from textual.widget import Widget

from charrnn_tui.text.colouring import SURPRISE_LEVELS, TEMPERATURE_LEVELS, UNIT_LEVELS, Colouring

_SCALES: dict[Colouring, tuple[str, str, range]] = {
    "surprise": ("sure", "surprised", range(SURPRISE_LEVELS)),
    "temperature": ("cold", "hot", range(1, TEMPERATURE_LEVELS)),
    "unit": ("low", "high", range(UNIT_LEVELS)),
}


class Legend(Widget):
    """The scale of the colouring in force, or that there is none."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "legend--word",
        *(f"legend--surprise-{level}" for level in range(SURPRISE_LEVELS)),
        *(f"legend--temperature-{level}" for level in range(TEMPERATURE_LEVELS)),
        *(f"legend--unit-{level}" for level in range(UNIT_LEVELS)),
    }
    """The words, and the levels of each colouring."""

    colouring: reactive[Colouring] = reactive("surprise")

    def render(self) -> Text:
        word = self.get_component_rich_style("legend--word")
        if self.colouring == "none":
            return Text("not coloured", word)
        least, most, levels = _SCALES[self.colouring]
        text = Text(f"{least} ", word, no_wrap=True, overflow="ellipsis")
        for level in levels:
            text.append("▆▆", self.get_component_rich_style(f"legend--{self.colouring}-{level}"))
        text.append(f" {most}", word)
        if self.colouring == "temperature":
            text.append("  greedy", self.get_component_rich_style("legend--temperature-0"))
        return text
