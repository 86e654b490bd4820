"""How long training takes on this machine and how large the model gets: measured in another process, and kept.

Knows no widget and no files. The process is ended as soon as its estimates aren't wanted any more; it has nothing to
save.
"""

import json
import subprocess
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from charrnn_engine.runs import launch
from charrnn_engine.runs.settings import TrainingSettings
from charrnn_tui.ui.formats import rough_duration, size_text

Measure = Callable[[list[TrainingSettings]], "subprocess.Popen[bytes]"]
FileState = tuple[int, int] | None
"""The size of a corpus and when it was written, None for one that isn't a file: estimates hold for these."""

_WITHOUT_EFFECT = {
    "out", "name", "preset", "epochs", "learning_rate", "warmup", "weight_decay", "clip", "patience", "sample_every",
    "prompts", "temperatures", "save_every", "low_priority", "resume", "seed", "command", "licence", "keep_epochs",
}  # fmt: skip
"""Settings that change neither the time of an epoch nor the size of the model."""


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
        """As in "≈ 1 min 10 s · 1.4 MB"."""
        return f"≈ {rough_duration(self.seconds)} · {size_text(self.bytes)}"


class Estimates:
    """Call `want`; `changed` is called from another thread for each new estimate."""

    def __init__(self, changed: Callable[[], object], measure: Measure | None = None) -> None:
        self._changed = changed
        self._measure = measure or launch.measure
        self._known: dict[str, Estimate] = {}
        self._waiting: dict[str, TrainingSettings] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self._closed = False

    def want(self, settings: Sequence[TrainingSettings], file: FileState) -> None:
        """Measures what isn't known yet, in this order, and gives up what isn't wanted any more.

        A process that will measure all of these anyway is kept.
        """
        if self._closed:
            return
        missing = {key: wanted for wanted in settings if (key := key_of(wanted, file)) not in self._known}
        if missing and missing.keys() <= self._waiting.keys():
            return
        if self._process is not None:
            self._process.kill()
        self._process, self._waiting = None, missing
        if not missing:
            return
        try:
            self._process = self._measure([*missing.values()])
        except OSError as error:
            self._give_up(missing, f"The time can't be measured ({error.strerror or error})")
            return
        threading.Thread(target=self._read, args=(self._process, missing), name="estimates", daemon=True).start()

    def of(self, settings: TrainingSettings, file: FileState) -> Estimate | None:
        """The estimate for a run; None while it isn't known."""
        found = self._known.get(key_of(settings, file))
        return None if found is None else replace(found, epochs=settings.epochs)

    def close(self) -> None:
        """Ends the process for good; what was measured stays known."""
        self.want((), None)
        self._closed = True

    def _read(self, process: "subprocess.Popen[bytes]", waiting: dict[str, TrainingSettings]) -> None:
        """In a thread of its own: takes what the process reports until it ends."""
        asked = list(waiting.items())
        assert process.stdout is not None
        for event in launch.events(process.stdout.fileno()):
            if self._process is process:
                self._take(event, asked, waiting)
        for pipe in (process.stdout, process.stdin):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        process.wait()
        if self._process is process:
            self._give_up(waiting, "The time can't be measured: the process ended")

    def _take(
        self, event: dict[str, Any], asked: list[tuple[str, TrainingSettings]], waiting: dict[str, TrainingSettings]
    ) -> None:
        if event["event"] == "error":
            self._give_up(waiting, str(event.get("message")))
        if event["event"] != "estimate":
            return
        with suppress(KeyError, TypeError, ValueError, IndexError):
            key, settings = asked[event["index"]]
            if event.get("problem"):
                measured = Estimate(problem=str(event["problem"]), refused=True)
            else:
                epoch_seconds = float(event["seconds"]) / settings.epochs
                measured = Estimate(float(event["start_seconds"]), epoch_seconds, int(event["bytes"]))
            waiting.pop(key, None)
            self._found(key, measured)

    def _give_up(self, waiting: dict[str, TrainingSettings], problem: str) -> None:
        for key in list(waiting):
            waiting.pop(key, None)
            self._found(key, Estimate(problem=problem))

    def _found(self, key: str, measured: Estimate) -> None:
        self._known[key] = measured
        self._changed()


def key_of(settings: TrainingSettings, file: FileState) -> str:
    """Equal for settings whose epochs take equally long on the same file, and whose models are equally large."""
    data = {name: value for name, value in settings.to_json().items() if name not in _WITHOUT_EFFECT}
    return json.dumps([data, file], sort_keys=True)
