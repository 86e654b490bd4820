"""The training screen: a run as it goes on, with its losses and what it writes after each epoch.

Looks at the desk's run and passes keys on to it; the run goes on without the screen.
"""

import asyncio
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container

from charrnn_tui.train.run.control import RunControlScreen
from charrnn_tui.train.run.desk import ToPlay, TrainingDesk
from charrnn_tui.train.run.history import RunState
from charrnn_tui.train.run.keys import TRAINING_KEYS, training_hints
from charrnn_tui.train.run.loss_plot import LossPlot
from charrnn_tui.train.run.progress import RunProgress
from charrnn_tui.train.run.samples import RunSamples
from charrnn_tui.train.run.watched import Event, OwnRun, saved_epochs
from charrnn_tui.ui.key_bar import KeyBar
from charrnn_tui.ui.keys import shown_keys
from charrnn_tui.ui.notice_line import NoticeLine
from charrnn_tui.ui.title_bar import TitleBar


class TrainingScreen(RunControlScreen):
    """Shows the run of a TrainingDesk; dismissed with what to play, or None."""

    AUTO_FOCUS = "#run-samples"
    HELP = (
        "The lower a loss, the better the model guesses: training on what it learns from, validation on text that it "
        "has not seen. Uniform is a guess among all characters alike, unigram one that knows how often each occurs. "
        "The mouse wheel zooms into the plot. Every epoch writes from the same prompts with the same random draws."
    )
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (120, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-short"), (18, "-tall")]
    BINDINGS: ClassVar[list[BindingType]] = [*TRAINING_KEYS]

    DEFAULT_CSS = """
    TrainingScreen { layout: vertical; background: $background; }
    TrainingScreen #run { height: 1fr; layout: vertical; }
    TrainingScreen #run-plot { height: 1fr; padding: 1 1 0 0; }
    TrainingScreen #run-samples { height: 1fr; background: $surface; padding: 1 2 0 2; }
    TrainingScreen.-wide #run { layout: horizontal; }
    TrainingScreen.-wide #run-plot { width: 3fr; height: 1fr; }
    TrainingScreen.-wide #run-samples { width: 2fr; height: 1fr; }
    TrainingScreen.-short #run-plot { display: none; }
    TrainingScreen NoticeLine { max-height: 4; }
    """

    def __init__(self, desk: TrainingDesk, prompt: str = "") -> None:
        """`prompt` is what runs in the playground: epochs are compared from it where they know it."""
        super().__init__(desk)
        self._prompt = prompt
        # Kept by name: they are drawn to when something happens, and once more while the screen is taken down.
        self._title = TitleBar(id="title")
        self._plot = LossPlot(id="run-plot")
        self._samples = RunSamples(id="run-samples")
        self._progress = RunProgress(id="run-progress")
        self._notice_line = NoticeLine(id="training-notice")
        self._keys = KeyBar(id="keys")

    def compose(self) -> ComposeResult:
        yield self._title
        with Container(id="run"):
            yield self._plot
            yield self._samples
        yield self._notice_line
        yield self._progress
        yield self._keys

    def on_mount(self) -> None:
        self.desk.watcher = self._happened
        self.bindings_updated_signal.subscribe(self, lambda _: self._show_keys())
        if self.desk.shown is None:
            self._find_one()
        self.show()

    def on_unmount(self) -> None:
        self.desk.watcher = None

    @work
    async def _find_one(self) -> None:
        """The newest run there is, or the beginning of the first one."""
        known = await asyncio.to_thread(self.desk.known)
        if self.desk.shown is None and known:
            await asyncio.to_thread(self.desk.show, next((run for run in known if run.live_pid), known[0]))
            self.show()
        elif self.desk.shown is None:
            self.action_new()

    # -- what is shown -------------------------------------------------------------------------------------------

    def _happened(self, events: list[Event]) -> None:
        if events:
            self.show()

    def show(self) -> None:
        """Draws everything there is to know of the run."""
        self._show_keys()
        run = self.desk.shown
        if run is None:
            self._title.title, self._title.state = "training", "no run yet"
            return
        history = run.history
        marks = {RunState.TRAINING: "▶", RunState.PAUSED: "‖", RunState.STARTING: "…", RunState.FAILED: "✗"}
        self._title.title = f"training  {history.name}"
        state = f"{marks.get(history.state, '■')} {history.state.value}"
        self._title.state = state if history.state is not RunState.TRAINING else f"{state} {history.fraction:.0%}"
        compared = [other.history for out, other in self.desk.compared.items() if out != run.out]
        self._plot.show(history, compared)
        self._samples.show(history)
        self._progress.show(history)
        self._say_how_it_stands()

    def _say_how_it_stands(self) -> None:
        run = self.desk.shown
        assert run is not None
        history = run.history
        if history.state is RunState.FAILED:
            way_out = "; enter plays the last good checkpoint" if self._playable() else ""
            self._notice(f"{history.said}{way_out}; v shows the log", problem=True)
        elif history.state is RunState.BROKEN_OFF:
            self._notice(f"{history.said}{'; z goes on from where it saved itself' if self._resumable() else ''}")
        elif history.state is RunState.DONE:
            early = " (early stopping: it no longer got better)" if history.said == "early stopping" else ""
            self._notice(
                f"learnt{early}, and saved as {history.name}{'; enter plays it' if self._playable() else ''}"
            )
        elif history.state is RunState.STOPPED:
            self._notice(f"stopped and saved as {history.name}; enter plays it, z goes on with it")
        elif not run.live and history.state is not RunState.STARTING:
            self._notice("")
        elif not isinstance(run, OwnRun):
            self._notice("this run goes on outside of the app: it can be stopped, and goes on without it")
        else:
            self._notice(history.warnings[-1] if history.warnings else "")

    def _show_keys(self) -> None:
        run = self.desk.shown
        self._keys.hints = training_hints(
            shown_keys(self),
            live=run is not None and run.live,
            own=isinstance(run, OwnRun),
            paused=run is not None and run.history.state is RunState.PAUSED,
            playable=self._playable() is not None,
            resumable=self._resumable(),
        )

    def _notice(self, text: str, problem: bool = False) -> None:
        self._notice_line.say(text, problem)

    # -- what it has learnt --------------------------------------------------------------------------------------

    def _playable(self) -> str | None:
        """The checkpoint that has learnt most: the latest epoch while it learns, the best one afterwards."""
        run = self.desk.shown
        if run is None:
            return None
        kept = saved_epochs(run)
        best = str(run.out) if run.out.is_dir() else None
        latest = kept[-1].checkpoint if kept else None
        return run.history.checkpoint or best or latest if run.history.state.over else latest or best

    def action_play(self) -> None:
        checkpoint = self._playable()
        if checkpoint is None:
            self._notice("there is nothing to play yet: the first epoch hasn't ended")
            return
        self.dismiss(ToPlay(checkpoint))

    def action_epochs(self) -> None:
        from charrnn_tui.train.run.epochs import EpochsScreen

        run = self.desk.shown
        if run is None or not run.history.playable:
            self._notice("no epoch has been kept yet")
            return

        def chosen(to_play: ToPlay | None) -> None:
            if to_play is not None:
                self.dismiss(to_play)

        self.app.push_screen(EpochsScreen(run, self._prompt), chosen)

    def action_runs(self) -> None:
        from charrnn_tui.train.run.earlier_runs import RunsScreen

        self.app.push_screen(RunsScreen(self.desk), lambda _: self._looked_elsewhere())

    def _looked_elsewhere(self) -> None:
        self._notice("")
        if self.desk.shown is None:
            self._find_one()
        self.show()

    def action_log(self) -> None:
        from charrnn_tui.train.run.log import LogScreen

        if self.desk.shown is not None:
            self.app.push_screen(LogScreen(self.desk.shown.log))

    def action_leave(self) -> None:
        self.dismiss(None)
