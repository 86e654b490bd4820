"""What every training run offers that the app shows, whether it is a child of this process or not."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from charrnn_engine.runs import folder
from charrnn_tui.train.run.history import Epoch, RunHistory

Event = dict[str, Any]


@dataclass(frozen=True)
class News:
    """What a run has reported since the last time, and whether its process still runs."""

    events: list[Event]
    live: bool


@dataclass(frozen=True)
class SavedFiles:
    """What a run has on the disk: the epochs whose checkpoints still exist, oldest first, whether its model has been
    saved, and whether training can be resumed."""

    epochs: tuple[Epoch, ...] = ()
    model: bool = False
    resumable: bool = False

    @classmethod
    def of(cls, out: Path, history: RunHistory) -> "SavedFiles":
        """Reads the disk. Kept epochs are thinned out while a run goes on, so some may be gone."""
        epochs = tuple(epoch for epoch in history.epochs if epoch.checkpoint and Path(epoch.checkpoint).is_dir())
        return cls(epochs, out.is_dir(), folder.is_resumable(out))


class Run(Protocol):
    """A run that can be looked at. `out` is the folder of its model, `log` what its process has printed.

    Whoever follows it calls `read` in a thread, folds the events into `history`, and sets `live` and `saved`.
    """

    out: Path
    log: Path
    history: RunHistory
    saved: SavedFiles
    live: bool

    def read(self) -> News:
        """What is new. Blocks for as long as the disk takes; changes nothing that a screen draws."""

    def stop(self) -> None:
        """Asks it to save and end."""


def playable_checkpoint(run: Run) -> str | None:
    """The latest epoch while a run goes on; afterwards the best model, or the last good one of a failed run."""
    model = str(run.out) if run.saved.model else None
    latest = run.saved.epochs[-1].checkpoint if run.saved.epochs else None
    if run.history.state.over:
        return run.history.checkpoint or model or latest
    return latest or model
