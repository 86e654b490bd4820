"""How long training takes on this machine and how large the model gets: measured in another process, and kept.

Knows no widget. The process is ended as soon as its estimates aren't wanted any more; it has nothing to save.
"""

import json
import subprocess
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from charrnn_engine.runs import launch
from charrnn_engine.runs.settings import TrainingSettings
from charrnn_tui.ui.formats import rough_duration, size_text

Measure = Callable[[list[TrainingSettings]], "subprocess.Popen[bytes]"]

_WITHOUT_EFFECT = {
    "out", "name", "preset", "epochs", "learning_rate", "warmup", "weight_decay", "clip", "patience", "sample_every",
    "prompts", "temperatures", "save_every", "low_priority", "resume", "seed", "command", "licence", "keep_epochs",
}  # fmt: skip
"""Settings that change neither the time of an epoch nor the size of the model."""


@dataclass(frozen=True)
class Estimate:
    """What a run of so many `epochs` takes, and the size of the saved model.

    Or a `problem`: with the run itself if it is `refused`, else only with measuring it.
    """

    start_seconds: float = 0.0
    epoch_seconds: float = 0.0
    bytes: int = 0
    problem: str = ""
    refused: bool = False
    epochs: int = 0

    @property
    def seconds(self) -> float:
        """With the start of TensorFlow."""
        return self.start_seconds + self.epoch_seconds * self.epochs

    @property
    def text(self) -> str:
        """As in "≈ 1 min 10 s · 1.4 MB"."""
        return f"≈ {rough_duration(self.seconds)} · {size_text(self.bytes)}"


class Estimates:
    """Call `want`; `changed` is called from another thread for each new estimate."""

    def __init__(self, changed: Callable[[], object], measure: Measure | None = None) -> None:
        self._changed = changed
        self._measure = measure
        self._known: dict[str, Estimate] = {}
        self._running: _Measuring | None = None
        self._closed = False

    def want(self, settings: Sequence[TrainingSettings]) -> None:
        """Measures what isn't known yet, in this order, and gives up what isn't wanted any more.

        A process that will measure all of these anyway is kept.
        """
        if self._closed:
            return
        missing = {key_of(wanted): wanted for wanted in settings if key_of(wanted) not in self._known}
        if self._running is not None:
            if missing and missing.keys() <= self._running.waiting.keys():
                return
            self._running.end()
            self._running = None
        if missing:
            self._running = _Measuring(missing, self._found, self._measure or launch.measure)

    def of(self, settings: TrainingSettings) -> Estimate | None:
        """The estimate for a run; None while it isn't known."""
        found = self._known.get(key_of(settings))
        return None if found is None else replace(found, epochs=settings.epochs)

    def close(self) -> None:
        """Ends the process for good; what was measured stays known."""
        self.want(())
        self._closed = True

    def _found(self, key: str, measured: "Estimate") -> None:
        self._known[key] = measured
        self._changed()


class _Measuring:
    """One process, and the thread that reads it. `waiting` holds what it has yet to measure, by key."""

    def __init__(
        self, wanted: dict[str, TrainingSettings], found: Callable[[str, Estimate], None], measure: Measure
    ) -> None:
        self._asked = list(wanted.items())
        self.waiting = dict(wanted)
        self._found = found
        self._ended = False
        self._process: subprocess.Popen[bytes] | None = None
        try:
            self._process = measure(list(wanted.values()))
        except OSError as error:
            self._give_up(f"The time can't be measured ({error.strerror or error})")
            return
        threading.Thread(target=self._read, args=(self._process,), name="estimates", daemon=True).start()

    def end(self) -> None:
        """Ends the process at once, and with it the thread."""
        self._ended = True
        if self._process is not None:
            self._process.kill()

    def _read(self, process: "subprocess.Popen[bytes]") -> None:
        assert process.stdout is not None
        for event in launch.events(process.stdout.fileno()):
            if not self._ended:
                self._take(event)
        for pipe in (process.stdout, process.stdin):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        process.wait()
        if not self._ended:
            self._give_up("The time can't be measured: the process ended")

    def _take(self, event: dict[str, Any]) -> None:
        if event["event"] == "error":
            self._give_up(str(event.get("message")))
        if event["event"] != "estimate":
            return
        with suppress(KeyError, TypeError, ValueError, IndexError):
            key, settings = self._asked[event["index"]]
            if event.get("problem"):
                measured = Estimate(problem=str(event["problem"]), refused=True)
            else:
                epoch_seconds = float(event["seconds"]) / settings.epochs
                measured = Estimate(float(event["start_seconds"]), epoch_seconds, int(event["bytes"]))
            self.waiting.pop(key, None)
            self._found(key, measured)

    def _give_up(self, problem: str) -> None:
        for key in list(self.waiting):
            self.waiting.pop(key, None)
            self._found(key, Estimate(problem=problem))


def key_of(settings: TrainingSettings) -> str:
    """Equal for settings whose epochs take equally long on the same file, and whose models are equally large."""
    data = {name: value for name, value in settings.to_json().items() if name not in _WITHOUT_EFFECT}
    try:
        state = Path(settings.corpus.path).stat()
        data["file"] = [state.st_size, state.st_mtime_ns]
    except (OSError, ValueError):
        pass
    return json.dumps(data, sort_keys=True)
