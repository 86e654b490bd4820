"""Training runs as the app holds on to them: one of its own, which it controls, or one read from its journal.

Knows processes and files, and no widget. Nothing here waits: `poll` takes what has come since the last time.
"""

import contextlib
import json
import subprocess
import threading
from collections import deque
from pathlib import Path
from typing import Any, Protocol

from charrnn_engine.runs import launch, runs
from charrnn_engine.runs.settings import TrainingSettings
from charrnn_tui.train.run.history import Epoch, RunHistory, RunState

Event = dict[str, Any]


class WatchedRun(Protocol):
    """A run that can be looked at."""

    out: Path
    history: RunHistory

    @property
    def live(self) -> bool:
        """Whether its process goes on."""

    @property
    def log(self) -> Path:
        """Where its process writes what isn't an event."""

    def poll(self) -> list[Event]:
        """What has happened since the last time, already part of `history`."""

    def stop(self) -> None:
        """Lets it save itself and end."""


class OwnRun:
    """A run whose process is a child of this one. It ends when this process does, unless it is detached."""

    def __init__(self, settings: TrainingSettings) -> None:
        """Starts it. Raises OSError where the process can't be started."""
        self.settings = settings
        self.out = Path(settings.out)
        self.history = RunHistory(name=settings.name, folder=settings.out)
        if settings.resume:
            for event in _journal(self.out):
                self.history.add(event)
            self.history.state = RunState.STARTING
        self._waiting: deque[Event] = deque()
        with launch.open_log(settings) as log:
            self._process = launch.start(settings, log, control=True)
        self._ended = False
        assert self._process.stdout is not None
        self._reader = threading.Thread(target=self._read, args=(self._process.stdout.fileno(),), daemon=True)
        self._reader.start()

    @property
    def log(self) -> Path:
        return runs.log_file(self.out)

    @property
    def live(self) -> bool:
        return not self._ended

    @property
    def pid(self) -> int:
        return self._process.pid

    def _read(self, pipe: int) -> None:
        # In a thread, because pipes of other systems can't be waited for in an event loop.
        self._waiting.extend(launch.events(pipe))

    def poll(self) -> list[Event]:
        ended = not self._reader.is_alive() and self._process.poll() is not None
        events = []
        while self._waiting:
            event = self._waiting.popleft()
            self.history.add(event)
            events.append(event)
        if ended and not self._ended:
            self._ended = True
            events += self._last_words()
        return events

    def _last_words(self) -> list[Event]:
        """An event in the name of a process that went without one."""
        if self.history.state.over:
            return []
        code = self._process.returncode
        event: Event = {"event": "finished", "reason": "interrupted"}
        if code not in (0, 130):
            stands = runs.last_checkpoint(self.out)
            message = launch.last_words(code, runs.tail(self.log))
            event = {"event": "error", "message": message, "checkpoint": str(stands) if stands else None}
        self.history.add(event)
        return [event]

    def _tell(self, command: str) -> None:
        pipe = self._process.stdin
        if pipe is not None and not pipe.closed:
            with contextlib.suppress(OSError):  # it has gone: `poll` says how
                pipe.write(json.dumps({"command": command}).encode() + b"\n")
                pipe.flush()

    def pause(self) -> None:
        """Lets it save itself and wait."""
        self._tell("pause")

    def resume(self) -> None:
        """Lets a paused one go on."""
        self._tell("resume")

    def stop(self) -> None:
        self._tell("stop")

    def kill(self) -> None:
        """Ends it at once: what it saved last is what stands."""
        with contextlib.suppress(OSError):
            self._process.kill()

    def detach(self) -> None:
        """Lets it outlive this process."""
        self._tell("detach")

    def close(self) -> None:
        """Lets go of it, as the end of this process does: it saves itself and ends, unless it was detached."""
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()

    def wait(self, seconds: float) -> bool:
        """Blocks until the process has ended, or for so long; returns whether it has."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True


class JournalRun:
    """A run of another process, or one that is over, followed in its journal."""

    def __init__(self, run: runs.Run) -> None:
        self._run = run
        self.out = run.out
        self.history = RunHistory(name=run.name, folder=str(run.out))
        self._offset = 0
        self._live = run.live_pid is not None
        self.poll()

    @property
    def log(self) -> Path:
        return self._run.log

    @property
    def live(self) -> bool:
        return self._live

    @property
    def resumable(self) -> bool:
        """Whether there is something to go on from."""
        return runs.is_resumable(self.out) and not self._live

    def poll(self) -> list[Event]:
        if self._offset and not self._live:
            return []
        live = self._live and runs.live_pid(self.out) is not None
        events, self._offset = runs.read_events(self._run.events, self._offset)
        for event in events:
            self.history.add(event)
        self._live = live
        if not live and not self.history.state.over:
            self.history.broken_off("its process has gone without a last word")
            events.append({"event": "gone"})
        return events

    def stop(self) -> None:
        runs.stop_run(self._run)


def saved_epochs(run: WatchedRun) -> list[Epoch]:
    """The epochs that can be played. Looks at the disk: some of those that were kept have been thinned out since."""
    return [epoch for epoch in run.history.playable if Path(epoch.checkpoint or "").is_dir()]


def _journal(out: Path) -> list[Event]:
    return runs.read_events(runs.events_file(out))[0]
