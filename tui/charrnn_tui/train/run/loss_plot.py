"""The loss curves of training runs, with the losses of models that have learnt nothing for comparison.

textual-plot is imported when the first plot is made, so that playing doesn't wait for it.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from charrnn_tui.train.run.curves import thinned, ticks
from charrnn_tui.train.run.history import RunHistory

_TRAINING, _VALIDATION, _REFERENCE = "primary", "accent", "panel-lighten-2"
_COMPARED = "success", "error", "secondary", "warning"
"""The variables of the theme that the curves are drawn in."""
_NARROW = 72  # columns under which the legend is shortened


class LossPlot(Vertical):
    """Losses in bits per character (or word) against steps: of one run, and of others beside it."""

    DEFAULT_CSS = """
    LossPlot PlotWidget { height: 1fr; width: 1fr; background: transparent; }
    LossPlot PlotWidget.-empty { visibility: hidden; }
    LossPlot PlotWidget > .plot--axis { color: $panel-lighten-2; }
    LossPlot PlotWidget:focus > .plot--axis { color: $primary; }
    LossPlot PlotWidget > .plot--tick, LossPlot PlotWidget > .plot--label { color: $text-muted; text-style: none; }
    LossPlot #loss-legend { height: 1; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; color: $text-muted; }
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
            self._draw(run, compared[: len(_COMPARED)])

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
        last = max([1, run.total_steps, *(other.step for other in compared)])
        for reference in (run.uniform_bits, run.unigram_bits):
            if reference is not None:
                self._line([0, last], [reference, reference], _REFERENCE)
        for other, colour in zip(compared, _COMPARED, strict=False):
            self._line(*_unzipped(other.validations), colour)
        steps, bits = thinned(run.steps, run.bits, 2 * max(10, plot.size.width))
        self._line(steps, bits, _TRAINING)
        self._line(*_unzipped(run.validations), _VALIDATION)
        plot.set_xlimits(0, last)
        lowest, highest = _limits(run, compared, [*bits])
        plot.set_ylimits(lowest, highest)
        plot.set_yticks(ticks(lowest, highest, plot.size.height // 2))
        self._legend.update(self._legend_text(run, compared))

    def _line(self, steps: Any, bits: Any, colour: str) -> None:
        from textual_plot import HiResMode

        if len(steps) == 1:  # a line needs two ends; a point is seen as a short one
            steps, bits = [steps[0], steps[0]], [bits[0], bits[0] + 0.02]
        if len(steps):
            self._plot.plot(steps, bits, self.app.theme_variables[colour], hires_mode=HiResMode.BRAILLE)

    def _legend_text(self, run: RunHistory, compared: Sequence[RunHistory]) -> Content:
        narrow = self.size.width < _NARROW
        entries = [
            Content.assemble((line[: 1 if narrow else 2], f"${colour}"), f" {label} {bits:.2f}")
            for colour, line, label, bits in _legend(run, compared, narrow)
            if bits is not None
        ]
        bits = f"bits per {run.unit}"
        about = [f"{bits}, by steps", bits, "bits"] if run.total_steps else ["losses appear with the first steps"]
        text = Content(" " if narrow else "   ").join([*entries, Content("")])
        room = self.size.width - 2 - text.cell_length  # without its padding
        return text + next((said for said in about if len(said) <= room), about[-1])


def _legend(
    run: RunHistory, compared: Sequence[RunHistory], narrow: bool
) -> Iterator[tuple[str, str, str, float | None]]:
    """Each curve: its colour, a piece of its line, its name, and its last or best loss where it has one."""
    yield _TRAINING, "━━", "train" if narrow else "training", run.bits[-1] if run.bits else None
    measured = run.validations
    yield _VALIDATION, "━━", "valid" if narrow else "validation", measured[-1][1] if measured else None
    for other, colour in zip(compared, _COMPARED, strict=False):
        yield colour, "━━", other.name, other.best.validation if other.best else None
    yield _REFERENCE, "┄┄", "uniform", run.uniform_bits
    yield _REFERENCE, "┄┄", "unigram", run.unigram_bits


def _unzipped(points: Sequence[tuple[int, float]]) -> tuple[list[int], list[float]]:
    return [step for step, _ in points], [bits for _, bits in points]


def _limits(run: RunHistory, compared: Sequence[RunHistory], bits: Sequence[float]) -> tuple[float, float]:
    """From the lowest loss to a little above a uniform guess, so that the whole way down stays in view."""
    values = [*bits, *(value for known in (run, *compared) for _, value in known.validations)]
    values += [value for value in (run.uniform_bits, run.unigram_bits) if value is not None]
    if not values:
        return 0.0, 1.0
    top = (run.uniform_bits or max(values)) * 1.06
    return max(0.0, min(values) - 0.3), max(top, min(values) + 0.5)
