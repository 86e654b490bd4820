"""The progress of a training run: a bar, and the figures under it. Shows what it is given."""

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import ProgressBar, Static

from charrnn_tui.train.run.history import RunHistory, RunState
from charrnn_tui.ui.formats import duration_text

_STRONG, _VALUE = "$text-accent bold", "$foreground"


class RunProgress(Vertical):
    """Call `show` with a run."""

    DEFAULT_CSS = """
    RunProgress { height: auto; padding: 0 2; background: $surface; }
    RunProgress ProgressBar, RunProgress ProgressBar Bar { width: 1fr; }
    RunProgress #run-figures { max-height: 2; color: $text-muted; }
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
        return [Content.styled(f"{run.message or 'starting'}…", _STRONG)]
    # Between two epochs the next one has begun.
    number = str(min(run.epoch, run.total_epochs))
    figures = [Content.assemble("epoch ", (number, _STRONG), f" of {run.total_epochs}")]
    if run.state is RunState.VALIDATING:
        figures = figures if run.step else [Content("untrained")]
        figures.append(Content.styled(f"validating… {run.validated:.0%}", _STRONG))
    elif run.seconds_left is not None and not run.state.over:
        figures.append(Content.assemble((duration_text(run.seconds_left), _STRONG), " left"))
    elif run.seconds is not None:
        figures.append(Content.assemble("elapsed ", (duration_text(run.seconds), _VALUE)))
    if (best := run.best) is not None:
        where = f" bits per {run.unit}, epoch {best.number}"
        figures.append(Content.assemble("best ", (f"{best.validation:.3f}", _STRONG), where))
    if run.rate is not None and not run.state.over:
        figures.append(Content.assemble((f"{run.rate:,.0f}", _VALUE), f" {run.unit}s/s"))
    if run.learning_rate is not None and not run.state.over:
        figures.append(Content.assemble("learning rate ", (f"{run.learning_rate:.2g}", _VALUE)))
    return figures
