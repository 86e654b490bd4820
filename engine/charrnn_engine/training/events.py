"""What a training run says while it runs, as one JSON object a line. Knows neither TensorFlow nor a screen."""

import json
import math
import threading
from typing import Any, TextIO

EVENTS = ("start", "step", "epoch", "sample", "saved", "warning", "finished", "error")
"""Every event carries `event`, one of these; docs of their other fields stand where they are emitted."""


class Reporter:
    """Writes events as JSON lines. A reader that has gone away (`gone`) is noticed, never raised."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        self.gone = False

    def emit(self, event: str, **values: Any) -> None:
        """Writes one event; NaN and infinity become null, which JSON can say."""
        if event not in EVENTS:
            raise ValueError(f"{event!r} is no event")
        line = json.dumps({"event": event, **{key: _plain(value) for key, value in values.items()}},
                          ensure_ascii=False)  # fmt: skip
        with self._lock:
            if self.gone:
                return
            try:
                self._stream.write(line + "\n")
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
