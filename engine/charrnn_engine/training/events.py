"""Reports what a training run does, one JSON object a line. Knows neither TensorFlow nor a screen."""

import json
import math
import threading
from typing import Any, TextIO

from charrnn_engine.runs.journal import Journal

EVENTS = (
    "loading", "start", "step", "validating", "epoch", "sample", "interim", "saved", "paused", "resumed", "warning",
    "finished", "error", "estimate",
)  # fmt: skip
"""Every event has `event`, one of these; its other fields are documented where it is emitted."""


class Reporter:
    """Writes events to a stream, and into a journal once it has one. Once the stream has no reader, `gone` is
    set; nothing is raised."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        self.journal: Journal | None = None
        self.gone = False
        self._warned = False

    def emit(self, event: str, **values: Any) -> None:
        """Writes one event. NaN and infinity become null, as JSON has neither."""
        if event not in EVENTS:
            raise ValueError(f"there is no event {event!r}")
        plain = {"event": event, **{key: _plain(value) for key, value in values.items()}}
        with self._lock:
            problem = self.journal.write(plain) if self.journal is not None else ""
            self._write(plain)
            if problem and not self._warned:
                self._warned = True
                self._write({"event": "warning", "message": problem})

    def _write(self, event: dict[str, Any]) -> None:
        if not self.gone:
            try:
                self._stream.write(json.dumps(event) + "\n")
                self._stream.flush()
            except (BrokenPipeError, ValueError):
                self.gone = True


def _plain(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: _plain(entry) for key, entry in value.items()}
    return [_plain(entry) for entry in value] if isinstance(value, list | tuple) else value
