"""A prompt and the text after it, coloured by how surprised the model was. Shows what it is handed, from the top."""

from typing import ClassVar

from rich.text import Text
from textual.containers import VerticalScroll
from textual.widgets import Static

from charrnn_tui.epoch_texts import EpochText
from charrnn_tui.marks import SURPRISE_LEVELS, surprise_level
from charrnn_tui.wrapped_text import visible

_EOS = "∎"


class WrittenText(VerticalScroll):
    """`show` a text in the place of the one before."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "text-view--prompt",
        "text-view--eos",
        "written-text--said",
        *(f"text-view--surprise-{level}" for level in range(SURPRISE_LEVELS)),
    }
    """The prompt, the mark of an `<eos>`, what is said where there is no text, and the levels of surprise."""

    DEFAULT_CSS = """
    WrittenText { height: 1fr; width: 1fr; padding: 1 2 0 2; scrollbar-size-vertical: 1; }
    WrittenText Static { width: 1fr; height: auto; }
    .written-text--said { color: $text-muted; text-style: italic; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._body = Static("")
        self.text = ""
        """What stands there, without colours."""

    def on_mount(self) -> None:
        self.mount(self._body)

    def say(self, line: str) -> None:
        """Shows a line in the place of a text."""
        self.text = ""
        self._body.update(Text(line, self.get_component_rich_style("written-text--said")))

    def show(self, written: EpochText) -> None:
        if written.problem:
            self.say(visible(written.problem))
            return
        styles = [self.get_component_rich_style(f"text-view--surprise-{level}") for level in range(SURPRISE_LEVELS)]
        shown = Text(overflow="fold")
        shown.append(visible(written.prompt), self.get_component_rich_style("text-view--prompt"))
        for token in written.tokens:
            if token.id == written.eos:
                shown.append(f"{_EOS}\n", self.get_component_rich_style("text-view--eos"))
            else:
                shown.append(visible(token.text), styles[surprise_level(token.model_probability)])
        self.text = shown.plain
        self._body.update(shown)
