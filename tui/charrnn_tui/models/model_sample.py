"""Samples of a model's text, shown while they are drawn. Opens no models."""

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

TOKEN_SECONDS = 1 / 300
_TOGETHER = 6  # tokens, before the sample is drawn again
_SAMPLES = 3
_LEAST_LINES = 2  # of a sample, even in a low window
_CUT = "…"


class ModelSample(Widget):
    """Shows samples, as many as fit."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "model-sample--prompt",
        "model-sample--text",
        "model-sample--eos",
        "model-sample--message",
    }
    """The prompt, the text, the symbol at its end, and a message in the place of a text."""

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
    def lines(self) -> int:
        """Roughly the number of lines that the text takes; wrapped words leave gaps, which it allows for."""
        width = max(1, self.size.width)
        return sum(max(1, ceil(cell_len(line) * 1.05 / width)) for line in self.text.split("\n"))

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

    async def draw(self, model: CharRNN, prompt: str, controls: Controls, seed: int | None) -> None:
        """Shows samples until the room is full. Each starts from the prompt with another seed, and goes up to the end
        of its text or a third of the room. Raises what `stream` raises.
        """
        self.begin("")
        height, drawn = self.size.height, 0
        share = max(_LEAST_LINES, (height - 2) // _SAMPLES)
        while self.is_attached and (not drawn or self.lines + 2 < height):
            if drawn:
                self.write("\n\n")
            own = None if seed is None else seed + drawn
            await self._draw_one(model, prompt, controls, own, min(height, self.lines - 1 + share))
            drawn += 1

    async def _draw_one(self, model: CharRNN, prompt: str, controls: Controls, seed: int | None, last: int) -> None:
        """Shows a sample up to the line `last`."""
        if prompt.strip():
            self._parts.append((visible(prompt), "prompt"))
        async with aclosing(stream(model, prompt, controls, seed=seed)) as tokens:
            count = 0
            async for token in tokens:
                if not self.is_attached:
                    return
                if token.id == model.vocabulary.eos:
                    self._end(EOS)
                    return
                self._parts.append((visible(token.text), "text"))
                if self.lines > last:
                    self._parts.pop()
                    self._end(_CUT)
                    return
                count += 1
                if count % _TOGETHER == 0:
                    self.refresh()
                    await asyncio.sleep(_TOGETHER * TOKEN_SECONDS)

    def _end(self, sign: str) -> None:
        self._parts.append((sign, "eos"))
        self.refresh()

    def render(self) -> Text:
        shown = Text(overflow="fold")
        for text, part in self._parts:
            shown.append(text, self.get_component_rich_style(f"model-sample--{part}"))
        return shown
