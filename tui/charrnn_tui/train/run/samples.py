"""Texts of a model in training: the latest one, and earlier ones from the same prompt and random numbers."""

import re

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from charrnn_tui.text.escapes import one_line, visible
from charrnn_tui.train.run.history import RunHistory, RunSample

_KEPT = 100  # texts shown, the latest ones
_LINES = 12  # of the latest text


class RunSamples(VerticalScroll, can_focus=True):
    """Call `show` with a run. The latest text is large, at the top. Nothing changes while it is scrolled down."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._text = Static("[dim]What the model writes appears here, a few seconds after training starts.")
        self._shown: list[RunSample] = []

    def compose(self) -> ComposeResult:
        yield self._text

    def show(self, history: RunHistory) -> None:
        """Shows the texts of a run, if they have changed."""
        before = list(history.samples)
        now = history.interim
        texts = [*before, now] if now is not None and (not before or now.step > before[-1].step) else before
        if texts and texts != self._shown and not self.scroll_y:
            self._shown = texts
            blocks = [_large(history, texts[-1]), *(_small(history, text) for text in texts[-2:-_KEPT:-1])]
            self._text.update(Content("\n\n").join(blocks))


def _title(history: RunHistory, sample: RunSample) -> Content:
    epoch = next((known for known in history.epochs if known.step == sample.step), None)
    name = "untrained" if sample.step == 0 else f"epoch {epoch.number}" if epoch else f"step {sample.step:,}"
    bits = epoch.validation if epoch else sample.bits
    figure = f" · {bits:.2f} bits" if bits is not None else ""
    return Content.assemble((name + figure, "$text-accent bold"), (f"  T {sample.temperature:g}", "dim"))


def _large(history: RunHistory, sample: RunSample) -> Content:
    """A text with its lines."""
    # A new network writes many empty lines.
    text = re.sub(r"\n{3,}", "\n\n", visible(sample.problem or sample.text))
    text = "\n".join((text if sample.prompt else text.lstrip("\n")).split("\n")[:_LINES])
    style = "dim" if sample.problem else "bold"
    body = Content.assemble((visible(sample.prompt), "$text-primary underline"), (text, style))
    return Content("\n").join([_title(history, sample), body])


def _small(history: RunHistory, sample: RunSample) -> Content:
    """An earlier text on one line, which the width may wrap."""
    text = (one_line(sample.prompt), "$text-primary underline"), one_line((sample.problem or sample.text).strip("\n"))
    return Content("\n").join([_title(history, sample), Content.assemble(*text).stylize("dim")])
