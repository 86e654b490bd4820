"""A training run whose process is a child of this one: started, paused, stopped and read here.

Knows processes, and no widget.
"""

import contextlib
import json
import subprocess
import threading
from collections import deque
from pathlib import Path

from charrnn_engine.runs import failures, folder, journal, launch
from charrnn_engine.runs.settings import TrainingSettings
from charrnn_tui.train.run.history import RunState
from charrnn_tui.train.run.run import Event, Run

_LAST = {"finished", "error"}


class OwnRun(Run):
    """Ends when this process does, unless it is detached."""

    def __init__(self, settings: TrainingSettings) -> None:
        """Starts it. Raises OSError if the process can't be started."""
        super().__init__(Path(settings.out), settings.name)
        if settings.resume:
            self.take(journal.read_events(folder.events_file(self.out))[0], live=True)
            self.history.state = RunState.STARTING
        self._waiting: deque[Event] = deque()
        with launch.open_log(settings) as log:
            self._process = launch.start(settings, log, control=True)
        assert self._process.stdout is not None
        # A thread, because not every system lets an event loop wait for a pipe.
        events = launch.events(self._process.stdout.fileno())
        self._reader = threading.Thread(target=self._waiting.extend, args=(events,), daemon=True)
        self._reader.start()

    def read(self) -> tuple[list[Event], bool]:
        ended = not self._reader.is_alive() and self._process.poll() is not None
        events = [self._waiting.popleft() for _ in range(len(self._waiting))]
        if ended and not self.history.state.over and not any(event["event"] in _LAST for event in events):
            events.append(self._unreported_end())
        return events, not ended

    def _unreported_end(self) -> Event:
        """An event for a process that ended without reporting why."""
        code = self._process.returncode
        if code in (0, 130):
            return {"event": "finished", "reason": "interrupted"}
        checkpoint = folder.last_checkpoint(self.out)
        message = failures.last_words(code, folder.tail(self.log))
        return {"event": "error", "message": message, "checkpoint": str(checkpoint) if checkpoint else None}

    def pause(self) -> None:
        """Asks it to save and wait."""
        self._send("pause")

    def resume(self) -> None:
        """Asks it to continue after a pause."""
        self._send("resume")

    def stop(self) -> None:
        self._send("stop")

    def detach(self) -> None:
        """Lets it outlive this process."""
        self._send("detach")

    def _send(self, command: str) -> None:
        pipe = self._process.stdin
        if pipe is not None and not pipe.closed:
            with contextlib.suppress(OSError):  # the process is gone; `read` reports why
                pipe.write(json.dumps({"command": command}).encode() + b"\n")
                pipe.flush()

    def kill(self) -> None:
        """Ends it at once; what it saved last stays."""
        with contextlib.suppress(OSError):
            self._process.kill()

    def close(self) -> None:
        """Closes its standard input, as the end of this process does: it saves and ends, unless detached."""
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()

    def wait(self, seconds: float) -> bool:
        """Blocks until the process has ended, at most so long; returns whether it has."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True
