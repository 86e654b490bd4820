"""A training run read from its journal: one of another process, or one that is over. Knows files, and no widget."""

import contextlib

from charrnn_engine.runs import folder, journal
from charrnn_tui.train.run.history import RunHistory
from charrnn_tui.train.run.run import News, SavedFiles

_GONE = {"event": "gone", "message": "The process ended unexpectedly"}


class JournalRun:
    """See `Run` for what it shares with an OwnRun."""

    def __init__(self, run: folder.Run) -> None:
        """Reads the whole journal, which takes as long as the disk does."""
        self._run = run
        self.out, self.log = run.out, run.log
        self.history = RunHistory(name=run.name)
        self._offset = 0
        self.live = True
        news = self.read()
        for event in news.events:
            self.history.add(event)
        self.live = news.live
        self.saved = SavedFiles.of(self.out, self.history)
        self.modified: float | None = None
        """When the journal was last written to, in seconds since the epoch."""
        with contextlib.suppress(OSError):
            self.modified = run.events.stat().st_mtime

    @property
    def name(self) -> str:
        return self._run.name

    def read(self) -> News:
        if not self.live:
            return News([], live=False)
        # Before the journal is read: what the process wrote last is then in it.
        live = folder.live_pid(self.out) is not None
        events, self._offset = journal.read_events(self._run.events, self._offset)
        return News(events if live else [*events, _GONE], live)

    def stop(self) -> None:
        folder.stop_run(self._run)
