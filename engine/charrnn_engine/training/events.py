"""What a training run says while it runs, as one JSON object a line. Knows neither TensorFlow nor a screen."""

import math
import threading
from typing import Any, TextIO

from charrnn_engine.runs.journal import Journal, json_line

EVENTS = (
    "loading", "start", "step", "epoch", "sample", "saved", "paused", "resumed", "warning", "finished", "error",
    "estimate",
)  # fmt: skip
"""Every event carries `event`, one of these; docs of their other fields stand where they are emitted."""


class Reporter:
    """Writes events as JSON lines, and into a journal once it has one. A reader that has gone away (`gone`) is
    noticed, never raised."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        self.journal: Journal | None = None
        self.gone = False
        self._warned = False

    def emit(self, event: str, **values: Any) -> None:
        """Writes one event; NaN and infinity become null, which JSON can say."""
        if event not in EVENTS:
            raise ValueError(f"{event!r} is no event")
        told = {"event": event, **{key: _plain(value) for key, value in values.items()}}
        with self._lock:
            if self.journal is not None:
                self.journal.write(told)
            self._write(told)
            if self.journal is not None and self.journal.problem and not self._warned:
                self._warned = True
                self._write({"event": "warning", "message": self.journal.problem})

    def _write(self, told: dict[str, Any]) -> None:
        if self.gone:
            return
        try:
            self._stream.write(json_line(told))
            self._stream.flush()
        except (BrokenPipeError, ValueError):
            self.gone = True


def _plain(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    return value
