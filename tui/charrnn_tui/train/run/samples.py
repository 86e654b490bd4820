"""What a model in training writes after each epoch, always from the same prompts and seed."""

from collections import deque

from rich.text import Text
from textual.containers import VerticalScroll
from textual.widgets import Static

from charrnn_tui.text.escapes import visible
from charrnn_tui.train.run.history import RunHistory, RunSample

_KEPT = 300


class RunSamples(VerticalScroll, can_focus=True):
    """`show` adds what is new, and scrolls on if the end is in view."""

    COMPONENT_CLASSES = {"run-samples--epoch", "run-samples--name", "run-samples--prompt", "run-samples--text"}
    """The heading of an epoch, the temperature of a sample, its prompt, and what the model wrote."""

    DEFAULT_CSS = """
    RunSamples { height: 1fr; width: 1fr; padding: 0 1; scrollbar-size-vertical: 1; }
    RunSamples Static { width: 1fr; height: auto; margin-bottom: 1; }
    .run-samples--epoch { color: $text-accent; text-style: bold; }
    .run-samples--name { color: $text-muted; }
    .run-samples--prompt { color: $text-primary; text-style: underline; }
    .run-samples--text { color: $foreground; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._blocks: deque[tuple[tuple[int, int], Static]] = deque()
        self._hint = Static("Samples appear after each epoch.", classes="run-samples--hint")
        self._history: RunHistory | None = None
        self._drawn = 0

    def on_mount(self) -> None:
        self.mount(self._hint)
        if self._history is not None:
            self.show(self._history)

    def show(self, history: RunHistory) -> None:
        """Adds the new samples of a run, or shows another run."""
        if not self.is_mounted:
            self._history = history
            return
        samples = history.samples
        if history is not self._history or len(samples) < self._drawn:
            self._clear()
        self._history = history
        self._hint.display = not samples
        if len(samples) == self._drawn:
            return
        follows = self.max_scroll_y - self.scroll_y <= 1
        fresh = samples[self._drawn :][-_KEPT * 3 :]
        self._drawn = len(samples)
        for place in dict.fromkeys((sample.epoch, sample.step) for sample in fresh):
            self._block(place, [sample for sample in samples if (sample.epoch, sample.step) == place], history)
        while len(self._blocks) > _KEPT:
            self._blocks.popleft()[1].remove()
        if follows:
            self.scroll_end(animate=False)

    def _clear(self) -> None:
        for _, block in self._blocks:
            block.remove()
        self._blocks.clear()
        self._drawn = 0

    def _block(self, place: tuple[int, int], samples: list[RunSample], history: RunHistory) -> None:
        text = self._text(place, samples, history)
        if self._blocks and self._blocks[-1][0] == place:
            self._blocks[-1][1].update(text)
            return
        block = Static(text)
        self._blocks.append((place, block))
        self.mount(block)

    def _text(self, place: tuple[int, int], samples: list[RunSample], history: RunHistory) -> Text:
        style = self.get_component_rich_style
        number, step = place
        epoch = next((known for known in history.epochs if known.number == number and known.step == step), None)
        title = "untrained" if step == 0 else f"epoch {number}" if epoch else f"step {step:,}"
        figure = f" · {epoch.validation:.2f} bits" if epoch and epoch.validation is not None else ""
        text = Text(overflow="fold")
        text.append(title + figure, style("run-samples--epoch"))
        for sample in samples:
            text.append(f"\n{sample.temperature:<4g} ", style("run-samples--name"))
            if sample.problem:
                text.append(visible(sample.problem), style("run-samples--name"))
                continue
            text.append(_on_one_line(sample.prompt), style("run-samples--prompt"))
            text.append(_on_one_line(sample.text), style("run-samples--text"))
        return text


def _on_one_line(text: str) -> str:
    return visible(text).replace("\n", "⏎")
