"""A training run that the app shows, read from its journal. Knows files, and no widget."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from charrnn_engine.checkpoints.store import MODEL_FILE
from charrnn_engine.runs import folder, journal
from charrnn_tui.train.run.history import Epoch, RunHistory

Event = dict[str, Any]

_GONE = {"event": "gone", "message": "The process ended unexpectedly"}


@dataclass(frozen=True)
class SavedFiles:
    """What a run has on the disk: the epochs whose checkpoints still exist, oldest first, whether its model has been
    saved, whether training can be resumed, and whether there is a live model."""

    epochs: tuple[Epoch, ...] = ()
    model: bool = False
    resumable: bool = False
    live_model: bool = False


class Run:
    """A run of another process, or one that is over; see OwnRun for one of this process.

    Its follower calls `read` in a thread, hands `take` what it returns, and sets `saved` to what `look` finds.
    """

    def __init__(self, out: Path, name: str) -> None:
        """`out` is the folder of its model. Reads nothing."""
        self.out = out
        self.log = folder.log_file(out)
        """What its process has printed."""
        self.history = RunHistory(name=name)
        self.saved = SavedFiles()
        self.live = True
        self.modified: float | None = None
        """When the journal was last written to, in seconds since 1970."""
        self._offset = 0

    @classmethod
    def found(cls, files: folder.Run) -> "Run":
        """Reads the whole journal, which takes as long as the disk does."""
        run = cls(files.out, files.name)
        run.take(*run.read())
        run.saved = run.look()
        with contextlib.suppress(OSError):
            run.modified = files.events.stat().st_mtime
        return run

    def read(self) -> tuple[list[Event], bool]:
        """What is new, and whether the process still runs. Blocks for as long as the disk takes; changes nothing that
        a screen draws."""
        # Before the journal is read: what the process wrote last is then in it.
        live = folder.live_pid(self.out) is not None
        events, self._offset = journal.read_events(folder.events_file(self.out), self._offset)
        return events if live else [*events, _GONE], live

    def take(self, events: Sequence[Event], live: bool) -> None:
        """Adds what was read."""
        for event in events:
            self.history.add(event)
        self.live = live

    def look(self) -> SavedFiles:
        """Reads the disk. Kept epochs are thinned out while a run goes on, so some may be gone."""
        kept = (epoch for epoch in self.history.epochs if epoch.checkpoint and Path(epoch.checkpoint).is_dir())
        live_model = (folder.live_folder(self.out) / MODEL_FILE).is_file()
        return SavedFiles(tuple(kept), self.out.is_dir(), folder.is_resumable(self.out), live_model)

    @property
    def files(self) -> folder.Run | None:
        """The run as the engine lists it; None where nothing of it is on the disk. Reads the disk."""
        return next((run for run in folder.list_runs(self.out.parent) if run.out == self.out), None)

    def stop(self) -> None:
        """Asks it to save and end."""
        if (files := self.files) is not None:
            folder.stop_run(files)

    @property
    def playable(self) -> str | None:
        """The live model while a run goes on; then the best model, or the last good one of a failed run."""
        model = str(self.out) if self.saved.model else None
        latest = self.saved.epochs[-1].checkpoint if self.saved.epochs else None
        if self.history.state.over:
            return self.history.checkpoint or model or latest
        return str(folder.live_folder(self.out)) if self.saved.live_model else latest or model
