"""The training screen: the losses of a run, and what the model writes after each epoch.

Composes and routes. The run belongs to TrainingRuns and continues without the screen.
"""

import asyncio
from dataclasses import dataclass
from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.message import Message
from textual.screen import Screen

from charrnn_engine.errors import CharRNNError
from charrnn_engine.runs.presets import resumed
from charrnn_engine.runs.settings import TrainingSettings
from charrnn_engine.runs.state import read_state
from charrnn_tui.train.run.history import RunHistory, RunState
from charrnn_tui.train.run.keys import TRAINING_KEYS, training_hints
from charrnn_tui.train.run.loss_plot import LossPlot
from charrnn_tui.train.run.own_run import OwnRun
from charrnn_tui.train.run.progress import RunProgress
from charrnn_tui.train.run.run import Run
from charrnn_tui.train.run.samples import RunSamples
from charrnn_tui.train.run.training_runs import ToPlay, TrainingRuns, Update
from charrnn_tui.train.setup.screen import TrainSetupScreen
from charrnn_tui.ui.choice import ChoiceScreen
from charrnn_tui.ui.key_bar import KeyBar
from charrnn_tui.ui.keys import shown_keys
from charrnn_tui.ui.notice_line import NoticeLine
from charrnn_tui.ui.title_bar import TitleBar

_MARKS = {
    RunState.STARTING: "…", RunState.TRAINING: "▶", RunState.VALIDATING: "▶", RunState.PAUSED: "‖",
    RunState.FAILED: "✗",
}  # fmt: skip


@dataclass
class RunsUpdated(Message, bubble=False):
    """Posted to every screen when a run has reported something."""

    update: Update


