"""The events of a run that carry figures: rates, validations, and two baselines to compare a loss curve with. Decides
nothing and needs no TensorFlow."""

import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from charrnn_engine.evaluation.scoring import Score
from charrnn_engine.runs.limits import expected_bytes
from charrnn_engine.runs.settings import TrainingSettings
from charrnn_engine.runs.state import Progress
from charrnn_engine.training.encoded_corpus import Corpus, Samples
from charrnn_engine.training.events import Reporter
from charrnn_engine.vocabulary import PAD_ID, Vocabulary

_EVERY = 0.2  # seconds between two reports of a step, or of a validation
_RECENT = 100  # steps whose times give the rate


class RunEvents:
    """Reports a run. `now` is always a time in seconds of a clock that never goes back."""

    def __init__(self, reporter: Reporter, settings: TrainingSettings, total_steps: int) -> None:
        self._emit = reporter.emit
        self._settings, self._total_steps = settings, total_steps
        self._recent: list[tuple[float, int]] = []
        self._reported = -math.inf

    def start(self, corpus: Corpus, parameters: int, precision: str, done: int, workers: int) -> None:
        """`bytes` is the size of the saved model, within a few percent. `uniform_bits` and `unigram_bits` are the
        entropies of a model that knows nothing, and of one that knows only how frequent each token is."""
        settings, network = self._settings, self._settings.network
        self._emit(
            "start", name=settings.name, folder=settings.out, corpus=settings.corpus.path, preset=settings.preset,
            cell=network.cell, units=network.units, layers=network.layers, parameters=parameters, precision=precision,
            bytes=expected_bytes(parameters, settings.half_weights), level=corpus.vocabulary.level,
            vocabulary=len(corpus.vocabulary), uniform_bits=uniform_bits(corpus.vocabulary),
            unigram_bits=unigram_bits(corpus.train, corpus.vocabulary), training_tokens=corpus.training_tokens,
            validation_tokens=corpus.validation.tokens, epochs=settings.epochs, steps=self._total_steps, done=done,
            resumed=settings.resume, pid=os.getpid(), workers=workers,
        )  # fmt: skip

    def step(
        self, progress: Progress, tokens: int, nats: float, learning_rate: Callable[[], float], now: float
    ) -> None:
        """Reports the last step a few times a second; `nats` is per token."""
        self._recent = [*self._recent[1 - _RECENT :], (now, tokens)]
        if self._due(now):
            took, steps = now - self._recent[0][0], max(1, len(self._recent) - 1)
            self._emit(
                "step", step=progress.total, steps=self._total_steps, epoch=progress.epoch + 1,
                loss=nats, bits=nats / math.log(2), learning_rate=learning_rate(),
                rate=sum(tokens for _, tokens in self._recent[1:]) / took if took > 0 else 0.0,
                seconds_left=(self._total_steps - progress.total) * took / steps,
            )  # fmt: skip

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
            "epoch", epoch=progress.epoch, epochs=self._settings.epochs, step=progress.total, training=training,
            validation=figures(score), best=best, seconds=round(progress.seconds, 1),
            checkpoint=None if checkpoint is None else str(checkpoint.absolute()),
        )  # fmt: skip

    def resumed(self) -> None:
        """Leaves the pause out of the rate."""
        self._recent = []
        self._emit("resumed")

    def finished(self, progress: Progress, reason: str) -> None:
        """`saved` is false for a run that ended before it had anything to save."""
        self._emit(
            "finished", reason=reason, saved=True, folder=self._settings.out, best=progress.best,
            best_epoch=progress.best_epoch, epochs=progress.epoch, seconds=round(progress.seconds, 1),
        )  # fmt: skip


def figures(score: Score) -> dict[str, Any]:
    """A validation as plain numbers."""
    names = ("bits_per_character", "nats_per_token", "perplexity", "tokens", "unknown")
    return {name: getattr(score, name) for name in names}


def uniform_bits(vocabulary: Vocabulary) -> float:
    """Bits per token of a model that gives every token that can be drawn the same probability."""
    return math.log2(max(1, int(_drawable(vocabulary).sum())))


def unigram_bits(samples: Samples, vocabulary: Vocabulary, at_once: int = 4_000_000) -> float:
    """Entropy in bits of the frequencies of the tokens, with an `<eos>` after every closed sample. At most `at_once`
    ids are read at a time, because the corpus may be larger than memory."""
    counts = np.zeros(len(vocabulary), np.int64)
    for start in range(0, samples.tokens, at_once):
        counts += np.bincount(samples.ids[start : start + at_once], minlength=len(vocabulary))
    if vocabulary.eos is not None:
        counts[vocabulary.eos] += int(samples.closed.sum())
    share = counts[_drawable(vocabulary) & (counts > 0)].astype(np.float64)
    share /= max(1.0, float(share.sum()))
    return float(-(share * np.log2(share)).sum())


def _drawable(vocabulary: Vocabulary) -> np.ndarray:
    drawable = np.ones(len(vocabulary), np.bool_)
    drawable[PAD_ID] = False
    if vocabulary.unknown is not None:
        drawable[vocabulary.unknown] = False
    return drawable
