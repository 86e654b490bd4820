"""Measures in another process how long training takes and how large the model gets, and keeps the estimates.

Knows no widget and no files. The process is ended as soon as its estimate isn't wanted any more.
"""

import subprocess
import threading
from collections.abc import Callable, Hashable
from contextlib import suppress
from dataclasses import dataclass, replace

from charrnn_engine.runs import launch
from charrnn_engine.runs.settings import TrainingSettings
from charrnn_tui.ui.formats import rough_duration, size_text

Measure = Callable[[TrainingSettings], "subprocess.Popen[bytes]"]
FileState = tuple[int, ...] | None
"""What changes when a corpus is written to, None if it isn't a file. An estimate holds for one state."""


@dataclass(frozen=True)
class Estimate:
    """What a run of so many `epochs` takes, and the size of the saved model in `bytes`.

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
        """As in "1 min 10 s · 1.4 MB"."""
        return f"{rough_duration(self.seconds)} · {size_text(self.bytes)}"


class Estimates:
    """Call `want`; `changed` is called from another thread when the estimate is there."""

    def __init__(self, changed: Callable[[], object], measure: Measure | None = None) -> None:
        self._changed = changed
        self._measure = measure or launch.measure
        self._known: dict[Hashable, Estimate] = {}
        self._wanted: Hashable = None
        self._process: subprocess.Popen[bytes] | None = None
        self._closed = False

    def want(self, settings: TrainingSettings, file: FileState) -> None:
        """Measures a run instead of any other, if it isn't known yet."""
        key = key_of(settings, file)
        if self._closed or key == self._wanted or key in self._known:
            return
        self._give_up()
        self._wanted = key
        try:
            self._process = self._measure(settings)
        except OSError as error:
            self._found(key, Estimate(problem=f"The time can't be measured ({error.strerror or error})"))
            return
        threading.Thread(target=self._read, args=(self._process, settings, key), name="estimate", daemon=True).start()

    def of(self, settings: TrainingSettings, file: FileState) -> Estimate | None:
        """The estimate for a run; None while it isn't known."""
        found = self._known.get(key_of(settings, file))
        return None if found is None else replace(found, epochs=settings.epochs)

    def close(self) -> None:
        """Ends the process for good; what was measured stays known."""
        self._give_up()
        self._closed = True

    def _give_up(self) -> None:
        self._wanted, process = None, self._process
        if process is not None:
            process.kill()

    def _read(self, process: "subprocess.Popen[bytes]", settings: TrainingSettings, key: Hashable) -> None:
        """In a thread of its own: takes what the process reports until it ends."""
        assert process.stdout is not None
        found = Estimate(problem="The time can't be measured: the process ended")
        for event in launch.events(process.stdout.fileno()):
            with suppress(KeyError, TypeError, ValueError):
                if event["event"] == "error":
                    found = Estimate(problem=str(event["message"]), refused=event["kind"] != "tensorflow")
                elif event["event"] == "estimate":
                    epoch_seconds = float(event["seconds"]) / settings.epochs
                    found = Estimate(float(event["start_seconds"]), epoch_seconds, int(event["bytes"]))
        for pipe in (process.stdout, process.stdin):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        process.wait()
        if self._wanted == key:
            self._found(key, found)

    def _found(self, key: Hashable, estimate: Estimate) -> None:
        self._known[key] = estimate
        self._changed()


def key_of(settings: TrainingSettings, file: FileState) -> Hashable:
    """Equal for settings whose epochs take equally long on the same file, and whose models are equally large."""
    names = "corpus", "network", "batch", "extra", "precision", "half_weights", "start_from", "state"
    return (*(getattr(settings, name) for name in names), file)
