"""The loss curves of training runs, with the losses of models that have learnt nothing for comparison.

textual-plot is imported when the first plot is made, so that playing doesn't wait for it.
"""

from collections.abc import Sequence
from typing import Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from charrnn_tui.train.run.curves import thinned, ticks
from charrnn_tui.train.run.history import RunHistory

_COMPARED = 4
_NARROW = 72  # columns under which the legend is shortened
_LEGEND_PADDING = 2  # columns


class LossPlot(Vertical):
    """Losses in bits per character (or word) against steps: of one run, and of others beside it."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "loss-plot--training",
        "loss-plot--validation",
        "loss-plot--reference",
        "loss-plot--label",
        *(f"loss-plot--compared-{number}" for number in range(_COMPARED)),
    }
    """The two losses of the run shown, the reference lines, the words of the legend, the runs compared."""

    DEFAULT_CSS = """
    LossPlot { height: 1fr; width: 1fr; }
    LossPlot PlotWidget { height: 1fr; width: 1fr; background: transparent; }
    LossPlot PlotWidget > .plot--axis { color: $panel-lighten-2; }
    LossPlot PlotWidget.-empty { visibility: hidden; }
    LossPlot PlotWidget:focus > .plot--axis { color: $primary; }
    LossPlot PlotWidget > .plot--tick { color: $text-muted; text-style: none; }
    LossPlot PlotWidget > .plot--label { color: $text-muted; text-style: none; }
    LossPlot #loss-legend { height: 1; width: 1fr; padding: 0 1; }
    .loss-plot--training { color: $primary; }
    .loss-plot--validation { color: $accent; text-style: bold; }
    .loss-plot--reference { color: $text-disabled; }
    .loss-plot--label { color: $text-muted; }
    .loss-plot--compared-0 { color: $success; }
    .loss-plot--compared-1 { color: $error; }
    .loss-plot--compared-2 { color: $secondary; }
    .loss-plot--compared-3 { color: $warning; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        from textual_plot import PlotWidget

        self._plot = PlotWidget(id="loss-curves")
        self._legend = Static(id="loss-legend")
        self._shown: tuple[RunHistory, Sequence[RunHistory]] | None = None

    def compose(self) -> ComposeResult:
        yield self._plot
        yield self._legend

    def show(self, run: RunHistory, compared: Sequence[RunHistory] = ()) -> None:
        """Draws a run so far, and the validation losses of others."""
        self._shown = run, compared
        self._plot.set_class(not (run.total_steps or compared), "-empty")
        if self._plot.is_mounted:
            self._draw(run, compared[:_COMPARED])

    def on_mount(self) -> None:
        # Not earlier: the margins belong to a child of the plot.
        self._plot.margin_top, self._plot.margin_bottom, self._plot.margin_left = 0, 1, 6
        self.call_after_refresh(self._draw_again)

    def on_resize(self) -> None:
        self.call_after_refresh(self._draw_again)

    def _draw_again(self) -> None:
        if self._shown is not None:
            self.show(*self._shown)

    def _draw(self, run: RunHistory, compared: Sequence[RunHistory]) -> None:
        plot = self._plot
        plot.clear()
        steps, bits = thinned(run.steps, run.bits, 2 * max(10, plot.size.width))
        last = max([1, run.total_steps, *(other.step for other in compared)])
        for reference in (run.uniform_bits, run.unigram_bits):
            if reference is not None:
                self._line([0, last], [reference, reference], "reference")
        for number, other in enumerate(compared):
            self._line(*_validation(other), f"compared-{number}")
        if len(steps):
            self._line(steps, bits, "training")
        self._line(*_validation(run), "validation")
        plot.set_xlimits(0, last)
        lowest, highest = _limits(run, compared, [*bits])
        plot.set_ylimits(lowest, highest)
        plot.set_yticks(ticks(lowest, highest, plot.size.height // 2))
        self._legend.update(self._legend_text(run, compared))

    def _line(self, steps: Any, bits: Any, part: str) -> None:
        from textual_plot import HiResMode

        if len(steps) == 0:
            return
        if len(steps) == 1:  # a line needs two ends; a point is seen as a short one
            steps, bits = [steps[0], steps[0]], [bits[0], bits[0] + 0.02]
        colour = self.get_component_rich_style(f"loss-plot--{part}").color
        style = colour.name if colour is not None else "white"
        self._plot.plot(steps, bits, style, hires_mode=HiResMode.BRAILLE)

    def _legend_text(self, run: RunHistory, compared: Sequence[RunHistory]) -> Text:
        text = Text(no_wrap=True, overflow="ellipsis")
        narrow = self.size.width < _NARROW

        def entry(part: str, line: str, label: str, bits: float | None) -> None:
            if bits is not None:
                text.append(f"{line[: 1 if narrow else 2]} ", self.get_component_rich_style(f"loss-plot--{part}"))
                text.append(f"{label} {bits:.2f}", self.get_component_rich_style("loss-plot--label"))
                text.append(" " if narrow else "   ")

        measured = [epoch.validation for epoch in run.epochs if epoch.validation is not None]
        entry("training", "━━", "train" if narrow else "training", run.bits[-1] if run.bits else None)
        entry("validation", "━━", "valid" if narrow else "validation", measured[-1] if measured else None)
        for number, other in enumerate(compared):
            best = other.best
            entry(f"compared-{number}", "━━", other.name, best.validation if best else None)
        entry("reference", "┄┄", "uniform", run.uniform_bits)
        entry("reference", "┄┄", "unigram", run.unigram_bits)
        bits = f"bits per {run.unit}"
        about = [f"{bits}, by steps", bits, "bits"] if run.total_steps else ["losses appear with the first steps"]
        room = self.size.width - _LEGEND_PADDING - text.cell_len
        fitting = next((said for said in about if len(said) <= room), about[-1])
        text.append(fitting, self.get_component_rich_style("loss-plot--label"))
        return text


def _validation(run: RunHistory) -> tuple[list[int], list[float]]:
    measured = [(epoch.step, epoch.validation) for epoch in run.epochs if epoch.validation is not None]
    return [step for step, _ in measured], [bits for _, bits in measured]


def _limits(run: RunHistory, compared: Sequence[RunHistory], bits: Sequence[float]) -> tuple[float, float]:
    """From the lowest loss to a little above a uniform guess, so that the whole way down stays in view."""
    values = [*bits, *(value for known in (run, *compared) for value in _validation(known)[1])]
    values += [value for value in (run.uniform_bits, run.unigram_bits) if value is not None]
    if not values:
        return 0.0, 1.0
    top = (run.uniform_bits or max(values)) * 1.06
    return max(0.0, min(values) - 0.3), max(top, min(values) + 0.5)
