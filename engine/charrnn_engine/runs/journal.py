"""The journal of a run: a file of its events, which can be read while it goes on and later. A resumed run appends.

Knows events only as plain data.
"""

import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Event = dict[str, Any]

_FREQUENT = {"step", "validating", "interim"}
_EVERY = 1.0  # seconds between two frequent events that are kept, at first
_UNTIL_RARER = 300  # after so many of them the time between two doubles


def parse_event(line: bytes) -> Event | None:
    """The event in a line, None where the line holds none."""
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return event if isinstance(event, dict) and isinstance(event.get("event"), str) else None


def read_events(path: Path, offset: int = 0) -> tuple[list[Event], int]:
    """The events in whole lines from an offset on, and the offset to go on from."""
    try:
        with path.open("rb") as file:
            if offset > file.seek(0, os.SEEK_END):
                offset = 0  # the journal was started over
            file.seek(offset)
            content = file.read()
    except OSError:
        return [], offset
    whole = content.rfind(b"\n") + 1
    return [event for line in content[:whole].split(b"\n") if (event := parse_event(line))], offset + whole


class Journal:
    """Appends events with their time."""

    def __init__(self, path: Path, *, fresh: bool) -> None:
        """Starts the file over if `fresh`, else appends to it. Raises OSError."""
        self._path = path
        events, whole = ([], 0) if fresh else read_events(path)
        self._kept = sum(event["event"] in _FREQUENT for event in events)
        self._file = path.open("wb" if fresh else "ab", buffering=0)
        self._torn = self._file.tell() > whole
        self._due = dict.fromkeys(_FREQUENT, 0.0)

    def write(self, event: Mapping[str, Any]) -> str:
        """Appends one event, unless it is a frequent one that follows another of its kind too soon. Returns what went
        wrong, or nothing."""
        now, kind = time.monotonic(), event["event"]  # the clock may be set back
        if kind in _FREQUENT:
            if now < self._due[kind]:
                return ""
            self._kept += 1
            self._due[kind] = now + _EVERY * 2 ** (self._kept // _UNTIL_RARER)
        # In ASCII: the names of files may hold what UTF-8 can't encode.
        line = json.dumps({**event, "time": round(time.time(), 3)}).encode() + b"\n"
        try:
            # A line that a full disk or a kill cut short is ended first; readers pass over it.
            self._torn = (self._file.write(b"\n" + line if self._torn else line) or 0) < len(line)
        except OSError as error:
            self._torn = True
            return f"{self._path}: it can't be written ({error.strerror or error}); training continues"
        return ""
