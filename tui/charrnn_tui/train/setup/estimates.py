"""How long a training run takes on this machine and how large its model gets: measured in a process beside, kept.

Knows no widgets. The process is ended as soon as nothing is wanted of it; it has nothing to save.
"""

import json
import math
import subprocess
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from charrnn_engine.runs import launch
from charrnn_engine.runs.settings import TrainingSettings

Measure = Callable[[list[TrainingSettings]], "subprocess.Popen[bytes]"]

_WITHOUT_EFFECT = {
    "out", "name", "preset", "epochs", "learning_rate", "warmup", "weight_decay", "clip", "patience", "sample_every",
    "prompts", "temperatures", "save_every", "low_priority", "resume", "seed", "command", "licence", "keep_epochs",
}  # fmt: skip
"""Settings that change neither the time of a step nor the size of the model; epochs are counted."""


@dataclass(frozen=True)
class Estimate:
    """Of a whole run: `seconds` with TensorFlow's start, `bytes` of the saved model.

    Or a `problem`: the run's own where it is `refused`, else only that of measuring it.
    """

    seconds: float = 0.0
    bytes: int = 0
    parameters: int = 0
    problem: str = ""
    refused: bool = False

    @property
    def text(self) -> str:
        """As in "≈ 1 min 10 s · 1.4 MB"."""
        return f"≈ {about(self.seconds)} · {size_text(self.bytes)}"


@dataclass(frozen=True)
class _Measured:
    """What an event said, for one epoch: runs of other lengths are scaled from it."""

    start_seconds: float = 0.0
    epoch_seconds: float = 0.0
    bytes: int = 0
    parameters: int = 0
    problem: str = ""
    refused: bool = False


class Estimates:
    """`want` estimates; `changed` is called, from another thread, whenever one has come."""

    def __init__(self, changed: Callable[[], object], measure: Measure | None = None) -> None:
        self._changed = changed
        self._measure = measure
        self._known: dict[str, _Measured] = {}
        self._running: _Measuring | None = None
        self._closed = False

    def want(self, settings: Sequence[TrainingSettings]) -> None:
        """Measures what isn't known yet, the first before the others; what is no longer wanted is given up.

        A measurement that comes to all of these anyway goes on. Nothing wanted ends it.
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
        if found is None:
            return None
        seconds = found.start_seconds + found.epoch_seconds * settings.epochs
        return Estimate(seconds, found.bytes, found.parameters, found.problem, found.refused)

    def close(self) -> None:
        """Ends the process, for good; what was measured stays known."""
        self.want(())
        self._closed = True

    def _found(self, key: str, measured: "_Measured") -> None:
        self._known[key] = measured
        self._changed()


class _Measuring:
    """One process, and the thread that reads what it says. `waiting` is what it has still to measure, by key."""

    def __init__(
        self, wanted: dict[str, TrainingSettings], found: Callable[[str, _Measured], None], measure: Measure
    ) -> None:
        self._asked = list(wanted.items())
        self.waiting = dict(wanted)
        self._found = found
        self._ended = False
        self._process: subprocess.Popen[bytes] | None = None
        try:
            self._process = measure(list(wanted.values()))
        except OSError as error:
            self._give_up(f"it can't be measured ({error.strerror or error})")
            return
        threading.Thread(target=self._read, args=(self._process,), name="estimates", daemon=True).start()

    def end(self) -> None:
        """Ends the process at once; the thread that reads from it follows."""
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
            self._give_up("it can't be measured: the process ended")

    def _take(self, event: dict[str, Any]) -> None:
        if event["event"] == "error":
            self._give_up(str(event.get("message")))
        if event["event"] != "estimate":
            return
        with suppress(KeyError, TypeError, ValueError, IndexError):
            key, settings = self._asked[event["index"]]
            if event.get("problem"):
                measured = _Measured(problem=str(event["problem"]), refused=True)
            else:
                measured = _Measured(
                    float(event["start_seconds"]), float(event["seconds"]) / settings.epochs, int(event["bytes"]),
                    int(event["parameters"]),
                )  # fmt: skip
            self.waiting.pop(key, None)
            self._found(key, measured)

    def _give_up(self, problem: str) -> None:
        for key in list(self.waiting):
            self.waiting.pop(key, None)
            self._found(key, _Measured(problem=problem))


def key_of(settings: TrainingSettings) -> str:
    """What an estimate hangs on: equal for settings whose epochs take equally long, on the same file."""
    data = {name: value for name, value in settings.to_json().items() if name not in _WITHOUT_EFFECT}
    try:
        state = Path(settings.corpus.path).stat()
        data["file"] = [state.st_size, state.st_mtime_ns]
    except (OSError, ValueError):
        pass
    return json.dumps(data, sort_keys=True)


def about(seconds: float) -> str:
    """A duration as people say it: two figures are as much as an estimate holds."""
    if seconds < 60:
        return f"{max(1, round(seconds))} s"
    minutes = seconds / 60
    if minutes < 10:
        whole, rest = divmod(round(seconds / 10) * 10, 60)
        return f"{whole} min {rest} s" if rest else f"{whole} min"
    if minutes < 100:
        return f"{round(minutes)} min"
    hours = minutes / 60
    if hours < 48:
        whole, rest = divmod(round(minutes / 10) * 10, 60)
        return f"{whole} h {rest} min" if rest and whole < 10 else f"{round(hours)} h"
    return f"{round(hours / 24)} days"


def size_text(size: int) -> str:
    """A size in decimal units, as disks have them."""
    if size >= 1e9:
        return f"{size / 1e9:.1f} GB"
    return f"{size / 1e6:.1f} MB" if size >= 100_000 else f"{math.ceil(size / 1e3)} kB"
