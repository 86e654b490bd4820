"""The training runs that the app follows: its own, the one on the screen, and those drawn beside it.

Outlives the screens: a run continues, and a deletion is finished, while something else is on the screen. Knows no
widget.
"""

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from charrnn_engine.checkpoints.locations import user_checkpoints
from charrnn_engine.errors import CharRNNError
from charrnn_engine.runs import folder
from charrnn_engine.runs.settings import TrainingSettings
from charrnn_tui.train.run.history import RunState
from charrnn_tui.train.run.own_run import OwnRun
from charrnn_tui.train.run.run import Run

_PATIENCE = 0.1  # seconds between two looks at a process that is to end


@dataclass(frozen=True)
class ToPlay:
    """A checkpoint to open on the play screen, and its prompt and seed; None keeps those that are there.

    `learning` says that it is the live model of a run.
    """

    checkpoint: str
    prompt: str | None = None
    seed: int | None = None
    learning: bool = False


@dataclass(frozen=True)
class Update:
    """What has changed: some run, the app's own run if it has just ended, the models deleted, what went wrong."""

    changed: bool = False
    ended: OwnRun | None = None
    deleted: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.changed or bool(self.deleted or self.problems)


class TrainingRuns:
    """Call `update` a few times a second, from one place."""

    def __init__(self) -> None:
        self.own: OwnRun | None = None
        """The run that this app has started last."""
        self.shown: Run | None = None
        self.compared: dict[Path, Run] = {}
        self.draft: Any = None
        """What was filled in for the next run; only the set-up knows what is in it."""
        self._deleting: dict[Path, Run] = {}

    @property
    def live(self) -> OwnRun | None:
        """The app's own run while its process runs."""
        return self.own if self.own is not None and self.own.live else None

    @property
    def deleting(self) -> frozenset[Path]:
        """The model folders of runs that are deleted as soon as their processes have ended."""
        return frozenset(self._deleting)

    def start(self, settings: TrainingSettings) -> None:
        """Starts a run and shows it. Raises OSError. One at a time: two would only slow each other down."""
        if self.live is not None:
            raise OSError(f"{self.live.history.name} is being trained; stop it first")
        if Path(settings.out) in self._deleting:
            raise OSError(f"{settings.name} is being deleted; try again in a moment")
        self.own = self.shown = OwnRun(settings)
        self.compared.pop(self.own.out, None)

    def known(self) -> list[Run]:
        """All runs there are, newest first. Reads every journal."""
        return [Run.found(files) for files in folder.list_runs(user_checkpoints())]

    def newest(self) -> Run | None:
        """The run to show first: one that goes on, else the newest. Reads the disk."""
        found = folder.list_runs(user_checkpoints())
        return Run.found(next((files for files in found if files.live_pid), found[0])) if found else None

    def show(self, run: Run) -> None:
        """Shows a run: the app's own if it is that one."""
        self.shown = self.own if self.own is not None and self.own.out == run.out else run

    def compare(self, run: Run) -> None:
        """Draws a run beside the one shown, or no longer."""
        if self.compared.pop(run.out, None) is None:
            self.compared[run.out] = run

    # -- deleting ------------------------------------------------------------------------------------------------

    def delete(self, run: Run) -> None:
        """Deletes a run and its model, after stopping it if it goes on. `update` says when that is done."""
        self._deleting[run.out] = run
        if run.live:
            run.stop()

    def _delete_ended(self) -> tuple[list[str], list[str]]:
        """Deletes what can be deleted now; returns the names, and what went wrong."""
        deleted, problems = [], []
        for out, run in list(self._deleting.items()):
            if (self.live is not None and self.live.out == out) or folder.live_pid(out) is not None:
                continue
            try:
                if (files := run.files) is not None:
                    folder.discard_run(files)
                deleted.append(run.history.name)
                self._forget(out)
            except (CharRNNError, OSError) as error:
                problems.append(f"{run.history.name} can't be deleted: {error}")
            self._deleting.pop(out, None)
        return deleted, problems

    def _forget(self, out: Path) -> None:
        self.compared.pop(out, None)
        if self.shown is not None and self.shown.out == out:
            self.shown = None
        if self.own is not None and self.own.out == out:
            self.own = None

    # -- following -----------------------------------------------------------------------------------------------

    async def update(self) -> Update:
        """Reads what has happened since the last time, beside the event loop, and adds it to the histories."""
        followed = {run for run in (self.own, self.shown, *self.compared.values()) if run is not None and run.live}
        changed = []
        for run in followed:
            events, live = await asyncio.to_thread(run.read)
            if events or not live:
                run.take(events, live)
                run.saved = await asyncio.to_thread(run.look)
                changed.append(run)
        ended = self.own if self.own in changed and self.live is None else None
        deleted, problems = await asyncio.to_thread(self._delete_ended) if self._deleting else ([], [])
        return Update(bool(changed), ended, tuple(deleted), tuple(problems))

    def finish(self, seconds: float) -> None:
        """Blocks until the app's own run has ended and what is to be deleted is, at most so long."""
        until = time.monotonic() + seconds
        if self.live is not None:
            self.live.wait(seconds)
            self.live.live = False
        while self._deleting and time.monotonic() < until:
            self._delete_ended()
            time.sleep(_PATIENCE if self._deleting else 0)


def progress_text(run: Run) -> str:
    """A run that goes on, in two words, for a corner of another screen."""
    state = run.history.state
    if state is RunState.TRAINING:
        return f"training {run.history.fraction:.0%}"
    return f"training: {state.value}"


def outcome_text(run: Run) -> str:
    """How a run has ended, in a line."""
    history = run.history
    if history.state is RunState.FAILED:
        return f"{history.name}: training failed: {history.message}"
    best = history.best
    figure = f", {best.validation:.2f} bits per {history.unit}" if best is not None and best.validation else ""
    return f"{history.name}: training {'finished' if history.state is RunState.DONE else 'stopped'}{figure}"
