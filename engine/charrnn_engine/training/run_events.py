"""The events of a run, with their fields. Computes rates and figures, and decides nothing."""

import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from charrnn_engine.evaluation.scoring import Score
from charrnn_engine.runs.settings import TrainingSettings
from charrnn_engine.runs.state import Progress
from charrnn_engine.training.baselines import uniform_bits, unigram_bits
from charrnn_engine.training.encoded_corpus import Corpus
from charrnn_engine.training.events import Reporter

_EVERY = 0.2  # seconds between two reports of a step, or of a validation
_HALF_BYTES = 1.8  # of a weight as float16, compressed
_ARCHIVE_BYTES = 25_000


class RunEvents:
    """Reports a run. `now` is always a time in seconds of a clock that never goes back."""

    def __init__(self, reporter: Reporter, settings: TrainingSettings, total_steps: int) -> None:
        self._emit = reporter.emit
        self._settings = settings
        self._total_steps = total_steps
        self._pace = Pace()
        self._reported = -math.inf

    def start(self, corpus: Corpus, parameters: int, precision: str, done: int, workers: int) -> None:
        """`bytes` is the size of the saved model, within a few percent. `uniform_bits` and `unigram_bits` are the
        entropies of a model that knows nothing, and of one that knows only how frequent each token is."""
        settings = self._settings
        self._emit(
            "start",
            name=settings.name,
            folder=settings.out,
            corpus=settings.corpus.path,
            preset=settings.preset,
            cell=settings.network.cell,
            units=settings.network.units,
            layers=settings.network.layers,
            resumed=settings.resume,
            pid=os.getpid(),
            bytes=expected_bytes(parameters, settings.half_weights),
            uniform_bits=uniform_bits(corpus.vocabulary),
            unigram_bits=unigram_bits(corpus.train, corpus.vocabulary),
            training_tokens=corpus.train.tokens + (corpus.extra.tokens if corpus.extra else 0),
            validation_tokens=corpus.validation.tokens,
            vocabulary=len(corpus.vocabulary),
            level=corpus.vocabulary.level,
            parameters=parameters,
            precision=precision,
            epochs=settings.epochs,
            steps=self._total_steps,
            done=done,
            workers=workers,
        )

    def step(
        self, progress: Progress, tokens: int, nats: float, learning_rate: Callable[[], float], now: float
    ) -> None:
        """Reports the last step a few times a second; `nats` is per token."""
        self._pace.add(tokens, now)
        if not self._due(now):
            return
        self._emit(
            "step",
            step=progress.total,
            steps=self._total_steps,
            epoch=progress.epoch + 1,
            loss=nats,
            bits=nats / math.log(2),
            rate=self._pace.tokens_per_second,
            learning_rate=learning_rate(),
            seconds_left=(self._total_steps - progress.total) * self._pace.seconds_per_step,
        )

    def validating(self, progress: Progress, done: int, total: int, now: float) -> None:
        """Reports a few times a second that `done` of `total` samples are measured, after which epoch."""
        if self._due(now):
            epoch = progress.epoch + 1 if progress.total else 0
            self._emit("validating", epoch=epoch, done=done, total=total)

    def _due(self, now: float) -> bool:
        due = now - self._reported >= _EVERY
        self._reported = now if due else self._reported
        return due

    def epoch(
        self, progress: Progress, training: float | None, score: Score, best: bool, checkpoint: Path | None
    ) -> None:
        """`progress` after the epoch; `training` its mean in nats per token, None for epoch 0, the untrained network;
        `checkpoint` where it is kept, if it is."""
        self._emit(
            "epoch",
            epoch=progress.epoch,
            epochs=self._settings.epochs,
            step=progress.total,
            checkpoint=None if checkpoint is None else str(checkpoint.absolute()),
            training=training,
            validation=figures(score),
            best=best,
            seconds=round(progress.seconds, 1),
        )

    def saved(self, score: Score | None) -> None:
        self._emit("saved", folder=self._settings.out, validation=None if score is None else figures(score))

    def sample(self, progress: Progress, sample: dict[str, Any]) -> None:
        self._emit("sample", epoch=progress.epoch, step=progress.total, **sample)

    def paused(self) -> None:
        self._emit("paused")

    def resumed(self) -> None:
        """The time of the pause counts for no rate."""
        self._pace = Pace()
        self._emit("resumed")

    def finished(self, progress: Progress, reason: str) -> None:
        """`saved` is false for a run that ended before it had anything to save."""
        self._emit(
            "finished",
            reason=reason,
            saved=True,
            folder=self._settings.out,
            best=progress.best,
            best_epoch=progress.best_epoch,
            epochs=progress.epoch,
            seconds=round(progress.seconds, 1),
        )


class Pace:
    """Tokens a second and seconds a step, over the last hundred steps."""

    def __init__(self) -> None:
        self._recent: list[tuple[float, int]] = []

    def add(self, tokens: int, now: float) -> None:
        self._recent = [*self._recent[-99:], (now, tokens)]

    @property
    def _took(self) -> float:
        return self._recent[-1][0] - self._recent[0][0] if self._recent else 0.0

    @property
    def tokens_per_second(self) -> float:
        return sum(tokens for _, tokens in self._recent[1:]) / self._took if self._took > 0 else 0.0

    @property
    def seconds_per_step(self) -> float:
        return self._took / (len(self._recent) - 1) if len(self._recent) > 1 else 0.0


def expected_bytes(parameters: int, half: bool) -> int:
    """The size of the saved model: its weights, and what the archive adds to them."""
    return round(parameters * (_HALF_BYTES if half else 4) + _ARCHIVE_BYTES)


def figures(score: Score) -> dict[str, Any]:
    """A validation as plain numbers."""
    return {
        "bits_per_character": score.bits_per_character,
        "nats_per_token": score.nats_per_token,
        "perplexity": score.perplexity,
        "tokens": score.tokens,
        "unknown": score.unknown,
    }
