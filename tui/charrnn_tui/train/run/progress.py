"""The progress of a training run: a bar, and the figures under it. Shows what it is given."""

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import ProgressBar, Static

from charrnn_tui.train.run.history import RunHistory, RunState
from charrnn_tui.ui.formats import duration_text

_STRONG, _NAME = "$text-accent bold", "$text-muted"


class RunProgress(Vertical):
    """Call `show` with a run."""

    DEFAULT_CSS = """
    RunProgress { height: auto; padding: 0 2; background: $surface; }
    RunProgress ProgressBar, RunProgress ProgressBar Bar { width: 1fr; }
    RunProgress #run-figures { max-height: 2; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._bar = ProgressBar(total=None, show_eta=False)
        self._figures = Static(id="run-figures")

    def compose(self) -> ComposeResult:
        yield self._bar
        yield self._figures

    def show(self, run: RunHistory) -> None:
        self._bar.update(total=run.total_steps or None, progress=run.step)
        self._figures.update(Content(" · ").join(_figures(run)))


def _figures(run: RunHistory) -> list[Content]:
    if run.state is RunState.STARTING:
        return [Content.styled(run.message or "starting", _NAME)]
    # Between two epochs the next one has begun.
    number = str(min(run.epoch, run.total_epochs))
    figures = [Content.assemble(("epoch ", _NAME), (number, _STRONG), (f" of {run.total_epochs}", _NAME))]
    if run.state is RunState.VALIDATING:
        figures.append(Content.styled(f"validating {run.validated:.0%}", _STRONG))
    elif run.seconds_left is not None and not run.state.over:
        figures.append(Content.assemble((duration_text(run.seconds_left), _STRONG), (" left", _NAME)))
    elif run.seconds is not None:
        figures.append(Content.assemble(("elapsed ", _NAME), duration_text(run.seconds)))
    if (best := run.best) is not None:
        where = f" bits per {run.unit}, epoch {best.number}"
        figures.append(Content.assemble(("best ", _NAME), (f"{best.validation:.3f}", _STRONG), (where, _NAME)))
    if run.rate is not None and not run.state.over:
        figures.append(Content.assemble(f"{run.rate:,.0f}", (f" {run.unit}s/s", _NAME)))
    if run.learning_rate is not None and not run.state.over:
        figures.append(Content.assemble(("learning rate ", _NAME), f"{run.learning_rate:.2g}"))
    return figures
