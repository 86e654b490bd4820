"""The training runs that the app has to do with: its own, the one looked at, and those it is compared with.

Outlives the screens, so that a run goes on while somebody plays. Knows no widget.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from charrnn_engine.checkpoints.locations import user_checkpoints
from charrnn_engine.runs import runs
from charrnn_engine.runs.settings import TrainingSettings
from charrnn_tui.train.run.history import RunState
from charrnn_tui.train.run.watched import Event, JournalRun, OwnRun, WatchedRun

if TYPE_CHECKING:
    from charrnn_tui.train.setup.draft import Draft

Watcher = Callable[[list[Event]], None]


@dataclass(frozen=True)
class ToPlay:
    """A checkpoint to open in the playground, from what prompt and seed; None is what runs there."""

    checkpoint: str
    prompt: str | None = None
    seed: int | None = None


class TrainingDesk:
    """`poll` it a few times a second while `busy`."""

    def __init__(self) -> None:
        self.own: OwnRun | None = None
        """The run that this app has started last."""
        self.shown: WatchedRun | None = None
        self.compared: dict[Path, JournalRun] = {}
        self.draft: Draft | None = None
        """What was filled in for the next run, kept until it starts."""
        self.watcher: Watcher | None = None
        """Told after each poll what happened to the run that is shown."""

    @property
    def live(self) -> OwnRun | None:
        """The run of this app that goes on now."""
        return self.own if self.own is not None and self.own.live else None

    @property
    def busy(self) -> bool:
        """Whether anything can still happen."""
        return self.live is not None or (self.shown is not None and self.shown.live)

    def start(self, settings: TrainingSettings) -> OwnRun:
        """Starts a run and shows it. Raises OSError. One at a time: two would only take turns."""
        if self.live is not None:
            raise OSError(f"{self.live.history.name} is being trained; stop it first")
        self.own = OwnRun(settings)
        self.shown = self.own
        self.compared.pop(self.own.out, None)
        return self.own

    def poll(self) -> list[Event]:
        """What has happened to the app's own run since the last time."""
        own = self.own.poll() if self.own is not None else []
        shown = self.shown
        seen = own if shown is self.own else shown.poll() if shown is not None else []
        if self.watcher is not None:
            self.watcher(seen)
        return own

    def known(self) -> list[runs.Run]:
        """The runs there are, newest first. Reads the disk."""
        return runs.list_runs(user_checkpoints())

    def show(self, run: runs.Run) -> WatchedRun:
        """Looks at a run: the app's own where it is that one."""
        self.shown = self.own if self.own is not None and self.own.out == run.out else JournalRun(run)
        return self.shown

    def compare(self, run: runs.Run) -> bool:
        """Draws a run beside the one shown, or no longer; returns whether it is drawn now."""
        if self.compared.pop(run.out, None) is not None:
            return False
        self.compared[run.out] = JournalRun(run)
        return True

    def discard(self, run: runs.Run) -> None:
        """Throws a run away, its model too. Raises TrainingError where it goes on, OSError where it can't be done."""
        runs.discard_run(run)
        self.forget(run.out)

    def forget(self, out: Path) -> None:
        """Looks no longer at a run that isn't there any more."""
        self.compared.pop(out, None)
        if self.shown is not None and self.shown.out == out:
            self.shown = None
        if self.own is not None and self.own.out == out and not self.own.live:
            self.own = None


def in_a_word(run: WatchedRun) -> str:
    """A run that goes on, for a corner of another screen."""
    history = run.history
    if history.state is RunState.TRAINING:
        return f"training {history.fraction:.0%}"
    return f"training {history.state.value}" if history.state is RunState.PAUSED else "training starts"


def last_word(run: WatchedRun) -> tuple[str, bool]:
    """How a run of the app has ended, in a line, and whether it failed."""
    history = run.history
    if history.state is RunState.FAILED:
        return f"training {history.name} failed: {history.said}", True
    best = history.best
    figure = f", {best.validation:.2f} bits per {history.unit}" if best is not None and best.validation else ""
    return (
        f"{history.name} has been trained{figure}"
        if history.state is RunState.DONE
        else f"{history.name} has stopped",
        False,
    )
