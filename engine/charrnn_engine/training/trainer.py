"""The loop of a training run: epochs of steps, validation, samples, checkpoints. Knows no files and no JSON."""

import time
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from charrnn_engine.errors import TrainingError
from charrnn_engine.evaluation.scoring import Row, Score, score_rows
from charrnn_engine.runs.cluster import ALONE, Task
from charrnn_engine.runs.settings import TrainingSettings
from charrnn_engine.runs.state import Progress, State
from charrnn_engine.training.batches import Batch, Schedule, validation_rows
from charrnn_engine.training.commands import Control
from charrnn_engine.training.encoded_corpus import Corpus
from charrnn_engine.training.events import Reporter
from charrnn_engine.training.growing import starting_weights
from charrnn_engine.training.interim import InterimReports
from charrnn_engine.training.network import build
from charrnn_engine.training.optimisation import Optimisation, strategy_for
from charrnn_engine.training.run_events import RunEvents, figures
from charrnn_engine.training.run_files import RunFiles
from charrnn_engine.training.samples import draw_samples
from charrnn_engine.training.tensorboard import TensorBoardLog

_PART_TOKENS = 4_096  # of the validation, for a loss within an epoch
_OFTEN = 5.0  # seconds; not every epoch shorter than this is saved and shown


class Interrupted(Exception):
    """The run was asked to stop, and has saved itself."""