class TrainingScreen(Screen[ToPlay | None]):
    """Shows the run of a TrainingRuns; dismissed with a checkpoint to play, or None."""

    AUTO_FOCUS = "#run-samples"
    HELP = (
        "Lower losses are better. Training loss is on text that the model learns from, validation loss on text that "
        "it has never seen. Uniform is the loss of guessing all characters alike, unigram of knowing only how "
        "frequent each one is. Within an epoch, a part of the validation text is measured. The mouse wheel zooms the "
        "plot. All texts are written from the same prompt and with the same random numbers."
    )
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (120, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-short"), (18, "-tall")]
    BINDINGS: ClassVar[list[BindingType]] = [*TRAINING_KEYS]

    DEFAULT_CSS = """
    TrainingScreen { layout: vertical; background: $background; }
    TrainingScreen #run { height: 1fr; layout: vertical; }
    TrainingScreen #run-plot { height: 1fr; padding: 1 1 0 0; }
    TrainingScreen #run-samples {
        height: 1fr; background: $surface; padding: 1 2 0 2; scrollbar-size-vertical: 1;
    }
    TrainingScreen.-wide #run { layout: horizontal; }
    TrainingScreen.-wide #run-plot { width: 3fr; height: 1fr; }
    TrainingScreen.-wide #run-samples { width: 2fr; height: 1fr; }
    TrainingScreen.-short #run-plot { display: none; }
    TrainingScreen NoticeLine { max-height: 4; }
    """

    def __init__(self, runs: TrainingRuns, prompt: str = "") -> None:
        """`prompt` is that of the play screen: the texts of the epochs start from it too."""
        super().__init__()
        self.runs = runs
        self._prompt = prompt
        # Kept by name: they are updated once more while the screen is taken down.
        self._title = TitleBar(id="title")
        self._plot = LossPlot(id="run-plot")
        self._samples = RunSamples(id="run-samples")
        self._progress = RunProgress(id="run-progress")
        self._notice = NoticeLine(id="training-notice")
        self._keys = KeyBar(id="keys")

    def compose(self) -> ComposeResult:
        yield self._title
        with Container(id="run"):
            yield self._plot
            yield self._samples
        yield self._notice
        yield self._progress
        yield self._keys

    def on_mount(self) -> None:
        self.bindings_updated_signal.subscribe(self, lambda _: self._show_keys())
        self.show()

    # -- what is shown -------------------------------------------------------------------------------------------

    @on(RunsUpdated)
    def _updated(self, event: RunsUpdated) -> None:
        if self.runs.shown is None and event.update.deleted and self.is_current:
            self.dismiss(None)
            return
        self.show()
        if event.update.problems:
            self._notice.say("; ".join(event.update.problems), problem=True)

    def show(self) -> None:
        """Draws everything that is known of the run."""
        self.refresh_bindings()
        run = self.runs.shown
        if run is None:
            self._title.title, self._title.state = "training", "no run yet"
            return
        history = run.history
        self._title.title = f"training  {history.name}"
        state = f"{_MARKS.get(history.state, '■')} {history.state.value}"
        self._title.state = f"{state} {history.fraction:.0%}" if history.state is RunState.TRAINING else state
        compared = [other.history for out, other in self.runs.compared.items() if out != run.out]
        self._plot.show(history, compared)
        self._samples.show(history)
        self._progress.show(history)
        self._notice.say(self._what_to_know(run, history), problem=history.state is RunState.FAILED)

    def _what_to_know(self, run: Run, history: RunHistory) -> str:
        """How the run has ended and what to press, or what is unusual about a run that goes on."""
        if run.out in self.runs.deleting:
            return f"Deleting {history.name}…" if not run.live else f"Stopping; then {history.name} is deleted"
        play, resume = self._hint("play", "plays it"), self._hint("resume", "resumes training")
        if history.state is RunState.FAILED:
            play = self._hint("play", "plays the last good checkpoint")
            return _joined(history.message, play, self._hint("log", "shows the log"))
        if history.state is RunState.INTERRUPTED:
            return _joined(f"{history.message}; interrupted", self._hint("resume", "resumes from the last save"))
        if history.state is RunState.DONE:
            early = " early: validation stopped improving" if history.message == "early stopping" else ""
            return _joined(f"Training finished{early}; saved as {history.name}", play)
        if history.state is RunState.STOPPED:
            return _joined(f"Training stopped; saved as {history.name}", play, resume)
        if run.live and not isinstance(run, OwnRun):
            return "Running in the background; it continues if you quit"
        return history.warnings[-1] if history.warnings else ""

    def _hint(self, name: str, what: str) -> str:
        """A key with what it does; nothing while the key does nothing."""
        keys = shown_keys(self)
        return f"{keys[f'training.{name}'][0]} {what}" if f"training.{name}" in keys else ""

    def _show_keys(self) -> None:
        run = self.runs.shown
        paused = run is not None and run.history.state is RunState.PAUSED
        self._keys.hints = training_hints(shown_keys(self), paused=paused)

    # -- keys ----------------------------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        run = self.runs.shown
        if action == "new":
            return self.runs.live is None
        if action not in ("pause", "play", "epochs", "stop", "resume", "log"):
            return True
        if run is None:
            return False
        deleting = run.out in self.runs.deleting
        training = run.live and not run.history.state.over and not deleting
        possible = {
            "pause": training and run is self.runs.own,
            "play": run.playable is not None,
            "epochs": bool(run.saved.epochs),
            "stop": training,
            "resume": run.saved.resumable and not run.live and not deleting
            and run.history.state is not RunState.DONE and self.runs.live is None,
            "log": True,
        }  # fmt: skip
        return possible[action]

    def action_pause(self) -> None:
        own = self.runs.live
        if own is not None and own.history.state is RunState.PAUSED:
            own.resume()
        elif own is not None:
            own.pause()
            self._notice.say("Pausing: saving first")

    def action_stop(self) -> None:
        run = self.runs.shown
        assert run is not None

        def chosen(answer: str | None) -> None:
            if answer == "delete":
                ask_to_delete(self, self.runs, run)
            elif answer == "keep":
                run.stop()
                self._notice.say("Stopping: saving first")

        answers = [("keep", "Stop and save"), ("delete", "Stop and delete the run")]
        question = "A saved run can be resumed later."
        self.app.push_screen(ChoiceScreen(f"Stop training {run.history.name}?", question, answers), chosen)

    @work(exclusive=True)
    async def action_resume(self) -> None:
        run = self.runs.shown
        assert run is not None
        out = run.out
        try:
            state = await asyncio.to_thread(read_state, out)
            self._start(resumed(state.settings, str(out), {"low_priority": True}))
        except CharRNNError as error:
            self._notice.say(str(error), problem=True)

    def _start(self, settings: TrainingSettings) -> None:
        try:
            self.runs.start(settings)
        except OSError as error:
            self._notice.say(f"Training can't start: {error}", problem=True)
            return
        self.show()

    async def action_new(self) -> None:
        def chosen(settings: TrainingSettings | None) -> None:
            if settings is not None:
                self._start(settings)
            elif self.runs.shown is None:
                self.dismiss(None)

        setup = TrainSetupScreen(self.runs.draft)
        self.runs.draft = setup.draft
        await self.app.push_screen(setup, chosen)

    def action_play(self) -> None:
        run = self.runs.shown
        if run is not None and run.playable is not None:
            self.dismiss(ToPlay(run.playable, learning=run.live and run.saved.live_model))

    def action_epochs(self) -> None:
        from charrnn_tui.train.run.epochs import EpochsScreen

        def chosen(to_play: ToPlay | None) -> None:
            if to_play is not None:
                self.dismiss(to_play)

        assert self.runs.shown is not None
        self.app.push_screen(EpochsScreen(self.runs.shown, self._prompt), chosen)

    def action_runs(self) -> None:
        from charrnn_tui.train.run.earlier_runs import EarlierRunsScreen

        def closed(_: None) -> None:
            if self.runs.shown is None:
                self.dismiss(None)
            else:
                self.show()

        self.app.push_screen(EarlierRunsScreen(self.runs), closed)

    def action_log(self) -> None:
        from charrnn_tui.train.run.log import LogScreen

        assert self.runs.shown is not None
        self.app.push_screen(LogScreen(self.runs.shown.log))

    def action_leave(self) -> None:
        self.dismiss(None)


def ask_to_delete(screen: Screen[Any], runs: TrainingRuns, run: Run) -> None:
    """Asks whether a run is to be deleted, and has it deleted."""

    def chosen(answer: str | None) -> None:
        if answer == "delete":
            runs.delete(run)
            screen.post_message(RunsUpdated(Update(changed=True)))

    question = f"This deletes the run, its saved epochs, and the model in {run.out}."
    answers = [("keep", "Keep it"), ("delete", "Delete it for good")]
    screen.app.push_screen(ChoiceScreen(f"Delete {run.history.name}?", question, answers), chosen)


def _joined(*parts: str) -> str:
    return "; ".join(part for part in parts if part)
