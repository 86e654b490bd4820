"""What a run shows within its epochs: every few seconds the live model and a text that it writes, and sometimes its
loss on a part of the validation text. Takes a small share of the time, and changes nothing in the run.
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

_SECONDS = 3.0  # between two texts, at least
_TEXTS_SHARE, _LOSSES_SHARE = 0.03, 0.015  # of the time, at most
_LOSSES_AT_MOST = 20  # in a run


class InterimReports:
    """Call `report_if_due` after each step. `measure` gives the loss on a part of the validation text, in nats per
    token."""

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
        self._measure, self._steps_per_loss = measure, max(1, total_steps // _LOSSES_AT_MOST)
        self.seconds_per_text = 1.0
        """How long it takes to save the live model and write a text: a guess, until the first one is timed."""
        self._text_due = self._loss_due = 0.0
        self._losses = 0

    def report_if_due(self, progress: Progress) -> None:
        """Emits `interim`: a text after the first prompt, and `validation` in nats per token, null where it wasn't
        measured."""
        began = time.monotonic()
        self._text_due = self._text_due or began + self._pause
        if began < self._text_due:
            return
        try:
            file = self._files.model_file(progress)
        except TrainingError:  # only what is lost by a full disk ends the run
            self._text_due = math.inf
            return
        sample = next(draw_samples(file, self._vocabulary, self._settings))
        now = time.monotonic()
        self.seconds_per_text = now - began
        self._text_due = now + self._pause
        validation = self._part_of_validation(progress, now)
        self._reporter.emit("interim", epoch=progress.epoch + 1, step=progress.total, validation=validation, **sample)

    @property
    def _pause(self) -> float:
        """Seconds until the next text."""
        return max(_SECONDS, self.seconds_per_text / _TEXTS_SHARE)

    def _part_of_validation(self, progress: Progress, began: float) -> float | None:
        due = progress.total // self._steps_per_loss
        # Short epochs soon end with the whole validation.
        if due <= self._losses or self._settings.epochs >= _LOSSES_AT_MOST or began < self._loss_due:
            return None
        self._losses, found = due, self._measure()
        now = time.monotonic()
        self._loss_due = now + (now - began) / _LOSSES_SHARE
        return found
