"""The file in which a run writes down what it says, so that it can be read when nobody has listened.

A resumed run goes on in the same file. Knows events only as plain data.
"""

import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from charrnn_engine.runs.runs import read_events

_STEP_EVERY = 1.0  # seconds between two steps that are written down, to begin with
_STEPS_UNTIL_RARER = 300  # after each so many of them the time between two doubles


def json_line(event: Mapping[str, Any]) -> str:
    """An event as a line that UTF-8 can hold, whatever the names of the files in it are."""
    line = json.dumps(event, ensure_ascii=False)
    try:
        line.encode()
    except UnicodeEncodeError:
        line = json.dumps(event)
    return line + "\n"


class Journal:
    """Appends events with their time. A disk that refuses is noticed (`problem`), never raised."""

    def __init__(self, path: Path, *, fresh: bool) -> None:
        """Begins the file anew where `fresh`, else goes on in it. Raises OSError."""
        self._path = path
        self._steps = 0 if fresh else sum(event["event"] == "step" for event in read_events(path)[0])
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | (os.O_TRUNC if fresh else 0), 0o644)
        self._torn = self._ends_torn()
        self._due = 0.0
        self.problem: str | None = None

    def write(self, event: Mapping[str, Any]) -> None:
        """Writes one event down, unless it is a step that comes too soon after another."""
        now = time.time()
        if event["event"] == "step":
            if now < self._due:
                return
            self._steps += 1
            self._due = now + _STEP_EVERY * 2 ** (self._steps // _STEPS_UNTIL_RARER)
        line = json_line({**event, "time": round(now, 3)}).encode()
        try:
            # What a full disk or a kill has cut short is left as a line of its own, which readers pass over.
            self._torn = os.write(self._file, b"\n" + line if self._torn else line) < len(line)
        except OSError as error:
            self._torn = True
            self.problem = f"{self._path}: it can't be written ({error.strerror or error}); the training goes on"

    def _ends_torn(self) -> bool:
        size = os.fstat(self._file).st_size
        return size > 0 and os.pread(self._file, 1, size - 1) != b"\n"
