"""Training as the whole app sees it: follows the runs, tells the screens, and asks before the app quits.

Light: what trains is imported when it is first needed.
"""

import asyncio
from typing import TYPE_CHECKING, Any

from textual.app import App

if TYPE_CHECKING:
    from charrnn_tui.train.run.following import Following, PlayedText
    from charrnn_tui.train.run.training_runs import ToPlay, TrainingRuns, Update

_SECONDS = 0.2  # between two looks at the runs
_SAVING_SECONDS = 60.0  # how long a run may take to save before the app quits without it


class BackgroundTraining:
    """`open` shows the training screen. Call `ask_before_quitting` before the app exits."""

    def __init__(self, app: App[Any], play: "PlayedText") -> None:
        self._app, self._play = app, play
        self._runs: TrainingRuns | None = None

    async def open(self, prompt: str) -> None:
        """Shows the run that goes on or the newest one, and the set-up if there is none.

        The key that asks for it awaits this, so that keys typed meanwhile reach the screen that opens.
        """
        from charrnn_tui.train.run.following import Following
        from charrnn_tui.train.run.screen import TrainingScreen
        from charrnn_tui.train.run.training_runs import TrainingRuns

        if self._runs is None:
            self._runs = TrainingRuns()
            self._app.run_worker(self._follow(self._runs, Following(self._play)), group="training")
        runs = self._runs
        if runs.shown is None and (newest := await asyncio.to_thread(runs.newest)) is not None:
            runs.show(newest)
        screen = TrainingScreen(runs, prompt)
        await self._app.push_screen(screen, self._closed)
        if runs.shown is None:
            await screen.action_new()

    def _closed(self, to_play: "ToPlay | None") -> None:
        """Plays what was chosen on the training screen."""
        if to_play is None:
            return
        self._play.open_model(to_play.checkpoint, to_play.prompt, to_play.seed)
        if to_play.learning:
            keys = (self._key("play.pause"), "holds it"), (self._key("play.train"), "returns to training")
            said = [f"{key} {does}" for key, does in keys if key]
            self._app.notify("; ".join(["The model learns while it writes", *said]), timeout=6)

    async def _follow(self, runs: "TrainingRuns", following: "Following") -> None:
        from charrnn_tui.train.run.screen import RunsUpdated

        while True:
            if update := await runs.update():
                for screen in self._app.screen_stack:
                    screen.post_message(RunsUpdated(update))
                self._report(update)
            await following.update((runs.own, runs.shown))
            self._show_progress(runs, following.status)
            await asyncio.sleep(_SECONDS)

    @property
    def _elsewhere(self) -> bool:
        """Whether the training screen is closed."""
        from charrnn_tui.train.run.screen import TrainingScreen

        return not any(isinstance(screen, TrainingScreen) for screen in self._app.screen_stack)

    def _report(self, update: "Update") -> None:
        """Says on another screen what the training screen would show."""
        from charrnn_tui.train.run.history import RunState
        from charrnn_tui.train.run.training_runs import outcome_text

        if not self._elsewhere:
            return
        for problem in update.problems:
            self._app.notify(problem, severity="error", timeout=10)
        for name in update.deleted:
            self._app.notify(f"{name} is deleted")
        if update.ended is not None and not update.deleted:
            failed = update.ended.history.state is RunState.FAILED
            key = self._key("play.train")
            said = outcome_text(update.ended) + (f"; {key} shows it" if key else "")
            self._app.notify(said, severity="error" if failed else "information", timeout=10)

    def _key(self, name: str) -> str:
        from charrnn_tui.ui.keys import shown_keys

        shown = (shown_keys(screen).get(name) for screen in self._app.screen_stack)
        return next((key[0] for key in shown if key is not None), "")

    def _show_progress(self, runs: "TrainingRuns", followed: str) -> None:
        from charrnn_tui.train.run.training_runs import progress_text
        from charrnn_tui.ui.title_bar import TitleBar

        live = runs.live
        said = followed or (progress_text(live) if live is not None and not live.history.state.over else "")
        for bar in self._app.screen.query(TitleBar):
            bar.aside = said if self._elsewhere else ""

    def ask_before_quitting(self) -> bool:
        """Asks what to do with a live run, and then quits. False if there is nothing to ask or wait for."""
        from charrnn_tui.ui.choice import ChoiceScreen

        runs = self._runs
        live = runs.live if runs is not None else None
        if runs is None or (not runs.deleting and (live is None or live.history.state.over)):
            return False
        if live is None or live.out in runs.deleting:
            self._quit_once_finished(runs)
            return True

        def chosen(answer: str | None) -> None:
            if answer == "stop":
                live.stop()
                self._quit_once_finished(runs)
            elif answer == "leave":
                live.detach()
                self._app.exit()

        question = f"Training is {live.history.fraction * 100:.0f} % done. Quit anyway?"
        answers = [
            ("stop", "Stop and save"), ("leave", "Keep training in the background"), ("stay", "Cancel"),
        ]  # fmt: skip
        self._app.push_screen(ChoiceScreen(f"Training {live.history.name}", question, answers), chosen)
        return True

    def _quit_once_finished(self, runs: "TrainingRuns") -> None:
        async def finish() -> None:
            await asyncio.to_thread(runs.finish, _SAVING_SECONDS)
            self._app.exit()

        self._app.notify("Saving… Ctrl+C quits without waiting", timeout=_SAVING_SECONDS)
        self._app.run_worker(finish(), group="quitting", exclusive=True)