class Trainer:
    """A run on an opened corpus, or this task's share of it. It looks at `control` after every step."""

    def __init__(
        self, settings: TrainingSettings, corpus: Corpus, reporter: Reporter, control: Control, task: Task = ALONE
    ) -> None:
        self.settings, self.corpus, self.reporter, self.control, self.task = settings, corpus, reporter, control, task
        self.out = Path(settings.out)
        strategy = strategy_for(self.task)
        self.schedule = Schedule(
            corpus, settings.epochs, settings.batch, settings.extra, settings.seed, settings.state == "carried"
        )
        self.total_steps = self.schedule.total_steps
        with strategy.scope():
            self.model = build(settings.network, len(corpus.vocabulary), settings.seed)
        self.optimisation = Optimisation(self.model, settings, self.total_steps, strategy)
        self.progress = Progress()
        self._started = self._saved = time.monotonic()
        self._sampled = -_OFTEN
        self._events = RunEvents(reporter, settings, self.total_steps)
        self._files = RunFiles(settings, corpus, self.optimisation, reporter)
        board = settings.tensorboard if task.chief else ""
        self._tensorboard = TensorBoardLog(board, characters=settings.corpus.level == "char")
        self._interim = InterimReports(
            settings, corpus.vocabulary, self.total_steps, self._files, reporter, self._measure_part
        )

    def restore(self, state: State) -> None:
        """Continues from a state on the same corpus. Raises TrainingError where it belongs to another network."""
        self.optimisation.restore(str(self.out), state.weights, state.optimizer)
        self.progress = state.progress

    def start_from(self, name_or_path: str) -> None:
        """Takes over the weights of a checkpoint. Raises TrainingError where its network or vocabulary differs."""
        weights = starting_weights(name_or_path, self.corpus.vocabulary, self.settings.seed)
        self.optimisation.restore(name_or_path, weights)

    def run(self) -> None:
        """Trains to the end. Raises Interrupted, or TrainingError where it can't continue."""
        parameters, done = self.model.count_params(), self.progress.total
        self._events.start(self.corpus, parameters, self.optimisation.precision, done, self.task.count)
        try:
            self.reporter.emit("loading", message="compiling")
            if not done:
                self._report_epoch(None, self.validate(), best=False, always=True)  # of the untrained network
                self._sample()
                self._started = self._saved = time.monotonic()
                self.reporter.emit("loading", message="compiling")  # the step, after the validation
            while (reason := self._over()) is None:
                self._epoch()
        finally:
            self._files.close()
            self._tensorboard.close()
        self._events.finished(self.progress, reason)

    def _over(self) -> str | None:
        """Why the run has ended, None while it hasn't."""
        if self.progress.epoch >= self.settings.epochs:
            return "done"
        return "early stopping" if self.progress.since_best >= self.settings.patience else None

    def _epoch(self) -> None:
        self.optimisation.reset_state()
        for batch in self._batches():
            result = self.optimisation.step(batch, self.progress.total, self._stopping)
            if not result.finite:
                raise self._diverged()
            self._count(batch, result.nats)
            self.control.begin()
            if result.stops:
                self._interrupt()
            if self.control.pausing:
                self._pause()
            every = self.settings.sample_every
            if every and self.progress.total % every == 0:
                self._sample()
            if self.task.chief:
                self._interim.report_if_due(self.progress)
            if time.monotonic() - self._saved > self.settings.save_every:
                self._save_state()
        self._end_epoch()

    @property
    def _stopping(self) -> bool:
        """Whether the run should end: it was asked to, or nobody reads its events any more."""
        return self.control.stopping or (self.reporter.gone and not self.control.detached)

    def _pause(self) -> None:
        self._save_state()
        self.reporter.emit("paused")
        self.control.wait()
        if not self.control.stopping:
            self._events.resumed()
        elif self.task.count == 1:
            self._interrupt()
        self._started = time.monotonic()

    def _batches(self) -> Iterator[Batch]:
        """The rest of the epoch's minibatches, from tf.data, which prepares the next one in the background."""
        epoch, first = self.progress.epoch, self.progress.step
        rows = tf.TensorSpec((None, None), tf.int32)

        def make() -> Iterator[tuple[Any, Any, int]]:
            for batch in self.schedule.batches(epoch, first):
                yield batch.inputs, batch.targets, batch.tokens

        dataset = tf.data.Dataset.from_generator(make, output_signature=(rows, rows, tf.TensorSpec((), tf.int32)))
        for inputs, targets, tokens in dataset.prefetch(2):
            yield Batch(inputs, targets, int(tokens))

    def _count(self, batch: Batch, nats: float) -> None:
        now = time.monotonic()
        was = self.progress
        self.progress = replace(
            was, step=was.step + 1, total=was.total + 1, nats=was.nats + nats, tokens=was.tokens + batch.tokens,
            seconds=was.seconds + now - self._started,
        )  # fmt: skip
        self._started = now
        self._events.step(self.progress, batch.tokens, nats / batch.tokens, self.optimisation.learning_rate, now)
        self._tensorboard.step(self.progress.total, nats / batch.tokens, self.optimisation.learning_rate)

    def _end_epoch(self) -> None:
        was = self.progress
        score = self.validate()
        nats = score.nats_per_token
        better = nats < was.best
        self.progress = replace(
            was, epoch=was.epoch + 1, step=0, nats=0.0, tokens=0, best=min(nats, was.best),
            best_epoch=was.epoch + 1 if better else was.best_epoch,
            since_best=0 if better else was.since_best + 1,
        )  # fmt: skip
        if better:
            self._save_checkpoint(score)
        last = self._over() is not None
        self._report_epoch(was.nats / max(1, was.tokens), score, better, always=last)
        now = time.monotonic()
        if last or now - self._saved > _OFTEN:
            self._save_state()
        if not self.settings.sample_every and (last or now - self._sampled > _OFTEN):
            self._sample()

    def _report_epoch(self, training: float | None, score: Score, best: bool, *, always: bool) -> None:
        checkpoint = self._files.save_epoch(self.progress, score, always=always) if self.task.chief else None
        self._events.epoch(self.progress, training, score, best, checkpoint)
        self._tensorboard.validation(self.progress.total, score)

    def validate(self) -> Score:
        """Measures the validation part as `charrnn-tui evaluate` does."""
        rows, number, batch = validation_rows(self.corpus)
        done = 0

        def costs(inputs: NDArray[np.int32], targets: NDArray[np.int32]) -> NDArray[np.float32]:
            nonlocal done
            if self.progress.total and self.task.count == 1:  # several tasks must take the same steps
                if self.control.pausing:
                    self._pause()
                if self._stopping:
                    self._interrupt()
            found = self.optimisation.costs(inputs, targets)
            done += len(inputs)
            self._events.validating(self.progress, done, number, time.monotonic())
            return found

        return score_rows(rows, self.corpus.vocabulary, costs, batch)

    @cached_property
    def _part(self) -> tuple[list[Row], int]:
        """Some rows spread over the validation part, and the size of a batch of them."""
        rows, _, batch = validation_rows(self.corpus)
        return list(islice(rows, 0, None, max(1, self.corpus.validation.tokens // _PART_TOKENS))), batch

    def _measure_part(self) -> float:
        """Nats per token of a part of the validation, always the same one."""
        rows, batch = self._part
        return score_rows(rows, self.corpus.vocabulary, self.optimisation.costs, batch).nats_per_token

    def _interrupt(self) -> None:
        if not self.progress.best_epoch:
            self._save_checkpoint(None)
        self._save_state()
        self._events.finished(self.progress, "interrupted")
        raise Interrupted

    def _diverged(self) -> TrainingError:
        kept = f"; the best checkpoint so far is in {self.out}" if self.progress.best_epoch else ""
        step = self.progress.total + 1
        return TrainingError(f"the loss stopped being a number at step {step}{kept}; a smaller --lr may help", "nan")

    def _save_checkpoint(self, score: Score | None) -> None:
        if self.task.chief:
            self._files.save_best(self.progress, score)
            validation = None if score is None else figures(score)
            self.reporter.emit("saved", folder=self.settings.out, validation=validation)

    def _save_state(self) -> None:
        if self.task.chief:
            self._files.save_state(self.progress)
        self._saved = time.monotonic()

    def _sample(self) -> None:
        if self.task.chief:
            file, began = self._files.model_file(self.progress), time.monotonic()
            for number, sample in enumerate(draw_samples(file, self.corpus.vocabulary, self.settings)):
                if not number:
                    self._interim.seconds_per_text = self._files.seconds_to_save + time.monotonic() - began
                self.reporter.emit("sample", epoch=self.progress.epoch, step=self.progress.total, **sample)
        self._sampled = time.monotonic()
