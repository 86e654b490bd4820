"""What a model in training writes after each epoch, always from the same prompts and seed."""

from itertools import groupby

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from charrnn_tui.text.escapes import one_line
from charrnn_tui.train.run.history import RunHistory, RunSample

_KEPT = 600
"""How many samples are shown, the latest ones."""


class RunSamples(VerticalScroll, can_focus=True):
    """Call `show` with a run. Stays at the end until the user scrolls up."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._text = Static("[dim]Samples appear after each epoch.")
        self._shown: list[RunSample] = []
        self._scrolling = False

    def compose(self) -> ComposeResult:
        yield self._text

    def show(self, history: RunHistory) -> None:
        """Shows the samples of a run, if they are others than before."""
        if self._shown != history.samples:
            # More may come before the last scroll has been done.
            self._scrolling = self._scrolling or self.max_scroll_y - self.scroll_y <= 1
            self._shown = list(history.samples)
            places = groupby(self._shown[-_KEPT:], key=lambda sample: (sample.epoch, sample.step))
            self._text.update(Content("\n\n").join(_block(history, *place, [*same]) for place, same in places))
            if self._scrolling:
                self.scroll_end(animate=False, on_complete=self._scrolled)

    def _scrolled(self) -> None:
        self._scrolling = False


def _block(history: RunHistory, number: int, step: int, samples: list[RunSample]) -> Content:
    """The samples of one place in the run, under a heading."""
    epoch = next((known for known in history.epochs if (known.number, known.step) == (number, step)), None)
    title = "untrained" if step == 0 else f"epoch {number}" if epoch else f"step {step:,}"
    figure = f" · {epoch.validation:.2f} bits" if epoch and epoch.validation is not None else ""
    lines = [Content.styled(title + figure, "$text-accent bold")]
    for sample in samples:
        line = (
            Content.styled(one_line(sample.problem), "dim")
            if sample.problem
            else Content.assemble((one_line(sample.prompt), "$text-primary underline"), one_line(sample.text))
        )
        lines.append(Content.assemble((f"{sample.temperature:<4g} ", "dim"), line))
    return Content("\n").join(lines)
