"""The progress of a training run: a bar, and the figures under it. Shows what it is given."""

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import ProgressBar, Static

from charrnn_tui.train.run.history import RunHistory, RunState
from charrnn_tui.ui.formats import duration_text


class RunProgress(Vertical):
    """Call `show` with a run."""

    COMPONENT_CLASSES = {"run-progress--strong", "run-progress--value", "run-progress--name"}
    """The most important figures, other figures, and the words between."""

    DEFAULT_CSS = """
    RunProgress { height: auto; width: 1fr; padding: 0 2; background: $surface; }
    RunProgress ProgressBar { width: 1fr; height: 1; }
    RunProgress ProgressBar Bar { width: 1fr; }
    RunProgress #run-figures { height: auto; max-height: 2; width: 1fr; }
    .run-progress--strong { color: $text-accent; text-style: bold; }
    .run-progress--value { color: $foreground; }
    .run-progress--name { color: $text-muted; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._bar = ProgressBar(total=None, show_eta=False)
        self._figures = Static(id="run-figures")

    def compose(self) -> ComposeResult:
        yield self._bar
        yield self._figures

    def show(self, run: RunHistory) -> None:
        known = run.total_steps > 0
        self._bar.update(total=run.total_steps if known else None, progress=run.step)
        self._figures.update(self._text(run))

    def _text(self, run: RunHistory) -> Text:
        text = Text()

        def say(part: str, words: str) -> None:
            text.append(words, self.get_component_rich_style(f"run-progress--{part}"))

        if run.state is RunState.STARTING:
            say("name", run.message or "starting")
            return text
        say("name", "epoch ")
        # Between two epochs the next one has begun.
        say("strong", f"{min(run.epoch, run.total_epochs)}")
        say("name", f" of {run.total_epochs}")
        if run.state is RunState.VALIDATING:
            say("strong", f" · validating {run.validated:.0%}")
        elif run.seconds_left is not None and not run.state.over:
            say("strong", f" · {duration_text(run.seconds_left)}")
            say("name", " left")
        elif run.seconds is not None:
            say("name", " · elapsed ")
            say("value", duration_text(run.seconds))
        best = run.best
        if best is not None and best.validation is not None:
            say("name", " · best ")
            say("strong", f"{best.validation:.3f}")
            say("name", f" bits per {run.unit}, epoch {best.number}")
        if run.rate is not None and not run.state.over:
            say("value", f" · {run.rate:,.0f}")
            say("name", f" {run.unit}s/s")
        if run.learning_rate is not None and not run.state.over:
            say("name", " · learning rate ")
            say("value", f"{run.learning_rate:.2g}")
        return text
