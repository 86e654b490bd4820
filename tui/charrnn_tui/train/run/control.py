"""What the keys of the training screen do to a run: start, pause, stop, throw away, go on with it. Draws nothing."""

import asyncio
from pathlib import Path

from textual import work
from textual.screen import Screen

from charrnn_engine.errors import CharRNNError
from charrnn_engine.runs import runs
from charrnn_engine.runs.settings import TrainingSettings
from charrnn_tui.train.run.desk import ToPlay, TrainingDesk
from charrnn_tui.train.run.history import RunState
from charrnn_tui.train.run.watched import OwnRun
from charrnn_tui.ui.choice import ChoiceScreen


class RunControlScreen(Screen[ToPlay | None]):
    """Has the run of a TrainingDesk do what is asked."""

    def __init__(self, desk: TrainingDesk) -> None:
        super().__init__()
        self.desk = desk

    def show(self) -> None:
        """Draws everything there is to know of the run."""
        raise NotImplementedError

    def _notice(self, text: str, problem: bool = False) -> None:
        """Says something in a line."""
        raise NotImplementedError

    def _resumable(self) -> bool:
        run = self.desk.shown
        if run is None or run.live or run.history.state is RunState.DONE:
            return False
        return runs.is_resumable(run.out)

    def action_pause(self) -> None:
        own = self.desk.live
        if own is None or self.desk.shown is not own:
            return
        if own.history.state is RunState.PAUSED:
            own.resume()
        else:
            own.pause()
            self._notice("pausing: it saves itself first")

    def action_stop(self) -> None:
        run = self.desk.shown
        if run is None or not run.live:
            return

        def chosen(answer: str | None) -> None:
            if answer is not None and run.live:
                self._notice("stopping: it saves itself first")
                run.stop()
                if answer == "discard":
                    self._discard_when_ended(run.out)

        self.app.push_screen(
            ChoiceScreen(
                f"stop {run.history.name}?",
                "It can go on later from where it is stopped.",
                [("keep", "stop, and keep what it has learnt"), ("discard", "stop, and throw it away")],
            ),
            chosen,
        )

    @work
    async def _discard_when_ended(self, out: Path) -> None:
        run = self.desk.shown
        while run is not None and run.live:
            await asyncio.sleep(0.1)
            await asyncio.to_thread(run.poll) if not isinstance(run, OwnRun) else self.desk.poll()
        known = await asyncio.to_thread(self.desk.known)
        try:
            for found in known:
                if found.out == out:
                    await asyncio.to_thread(self.desk.discard, found)
        except (CharRNNError, OSError) as error:
            self._notice(str(error), problem=True)
            return
        self.desk.forget(out)
        self.dismiss(None)

    def action_resume(self) -> None:
        run = self.desk.shown
        if run is None or not self._resumable():
            return
        if self.desk.live is not None:
            self._notice(f"{self.desk.live.history.name} is being trained; stop it first", problem=True)
            return
        self._resume(run.out)

    @work(exclusive=True)
    async def _resume(self, out: Path) -> None:
        from charrnn_engine.runs.presets import resumed
        from charrnn_engine.runs.state import read_state

        try:
            state = await asyncio.to_thread(read_state, out)
            self._start(resumed(state.settings, str(out), {"low_priority": True}))
        except CharRNNError as error:
            self._notice(str(error), problem=True)

    def _start(self, settings: TrainingSettings) -> None:
        try:
            self.desk.start(settings)
        except OSError as error:
            self._notice(f"the training can't be started: {error}", problem=True)
            return
        self._notice("")
        self.show()

    def action_new(self) -> None:
        from charrnn_tui.train.setup.draft import Draft
        from charrnn_tui.train.setup.screen import TrainSetupScreen

        if self.desk.live is not None:
            self._notice(f"{self.desk.live.history.name} is being trained; stop it first", problem=True)
            return

        def chosen(settings: TrainingSettings | None) -> None:
            if settings is not None:
                self._start(settings)
            elif self.desk.shown is None:
                self.dismiss(None)

        self.desk.draft = self.desk.draft or Draft()
        self.app.push_screen(TrainSetupScreen(self.desk.draft), chosen)
