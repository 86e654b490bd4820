"""The progress of a run, in the words of its events. Computes rates and figures, and decides nothing."""

import math
from collections.abc import Callable
from typing import Any

from charrnn_engine.scoring import WINDOW, Score
from charrnn_engine.training.corpus import Corpus
from charrnn_engine.training.events import Reporter
from charrnn_engine.training.settings import TrainingSettings
from charrnn_engine.training.state import Progress

_STEP_EVERY = 0.2  # seconds between two reports of a step


class Narration:
    """Tells a Reporter of a run; `now` is always a time in seconds of a clock that only goes forward."""

    def __init__(self, reporter: Reporter, settings: TrainingSettings, total_steps: int) -> None:
        self._emit = reporter.emit
        self._settings = settings
        self._total_steps = total_steps
        self._pace = Pace()
        self._told = -math.inf

    def start(self, corpus: Corpus, parameters: int, done: int, workers: int) -> None:
        self._emit(
            "start",
            name=self._settings.name,
            folder=self._settings.out,
            training_tokens=corpus.train.tokens + (corpus.extra.tokens if corpus.extra else 0),
            validation_tokens=corpus.validation.tokens,
            vocabulary=len(corpus.vocabulary),
            level=corpus.vocabulary.level,
            parameters=parameters,
            epochs=self._settings.epochs,
            steps=self._total_steps,
            done=done,
            workers=workers,
        )

    def step(
        self, progress: Progress, tokens: int, nats: float, learning_rate: Callable[[], float], now: float
    ) -> None:
        """`nats` per token of the step that has just been taken; reported a few times a second."""
        self._pace.add(tokens, now)
        if now - self._told < _STEP_EVERY:
            return
        self._told = now
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

    def epoch(self, progress: Progress, training: float, score: Score, best: bool) -> None:
        """`progress` after the epoch; `training` its mean in nats per token."""
        self._emit(
            "epoch",
            epoch=progress.epoch,
            epochs=self._settings.epochs,
            training=training,
            validation=figures(score),
            best=best,
            seconds=round(progress.seconds, 1),
        )

    def saved(self, score: Score | None) -> None:
        self._emit("saved", folder=self._settings.out, validation=None if score is None else figures(score))

    def sample(self, progress: Progress, sample: dict[str, Any]) -> None:
        self._emit("sample", epoch=progress.epoch, step=progress.total, **sample)

    def finished(self, progress: Progress, reason: str) -> None:
        self._emit(
            "finished",
            reason=reason,
            folder=self._settings.out,
            best=progress.best,
            best_epoch=progress.best_epoch,
            epochs=progress.epoch,
            seconds=round(progress.seconds, 1),
        )


class Pace:
    """Tokens a second and seconds a step, over the last stretch of steps."""

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


def figures(score: Score) -> dict[str, Any]:
    """A validation in plain numbers."""
    return {
        "bits_per_character": score.bits_per_character,
        "nats_per_token": score.nats_per_token,
        "perplexity": score.perplexity,
        "tokens": score.tokens,
        "unknown": score.unknown,
    }


def held_out(score: Score, lines: bool) -> dict[str, Any]:
    """A validation as a card keeps it: with what was measured, and how."""
    samples = "lines" if lines else f"windows of {WINDOW}"
    return {"corpus": "validation part of the corpus", "samples": samples, "state": "fresh", **figures(score)}
