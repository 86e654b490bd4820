"""A few lines of a model's text, as they are written. Is handed tokens; draws none itself."""

from math import ceil
from typing import ClassVar

from rich.cells import cell_len
from rich.text import Text
from textual.widget import Widget

from charrnn_tui.text.line_breaks import visible

_EOS = "∎"


class ModelSample(Widget):
    """Shows a prompt and the text after it, as much as there is room for."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "model-sample--prompt",
        "model-sample--text",
        "model-sample--eos",
        "model-sample--said",
    }
    """The prompt, the text, the mark of an `<eos>`, and what is said where there is no text."""

    DEFAULT_CSS = """
    ModelSample { height: 1fr; width: 1fr; }
    .model-sample--prompt { color: $text-primary; text-style: bold underline; }
    .model-sample--text { color: $foreground; }
    .model-sample--eos { color: $text-disabled; }
    .model-sample--said { color: $text-muted; text-style: italic; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._parts: list[tuple[str, str]] = []

    @property
    def text(self) -> str:
        """What stands there, the prompt included."""
        return "".join(text for text, _ in self._parts)

    @property
    def full(self) -> bool:
        """Whether there is no room for more."""
        width, height = self.size
        lines = self.text.split("\n")
        # A word that is wrapped leaves a gap: the estimate is a line or so on the safe side.
        return sum(max(1, ceil(cell_len(line) * 1.05 / max(1, width))) for line in lines) >= max(1, height)

    def say(self, line: str) -> None:
        """Shows a line in the place of a text."""
        self._parts = [(line, "said")]
        self.refresh()

    def begin(self, prompt: str) -> None:
        """A new text begins."""
        self._parts = [(visible(prompt), "prompt")] if prompt else []
        self.refresh()

    def write(self, text: str) -> None:
        """The text goes on."""
        self._parts.append((visible(text), "text"))
        self.refresh()

    def end(self) -> None:
        """The text has ended; the next one stands on a line of its own."""
        self._parts += [(_EOS, "eos"), ("\n", "text")]
        self.refresh()

    def render(self) -> Text:
        shown = Text(overflow="fold")
        for text, part in self._parts:
            shown.append(text, self.get_component_rich_style(f"model-sample--{part}"))
        return shown
