"""A few lines of a model's text, drawn while one looks on. Opens no models."""

import asyncio
from contextlib import aclosing
from math import ceil
from typing import ClassVar

from rich.cells import cell_len
from rich.text import Text
from textual.widget import Widget

from charrnn_engine.generation.stream import stream
from charrnn_engine.network.model import CharRNN
from charrnn_engine.sampling.controls import Controls
from charrnn_tui.text.escapes import EOS, visible

CHARACTER_SECONDS = 1 / 90


class ModelSample(Widget):
    """Shows a prompt and the text after it, as much as fits."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "model-sample--prompt",
        "model-sample--text",
        "model-sample--eos",
        "model-sample--message",
    }
    """The prompt, the text, the symbol of an `<eos>`, and a message in the place of a text."""

    DEFAULT_CSS = """
    ModelSample { height: 1fr; width: 1fr; }
    .model-sample--prompt { color: $text-primary; text-style: bold underline; }
    .model-sample--text { color: $foreground; }
    .model-sample--eos { color: $text-disabled; }
    .model-sample--message { color: $text-muted; text-style: italic; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._parts: list[tuple[str, str]] = []

    @property
    def text(self) -> str:
        """What is shown, with the prompt."""
        return "".join(text for text, _ in self._parts)

    @property
    def full(self) -> bool:
        """Whether no more text fits."""
        width, height = self.size
        lines = self.text.split("\n")
        # Wrapped words leave gaps, so the estimate allows for a little more than the text itself.
        return sum(max(1, ceil(cell_len(line) * 1.05 / max(1, width))) for line in lines) >= max(1, height)

    def say(self, line: str) -> None:
        """Shows a message in the place of a text."""
        self._parts = [(line, "message")]
        self.refresh()

    def begin(self, prompt: str) -> None:
        """Begins a new text."""
        self._parts = [(visible(prompt), "prompt")] if prompt else []
        self.refresh()

    def write(self, text: str) -> None:
        """Adds to the text."""
        self._parts.append((visible(text), "text"))
        self.refresh()

    def end(self) -> None:
        """Ends the text; the next one begins on a line of its own."""
        self._parts += [(EOS, "eos"), ("\n", "text")]
        self.refresh()

    async def draw(self, model: CharRNN, prompt: str, controls: Controls, seed: int | None) -> None:
        """Shows a prompt and a model's text after it, until the room is full. Raises what `stream` raises."""
        self.begin(prompt)
        async with aclosing(stream(model, prompt, controls, seed=seed, endless=True)) as tokens:
            async for token in tokens:
                if token.id == model.vocabulary.eos:
                    self.end()
                else:
                    self.write(token.text)
                if self.full:
                    return
                await asyncio.sleep(CHARACTER_SECONDS)

    def render(self) -> Text:
        shown = Text(overflow="fold")
        for text, part in self._parts:
            shown.append(text, self.get_component_rich_style(f"model-sample--{part}"))
        return shown
