"""What can be seen of a run within its epochs: the model of the moment and what it writes, every few seconds, and its
loss on a part of the validation text, now and then. Takes a small share of the time and changes nothing.
"""

import math
import time
from collections.abc import Callable

from charrnn_engine.errors import TrainingError
from charrnn_engine.runs.settings import TrainingSettings
from charrnn_engine.runs.state import Progress
from charrnn_engine.training.events import Reporter
from charrnn_engine.training.run_files import RunFiles
from charrnn_engine.training.samples import draw_samples
from charrnn_engine.vocabulary import Vocabulary

_SECONDS = 3.0  # between two moments, at least
_SHARE = 0.03  # of the time, at most
_MEASURING_SHARE = 0.015
_MEASURED = 20  # times in a run that a part of the validation is measured, at most


class Moments:
    """Call `look` after each step. `measure` gives the loss on a part of the validation, in nats per token."""

    def __init__(
        self,
        settings: TrainingSettings,
        vocabulary: Vocabulary,
        total_steps: int,
        files: RunFiles,
        reporter: Reporter,
        measure: Callable[[], float],
    ) -> None:
        self._settings, self._vocabulary, self._files, self._reporter = settings, vocabulary, files, reporter
        self._measure, self._measure_every = measure, max(1, total_steps // _MEASURED)
        self._due = self._measuring_due = 0.0
        self._measured = 0

    def look(self, progress: Progress) -> None:
        """Reports a `moment` if the last one is some seconds ago: the first prompt's text, and `validation` in nats
        per token, which is null if it wasn't measured."""
        began = time.monotonic()
        self._due = self._due or began + _SECONDS  # the first step is done: now the run has a pace
        if began < self._due:
            return
        try:
            file = self._files.model_file(progress)
        except TrainingError:  # a full disk ends the run only where something is lost by it
            self._due = math.inf
            return
        sample = next(draw_samples(file, self._vocabulary, self._settings))
        now = time.monotonic()
        self._due = now + max(_SECONDS, (now - began) / _SHARE)
        found = self._measured_part(progress, now)
        self._reporter.emit("moment", epoch=progress.epoch + 1, step=progress.total, validation=found, **sample)

    def _measured_part(self, progress: Progress, began: float) -> float | None:
        part = progress.total // self._measure_every
        # Of short epochs each ends with the whole validation soon.
        if part <= self._measured or self._settings.epochs >= _MEASURED or began < self._measuring_due:
            return None
        self._measured, found = part, self._measure()
        now = time.monotonic()
        self._measuring_due = now + (now - began) / _MEASURING_SHARE
        return found
